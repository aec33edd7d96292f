//! What is known so far, and the findings.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, FileId, Sources, Span, nearest};
use crate::id::Name;
use crate::metric::{LineFilter, Measure};
use crate::money::Currency;
use crate::policy::syntax::{Entry, Node, Value};
use crate::policy::{Eligible, check};
use crate::script::Scripts;
use crate::time::Zone;

/// The most metrics, segments, discounts or classes; indexes are 16 bits wide and a bundle is read by people.
const MAX_NAMES: usize = 4_096;

/// Everything a reader needs and fills.
pub(in crate::policy) struct Cx<'a> {
    pub(in crate::policy) sources: &'a Sources,
    pub(in crate::policy) findings: Vec<Diagnostic>,
    /// Absent where none is stated rightly; money is then read as exactly as any currency has it.
    pub(in crate::policy) currency: Option<Currency>,
    pub(in crate::policy) zone: Option<Zone>,
    /// Names that files which break off seem to define.
    lost: HashSet<String>,
    pub(in crate::policy) metrics: HashMap<Name, u16>,
    /// In the order written.
    pub(in crate::policy) metric_names: Arc<[Name]>,
    /// By metric; absent where its definition is wrong.
    pub(in crate::policy) measures: Vec<Option<Measure>>,
    pub(in crate::policy) segments: HashMap<Name, u16>,
    pub(in crate::policy) segment_names: Vec<SegmentName>,
    pub(in crate::policy) discounts: HashMap<Name, u16>,
    pub(in crate::policy) filters: Vec<LineFilter>,
    pub(in crate::policy) eligible: Vec<Option<Eligible>>,
    pub(in crate::policy) scripts: Arc<Scripts>,
    /// Script files that do not compile, by name.
    pub(in crate::policy) broken_scripts: Vec<String>,
    /// Looking for nearest names is the one costly thing here; a hostile bundle must not make it a habit.
    comparisons: usize,
}

/// A segment as others refer to it.
#[derive(Debug, Clone)]
pub(in crate::policy) struct SegmentName {
    pub(in crate::policy) name: Name,
    /// Absent where they cannot be read.
    pub(in crate::policy) classes: Option<Vec<Name>>,
}

impl<'a> Cx<'a> {
    pub(in crate::policy) fn new(sources: &'a Sources) -> Self {
        Self {
            sources,
            findings: Vec::new(),
            currency: None,
            zone: None,
            lost: HashSet::new(),
            metrics: HashMap::new(),
            metric_names: Arc::new([]),
            measures: Vec::new(),
            segments: HashMap::new(),
            segment_names: Vec::new(),
            discounts: HashMap::new(),
            filters: Vec::new(),
            eligible: vec![None],
            scripts: Arc::new(Scripts::new()),
            broken_scripts: Vec::new(),
            comparisons: 0,
        }
    }

    /// Notes a finding.
    pub(in crate::policy) fn note(&mut self, finding: Diagnostic) {
        self.findings.push(finding);
    }

    /// Notes an error with what was expected.
    pub(in crate::policy) fn error(&mut self, code: Code, span: Span, message: impl Into<String>, label: &str) {
        self.note(Diagnostic::error(code, span, message).label(label));
    }

    /// The nearest of the known names, in words.
    pub(in crate::policy) fn did_you_mean<'k>(
        &mut self,
        wrong: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Option<String> {
        const MOST: usize = 50_000;
        if self.comparisons > MOST {
            return None;
        }
        let comparisons = &mut self.comparisons;
        nearest(wrong, known.into_iter().inspect(|_| *comparisons += 1)).map(|name| format!("write `{name}`"))
    }

    /// The index of a metric that a policy names here.
    pub(in crate::policy) fn metric(&mut self, node: &Node) -> Option<u16> {
        let text = self.scalar(node, "the name of a metric")?;
        let found = self.metrics.get(text).copied();
        if found.is_none() {
            check::unknown_metric(self, text, node.span);
        }
        found
    }

    /// The index of a segment that a policy names here.
    pub(in crate::policy) fn segment(&mut self, node: &Node) -> Option<u16> {
        let text = self.scalar(node, "the name of a segment")?;
        let found = self.segments.get(text).copied();
        if found.is_none() {
            check::unknown_segment(self, text, node.span);
        }
        found
    }

    /// What a metric measures, where that is known.
    pub(in crate::policy) fn measure(&self, metric: u16) -> Option<Measure> {
        self.measures.get(metric as usize).copied().flatten()
    }

    /// Whether a file that breaks off seems to define this name, so that not finding it says nothing.
    pub(in crate::policy) fn may_be_lost(&self, name: &str) -> bool {
        self.lost.contains(name)
    }

    /// Notes that a file breaks off: every word before a colon may be a definition that was not read.
    pub(in crate::policy) fn breaks_off(&mut self, file: FileId) {
        let text = &self.sources.get(file).text;
        for (at, _) in text.match_indices(':') {
            let before = text[..at].trim_end_matches(['"', '\'', ' ']);
            let letters =
                before.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric() || matches!(c, '_' | '-'));
            // No name is longer.
            if let Some((start, _)) = letters.take(65).last() {
                self.lost.insert(before[start..].to_owned());
            }
        }
    }

    /// The entries of a map from names, each name checked; `None` where it is no map.
    pub(in crate::policy) fn named<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        match &node.value {
            Value::Mapping(entries) => {
                if self.too_many(node, entries.len()) {
                    return None;
                }
                for entry in entries {
                    self.check_name(&entry.key.text, entry.key.span, what);
                }
                Some(entries)
            }
            _ => {
                self.wrong_type(node, &format!("a map from {what} names"));
                None
            }
        }
    }

    /// Notes that a map or list has more entries than any section may have.
    pub(in crate::policy) fn too_many(&mut self, node: &Node, count: usize) -> bool {
        if count > MAX_NAMES {
            self.error("too-many", node.span, format!("there are {count} entries here"), "expected at most 4096");
        }
        count > MAX_NAMES
    }

    /// Notes a name that is none.
    pub(in crate::policy) fn check_name(&mut self, text: &str, span: Span, what: &str) {
        let mut letters = text.chars();
        let first = letters.next().is_some_and(char::is_alphabetic);
        let rest = letters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
        if !(first && rest && text.chars().count() <= 64) {
            let message = format!("`{}` cannot be the name of a {what}", show(text));
            let label = "expected a letter, then letters, digits, `_` or `-`, 64 at most";
            self.error("bad-name", span, message, label);
        }
    }

    /// Notes that something else was expected here.
    pub(in crate::policy) fn wrong_type(&mut self, node: &Node, expected: &str) {
        let message = match node.text() {
            Some(text) => format!("`{}` stands here", show(text)),
            None => format!("{} stands here", node.kind()),
        };
        let message = if node.is_null() { "there is no value here".to_owned() } else { message };
        self.error("wrong-type", node.span, message, &format!("expected {expected}"));
    }
}

/// The user's text as a message can show it.
pub(in crate::policy) fn show(text: &str) -> String {
    const LONGEST: usize = 60;
    let clean = |c: char| if c.is_control() || c == '`' { ' ' } else { c };
    let mut short: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}
