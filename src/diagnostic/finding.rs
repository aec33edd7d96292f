//! One finding.

use serde::Serialize;

use super::source::Span;

/// Whether a finding keeps a bundle from compiling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The bundle does not compile.
    Error,
    /// It compiles, and marketing will probably regret it.
    Warning,
}

/// The stable name of a kind of finding, such as `unknown-key`.
pub type Code = &'static str;

/// What is wrong, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The kind of finding.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The offending text.
    pub span: Span,
    /// What is wrong: lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// Said under the underlined text: usually what was expected. May be empty.
    pub label: String,
    /// What to do; starts with a verb.
    pub help: Option<String>,
    /// Other places that matter, such as the first of two equal keys.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    /// A finding that keeps the bundle from compiling.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            span,
            message: message.into(),
            label: String::new(),
            help: None,
            related: Vec::new(),
        }
    }

    /// A finding that does not.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// Adds what stands under the underlined text.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds advice.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds another place.
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }
}
