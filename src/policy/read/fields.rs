//! Maps with fixed keys.

use super::context::{Cx, show};
use crate::diagnostic::{Diagnostic, Span};
use crate::policy::keys::Shape;
use crate::policy::syntax::{Entry, Node, Value};

/// A map whose keys are known to belong to its shape.
#[derive(Clone, Copy)]
pub(in crate::policy) struct Fields<'n> {
    entries: &'n [Entry],
    shape: &'static Shape,
    /// Where the map's name stands: the place of what is missing in it.
    pub(in crate::policy) owner: Span,
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub(in crate::policy) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// A key with its value.
    pub(in crate::policy) fn entry(&self, name: &str) -> Option<&'n Entry> {
        debug_assert!(self.shape.keys.iter().any(|key| key.name == name), "`{name}` is in the table of keys");
        self.entries.iter().find(|entry| entry.key.text == name)
    }

    /// The entries of these keys, in the order written.
    pub(in crate::policy) fn among(&self, names: &[&str]) -> Vec<&'n Entry> {
        self.entries.iter().filter(|entry| names.contains(&entry.key.text.as_str())).collect()
    }
}

impl Cx<'_> {
    /// A map of this shape; unknown and missing keys are noted.
    pub(in crate::policy) fn fields<'n>(
        &mut self,
        node: &'n Node,
        shape: &'static Shape,
        owner: Span,
    ) -> Option<Fields<'n>> {
        let Value::Mapping(entries) = &node.value else {
            let keys: Vec<String> = shape.keys.iter().map(|key| format!("`{}`", key.name)).collect();
            self.wrong_type(node, &format!("a map with {}", list(&keys)));
            return None;
        };
        self.unknown_keys(entries, shape);
        for key in shape.keys.iter().filter(|key| key.required) {
            if !entries.iter().any(|entry| entry.key.text == key.name) {
                let message = format!("this {} has no `{}`", shape.name, key.name);
                self.error("missing-key", owner, message, &format!("expected a key `{}` in it", key.name));
            }
        }
        Some(Fields { entries, shape, owner })
    }

    pub(in crate::policy) fn unknown_keys(&mut self, entries: &[Entry], shape: &'static Shape) {
        for entry in entries {
            if shape.keys.iter().any(|key| key.name == entry.key.text) {
                continue;
            }
            let article = if shape.name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
            let message = format!("{article} {} has no key `{}`", shape.name, show(&entry.key.text));
            let names = shape.keys.iter().map(|key| key.name);
            let help = self.did_you_mean(&entry.key.text, names);
            let known: Vec<String> = shape.keys.iter().map(|key| format!("`{}`", key.name)).collect();
            let mut finding =
                Diagnostic::error("unknown-key", entry.key.span, message).label(format!("expected {}", list(&known)));
            finding.help = help;
            self.note(finding);
        }
    }
}

/// `a, b or c`
pub(in crate::policy) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}
