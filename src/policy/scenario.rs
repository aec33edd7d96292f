//! Scenario files: which history is replayed under which policies, as data. Running them is the app's.

use super::ask::{Behaviour, behaviour};
use super::bundle::{Bundle, Step};
use super::compile::in_order;
use super::keys;
use super::read::{Cx, Fields, list, optional, show, steps_of};
use super::syntax::{Node, Value, parse};
use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, Span};
use crate::id::{Name, Revision};
use crate::metric::{Measure, Sum};
use crate::money::Rate;
use crate::time::{Duration, Instant};

/// A scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Which part of the history decisions are made in.
    pub window: Window,
    /// Which share of the customers.
    pub sample: Rate,
    /// What the candidates are compared with.
    pub baseline: Side,
    /// What is compared with it, by name; at least one.
    pub candidates: Vec<(Name, Side)>,
    /// What chance begins with.
    pub seed: u64,
    /// How customers are assumed to answer; absent where the same purchases are assumed to happen.
    pub behaviour: Option<Behaviour>,
}

/// Which part of the history.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Window {
    /// From when; the first purchase where it is absent.
    pub from: Option<Instant>,
    /// Until before when; now where it is absent.
    pub until: Option<Instant>,
    /// In place of both: the last so long.
    pub last: Option<Duration>,
}

/// One side of a simulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// The policy in force.
    Active,
    /// What was really granted.
    Recorded,
    /// No discounts and no points.
    Nothing,
    /// A stored revision.
    Revision(Revision),
    /// The policies in a folder.
    Folder(String),
    /// The policies sent along with the scenario.
    Sent,
    /// A policy that is one ladder.
    Ladder(LadderVariant),
}

/// One way to read a ladder by money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LadderVariant {
    /// Its steps.
    pub steps: Vec<Step>,
    /// What it climbs with: gross, or net of earlier discounts.
    pub net: bool,
    /// Over which time; absent for the whole history.
    pub within: Option<Duration>,
    /// Whether the basket counts before the step is chosen.
    pub with_basket: bool,
}

impl LadderVariant {
    /// The policy that it is, in words that the reader of policies understands.
    pub fn policy(&self, bundle: &Bundle) -> String {
        let sum = if self.net { "net" } else { "gross" };
        let within = self.within.map_or_else(String::new, |within| format!(", within: {within}"));
        let steps: Vec<String> = self.steps.iter().map(|step| format!("{}: {}", step.threshold, step.rate)).collect();
        let counting = if self.with_basket { ", counting_basket: true" } else { "" };
        let margin =
            bundle.default_margin.map_or_else(String::new, |it| format!("costs: {{ default_margin: {it} }}\n"));
        format!(
            "currency: {}\ntimezone: {}\n{margin}metrics:\n  spend: {{ sum: {sum}{within} }}\ndiscounts:\n  ladder:\n    \
             ladder: {{ by: spend, steps: {{ {} }}{counting} }}\n",
            bundle.currency,
            bundle.zone,
            steps.join(", "),
        )
    }
}

impl Scenario {
    /// What a policy would have changed over the last twelve months, beside the one in force.
    pub fn impact(candidate: Side) -> Self {
        Self {
            window: Window { last: Some(Duration::Months(12)), ..Window::default() },
            sample: Rate::ONE,
            baseline: Side::Active,
            candidates: vec![("candidate".into(), candidate)],
            seed: 0,
            behaviour: None,
        }
    }
}

/// Reads a scenario. All its mistakes are found in one run; it is there where none of them is an error.
pub fn scenario(sources: &Sources, bundle: &Bundle) -> (Option<Scenario>, Vec<Diagnostic>) {
    let mut cx = Cx::new(sources);
    super::cases::know(&mut cx, bundle);
    let file = FileId(0);
    let parsed = parse(file, &sources.get(file).text);
    cx.findings.extend(parsed.findings);
    let found = match &parsed.root {
        Some(root) if !root.is_null() => read(&mut cx, root, bundle),
        _ => {
            if cx.findings.is_empty() {
                let start = Span { file, start: 0, end: 0 };
                cx.error("empty", start, "there is no scenario here", "expected at least a `candidate`");
            }
            None
        }
    };
    in_order(&mut cx.findings);
    let sound = cx.findings.iter().all(|finding| finding.severity != Severity::Error);
    (found.filter(|_| sound), cx.findings)
}

