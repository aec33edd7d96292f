// The editor's page: files as tabs, findings while one types, words beside it, and text that no accident takes away.

const form = document.getElementById("draft");
const files = [...form.querySelectorAll(".file")];
const tabs = [...form.querySelectorAll(".files button")];
const list = document.getElementById("findings");
const count = document.getElementById("findings-count");
const area = (file) => file.querySelector("textarea");
const path = (file) => file.dataset.path;

// What an editor, if one is loaded, puts in the place of the textareas.
let editor = null;

function show(wanted) {
  for (const file of files) file.hidden = path(file) !== wanted;
  for (const tab of tabs) {
    if (tab.value === wanted) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  document.getElementById("file").value = wanted;
  const address = new URL(location.href);
  address.searchParams.set("file", wanted);
  if (address.pathname === "/policies") history.replaceState(null, "", address);
  editor?.shown(wanted);
}

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    show(tab.value);
  });
}

function go({ file, line, column }) {
  const found = files.find((one) => path(one) === file);
  if (!found) return;
  show(file);
  if (editor) return editor.go(file, line, column);
  const text = area(found);
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  text.focus();
  text.setSelectionRange(start, start + 1);
  text.scrollTop = Math.max(0, (line - 6) * (text.scrollHeight / Math.max(lines.length, 1)));
}

list.addEventListener("click", (event) => {
  const place = event.target.closest(".place");
  if (place) go({ file: place.dataset.file, line: +place.dataset.line, column: +place.dataset.column });
});

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function list_findings(findings) {
  list.replaceChildren(
    ...findings.map((finding) => {
      const item = element("li", "", { class: finding.severity });
      const at = `${finding.file}:${finding.line}:${finding.column}`;
      const kind = element("span", finding.severity === "error" ? form.dataset.error : form.dataset.warning, { class: "sr" });
      const place = element("button", at, { type: "button", class: "place", "data-file": finding.file, "data-line": finding.line, "data-column": finding.column });
      const words = element("span", "");
      words.append(element("strong", finding.message), " ", finding.expected ?? "");
      if (finding.help) words.append(" ", element("em", finding.help));
      place.prepend(kind, " ");
      item.append(place, " ", words);
      return item;
    }),
  );
  count.textContent = findings.length ? form.dataset.count.replace("{}", findings.length) : form.dataset.clean;
  editor?.findings(findings);
}

let round = 0;
async function check() {
  const mine = ++round;
  const texts = Object.fromEntries(files.map((file) => [path(file), area(file).value]));
  const fields = new URLSearchParams();
  for (const file of files) {
    fields.append("path", path(file));
    fields.append("text", area(file).value);
  }
  const checked = fetch("/console/api/policies/check", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ files: texts }),
  });
  const words = fetch("/policies/words", { method: "POST", body: fields });
  const [findings, meaning] = [await (await checked).json(), await (await words).text()];
  // An answer to an older text says nothing about this one.
  if (mine !== round || !findings.diagnostics) return;
  list_findings(findings.diagnostics);
  if (findings.ok) document.getElementById("words").innerHTML = meaning;
}

let waiting;
form.addEventListener("input", (event) => {
  if (event.target.name !== "text") return;
  keep();
  clearTimeout(waiting);
  waiting = setTimeout(() => check().catch(() => {}), 350);
});

// Text that was not saved is kept in the browser until it is.
const KEPT = "treue:unsaved";
const base = form.elements.base.value;
const opened = JSON.stringify(files.map((file) => area(file).value));

function keep() {
  const texts = Object.fromEntries(files.map((file) => [path(file), area(file).value]));
  try {
    localStorage.setItem(KEPT, JSON.stringify({ base, texts }));
  } catch {
    // A browser that keeps nothing still saves.
  }
}

function kept() {
  try {
    const found = JSON.parse(localStorage.getItem(KEPT));
    const differs = found && files.some((file) => path(file) in found.texts && found.texts[path(file)] !== area(file).value);
    return differs && found.base === base ? found : null;
  } catch {
    return null;
  }
}

const unsaved = document.getElementById("unsaved");
const found = kept();
unsaved.hidden = !found;
document.getElementById("restore").addEventListener("click", () => {
  for (const file of files) {
    if (path(file) in found.texts) area(file).value = found.texts[path(file)];
  }
  editor?.reload();
  unsaved.hidden = true;
  check().catch(() => {});
});
document.getElementById("discard").addEventListener("click", () => {
  localStorage.removeItem(KEPT);
  unsaved.hidden = true;
});
form.addEventListener("submit", (event) => {
  const to = event.submitter?.getAttribute("formaction") ?? form.getAttribute("action");
  if (to === "/policies/save" && opened !== JSON.stringify(files.map((file) => area(file).value))) keep();
});

if (form.dataset.editor === "codemirror") {
  try {
    const { mount } = await import("/console/assets/editor.js");
    editor = await mount(files);
  } catch (error) {
    // The plain editor stays; it does everything that is needed.
    console.warn("the editor could not be loaded", error);
  }
}
