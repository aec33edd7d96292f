//! Lines and their indents.

use super::flow;
use super::layout::Layout;

/// A list or map that is open where a line begins.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// Its column in the text.
    column: usize,
    /// Its column from now on.
    indent: usize,
    list: bool,
}

/// Where a line's key and value stand, to see what was put in columns on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    key: usize,
    value: usize,
}

/// Writes the text anew.
pub(super) fn write(layout: &Layout<'_>) -> String {
    let mut out = String::with_capacity(layout.text.len());
    let mut writing = Writing { layout, levels: Vec::new(), blank: false, shift: 0 };
    let mut line = 0;
    while line < layout.lines.len() {
        line = writing.line(line, &mut out);
    }
    let end = out.trim_end_matches('\n').len();
    out.truncate(end);
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

struct Writing<'l, 't> {
    layout: &'l Layout<'t>,
    levels: Vec<Level>,
    /// A blank line is due before the next line.
    blank: bool,
    /// How far the current entry moved.
    shift: isize,
}

impl Writing<'_, '_> {
    /// Writes a line, and those that go with it; returns the next one.
    fn line(&mut self, line: usize, out: &mut String) -> usize {
        let layout = self.layout;
        let text = layout.line(line);
        if layout.frozen[line] {
            self.frozen(text, out);
            return line + 1;
        }
        let column = text.len() - text.trim_start_matches(' ').len();
        let start = layout.lines[line] + column;
        if text.trim().is_empty() {
            self.blank = !out.is_empty();
            return line + 1;
        }
        if std::mem::take(&mut self.blank) {
            out.push('\n');
        }
        if let Some(end) = layout.comments.get(&start) {
            let indent = self.comment_indent(line, column);
            out.extend(std::iter::repeat_n(' ', indent));
            out.push_str(layout.text[start..*end].trim_end());
            out.push('\n');
            return line + 1;
        }
        if column == 0 && (text.starts_with("---") || text.starts_with("...")) {
            self.levels.clear();
            out.push_str(text.trim_end());
            out.push('\n');
            return line + 1;
        }
        let mut at = self.markers(start, column, line, out);
        at = self.key(at, line, out);
        self.rest(at, out)
    }

    /// The dashes of a line, and the level of its key; returns where the content starts.
    fn markers(&mut self, start: usize, column: usize, line: usize, out: &mut String) -> usize {
        let layout = self.layout;
        let end = layout.lines[line] + layout.line(line).len();
        let (mut at, mut column, mut written) = (start, column, 0);
        loop {
            let rest = &layout.text[at..end];
            let dash = rest == "-" || rest.starts_with("- ");
            if !dash && written > 0 && !self.is_key(at) {
                return at;
            }
            let level = self.level(column, dash);
            out.extend(std::iter::repeat_n(' ', level.indent.saturating_sub(written)));
            written = written.max(level.indent);
            self.shift = level.indent as isize - level.column as isize;
            if !dash {
                return at;
            }
            out.push('-');
            written += 1;
            let gap = rest[1..].len() - rest[1..].trim_start_matches(' ').len();
            at += 1 + gap;
            column += 1 + gap;
            if at >= end {
                return at;
            }
            out.push(' ');
            written += 1;
        }
    }

    fn is_key(&self, at: usize) -> bool {
        let Some(end) = self.layout.scalars.get(&at) else { return false };
        self.layout.text[*end..].trim_start_matches(' ').starts_with(':')
    }

    /// The level that begins at this column.
    fn level(&mut self, column: usize, list: bool) -> Level {
        while self.levels.last().is_some_and(|level| level.column > column) {
            self.levels.pop();
        }
        if !list && self.levels.last().is_some_and(|level| level.column == column && level.list) {
            // A list may stand at the column of the key that holds it; here that key's map goes on.
            self.levels.pop();
        }
        if let Some(level) = self.levels.last().filter(|level| level.column == column && level.list == list) {
            return *level;
        }
        let indent = self.levels.last().map_or(0, |parent| parent.indent + 2);
        let level = Level { column, indent, list };
        self.levels.push(level);
        level
    }

    /// `key:` and the space behind it; returns where the value starts.
    fn key(&self, at: usize, line: usize, out: &mut String) -> usize {
        let layout = self.layout;
        let Some(end) = layout.scalars.get(&at).filter(|_| self.is_key(at)) else { return at };
        let colon = *end + layout.text[*end..].find(':').unwrap_or(0) + 1;
        out.push_str(&layout.text[at..*end]);
        if layout.text[at..].starts_with('*') {
            out.push(' ');
        }
        out.push(':');
        let line_end = layout.lines[line] + layout.line(line).len();
        let rest = &layout.text[colon..line_end.max(colon)];
        let gap = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        if gap == rest.len() || layout.comments.contains_key(&(colon + gap)) {
            return colon;
        }
        let wide = self.columns(line).is_some_and(|here| {
            let neighbours = [line.checked_sub(1), Some(line + 1)];
            neighbours.into_iter().flatten().any(|other| self.columns(other) == Some(here))
        });
        out.extend(std::iter::repeat_n(' ', if wide { gap } else { 1 }));
        colon + gap
    }

    fn columns(&self, line: usize) -> Option<Columns> {
        let layout = self.layout;
        if line >= layout.lines.len() || layout.frozen[line] {
            return None;
        }
        let (start, text) = (layout.lines[line], layout.line(line));
        let key = text.len() - text.trim_start_matches(' ').len();
        let end = layout.scalars.get(&(start + key)).filter(|_| self.is_key(start + key))?;
        let colon = (*end).max(start) - start;
        let colon = colon + text.get(colon..)?.find(':')? + 1;
        let rest = text.get(colon..)?;
        let value = colon + rest.len() - rest.trim_start_matches(' ').len();
        let plain = value < text.len() && text.is_ascii() && !layout.comments.contains_key(&(start + value));
        plain.then_some(Columns { key, value })
    }

    /// What follows on the line, and lines that a flow collection takes up; returns the next line.
    fn rest(&mut self, mut at: usize, out: &mut String) -> usize {
        let layout = self.layout;
        let text = layout.text;
        let least = self.levels.last().map_or(0, |level| level.indent);
        while at < text.len() {
            if let Some(end) = layout.flows.get(&at) {
                flow::write(layout, at, *end, self.shift, least, out);
                at = *end;
            } else if let Some(end) = layout.comments.get(&at) {
                let column = text[layout.lines[layout.line_of(at)]..at].chars().count();
                flow::comment(out, &text[at..*end], column);
                at = *end;
            } else if let Some(end) = layout.scalars.get(&at) {
                let first = text[at..*end].find('\n').map_or(*end, |line| at + line);
                out.push_str(&text[at..first]);
                at = first;
                if first < *end {
                    // The rest of the scalar is on frozen lines.
                    flow::trim(out);
                    out.push('\n');
                    return layout.line_of(first) + 1;
                }
            } else if text[at..].starts_with('\n') {
                break;
            } else {
                let Some(letter) = text[at..].chars().next() else { break };
                out.push(letter);
                at += letter.len_utf8();
            }
        }
        flow::trim(out);
        out.push('\n');
        layout.line_of(at.min(text.len().saturating_sub(1))) + 1
    }

    /// A line of a longer scalar moves along with its entry.
    fn frozen(&mut self, text: &str, out: &mut String) {
        let column = text.len() - text.trim_start_matches(' ').len();
        if text.trim_matches(' ').is_empty() {
            let kept = column.saturating_add_signed(self.shift);
            out.extend(std::iter::repeat_n(' ', if column == 0 { 0 } else { kept }));
        } else {
            out.extend(std::iter::repeat_n(' ', column.saturating_add_signed(self.shift)));
            out.push_str(&text[column..]);
        }
        out.push('\n');
    }

    /// A comment of its own goes with the line below it, or with the level whose column it has.
    fn comment_indent(&self, line: usize, column: usize) -> usize {
        let layout = self.layout;
        let below = layout.content_below[line].map(|line| {
            let text = layout.line(line);
            let at = text.len() - text.trim_start_matches(' ').len();
            (at, text[at..].starts_with("- ") || &text[at..] == "-")
        });
        let mut ahead = Writing { layout, levels: self.levels.clone(), blank: false, shift: 0 };
        match below {
            Some((at, list)) if column >= at => ahead.level(at, list).indent,
            _ => self.levels.iter().rev().find(|level| level.column <= column).map_or(0, |level| level.indent),
        }
    }
}
