//! Several files to one bundle: sections may be spread over files, a name is defined once.

use crate::diagnostic::{Diagnostic, Span};
use crate::policy::keys::BUNDLE;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::{Entry, Node, Value};

/// Sections within sections that may be spread too.
const SPREAD: [(&str, &str); 2] = [("points", "multiply"), ("service", "costs")];

/// The sections of a bundle.
#[derive(Default)]
pub(super) struct Sections {
    entries: Vec<Entry>,
}

impl Sections {
    /// A section with its key.
    pub(super) fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.text == name)
    }

    /// A section's value.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Takes one more file in.
    pub(super) fn take(&mut self, cx: &mut Cx<'_>, root: Node) {
        if root.is_null() {
            return;
        }
        let Value::Mapping(entries) = root.value else {
            cx.wrong_type(&root, "a map of sections, such as `discounts`");
            return;
        };
        // `x-…` is for anchors that policies below share.
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| !entry.key.text.starts_with("x-")).collect();
        cx.unknown_keys(&entries, &BUNDLE);
        for entry in entries {
            let known = BUNDLE.keys.iter().any(|key| key.name == entry.key.text);
            // A section without content says nothing.
            if known && !entry.value.is_null() {
                put(cx, &mut self.entries, entry, &|section| spreads(section));
            }
        }
    }
}

fn spreads(section: &str) -> bool {
    !matches!(section, "currency" | "timezone")
}

fn put(cx: &mut Cx<'_>, known: &mut Vec<Entry>, entry: Entry, spreads: &dyn Fn(&str) -> bool) {
    let Some(at) = known.iter().position(|other| other.key.text == entry.key.text) else {
        known.push(entry);
        return;
    };
    let first = &mut known[at];
    let name = entry.key.text;
    if !spreads(&name) {
        twice(cx, &name, entry.key.span, first.key.span);
        return;
    }
    match (&mut first.value.value, entry.value.value) {
        (Value::Mapping(into), Value::Mapping(more)) => {
            let inner = |section: &str| SPREAD.contains(&(name.as_str(), section));
            let mut places: std::collections::HashMap<String, usize> =
                into.iter().enumerate().map(|(at, entry)| (entry.key.text.clone(), at)).collect();
            for entry in more {
                match places.get(&entry.key.text) {
                    Some(at) if inner(&entry.key.text) => {
                        let mut one = vec![into[*at].clone()];
                        put(cx, &mut one, entry, &inner);
                        into[*at] = one.swap_remove(0);
                    }
                    Some(at) => twice(cx, &entry.key.text, entry.key.span, into[*at].key.span),
                    None => {
                        places.insert(entry.key.text.clone(), into.len());
                        into.push(entry);
                    }
                }
            }
        }
        (Value::Mapping(_), other) => {
            let node = Node { value: other, span: entry.value.span };
            cx.wrong_type(&node, &format!("a map, as `{name}` is in another file"));
        }
        // What stands first is no map: that is reported where it is read.
        _ => {}
    }
}

fn twice(cx: &mut Cx<'_>, name: &str, span: Span, first: Span) {
    let finding = Diagnostic::error("defined-twice", span, format!("`{}` is defined in two files", show(name)))
        .label("the second time")
        .related(first, "the first time")
        .help("remove one of both, or give it another name");
    cx.note(finding);
}
