// What every page does: tables that can be scrolled get a place in the order of the Tab key, and parts that take longer than
// the page are put into it when they are there.

function scrollable(within) {
  for (const scroll of within.querySelectorAll(".scroll")) {
    const mark = () => {
      if (scroll.scrollWidth > scroll.clientWidth) scroll.setAttribute("tabindex", "0");
      else scroll.removeAttribute("tabindex");
    };
    new ResizeObserver(mark).observe(scroll);
  }
}
scrollable(document);

// One after the other: each of them is a pass over the whole base.
for (const part of document.querySelectorAll("[data-part]")) {
  part.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(part.dataset.part);
    if (answer.ok) part.innerHTML = await answer.text();
  } catch {
    // The link that stands there leads to the same.
  }
  part.removeAttribute("aria-busy");
  scrollable(part);
}
