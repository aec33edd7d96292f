//! YAML events to the tree. Bounds keep hostile files small: bytes, levels, and the size that aliases expand to.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};

use super::node::{Entry, Key, Node, Value};
use crate::diagnostic::{Diagnostic, FileId, Span};

/// The largest file, and the largest size that a file's aliases may expand it to.
pub(in crate::policy) const MAX_BYTES: usize = 1 << 20;
const MAX_LEVELS: usize = 64;

/// What a file was read as.
#[derive(Debug, Default)]
pub(in crate::policy) struct Parsed {
    /// The tree; of a file that breaks off, the part before that.
    pub(in crate::policy) root: Option<Node>,
    /// Whether the file breaks off, so that names may be missing.
    pub(in crate::policy) broken: bool,
    /// What is wrong with the syntax.
    pub(in crate::policy) findings: Vec<Diagnostic>,
}

/// Reads one file.
pub(in crate::policy) fn parse(file: FileId, text: &str) -> Parsed {
    let mut reading = Reading {
        file,
        frames: Vec::new(),
        root: None,
        documents: 0,
        anchors: HashMap::new(),
        size: 0,
        findings: Vec::new(),
    };
    if text.len() > MAX_BYTES {
        let message = format!("this file has {} bytes, more than the 1 MiB that a file may have", text.len());
        let finding = Diagnostic::error("too-large", reading.span(0, 0), message).help("split it into several files");
        return Parsed { root: None, broken: true, findings: vec![finding] };
    }
    if let Err(finding) = reading.run(text) {
        reading.findings.push(*finding);
        return Parsed { root: reading.salvage(), broken: true, findings: reading.findings };
    }
    Parsed { root: reading.root, broken: false, findings: reading.findings }
}

struct Reading {
    file: FileId,
    frames: Vec<Frame>,
    root: Option<Node>,
    documents: usize,
    /// Finished anchored nodes with their size and height.
    anchors: HashMap<usize, (Node, usize, usize)>,
    /// Size so far, as if every alias were written out.
    size: usize,
    findings: Vec<Diagnostic>,
}

struct Frame {
    what: Open,
    start: u32,
    anchor: usize,
    size_before: usize,
    /// Levels below this one.
    height: usize,
}

enum Open {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, at: HashMap<String, usize>, key: Option<Key>, merges: Vec<Node> },
}

type Outcome = Result<(), Box<Diagnostic>>;

