//! Settings of a policy that may move: where they are written, and the policy with others in their place.

use std::fmt;

use super::shapes::MOVE;
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::money::{Number, Rate};
use crate::policy::read::{Cx, show};
use crate::policy::revision::is_policy;
use crate::policy::syntax::{Entry, Node, Value, parse};

/// A setting that may move, on a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Where it is in the bundle: keys from the top level down, joined by dots.
    pub path: String,
    /// Where its value is written.
    span: Span,
    /// Whether it is a rate; it is a number otherwise.
    rate: bool,
    /// What follows the number, such as ` per month`.
    rest: String,
    /// What it is now, in millionths.
    now: i128,
    from: i128,
    by: i128,
    /// How many steps there are from the lowest to the highest.
    pub steps: u32,
}

/// A value of a setting, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingValue(String);

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The most places of one setting.
const MOST_STEPS: i128 = 100_000;

impl Setting {
    /// The place on the grid that is nearest to what is written now.
    pub fn start(&self) -> u32 {
        let steps = (self.now - self.from + self.by / 2).div_euclid(self.by);
        u32::try_from(steps.clamp(0, i128::from(self.steps))).unwrap_or(0)
    }

    /// What is written now.
    pub fn now(&self) -> SettingValue {
        self.written(self.now)
    }

    /// What would be written at a place of the grid.
    pub fn at(&self, step: u32) -> SettingValue {
        self.written(self.from + self.by * i128::from(step))
    }

    fn written(&self, millionths: i128) -> SettingValue {
        let number = if self.rate {
            u32::try_from(millionths).ok().and_then(Rate::from_ppm).unwrap_or_default().to_string()
        } else {
            Number(millionths).to_string()
        };
        SettingValue(format!("{number}{}", self.rest))
    }
}

/// The sources with settings at these places of their grids; everything else stays as it is written, comments too.
pub fn with_settings(sources: &Sources, settings: &[Setting], places: &[u32]) -> Sources {
    let mut edits: Vec<(Span, String)> =
        settings.iter().zip(places).map(|(setting, step)| (setting.span, setting.at(*step).0)).collect();
    // From the end, so that places before stay where they are.
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(*span));
    let files = sources.iter().map(|(file, source)| {
        let mut text = source.text.to_string();
        for (span, value) in edits.iter().filter(|(span, _)| span.file == file) {
            text.replace_range(span.start as usize..span.end as usize, value);
        }
        (source.path.to_string(), text)
    });
    Sources::new(files)
}

/// Reads `PATH: { from, to, by }` for settings of a policy.
pub(super) fn settings(cx: &mut Cx<'_>, node: &Node, policy: &Sources) -> Option<Vec<Setting>> {
    let Value::Mapping(entries) = &node.value else {
        cx.wrong_type(node, "a map from places in the policy to bounds");
        return None;
    };
    if entries.is_empty() || entries.len() > 32 {
        let message = format!("{} settings may move here", entries.len());
        cx.error("too-many", node.span, message, "expected 1 to 32");
        return None;
    }
    let files: Vec<Node> = policy
        .iter()
        .filter(|(_, source)| is_policy(&source.path))
        .filter_map(|(file, source)| parse(file, &source.text).root)
        .collect();
    let read: Vec<_> = entries.iter().map(|entry| setting(cx, entry, &files)).collect();
    let found: Vec<Setting> = read.into_iter().collect::<Option<_>>()?;
    for (at, setting) in found.iter().enumerate() {
        if found[..at].iter().any(|other| other.span == setting.span) {
            let message = format!("`{}` stands where another setting does", show(&setting.path));
            cx.error(
                "duplicate-key",
                entries[at].key.span,
                message,
                "expected each place once; an alias repeats its anchor",
            );
            return None;
        }
    }
    Some(found)
}

