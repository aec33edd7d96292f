//! `treue optimize policy`: which settings of a policy may move, and what is wanted.

use super::assumed::Assumed;
use super::behaviour::{SatisfiedAt, class_of, elasticity, satisfied_at, usual_segment};
use super::place::{Setting, settings};
use super::shapes::{KEEP, SATISFIED_AT, SEARCH};
use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, Span};
use crate::money::{Number, Rate};
use crate::policy::bundle::Bundle;
use crate::policy::cases::know;
use crate::policy::compile::in_order;
use crate::policy::read::{Cx, optional, show};
use crate::policy::scenario::{Window, window};
use crate::policy::syntax::{Entry, Node, Value, parse};

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuestion {
    /// Which part of the history is replayed.
    pub window: Window,
    /// Which share of the customers.
    pub sample: Rate,
    /// What chance begins with.
    pub seed: u64,
    /// How many policies are tried at most.
    pub tries: usize,
    /// The segment whose classes are meant; absent where the policy has none.
    pub segment: Option<u16>,
    /// What may move.
    pub settings: Vec<Setting>,
    /// How customers are assumed to answer to prices, by class; the last is of those without a class.
    pub elasticity: Vec<Assumed>,
    /// How satisfied classes are assumed to be for what service of a customer may cost.
    pub satisfied: Vec<(u16, SatisfiedAt)>,
    /// What is wanted; the frontier between discount and margin where it is absent.
    pub goal: Option<Goal>,
    /// What has to be kept.
    pub keep: Vec<Keep>,
}

/// As much or as little of a figure as can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Of what.
    pub figure: Figure,
    /// Whether as much as can be.
    pub most: bool,
}

/// A bound on a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keep {
    /// Of what.
    pub figure: Figure,
    /// The least.
    pub at_least: Option<Number>,
    /// The most.
    pub at_most: Option<Number>,
}

/// What a policy is measured by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// As it is written.
    pub name: String,
    /// What is counted.
    pub measure: FigureMeasure,
    /// Of which class; of all where it is absent.
    pub class: Option<u16>,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureMeasure {
    /// What is granted.
    Discount,
    /// What is paid.
    Net,
    /// What is paid, less cost of goods.
    Margin,
    /// That, less what service may cost.
    Profit,
    /// What service may cost.
    Service,
    /// Satisfaction as it is assumed for that.
    Satisfied,
}

const FIGURES: [(&str, FigureMeasure); 6] = [
    ("discount", FigureMeasure::Discount),
    ("net", FigureMeasure::Net),
    ("margin", FigureMeasure::Margin),
    ("profit", FigureMeasure::Profit),
    ("service", FigureMeasure::Service),
    ("satisfied", FigureMeasure::Satisfied),
];

/// Reads a question about a policy, the one file of these. All mistakes are found in one run.
pub fn search_question(
    sources: &Sources,
    bundle: &Bundle,
    policy: &Sources,
) -> (Option<SearchQuestion>, Vec<Diagnostic>) {
    let mut cx = Cx::new(sources);
    know(&mut cx, bundle);
    let parsed = parse(FileId(0), &sources.get(FileId(0)).text);
    cx.findings.extend(parsed.findings);
    let found = match &parsed.root {
        Some(root) if !root.is_null() => question(&mut cx, root, bundle, policy),
        _ => {
            if cx.findings.is_empty() {
                let start = Span { file: FileId(0), start: 0, end: 0 };
                cx.error("empty", start, "this file asks nothing", "expected at least `move`");
            }
            None
        }
    };
    in_order(&mut cx.findings);
    let sound = cx.findings.iter().all(|finding| finding.severity != Severity::Error);
    (found.filter(|_| sound), cx.findings)
}

