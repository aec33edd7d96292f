//! Unknown names in scripts: `metric("…")` and `segment("…")` with the name written out.

use super::unknown_name::{unknown_metric, unknown_segment};
use crate::diagnostic::Span;
use crate::policy::read::Cx;

/// Checks the names in a script or expression; `place` finds bytes of it in a file.
pub(in crate::policy) fn script_names(cx: &mut Cx<'_>, text: &str, place: impl Fn(usize, usize) -> Span) {
    for call in calls(text) {
        let name = &text[call.start..call.end];
        let span = place(call.start, call.end);
        if call.metric && !cx.metrics.contains_key(name) {
            unknown_metric(cx, name, span);
        } else if !call.metric && !cx.segments.contains_key(name) {
            unknown_segment(cx, name, span);
        }
    }
}

struct Call {
    metric: bool,
    start: usize,
    end: usize,
}

/// Calls of `metric` and `segment` with a plain text, outside of comments and texts.
fn calls(text: &str) -> Vec<Call> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => at = skip_to(bytes, at, b"\n"),
            b'/' if bytes.get(at + 1) == Some(&b'*') => at = skip_comment(bytes, at),
            b'"' => at = string_end(bytes, at).1,
            b'\'' => at = letter_end(bytes, at),
            b'`' => at = skip_to(bytes, at + 1, b"`"),
            b if b.is_ascii_alphabetic() || b == b'_' => {
                let start = at;
                while at < bytes.len() && (bytes[at].is_ascii_alphanumeric() || bytes[at] == b'_') {
                    at += 1;
                }
                let word = &bytes[start..at];
                let metric = word == b"metric";
                if (metric || word == b"segment")
                    && let Some((from, until)) = argument(bytes, at)
                {
                    found.push(Call { metric, start: from, end: until });
                }
            }
            _ => at += 1,
        }
    }
    found
}

/// The inside of `("…")` that starts here, if it holds no escapes.
fn argument(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let space = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        at
    };
    let at = space(at);
    let at = (bytes.get(at) == Some(&b'(')).then(|| space(at + 1))?;
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let (plain, end) = string_end(bytes, at);
    let closed = end > at + 1 && bytes.get(end - 1) == Some(&b'"');
    let called = bytes.get(space(end)) == Some(&b')');
    (plain && closed && called).then_some((at + 1, end - 1))
}

/// Behind the text that starts here, and whether it is free of escapes.
fn string_end(bytes: &[u8], at: usize) -> (bool, usize) {
    let (mut plain, mut at) = (true, at + 1);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return (plain, at + 1),
            b'\\' => {
                plain = false;
                at += 2;
            }
            _ => at += 1,
        }
    }
    (false, bytes.len())
}

/// Behind the letter in single quotes that starts here.
fn letter_end(bytes: &[u8], at: usize) -> usize {
    const LONGEST: usize = 12;
    let from = if bytes.get(at + 1) == Some(&b'\\') { at + 3 } else { at + 2 };
    let close = (from..(at + LONGEST).min(bytes.len())).find(|at| bytes[*at] == b'\'');
    close.map_or(at + 1, |close| close + 1)
}

/// Comments nest in rhai.
fn skip_comment(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0usize;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'/', Some(b'*')) => {
                depth += 1;
                at += 2;
            }
            (b'*', Some(b'/')) => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn skip_to(bytes: &[u8], at: usize, end: &[u8; 1]) -> usize {
    bytes.iter().skip(at).position(|b| *b == end[0]).map_or(bytes.len(), |found| at + found + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_written_names_only() {
        let check = |text: &str, expect: &[&str]| {
            let found: Vec<&str> = calls(text).iter().map(|call| &text[call.start..call.end]).collect();
            assert_eq!(found, expect, "{text}");
        };
        check(r#"customer.metric("spend") > 3 && customer.segment( "tier" ) == "gold""#, &["spend", "tier"]);
        check(
            r#"// metric("a")
            /* metric("b") /* */ metric("c") */ x.metric("d")"#,
            &["d"],
        );
        check(r#"let t = "metric(\"a\")"; metric(name); metric("a" + b); metric("é")"#, &["é"]);
        check(r#"metric("open"#, &[]);
        check(r#"'"' + metric("a") + '\'' + metric("b")"#, &["a", "b"]);
        check("metric(\"a\\n\")", &[]);
    }
}
