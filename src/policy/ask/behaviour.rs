//! `behaviour`: how customers are assumed to answer.

use super::assumed::{Assumed, amount, ranged, share};
use super::service::rating;
use super::shapes::{BEHAVIOUR, CHURN, RIVAL};
use crate::diagnostic::Span;
use crate::money::Number;
use crate::policy::bundle::Bundle;
use crate::policy::check;
use crate::policy::read::{Cx, Fields, optional};
use crate::policy::syntax::{Entry, Node, Value};
use crate::time::Instant;

/// How customers are assumed to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behaviour {
    /// The segment whose classes are meant; absent where the policy has none.
    pub segment: Option<u16>,
    /// How often chance is played out.
    pub runs: u32,
    /// By how many per cent more is bought for each per cent less to pay, by class; the last is of those without a class.
    pub elasticity: Vec<Assumed>,
    /// An offer of somebody else.
    pub rival: Option<Rival>,
    /// How many leave, by class.
    pub churn: Vec<(u16, Churn)>,
    /// How many new customers come in a month.
    pub newcomers: Option<Assumed>,
}

/// An offer of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// What he takes off.
    pub rate: Assumed,
    /// Since when.
    pub from: Instant,
    /// Whom he reaches; everybody where none is named.
    pub classes: Vec<u16>,
    /// The share of those who leave for him unless they get as much here.
    pub switch: Assumed,
}

/// How many leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Churn {
    /// The share that leaves in a month, as service is now.
    pub monthly: Assumed,
    /// By how much that falls for each point of satisfaction more, and what satisfies; absent where service changes nothing.
    pub answers: Option<(Assumed, SatisfiedAt)>,
}

/// The satisfaction of a class at the spend of now, on a scale from 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SatisfiedAt {
    /// What service of a customer costs.
    pub spend: Assumed,
    /// What that achieves.
    pub now: Assumed,
    /// What there is without any service.
    pub without: Assumed,
    /// What no service exceeds.
    pub ceiling: Assumed,
}