fn read(cx: &mut Cx<'_>, root: &Node, bundle: &Bundle) -> Option<Scenario> {
    let start = Span { end: root.span.start, ..root.span };
    let fields = cx.fields(root, &keys::SCENARIO, start)?;
    let window = optional(cx, fields.get("window"), window);
    let sample = optional(cx, fields.get("sample"), |cx, node| {
        let rate = cx.rate(node)?;
        if rate == Rate::ZERO {
            cx.error("bad-rate", node.span, "`0%` is nobody", "expected a rate above 0%");
            return None;
        }
        Some(rate)
    });
    let baseline = optional(cx, fields.get("baseline"), side);
    let seed = optional(cx, fields.get("seed"), |cx, node| cx.whole(node, 0, i64::MAX));
    let candidates = candidates(cx, &fields);
    let behaviour = optional(cx, fields.entry("behaviour"), |cx, entry| behaviour(cx, entry, bundle));
    Some(Scenario {
        window: window?.unwrap_or_default(),
        sample: sample?.unwrap_or(Rate::ONE),
        baseline: baseline?.unwrap_or(Side::Active),
        candidates: candidates?,
        seed: seed?.unwrap_or(0).unsigned_abs(),
        behaviour: behaviour?,
    })
}

pub(super) fn window(cx: &mut Cx<'_>, node: &Node) -> Option<Window> {
    if let Value::Scalar { .. } = node.value {
        return Some(Window { last: Some(cx.duration(node)?), ..Window::default() });
    }
    let start = Span { end: node.span.start, ..node.span };
    let fields = cx.fields(node, &keys::SCENARIO_WINDOW, start)?;
    let from = optional(cx, fields.get("from"), |cx, node| cx.instant(node))?;
    let until = optional(cx, fields.get("until"), |cx, node| cx.instant(node))?;
    if let (Some(from), Some(until), Some(node)) = (from, until, fields.get("until"))
        && until <= from
    {
        cx.error("never-applies", node.span, "the window ends before it begins", "expected an instant after `from`");
        return None;
    }
    Some(Window { from, until, last: None })
}

fn candidates(cx: &mut Cx<'_>, fields: &Fields<'_>) -> Option<Vec<(Name, Side)>> {
    let stated = super::check::exactly_one(cx, fields, &["candidate", "candidates", "ladder"], "scenario")?;
    match stated.key.text.as_str() {
        "candidate" => Some(vec![("candidate".into(), side(cx, &stated.value)?)]),
        "candidates" => {
            let entries = cx.named(&stated.value, "candidate")?;
            if entries.is_empty() {
                cx.error("empty", stated.value.span, "no candidate is named", "expected `NAME: POLICY`");
                return None;
            }
            const MOST: usize = 16;
            if entries.len() > MOST {
                let message = format!("there are {} candidates", entries.len());
                cx.error("too-many", stated.value.span, message, "expected at most 16");
                return None;
            }
            let read: Vec<_> =
                entries.iter().map(|entry| Some((entry.key.text.as_str().into(), side(cx, &entry.value)?))).collect();
            read.into_iter().collect()
        }
        _ => variants(cx, &stated.value),
    }
}

