// CodeMirror in the place of the textareas, which stay and carry the text. It lives in a shadow root, so that its styles
// come as constructed sheets, which the page's Content-Security-Policy allows.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { rust } from "@codemirror/lang-rust";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, foldGutter, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: [tags.comment, tags.lineComment], color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--accent)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--three)" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], color: "var(--four)" },
  { tag: [tags.punctuation, tags.separator, tags.bracket], color: "var(--soft)" },
  { tag: [tags.labelName, tags.typeName], color: "var(--warn)" },
  { tag: tags.function(tags.variableName), color: "var(--accent)" },
]);

const look = EditorView.theme({
  "&": { height: "58vh", minHeight: "420px", fontSize: "13px", color: "var(--text)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-gutters": { backgroundColor: "var(--raised)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent-ground) 45%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-tooltip, .cm-panels": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "6px" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-completionDetail": { color: "inherit", opacity: "0.75" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--accent-ground)", border: "0", color: "var(--accent)" },
  ".cm-textfield, .cm-button": { backgroundColor: "var(--surface)", backgroundImage: "none", color: "var(--text)", border: "1px solid var(--line-strong)" },
});

/// The schema that completions are read from; an editor without it completes nothing.
async function load_schema() {
  try {
    const answer = await fetch("/console/api/policies/schema");
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function resolved(schema, root) {
  let at = schema;
  for (let depth = 0; at?.$ref && depth < 20; depth++) {
    at = at.$ref.replace(/^#\//, "").split("/").reduce((found, key) => found?.[decodeURIComponent(key)], root);
  }
  return at;
}

function branches(schema, root) {
  const at = resolved(schema, root);
  if (!at || typeof at !== "object") return [];
  const more = [...(at.oneOf ?? []), ...(at.anyOf ?? []), ...(at.allOf ?? [])];
  return [at, ...more.flatMap((one) => branches(one, root))];
}

function step(schema, key, root) {
  return branches(schema, root).flatMap((at) => {
    if (key === null) return at.items ? [at.items] : [];
    if (at.properties?.[key]) return [at.properties[key]];
    const pattern = Object.entries(at.patternProperties ?? {}).find(([one]) => new RegExp(one, "u").test(key));
    if (pattern) return [pattern[1]];
    return at.additionalProperties && at.additionalProperties !== true ? [at.additionalProperties] : [];
  });
}

/// Keys that lead to a place in the tree; null is an item of a list.
function keys_to(state, pos) {
  const keys = [];
  let inside = null;
  for (let node = syntaxTree(state).resolveInner(pos, -1); node; node = node.parent) {
    if (node.name === "Pair") {
      const key = node.getChild("Key");
      if (key && pos > key.to) keys.unshift(state.sliceDoc(key.from, key.to).replace(/^["']|["']$/g, ""));
      inside ??= key && pos <= key.to ? "key" : "value";
    } else if (node.name === "Item") keys.unshift(null);
  }
  return { keys, inside };
}

/// Where an indented line that is still empty belongs: the keys above it that are indented less.
function keys_above(state, line, indent) {
  const keys = [];
  let limit = indent;
  for (let number = line.number - 1; number > 0 && limit > 0; number--) {
    const text = state.doc.line(number).text;
    const found = /^(\s*)([^\s#:][^:]*):/.exec(text);
    if (found && found[1].length < limit) {
      keys.unshift(found[2].trim());
      limit = found[1].length;
    }
  }
  return keys;
}

const complete = (schema) => (context) => {
  const word = context.matchBefore(/[\p{L}\d_-]*/u);
  if (!schema || (!word.text && !context.explicit)) return null;
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, word.from - line.from);
  const fresh = /^\s*$/.test(before);
  let { keys, inside } = keys_to(context.state, word.from);
  if (fresh) [keys, inside] = [keys_above(context.state, line, before.length), "key"];
  if (inside !== "key" && /[{,]\s*$/.test(before)) inside = "key";
  const places = keys.reduce((at, key) => at.flatMap((one) => step(one, key, schema)), [schema]);
  const all = places.flatMap((place) => branches(place, schema));
  const options = new Map();
  for (const at of all) {
    if (inside === "value") {
      for (const value of at.enum ?? (at.const !== undefined ? [at.const] : [])) options.set(`${value}`, { label: `${value}`, type: "enum" });
    }
    for (const [label, about] of Object.entries(at.properties ?? {})) {
      const info = resolved(about, schema)?.description ?? about.description;
      options.set(label, { label, type: "property", info, apply: `${label}: ` });
    }
  }
  return options.size ? { from: word.from, options: [...options.values()], validFor: /^[\p{L}\d_-]*$/u } : null;
};

/// Puts an editor in the place of each file's textarea.
export async function mount(files) {
  const schema = await load_schema();
  const made = new Map();
  let last = [];

  function make(file) {
    const area = file.querySelector("textarea");
    const label = file.querySelector("label");
    const host = document.createElement("div");
    host.className = "host";
    const root = host.attachShadow({ mode: "open" });
    label.hidden = true;
    file.append(host);
    const script = file.dataset.path.endsWith(".rhai");
    const extensions = [
      lineNumbers(), foldGutter(), highlightActiveLineGutter(), history(), drawSelection(), indentOnInput(),
      bracketMatching(), closeBrackets(), highlightActiveLine(), highlightSelectionMatches(), lintGutter(),
      syntaxHighlighting(colours), look, script ? rust() : yaml(),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
      EditorView.contentAttributes.of({ "aria-label": label.textContent.trim().split("\n")[0], "aria-describedby": "findings-count", tabindex: "0" }),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        area.value = update.state.doc.toString();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      }),
    ];
    extensions.push(autocompletion(script ? {} : { override: [complete(schema)] }));
    const view = new EditorView({ state: EditorState.create({ doc: area.value, extensions }), parent: root, root });
    made.set(file.dataset.path, view);
    mark(file.dataset.path);
  }

  function place(view, line, column) {
    const at = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
    return Math.min(at.from + column - 1, at.to);
  }

  function mark(path) {
    const view = made.get(path);
    if (!view) return;
    const found = last.filter((finding) => finding.file === path);
    const diagnostics = found.map((finding) => {
      const from = place(view, finding.line, finding.column);
      const to = Math.min(from + Math.max([...(finding.text ?? "")].length, 1), view.state.doc.length);
      return { from: Math.min(from, to), to, severity: finding.severity, message: `${finding.message}\n${finding.expected ?? ""}` };
    });
    view.dispatch(setDiagnostics(view.state, diagnostics));
  }

  const shown = (path) => {
    const file = files.find((one) => one.dataset.path === path);
    if (file && !made.has(path)) make(file);
    made.get(path)?.requestMeasure();
  };
  for (const file of files) if (!file.hidden) shown(file.dataset.path);

  return {
    shown,
    go(path, line, column) {
      const view = made.get(path);
      const at = place(view, line, column);
      view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
      view.focus();
    },
    findings(findings) {
      last = findings;
      for (const path of made.keys()) mark(path);
    },
    reload() {
      for (const file of files) {
        const view = made.get(file.dataset.path);
        const text = file.querySelector("textarea").value;
        view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
      }
    },
  };
}
