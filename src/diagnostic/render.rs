//! Diagnostics as text with the source underlined: the one picture for terminal, HTTP and console.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::finding::{Diagnostic, Severity};
use super::source::{Sources, Span};

/// How a picture is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Letters only.
    Plain,
    /// With ANSI colours.
    Coloured,
}

/// Draws one diagnostic, without a line break at the end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str()).id(diagnostic.code);
    let mut group = Group::with_title(title).element(snippet(diagnostic.span, &diagnostic.label, sources, true));
    for (span, label) in &diagnostic.related {
        group = group.element(snippet(*span, label, sources, false));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    renderer.render(&[group])
}

fn snippet<'a>(
    span: Span,
    label: &'a str,
    sources: &'a Sources,
    primary: bool,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let source = sources.get(span.file);
    let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
    // Only the lines around the span are handed over: a file of megabytes is not copied for one line of it.
    let (first, window, range) = around(&source.text, span.start as usize, span.end as usize);
    let mut annotation = kind.span(range);
    if !label.is_empty() {
        annotation = annotation.label(label);
    }
    Snippet::source(window).line_start(first).path(source.path.as_ref()).annotation(annotation)
}

/// The line of a span (and, of a long span, no more than it needs), its number, and the span within it.
fn around(text: &str, start: usize, end: usize) -> (usize, &str, std::ops::Range<usize>) {
    const WIDEST: usize = 2_000;
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = floor(end).clamp(start, line_end);
    let number = text[..line_start].bytes().filter(|b| *b == b'\n').count() + 1;
    // A line longer than any screen is shown around the span only.
    let from = if start - line_start > WIDEST { floor(start - WIDEST) } else { line_start };
    let until = if line_end - start > WIDEST { floor(start + WIDEST) } else { line_end };
    (number, &text[from..until], start - from..end.min(until) - from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;

    #[test]
    fn underlines_the_offending_text() {
        let sources = Sources::new([("policies/a.yaml".to_owned(), "currency: EUR\nmetrcs: {}\n".to_owned())]);
        let span = Span { file: FileId(0), start: 14, end: 20 };
        let diagnostic = Diagnostic::error("unknown-key", span, "unknown key `metrcs`")
            .label("expected a section")
            .help("write `metrics`");
        insta::assert_snapshot!(render(&diagnostic, &sources, Style::Plain), @r"
        error[unknown-key]: unknown key `metrcs`
         --> policies/a.yaml:2:1
          |
        2 | metrcs: {}
          | ^^^^^^ expected a section
          |
          = help: write `metrics`
        ");
    }
}
