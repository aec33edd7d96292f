//! Colours where there is a terminal, JSON where it is asked for, progress where somebody watches.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::End;
use crate::diagnostic::{Diagnostic, Severity, Sources, Style, render};

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<End> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(End::Done)
}

/// Prints a line; colours go where a terminal shows them.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    writeln!(anstream::stdout().lock(), "{text}")?;
    Ok(())
}

/// Draws diagnostics on standard error and counts them.
pub(super) fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) {
    let style = style();
    for diagnostic in diagnostics {
        anstream::eprintln!("{}\n", render(diagnostic, sources, style));
    }
}

/// How many errors and warnings, in words; absent where there is none.
pub(super) fn tally(diagnostics: &[Diagnostic]) -> Option<String> {
    let count = |severity| diagnostics.iter().filter(|finding| finding.severity == severity).count();
    let parts: Vec<String> = [(count(Severity::Error), "error"), (count(Severity::Warning), "warning")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| plural(count, word))
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `1 error`, `2 errors`.
pub(super) fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn style() -> Style {
    // anstream strips colours again where the terminal or NO_COLOR does not want them.
    if io::stderr().is_terminal() { Style::Coloured } else { Style::Plain }
}

/// A bar on a terminal, nothing in a pipe.
pub(super) fn bar(total: Option<u64>, unit: Unit) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = total.map_or_else(ProgressBar::no_length, ProgressBar::new);
    bar.set_draw_target(ProgressDrawTarget::stderr());
    let template = match unit {
        Unit::Bytes => "{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
        Unit::Items => "{wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// What a bar counts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    Bytes,
    Items,
}

/// Whether nobody reads what is printed any more, as in `treue export … | head`.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn std::error::Error + 'static)| {
        let plain = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        plain.or_else(|| cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind))
    };
    error.chain().any(|cause| kind(cause) == Some(io::ErrorKind::BrokenPipe))
}
