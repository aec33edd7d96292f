//! Diagnostics in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::report::said;
use crate::diagnostic::{Diagnostic, Severity, Sources, Style, render};
use crate::engine::Language;

/// A finding about a bundle.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Diagnostic)]
pub struct FindingOut {
    /// The kind of finding.
    pub code: &'static str,
    /// `error` or `warning`.
    #[schema(value_type = String)]
    pub severity: Severity,
    /// The file.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Bytes of the file that are underlined: the first, and the one after the last.
    pub span: (u32, u32),
    /// The offending text.
    pub text: String,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: String,
    /// What to do.
    pub help: Option<String>,
    /// All of it as a picture in plain text.
    pub rendered: String,
}

impl FindingOut {
    /// The same in a language; the picture stays as the terminal draws it.
    pub fn said(self, language: Language) -> Self {
        Self {
            message: said(language, &self.message),
            expected: said(language, &self.expected),
            help: self.help.map(|help| said(language, &help)),
            ..self
        }
    }
}

/// Presents diagnostics.
pub fn findings(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<FindingOut> {
    let present = |finding: &Diagnostic| {
        let position = sources.position(finding.span);
        FindingOut {
            code: finding.code,
            severity: finding.severity,
            file: sources.get(finding.span.file).path.to_string(),
            line: position.line,
            column: position.column,
            span: (finding.span.start, finding.span.end),
            text: sources.text(finding.span).chars().take(200).collect(),
            message: finding.message.clone(),
            expected: finding.label.clone(),
            help: finding.help.clone(),
            rendered: render(finding, sources, Style::Plain),
        }
    };
    diagnostics.iter().map(present).collect()
}
