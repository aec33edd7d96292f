//! `bad-if`: an expression that does not compile.

use super::script_names::script_names;
use crate::diagnostic::Span;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::Node;
use crate::script::Expression;

/// Compiles an `if` and checks the names in it.
pub(in crate::policy) fn expression(cx: &mut Cx<'_>, node: &Node) -> Option<Expression> {
    let text = cx.scalar(node, "a rhai expression")?;
    let bytes = bytes_in_file(cx.sources.text(node.span), text, cx.sources.position(node.span).column as usize - 1);
    let place = |from: usize, until: usize| {
        let at = |byte: usize| bytes.as_ref().and_then(|bytes| bytes.get(byte)).map(|at| node.span.start + *at as u32);
        match (at(from), at(until)) {
            (Some(start), Some(end)) => Span { start, end, ..node.span },
            _ => node.span,
        }
    };
    let start = cx.sources.position(place(0, 0));
    let path = std::sync::Arc::clone(&cx.sources.get(node.span.file).path);
    script_names(cx, text, place);
    match cx.scripts.expression(text, &path, start.line, start.column) {
        Ok(expression) => Some(expression),
        Err(error) => {
            // An expression that ends too early is wrong at its last letter, not on a line after it.
            let last = text.trim_end().char_indices().next_back().map_or(0, |(at, _)| at);
            let at = offset_of(text, error.line, error.column).map(|at| at.min(last));
            let span = at.map_or(node.span, |at| place(at, at + width(text, at)));
            let message = format!("this expression does not compile: {}", show(&error.message));
            cx.error("bad-if", span, message, "expected a rhai expression that is true or false");
            None
        }
    }
}

/// Where each byte of a text, and its end, stands in its raw form; `None` where that is more than quotes, indents and
/// the plainest escapes away.
fn bytes_in_file(raw: &str, text: &str, indent: usize) -> Option<Vec<usize>> {
    let (raw, text) = (raw.as_bytes(), text.as_bytes());
    let quote = raw.first().copied().filter(|quote| matches!(quote, b'"' | b'\'') && text.first() != Some(quote));
    let mut at = usize::from(quote.is_some());
    let mut found = Vec::with_capacity(text.len() + 1);
    for byte in text {
        found.push(at);
        let here = *raw.get(at)?;
        if quote == Some(b'\'') && here == b'\'' {
            at += 1;
        } else if quote == Some(b'"') && here == b'\\' {
            at += 1;
            if !matches!(byte, b'"' | b'\\') {
                return None;
            }
        }
        let broken = here == b'\n';
        if raw.get(at) != Some(byte) && !(broken && *byte == b' ') {
            return None;
        }
        at += 1;
        // A literal block is indented as its first line is; a folded line break is one space.
        let most = if *byte == b'\n' { indent } else { usize::MAX };
        let spaces = raw.get(at..)?.iter().take_while(|letter| **letter == b' ').count();
        at += if broken { spaces.min(most) } else { 0 };
    }
    found.push(at);
    Some(found)
}

/// The byte at a line and column, both from 1.
pub(in crate::policy) fn offset_of(text: &str, line: u32, column: u32) -> Option<usize> {
    if line == 0 {
        return None;
    }
    let mut start = 0;
    for _ in 1..line {
        start += text.get(start..)?.find('\n')? + 1;
    }
    let rest = text.get(start..)?;
    let within = rest.char_indices().nth(column.saturating_sub(1) as usize).map_or(rest.len(), |(at, _)| at);
    Some(start + within)
}

/// How much to underline: the word there, or one letter.
pub(in crate::policy) fn width(text: &str, at: usize) -> usize {
    let Some(rest) = text.get(at..) else { return 0 };
    let word: usize = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
    if word > 0 { word } else { rest.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8) }
}