/// All readings of one ladder.
fn variants(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<(Name, Side)>> {
    let start = Span { end: node.span.start, ..node.span };
    let fields = cx.fields(node, &keys::SCENARIO_LADDER, start)?;
    let within = fields.get("within").and_then(|node| cx.duration(node));
    let measure = Some(Measure::Sum(Sum::Gross));
    let written = fields.entry("steps").and_then(|entry| steps_of(cx, entry, measure));
    let (within, written) = (within?, written?);
    let steps: Vec<Step> = written.into_iter().map(|written| written.step).collect();
    let mut found: Vec<(Name, Side)> = Vec::new();
    for window in [None, Some(within)] {
        for net in [false, true] {
            for with_basket in [false, true] {
                let over = window.map_or_else(|| "lifetime".to_owned(), |window| window.to_string());
                let sum = if net { "net" } else { "gross" };
                let basket = if with_basket { "with the basket" } else { "before the basket" };
                let variant = LadderVariant { steps: steps.clone(), net, within: window, with_basket };
                found.push((format!("{over}, {sum}, {basket}").into(), Side::Ladder(variant)));
            }
        }
    }
    Some(found)
}

fn side(cx: &mut Cx<'_>, node: &Node) -> Option<Side> {
    const WORDS: [&str; 4] = ["active", "recorded", "none", "sent"];
    let text = cx.scalar(node, "`active`, `recorded`, `none`, a revision or a folder of policies")?;
    Some(match text {
        "active" => Side::Active,
        "recorded" => Side::Recorded,
        "none" => Side::Nothing,
        "sent" => Side::Sent,
        _ => match Revision::parse(text) {
            Some(revision) => Side::Revision(revision),
            None if text.contains(['/', '.', '\\']) => Side::Folder(text.to_owned()),
            None => {
                let message = format!("`{}` is no policy", show(text));
                let words: Vec<String> = WORDS[..3].iter().map(|word| format!("`{word}`")).collect();
                let label = format!(
                    "expected {}",
                    list(&[&words[..], &["a revision".into(), "a folder such as `./draft`".into()]].concat())
                );
                let help = cx.did_you_mean(text, WORDS);
                let mut finding = Diagnostic::error("unknown-word", node.span, message).label(label);
                finding.help = help;
                cx.note(finding);
                return None;
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::compile;

    fn bundle() -> Bundle {
        let sources =
            Sources::new([("policies/shop.yaml".to_owned(), "currency: EUR\ntimezone: Europe/Berlin\n".to_owned())]);
        compile(sources).bundle.expect("a bundle")
    }

    fn read(text: &str) -> (Option<Scenario>, Vec<Diagnostic>) {
        scenario(&Sources::new([("scenario.yaml".to_owned(), text.to_owned())]), &bundle())
    }

    #[test]
    fn scenarios_are_read_whole() {
        let (found, findings) = read(
            "window: { from: 2026-01-01, until: 2026-07-01 }\nsample: 10%\nbaseline: recorded\ncandidate: ./draft\nseed: 7\n",
        );
        assert_eq!(findings, []);
        let found = found.expect("a scenario");
        assert_eq!(found.baseline, Side::Recorded);
        assert_eq!(found.candidates, [("candidate".into(), Side::Folder("./draft".to_owned()))]);
        assert_eq!((found.sample, found.seed), (Rate::parse("10%").expect("a rate"), 7));
        // JSON is YAML.
        let (found, findings) = read(r#"{"window": "12 months", "candidates": {"a": "none", "b": "active"}}"#);
        assert_eq!(findings, []);
        let found = found.expect("a scenario");
        assert_eq!(found.window.last, Duration::parse("12 months"));
        assert_eq!(found.candidates.len(), 2);
    }

    #[test]
    fn a_ladder_is_read_in_eight_ways() {
        let (found, findings) =
            read("ladder: { steps: { 0: 0%, 500: 3%, 1000: 5% }, within: 12 months }\nbaseline: none\n");
        assert_eq!(findings, []);
        let candidates = found.expect("a scenario").candidates;
        assert_eq!(candidates.len(), 8);
        assert_eq!(candidates[0].0.as_ref(), "lifetime, gross, before the basket");
        for (name, side) in &candidates {
            let Side::Ladder(variant) = side else { panic!("{name} is no ladder") };
            let sources = Sources::new([("policies/ladder.yaml".to_owned(), variant.policy(&bundle()))]);
            let compiled = compile(sources);
            assert!(compiled.bundle.is_some(), "{:?}", compiled.diagnostics);
        }
    }

    #[test]
    fn all_mistakes_are_found_in_one_run() {
        let check = |text: &str, expect: &[&str]| {
            let (found, findings) = read(text);
            assert_eq!(found, None);
            assert_eq!(findings.iter().map(|finding| finding.code).collect::<Vec<_>>(), expect, "{text}");
        };
        check("", &["empty"]);
        check(
            "window: soon\nsample: 0%\nbaseline: activ\nsedd: 1\n",
            &["one-of", "bad-duration", "bad-rate", "unknown-word", "unknown-key"],
        );
        check("window: { from: 2026-07-01, until: 2026-01-01 }\ncandidate: none\n", &["never-applies"]);
        check("candidate: none\nladder: { steps: { 500: 3% } }\n", &["one-of"]);
        check("ladder: { steps: { 500: 3 } }\n", &["missing-key", "bad-rate"]);
    }
}
