//! The spanned tree.

use crate::diagnostic::Span;

/// A value and the text that it was read from.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Node {
    pub(in crate::policy) value: Value,
    pub(in crate::policy) span: Span,
}

/// What a node is.
#[derive(Debug, Clone)]
pub(in crate::policy) enum Value {
    /// A text; `plain` where it stands without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    Sequence(Vec<Node>),
    /// A map in the order written, each key once.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Entry {
    pub(in crate::policy) key: Key,
    pub(in crate::policy) value: Node,
}

/// The name before a colon.
#[derive(Debug, Clone)]
pub(in crate::policy) struct Key {
    pub(in crate::policy) text: String,
    pub(in crate::policy) span: Span,
}

impl Node {
    /// Whether nothing is written here.
    pub(in crate::policy) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null"))
    }

    /// The text, where it is a text and not nothing.
    pub(in crate::policy) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text),
            _ => None,
        }
    }

    /// What it is, in words.
    pub(in crate::policy) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "a single value",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a map",
        }
    }

    /// Whether two trees mean the same, wherever they stand.
    pub(in crate::policy) fn same(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Scalar { text: a, plain: p }, Value::Scalar { text: b, plain: q }) => a == b && p == q,
            (Value::Sequence(a), Value::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b)),
            (Value::Mapping(a), Value::Mapping(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.key.text == b.key.text && a.value.same(&b.value))
            }
            _ => false,
        }
    }
}
