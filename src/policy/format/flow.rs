//! Spacing within `{}` and `[]`.

use super::layout::Layout;

/// What stands between brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'t> {
    Open(char),
    Close(char),
    Comma,
    Colon,
    Word(&'t str),
    /// A comment with its column.
    Comment(&'t str, usize),
    /// A line break, with the indent of the next line.
    Break(usize),
}

/// Writes a flow collection behind what stands on its line already. Lines after the first move along by `shift` but
/// stay behind `least`.
pub(super) fn write(layout: &Layout<'_>, start: usize, end: usize, shift: isize, least: usize, out: &mut String) {
    let tokens = tokens(layout, start, end);
    let mut before: Option<Token<'_>> = None;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        match *token {
            Token::Break(indent) => {
                let closing = matches!(next, Some(Token::Close(_)));
                let least = if closing { least } else { least + 2 };
                trim(out);
                out.push('\n');
                if !matches!(next, Some(Token::Break(_))) {
                    let indent = indent.saturating_add_signed(shift).max(least);
                    out.extend(std::iter::repeat_n(' ', indent));
                }
            }
            Token::Comment(text, column) => comment(out, text, column),
            token => {
                if spaced(before, token) {
                    out.push(' ');
                }
                match token {
                    Token::Open(letter) | Token::Close(letter) => out.push(letter),
                    Token::Comma => out.push(','),
                    Token::Colon => out.push(':'),
                    Token::Word(text) => out.push_str(text),
                    Token::Comment(..) | Token::Break(_) => {}
                }
            }
        }
        before = Some(*token);
    }
}

/// Writes a comment at the column it had, or two behind the text.
pub(super) fn comment(out: &mut String, text: &str, column: usize) {
    trim(out);
    let line = out.rfind('\n').map_or(0, |at| at + 1);
    let width = out[line..].chars().count();
    let alone = width == 0;
    let column = if alone || column > width { column } else { width + 2 };
    out.extend(std::iter::repeat_n(' ', column - width));
    out.push_str(text.trim_end());
}

pub(super) fn trim(out: &mut String) {
    out.truncate(out.trim_end_matches([' ', '\t']).len());
}

fn spaced(before: Option<Token<'_>>, token: Token<'_>) -> bool {
    match (before, token) {
        (None | Some(Token::Break(_) | Token::Comment(..)), _) | (_, Token::Comma) => false,
        (Some(Token::Open(_)), Token::Close(_)) => false,
        (Some(Token::Open(open)), _) => open == '{',
        (_, Token::Close(close)) => close == '}',
        // `*name:` would be an alias of another name.
        (Some(Token::Word(word)), Token::Colon) => word.starts_with('*'),
        (_, Token::Colon) => false,
        _ => true,
    }
}

fn tokens<'t>(layout: &Layout<'t>, start: usize, end: usize) -> Vec<Token<'t>> {
    let text = layout.text;
    let mut found = Vec::new();
    let mut at = start;
    while at < end {
        if let Some(until) = layout.scalars.get(&at).copied().filter(|until| *until <= end) {
            found.push(Token::Word(&text[at..until]));
            at = until;
            continue;
        }
        if let Some(until) = layout.comments.get(&at).copied() {
            let column = text[layout.lines[layout.line_of(at)]..at].chars().count();
            found.push(Token::Comment(&text[at..until], column));
            at = until;
            continue;
        }
        let Some(letter) = text[at..].chars().next() else { break };
        at += letter.len_utf8();
        match letter {
            '{' | '[' => found.push(Token::Open(letter)),
            '}' | ']' => found.push(Token::Close(letter)),
            ',' => found.push(Token::Comma),
            ':' => found.push(Token::Colon),
            '\n' => {
                let indent = text[at..].chars().take_while(|c| *c == ' ').count();
                found.push(Token::Break(indent));
            }
            letter if letter.is_whitespace() => {}
            _ => {
                // An anchor or another mark of the node behind it.
                let from = at - letter.len_utf8();
                let length = text[from..end].find([' ', '\t', '\n', ',', '{', '}', '[', ']']).unwrap_or(end - from);
                let length = length.max(letter.len_utf8());
                found.push(Token::Word(&text[from..from + length]));
                at = from + length;
            }
        }
    }
    found
}