/// Reads the section.
pub(in crate::policy) fn behaviour(cx: &mut Cx<'_>, entry: &Entry, bundle: &Bundle) -> Option<Behaviour> {
    let fields = cx.fields(&entry.value, &BEHAVIOUR, entry.key.span)?;
    let segment = optional(cx, fields.get("by"), |cx, node| cx.segment(node))?.or_else(|| usual_segment(bundle));
    let classes = segment.map_or(0, |segment| bundle.segments[segment as usize].classes.len());
    let runs = optional(cx, fields.get("runs"), |cx, node| cx.whole(node, 20, 100_000));
    let elasticity = optional(cx, fields.get("elasticity"), |cx, node| elasticity(cx, node, segment, classes));
    let rival = optional(cx, fields.entry("rival"), |cx, entry| rival(cx, entry, segment));
    let churn = optional(cx, fields.get("churn"), |cx, node| {
        let read: Vec<_> = cx.named(node, "class")?.iter().map(|entry| churn(cx, entry, segment)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    let newcomers = optional(cx, fields.get("newcomers"), |cx, node| ranged(cx, node, newcomers_a_month));
    Some(Behaviour {
        segment,
        runs: runs?.and_then(|runs| u32::try_from(runs).ok()).unwrap_or(200),
        elasticity: elasticity?.unwrap_or_else(|| vec![Assumed::Point(Number::ZERO); classes + 1]),
        rival: rival?,
        churn: churn?.unwrap_or_default(),
        newcomers: newcomers?,
    })
}

/// The most that may come in a month.
const MOST_NEWCOMERS: Number = Number::int(1_000_000);

fn newcomers_a_month(cx: &mut Cx<'_>, node: &Node) -> Option<Number> {
    let number = cx.decimal(node, 6, "a number of customers")?;
    if number > MOST_NEWCOMERS {
        cx.bad("bad-number", node, "a number of customers", "expected at most a million a month", None);
        return None;
    }
    Some(number)
}

fn rival(cx: &mut Cx<'_>, entry: &Entry, segment: Option<u16>) -> Option<Rival> {
    let fields = cx.fields(&entry.value, &RIVAL, entry.key.span)?;
    let rate = fields.get("rate").and_then(|node| share(cx, node));
    let from = fields.get("from").and_then(|node| cx.instant(node));
    let classes = optional(cx, fields.get("classes"), |cx, node| {
        let named = |cx: &mut Cx<'_>, node: &Node| {
            let name = cx.scalar(node, "the name of a class")?.to_owned();
            class_of(cx, segment, &name, node.span)
        };
        let read: Vec<_> = cx.one_or_many(node).iter().map(|node| named(cx, node)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    let switch = fields.get("switch").and_then(|node| share(cx, node));
    Some(Rival { rate: rate?, from: from?, classes: classes?.unwrap_or_default(), switch: switch? })
}

fn churn(cx: &mut Cx<'_>, entry: &Entry, segment: Option<u16>) -> Option<(u16, Churn)> {
    let class = class_of(cx, segment, &entry.key.text, entry.key.span);
    let fields = cx.fields(&entry.value, &CHURN, entry.key.span)?;
    let monthly = fields.get("monthly").and_then(|node| share(cx, node));
    let answers = match fields.get("falls") {
        None => {
            for entry in fields.among(&["spend", "now", "without", "ceiling"]) {
                let message = format!("`{}` has no meaning without `falls`", entry.key.text);
                cx.error("misplaced-key", entry.key.span, message, "expected `falls` beside it");
            }
            Some(None)
        }
        Some(node) => {
            let falls = share(cx, node);
            for name in ["spend", "now"] {
                if fields.get(name).is_none() {
                    let message = format!("this churn of a class has `falls`, and no `{name}`");
                    cx.error("missing-key", fields.owner, message, &format!("expected a key `{name}` in it"));
                }
            }
            satisfied_at(cx, &fields).zip(falls).map(|(satisfied, falls)| Some((falls, satisfied)))
        }
    };
    Some((class?, Churn { monthly: monthly?, answers: answers? }))
}

/// `spend`, `now`, `without` and `ceiling` of a map that has them.
pub(super) fn satisfied_at(cx: &mut Cx<'_>, fields: &Fields<'_>) -> Option<SatisfiedAt> {
    let rated = |cx: &mut Cx<'_>, node: &Node| ranged(cx, node, rating);
    let spend = fields.get("spend").and_then(|node| amount(cx, node));
    let now = fields.get("now").and_then(|node| rated(cx, node));
    let without = optional(cx, fields.get("without"), rated);
    let ceiling = optional(cx, fields.get("ceiling"), rated);
    let (spend, now) = (spend?, now?);
    let (without, ceiling) = (without?.unwrap_or(point(1)), ceiling?.unwrap_or(point(5)));
    let bounds = (without.high(), now.low(), now.high(), ceiling.low(), spend.low());
    let (Some(without_most), Some(low), Some(high), Some(ceiling_least), Some(spend_least)) = bounds else {
        return None;
    };
    if without_most >= low || high >= ceiling_least || spend_least == Number::ZERO {
        let message = "no curve of satisfaction goes through these numbers";
        let label = "expected `without` below `now`, `now` below `ceiling`, and a `spend` above zero";
        cx.error("bounds-order", fields.owner, message, label);
        return None;
    }
    Some(SatisfiedAt { spend, now, without, ceiling })
}

const fn point(value: i64) -> Assumed {
    Assumed::Point(Number::int(value))
}

/// One for all classes, or one by class and none for the others.
pub(super) fn elasticity(cx: &mut Cx<'_>, node: &Node, segment: Option<u16>, classes: usize) -> Option<Vec<Assumed>> {
    let one = |cx: &mut Cx<'_>, node: &Node| ranged(cx, node, |cx, node| cx.decimal(node, 6, "an elasticity"));
    let Value::Mapping(_) = node.value else { return Some(vec![one(cx, node)?; classes + 1]) };
    let mut found = vec![point(0); classes + 1];
    for entry in cx.named(node, "class")? {
        let class = class_of(cx, segment, &entry.key.text, entry.key.span);
        let stated = one(cx, &entry.value);
        found[class? as usize] = stated?;
    }
    Some(found)
}

/// The index of a class that is named here.
pub(super) fn class_of(cx: &mut Cx<'_>, segment: Option<u16>, name: &str, span: Span) -> Option<u16> {
    let Some(segment) = segment else {
        cx.error("unknown-class", span, "the policy has no segment with classes", "expected none");
        return None;
    };
    check::class_name(cx, segment, name, span)
}

/// The segment that is meant where none is named.
pub(super) fn usual_segment(bundle: &Bundle) -> Option<u16> {
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    budgets.map(|budgets| budgets.segment).or((!bundle.segments.is_empty()).then_some(0))
}