fn question(cx: &mut Cx<'_>, root: &Node, bundle: &Bundle, policy: &Sources) -> Option<SearchQuestion> {
    let fields = cx.fields(root, &SEARCH, Span { end: root.span.start, ..root.span })?;
    let window = optional(cx, fields.get("window"), window);
    let sample = optional(cx, fields.get("sample"), |cx, node| {
        let rate = cx.rate(node)?;
        if rate == Rate::ZERO {
            cx.error("bad-rate", node.span, "`0%` is nobody", "expected a rate above 0%");
        }
        Some(rate)
    });
    let seed = optional(cx, fields.get("seed"), |cx, node| cx.whole(node, 0, i64::MAX));
    let tries = optional(cx, fields.get("tries"), |cx, node| cx.whole(node, 1, 100_000));
    let segment = optional(cx, fields.get("by"), |cx, node| cx.segment(node));
    let settings = fields.get("move").and_then(|node| settings(cx, node, policy));
    let segment = segment?.or_else(|| usual_segment(bundle));
    let classes = segment.map_or(0, |segment| bundle.segments[segment as usize].classes.len());
    let elasticity = optional(cx, fields.get("elasticity"), |cx, node| elasticity(cx, node, segment, classes));
    let satisfied = optional(cx, fields.get("satisfied"), |cx, node| satisfied(cx, node, segment));
    let goal = goal(cx, &fields, segment);
    let keep = optional(cx, fields.get("keep"), |cx, node| keep(cx, node, segment));
    let satisfied = satisfied?.unwrap_or_default();
    let (goal, keep) = (goal?, keep?.unwrap_or_default());
    for figure in keep.iter().map(|keep| &keep.figure).chain(goal.iter().map(|goal| &goal.figure)) {
        let assumed = |class: u16| satisfied.iter().any(|(known, _)| *known == class);
        if figure.measure == FigureMeasure::Satisfied && !figure.class.is_some_and(assumed) {
            let message = format!("nothing is assumed for `{}`", show(&figure.name));
            cx.error(
                "missing-key",
                fields.owner,
                message,
                "expected the class in `satisfied`, with its `spend` and `now`",
            );
        }
    }
    Some(SearchQuestion {
        window: window?.unwrap_or_default(),
        sample: sample?.unwrap_or(Rate::ONE),
        seed: seed?.unwrap_or(0).unsigned_abs(),
        tries: tries?.map_or(200, |tries| tries as usize),
        segment,
        settings: settings?,
        elasticity: elasticity?.unwrap_or_else(|| vec![Assumed::Point(Number::ZERO); classes + 1]),
        satisfied,
        goal,
        keep,
    })
}

fn satisfied(cx: &mut Cx<'_>, node: &Node, segment: Option<u16>) -> Option<Vec<(u16, SatisfiedAt)>> {
    let read = |cx: &mut Cx<'_>, entry: &Entry| {
        let class = class_of(cx, segment, &entry.key.text, entry.key.span);
        let fields = cx.fields(&entry.value, &SATISFIED_AT, entry.key.span)?;
        let found = satisfied_at(cx, &fields);
        Some((class?, found?))
    };
    let read: Vec<_> = cx.named(node, "class")?.iter().map(|entry| read(cx, entry)).collect();
    read.into_iter().collect()
}

fn goal(cx: &mut Cx<'_>, fields: &crate::policy::read::Fields<'_>, segment: Option<u16>) -> Option<Option<Goal>> {
    match (fields.entry("maximize"), fields.entry("minimize")) {
        (None, None) => Some(None),
        (Some(first), Some(second)) => {
            let finding = Diagnostic::error("one-of", second.key.span, "`maximize` and `minimize` exclude each other");
            cx.note(finding.label("expected one of them").related(first.key.span, "the first of them"));
            None
        }
        (Some(entry), None) | (None, Some(entry)) => {
            let text = cx.scalar(&entry.value, "a figure such as `margin`")?;
            let figure = figure(cx, text, entry.value.span, segment)?;
            Some(Some(Goal { figure, most: entry.key.text == "maximize" }))
        }
    }
}

fn keep(cx: &mut Cx<'_>, node: &Node, segment: Option<u16>) -> Option<Vec<Keep>> {
    let Value::Mapping(entries) = &node.value else {
        cx.wrong_type(node, "a map from figures to bounds, such as `{ discount: { at_most: 5000 } }`");
        return None;
    };
    let read = |cx: &mut Cx<'_>, entry: &Entry| {
        let figure = figure(cx, &entry.key.text, entry.key.span, segment);
        let fields = cx.fields(&entry.value, &KEEP, entry.key.span)?;
        let number = |cx: &mut Cx<'_>, node: &Node| cx.decimal(node, 6, "a number");
        let (at_least, at_most) =
            (optional(cx, fields.get("at_least"), number), optional(cx, fields.get("at_most"), number));
        let (at_least, at_most) = (at_least?, at_most?);
        if at_least.is_none() && at_most.is_none() {
            cx.error("empty", entry.key.span, "this bounds nothing", "expected `at_least`, `at_most` or both");
        }
        Some(Keep { figure: figure?, at_least, at_most })
    };
    let read: Vec<_> = entries.iter().map(|entry| read(cx, entry)).collect();
    read.into_iter().collect()
}

/// `margin`, or `margin.A` for one class.
fn figure(cx: &mut Cx<'_>, text: &str, span: Span, segment: Option<u16>) -> Option<Figure> {
    let (name, class) = text.split_once('.').map_or((text, None), |(name, class)| (name, Some(class)));
    let Some((_, measure)) = FIGURES.iter().find(|(known, _)| *known == name) else {
        let help = cx.did_you_mean(name, FIGURES.map(|(known, _)| known));
        let message = format!("`{}` is no figure", show(name));
        let known: Vec<&str> = FIGURES.iter().map(|(known, _)| *known).collect();
        let mut finding = Diagnostic::error("unknown-word", span, message)
            .label(format!("expected {}, of one class as `margin.A`", known.join(", ")));
        finding.help = help;
        cx.note(finding);
        return None;
    };
    let class = match class {
        Some(class) => Some(class_of(cx, segment, class, span)?),
        None => None,
    };
    Some(Figure { name: text.to_owned(), measure: *measure, class })
}