fn setting(cx: &mut Cx<'_>, entry: &Entry, files: &[Node]) -> Option<Setting> {
    let path = &entry.key.text;
    let Some(place) = files.iter().find_map(|file| find(file, path)) else {
        unknown_place(cx, entry, files);
        return None;
    };
    let text = place.text().unwrap_or_default();
    let (number, rest) = text.find(" per ").map_or((text, ""), |at| text.split_at(at));
    let rate = number.ends_with('%');
    let read = |text: &str| match text.ends_with('%') {
        true if rate => Rate::parse(text).ok().map(|rate| i128::from(rate.ppm())),
        false if !rate => Number::parse(text).ok().map(|number| number.0),
        _ => None,
    };
    let Some(now) = read(number) else {
        let message = format!("`{}` is `{}` in the policy", show(path), show(text));
        cx.error("wrong-type", entry.key.span, message, "expected the place of a rate or of a number");
        return None;
    };
    let fields = cx.fields(&entry.value, &MOVE, entry.key.span)?;
    let mut value = |name: &str| {
        let node = fields.get(name)?;
        let expected = if rate { "a rate such as `5%`" } else { "a number" };
        let text = cx.scalar(node, expected)?;
        let found = read(text);
        if found.is_none() {
            let message = format!("`{}` is not {expected}, as `{}` is", show(text), show(path));
            cx.error("wrong-type", node.span, message, &format!("expected {expected}"));
        }
        found
    };
    let (from, to, by) = (value("from"), value("to"), value("by"));
    let (from, to, by) = (from?, to?, by?);
    let steps = if by > 0 { (to - from).div_euclid(by) } else { 0 };
    if !(1..=MOST_STEPS).contains(&steps) {
        let message = format!("`{}` has {} steps from its lowest to its highest value", show(path), steps.max(0));
        cx.error("bounds-order", entry.value.span, message, &format!("expected 1 to {MOST_STEPS}"));
        return None;
    }
    Some(Setting {
        path: path.clone(),
        span: place.span,
        rate,
        rest: rest.to_owned(),
        now,
        from,
        by,
        steps: u32::try_from(steps).ok()?,
    })
}

/// What may move in a policy: every rate and every number, with what is written there.
pub fn movable(policy: &Sources) -> Vec<(String, String)> {
    let is_number = |text: &str| {
        let number = text.split(" per ").next().unwrap_or_default();
        if number.ends_with('%') { Rate::parse(number).is_ok() } else { Number::parse(number).is_ok() }
    };
    let mut found = Vec::new();
    for (file, source) in policy.iter().filter(|(_, source)| is_policy(&source.path)) {
        let Some(root) = parse(file, &source.text).root else { continue };
        let mut known = Vec::new();
        leaves(&root, String::new(), &mut known);
        let numbers = known.into_iter().filter(|(_, text)| is_number(text));
        found.extend(numbers.map(|(path, text)| (path, text.to_owned())));
    }
    found
}

/// The value at a path. A key may hold dots itself, as the steps of a ladder do.
fn find<'n>(node: &'n Node, path: &str) -> Option<&'n Node> {
    let Value::Mapping(entries) = &node.value else { return None };
    entries.iter().find_map(|entry| match path.strip_prefix(entry.key.text.as_str())? {
        "" => Some(&entry.value),
        rest => find(&entry.value, rest.strip_prefix('.')?),
    })
}

fn unknown_place(cx: &mut Cx<'_>, entry: &Entry, files: &[Node]) {
    let mut known = Vec::new();
    files.iter().for_each(|file| leaves(file, String::new(), &mut known));
    let known: Vec<String> = known.into_iter().map(|(path, _)| path).collect();
    let message = format!("the policy has nothing at `{}`", show(&entry.key.text));
    let help = cx.did_you_mean(&entry.key.text, known.iter().map(String::as_str));
    let mut finding = Diagnostic::error("unknown-key", entry.key.span, message)
        .label("expected keys from the top level down, such as `discounts.regulars.ladder.steps.10`");
    finding.help = help;
    cx.note(finding);
}

/// The paths of all single values, with what is written there.
fn leaves<'n>(node: &'n Node, path: String, known: &mut Vec<(String, &'n str)>) {
    match &node.value {
        Value::Mapping(entries) => {
            for entry in entries {
                let dot = if path.is_empty() { "" } else { "." };
                leaves(&entry.value, format!("{path}{dot}{}", entry.key.text), known);
            }
        }
        Value::Scalar { .. } => known.push((path, node.text().unwrap_or_default())),
        Value::Sequence(_) => {}
    }
}