impl Reading {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: start as u32, end: end as u32 }
    }

    fn error(&self, code: &'static str, span: Span, message: impl Into<String>) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(code, span, message))
    }

    fn run(&mut self, text: &str) -> Outcome {
        let mut options = granit_parser::options! { disallow_directives: true, emit_unresolved_aliases: true };
        options.set_emit_comments(false);
        for next in Parser::new_from_str_with_options(text, options) {
            let (event, place) = next.map_err(|error| {
                let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
                let width = text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n');
                let message = format!("this is not YAML: {}", lower_first(&error.info()));
                let finding = self.error("bad-yaml", self.span(at, at + width.map_or(0, char::len_utf8)), message);
                match self.open_bracket(text) {
                    Some(bracket) => Box::new(finding.related(bracket, "this is still open there")),
                    None => finding,
                }
            })?;
            let range = place.byte_range().unwrap_or(0..0);
            let span = self.span(range.start, range.end);
            if let Event::Scalar(_, _, _, Some(_))
            | Event::SequenceStart(_, _, Some(_))
            | Event::MappingStart(_, _, Some(_)) = &event
            {
                let tag = place.tag_span().and_then(|tag| tag.byte_range()).map_or(span, |r| self.span(r.start, r.end));
                let finding = self.error("yaml-tag", tag, "tags have no meaning in a policy");
                self.findings.push(finding.help("remove the tag"));
            }
            self.take(event, span)?;
        }
        Ok(())
    }

    /// The innermost `{` or `[` that is not closed yet.
    fn open_bracket(&self, text: &str) -> Option<Span> {
        let starts = self.frames.iter().rev().map(|frame| frame.start as usize);
        let mut brackets = starts.filter(|at| matches!(text.as_bytes().get(*at), Some(b'{' | b'[')));
        brackets.next().map(|at| self.span(at, at + 1))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Outcome {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let finding = self.error("many-documents", span, "a policy file holds one document");
                    return Err(Box::new(finding.help("move what follows `---` into a file of its own")));
                }
            }
            Event::Scalar(text, style, anchor, _) => {
                let plain = style == ScalarStyle::Plain;
                let text = if plain && span.start == span.end { String::new() } else { text.into_owned() };
                let size = text.len() + 1;
                let node = Node { value: Value::Scalar { text, plain }, span };
                if anchor > 0 {
                    self.anchors.insert(anchor, (node.clone(), size, 0));
                }
                self.add(node, size, 0)?;
            }
            Event::Alias(id) => {
                let Some((_, size, height)) = self.anchors.get(&id) else {
                    return Err(self.error("bad-alias", span, "this alias stands inside of what it stands for"));
                };
                let (size, height) = (*size, *height);
                // Checked before the copy is made: a bomb never gets to expand.
                if self.frames.len() + height > MAX_LEVELS {
                    return Err(self.too_deep(span));
                }
                self.grow(size, span)?;
                if let Some((node, ..)) = self.anchors.get(&id) {
                    let node = node.clone();
                    self.put(node, height)?;
                }
            }
            Event::UnresolvedAlias(name) => {
                let message = format!("there is no anchor `&{name}` above this alias");
                let finding = self.error("bad-alias", span, message);
                self.findings.push(*finding);
                self.add(Node { value: Value::Scalar { text: String::new(), plain: true }, span }, 1, 0)?;
            }
            Event::SequenceStart(_, anchor, _) => self.open(Open::Sequence(Vec::new()), span, anchor)?,
            Event::MappingStart(_, anchor, _) => {
                let what = Open::Mapping { entries: Vec::new(), at: HashMap::new(), key: None, merges: Vec::new() };
                self.open(what, span, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span)?,
            _ => {}
        }
        Ok(())
    }

    fn grow(&mut self, size: usize, span: Span) -> Outcome {
        self.size = self.size.saturating_add(size);
        if self.size <= MAX_BYTES {
            return Ok(());
        }
        let finding = self.error("too-large", span, "with its aliases written out this document exceeds 1 MiB");
        Err(Box::new(finding.help("use fewer aliases, or split the file")))
    }

    fn too_deep(&self, span: Span) -> Box<Diagnostic> {
        self.error("too-deep", span, format!("this is nested deeper than {MAX_LEVELS} levels"))
    }

    fn open(&mut self, what: Open, span: Span, anchor: usize) -> Outcome {
        if self.frames.len() >= MAX_LEVELS {
            return Err(self.too_deep(span));
        }
        self.frames.push(Frame { what, start: span.start, anchor, size_before: self.size, height: 0 });
        self.grow(1, span)
    }

    fn close(&mut self, span: Span) -> Outcome {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let (anchor, size, height) = (frame.anchor, self.size - frame.size_before, frame.height + 1);
        let node = self.finish(frame, span);
        if anchor > 0 {
            self.anchors.insert(anchor, (node.clone(), size, height));
        }
        self.put(node, height)
    }

    fn finish(&mut self, frame: Frame, end: Span) -> Node {
        let (value, last) = match frame.what {
            Open::Sequence(items) => {
                let last = items.last().map(|item| item.span.end);
                (Value::Sequence(items), last)
            }
            Open::Mapping { mut entries, at, merges, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key.span.end));
                self.merge(&mut entries, at, merges);
                (Value::Mapping(entries), last)
            }
        };
        // A block collection's end is only noticed at the next token, lines later.
        let end = if end.start < end.end { end.end } else { last.unwrap_or(frame.start).max(frame.start) };
        Node { value, span: Span { file: self.file, start: frame.start, end } }
    }

    /// `<<`: keys of other maps, behind the map's own; of two maps the first counts.
    fn merge(&mut self, entries: &mut Vec<Entry>, mut at: HashMap<String, usize>, merges: Vec<Node>) {
        for merged in merges {
            let maps = match merged.value {
                Value::Sequence(items) => items,
                _ => vec![merged],
            };
            for map in maps {
                let Value::Mapping(from) = map.value else {
                    let finding = self.error("bad-merge", map.span, "`<<` takes a map or a list of maps");
                    self.findings.push(finding.help("write an alias of a map, such as `<<: *name`"));
                    continue;
                };
                for entry in from {
                    if !at.contains_key(&entry.key.text) {
                        at.insert(entry.key.text.clone(), entries.len());
                        entries.push(entry);
                    }
                }
            }
        }
    }

    fn add(&mut self, node: Node, size: usize, height: usize) -> Outcome {
        self.grow(size, node.span)?;
        self.put(node, height)
    }

    fn put(&mut self, node: Node, height: usize) -> Outcome {
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.height = frame.height.max(height);
        match &mut frame.what {
            Open::Sequence(items) => items.push(node),
            Open::Mapping { entries, at, key, merges } => match key.take() {
                None => match node.value {
                    Value::Scalar { text, .. } => *key = Some(Key { text, span: node.span }),
                    _ => {
                        let message = format!("{} cannot be a key", node.kind());
                        return Err(self.error("bad-yaml", node.span, message));
                    }
                },
                Some(known) if known.text == "<<" => merges.push(node),
                Some(known) => {
                    if let Some(first) = at.get(&known.text) {
                        let finding =
                            Diagnostic::error("duplicate-key", known.span, format!("`{}` is here twice", known.text))
                                .label("the second time")
                                .related(entries[*first].key.span, "the first time")
                                .help("remove one of both, or give it another name");
                        self.findings.push(finding);
                    } else {
                        at.insert(known.text.clone(), entries.len());
                        entries.push(Entry { key: known, value: node });
                    }
                }
            },
        }
        Ok(())
    }

    /// What stood whole before the file broke off: sections, and whole entries of the last section.
    fn salvage(&mut self) -> Option<Node> {
        self.frames.truncate(2);
        let nothing = self.span(0, 0);
        let inner = if self.frames.len() == 2 { self.frames.pop() } else { None };
        if let Some(inner) = inner {
            let node = self.finish(inner, nothing);
            // The tree already had its one syntax error; a section that broke off adds none.
            let _ = self.put(node, 0);
        }
        let outer = self.frames.pop();
        outer.map(|frame| self.finish(frame, nothing)).or_else(|| self.root.take())
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}
