// What every page does: tables that can be scrolled get a place in the order of the Tab key, and times keep their title.

for (const scroll of document.querySelectorAll(".scroll")) {
  const mark = () => {
    if (scroll.scrollWidth > scroll.clientWidth) scroll.setAttribute("tabindex", "0");
    else scroll.removeAttribute("tabindex");
  };
  new ResizeObserver(mark).observe(scroll);
}
