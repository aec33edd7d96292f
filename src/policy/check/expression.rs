//! `bad-if`: an expression that does not compile.

use super::script_names::script_names;
use crate::diagnostic::Span;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::Node;
use crate::script::Expression;

/// Compiles an `if` and checks the names in it.
pub(in crate::policy) fn expression(cx: &mut Cx<'_>, node: &Node) -> Option<Expression> {
    let text = cx.scalar(node, "a rhai expression")?;
    // Where the text stands as it is, a place in it is a place in the file; after escapes or folding it is not.
    let raw = cx.sources.text(node.span);
    let offset = raw.find(text).map(|at| node.span.start + at as u32);
    let place = |from: usize, until: usize| match offset {
        Some(offset) => Span { start: offset + from as u32, end: offset + until as u32, ..node.span },
        None => node.span,
    };
    let start = cx.sources.position(place(0, 0));
    let path = std::sync::Arc::clone(&cx.sources.get(node.span.file).path);
    script_names(cx, text, place);
    match cx.scripts.expression(text, &path, start.line, start.column) {
        Ok(expression) => Some(expression),
        Err(error) => {
            let at = offset_of(text, error.line, error.column);
            let span = at.map_or(node.span, |at| place(at, at + width(text, at)));
            let message = format!("this expression does not compile: {}", show(&error.message));
            cx.error("bad-if", span, message, "expected a rhai expression that is true or false");
            None
        }
    }
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
