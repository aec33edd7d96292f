//! Where scalars, flow collections and comments stand in a text.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle};

/// A text with what is known of its places; all numbers are bytes or lines from 0.
pub(super) struct Layout<'t> {
    pub(super) text: &'t str,
    /// Start of each line.
    pub(super) lines: Vec<usize>,
    /// Scalars and aliases: start to end.
    pub(super) scalars: BTreeMap<usize, usize>,
    /// Outermost flow collections: start to end.
    pub(super) flows: BTreeMap<usize, usize>,
    /// Comments: start to end.
    pub(super) comments: BTreeMap<usize, usize>,
    /// Lines that belong to a scalar begun on an earlier line.
    pub(super) frozen: Vec<bool>,
    /// For each line the next one that is neither blank nor a comment.
    pub(super) content_below: Vec<Option<usize>>,
}

impl<'t> Layout<'t> {
    /// `None` where the text cannot be read, which its parse has ruled out.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let mut lines = vec![0];
        lines.extend(text.match_indices('\n').map(|(at, _)| at + 1));
        if text.ends_with('\n') || text.is_empty() {
            lines.pop();
        }
        let mut layout = Self {
            text,
            frozen: vec![false; lines.len()],
            content_below: vec![None; lines.len()],
            lines,
            scalars: BTreeMap::new(),
            flows: BTreeMap::new(),
            comments: BTreeMap::new(),
        };
        let mut flow = Vec::new();
        for next in Parser::new_from_str_with_options(text, options()) {
            let (event, span) = next.ok()?;
            let range = span.byte_range()?;
            match event {
                Event::Scalar(_, style, ..) if range.start < range.end => {
                    layout.freeze(range.start, range.end, style);
                    layout.scalars.insert(range.start, range.end);
                }
                Event::Alias(_) => {
                    layout.scalars.insert(range.start, range.end);
                }
                Event::Comment(..) => {
                    layout.comments.insert(range.start, range.end);
                }
                Event::SequenceStart(style, ..) | Event::MappingStart(style, ..) => {
                    let bracketed = style == StructureStyle::Flow && range.start < range.end;
                    flow.push(bracketed.then_some(range.start));
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let start = flow.pop()?;
                    if let (Some(start), true) = (start, flow.iter().all(Option::is_none)) {
                        layout.flows.insert(start, range.end);
                    }
                }
                _ => {}
            }
        }
        let mut below = None;
        for line in (0..layout.lines.len()).rev() {
            layout.content_below[line] = below;
            let text = layout.line(line);
            let start = layout.lines[line] + text.len() - text.trim_start_matches(' ').len();
            if !text.trim().is_empty() && !layout.comments.contains_key(&start) {
                below = Some(line);
            }
        }
        Some(layout)
    }

    fn freeze(&mut self, start: usize, end: usize, style: ScalarStyle) {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let mut first = self.line_of(start);
        if block {
            // The span begins at the first letter; blank lines above it are content too.
            while first > 0 && self.line(first - 1).trim().is_empty() {
                first -= 1;
            }
        } else {
            first += 1;
        }
        for line in first..self.lines.len() {
            let until = self.lines.get(line + 1).copied().unwrap_or(self.text.len());
            // The span of a block scalar runs into the indent of the next line.
            let inside = if block { until <= end } else { self.lines[line] < end };
            if !inside {
                break;
            }
            self.frozen[line] = true;
        }
    }

    /// The line of a byte.
    pub(super) fn line_of(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// A line without its line break.
    pub(super) fn line(&self, line: usize) -> &'t str {
        let end = self.lines.get(line + 1).copied().unwrap_or(self.text.len());
        self.text[self.lines[line]..end].trim_end_matches('\n')
    }
}

/// The comments of a text, in order, without trailing spaces.
pub(super) fn comments(text: &str) -> Vec<String> {
    let events = Parser::new_from_str_with_options(text, options());
    let comment = |event| match event {
        Ok((Event::Comment(text, _), _)) => Some(text.trim_end().to_owned()),
        _ => None,
    };
    events.filter_map(comment).collect()
}

fn options() -> granit_parser::Options {
    granit_parser::options! { max_buffered_comment_events: 1 << 20 }
}
