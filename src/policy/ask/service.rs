//! `treue optimize service`: what is assumed of each class, and what bounds the answer.

use super::assumed::{Assumed, amount, any_amount, below, ranged, share};
use super::shapes::{CLASS, QUESTION, SATISFACTION, SATISFIED, SCALES};
use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, Span};
use crate::id::Name;
use crate::money::{Money, Number};
use crate::policy::bundle::Bundle;
use crate::policy::cases::know;
use crate::policy::check;
use crate::policy::compile::in_order;
use crate::policy::read::{Cx, optional};
use crate::policy::syntax::{Entry, Node, parse};
use crate::time::Instant;

/// What is best spent on serving each class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceQuestion {
    /// As of when the base is measured; now where it is absent.
    pub as_of: Option<Instant>,
    /// What a period of waiting takes off money.
    pub discount_rate: Assumed,
    /// The most that may be spent in a period on all customers.
    pub budget: Option<Money>,
    /// How satisfaction is measured and what it may not be below; nothing is assumed of it where this is absent.
    pub satisfaction: Option<SatisfactionQuestion>,
    /// The classes that are asked about.
    pub classes: Vec<ClassQuestion>,
}

/// How satisfaction is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SatisfactionScale {
    /// The average rating, from 1 to 5.
    Rating,
    /// The share of customers who are content.
    Share,
}

/// Satisfaction over all classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SatisfactionQuestion {
    /// How it is measured.
    pub scale: SatisfactionScale,
    /// The least that its average over all customers may be.
    pub floor: Option<Number>,
}

/// What is assumed of a class; what is absent is measured on the base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassQuestion {
    /// Its name.
    pub name: Name,
    /// Its index in the segment that service budgets go by; absent where the policy has none.
    pub class: Option<u16>,
    /// How many customers.
    pub customers: Option<u64>,
    /// What a customer brings in a period, before service.
    pub margin: Option<Assumed>,
    /// What service of a customer costs in a period, now.
    pub spend: Option<Assumed>,
    /// The share of customers who stay for the next period at that spend.
    pub keeps: Assumed,
    /// The share of customers who stay without any service.
    pub without: Assumed,
    /// The share of customers that no service exceeds.
    pub ceiling: Assumed,
    /// Its satisfaction.
    pub satisfied: SatisfiedQuestion,
}

/// What is assumed of the satisfaction of a class; on the scale of the question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SatisfiedQuestion {
    /// At the spend of now.
    pub now: Option<Assumed>,
    /// Without any service.
    pub without: Option<Assumed>,
    /// What no service exceeds.
    pub ceiling: Option<Assumed>,
    /// The least that it may be.
    pub floor: Option<Number>,
}

const MAX_CLASSES: usize = 64;

/// Reads a question about service, the one file of these, against the names of a bundle. All mistakes are found in one
/// run; the question is there where none of them is an error.
pub fn service_question(sources: &Sources, bundle: &Bundle) -> (Option<ServiceQuestion>, Vec<Diagnostic>) {
    let mut cx = Cx::new(sources);
    know(&mut cx, bundle);
    let parsed = parse(FileId(0), &sources.get(FileId(0)).text);
    cx.findings.extend(parsed.findings);
    let found = match &parsed.root {
        Some(root) if !root.is_null() => question(&mut cx, root, bundle),
        _ => {
            if cx.findings.is_empty() {
                let start = Span { file: FileId(0), start: 0, end: 0 };
                cx.error("empty", start, "this file asks nothing", "expected `discount_rate` and `classes`");
            }
            None
        }
    };
    in_order(&mut cx.findings);
    let sound = cx.findings.iter().all(|finding| finding.severity != Severity::Error);
    (found.filter(|_| sound), cx.findings)
}

fn question(cx: &mut Cx<'_>, root: &Node, bundle: &Bundle) -> Option<ServiceQuestion> {
    let fields = cx.fields(root, &QUESTION, Span { end: root.span.start, ..root.span })?;
    let as_of = optional(cx, fields.get("as_of"), |cx, node| cx.instant(node));
    let discount_rate = fields.get("discount_rate").and_then(|node| {
        let rate = share(cx, node)?;
        if rate.low().is_none_or(|low| low == Number::ZERO) {
            cx.error(
                "bad-rate",
                node.span,
                "money of later is worth less than money of now",
                "expected a rate above 0%",
            );
        }
        Some(rate)
    });
    let budget = optional(cx, fields.get("budget"), |cx, node| cx.money(node));
    let satisfaction = optional(cx, fields.entry("satisfaction"), satisfaction);
    let scale = satisfaction.flatten().map_or(SatisfactionScale::Rating, |stated| stated.scale);
    let entries = fields.get("classes").and_then(|node| Some((node, cx.named(node, "class")?)));
    let classes = entries.and_then(|(node, entries)| {
        if entries.is_empty() || entries.len() > MAX_CLASSES {
            let message = format!("there are {} classes here", entries.len());
            cx.error("too-many", node.span, message, &format!("expected 1 to {MAX_CLASSES}"));
        }
        let read: Vec<_> = entries.iter().map(|entry| class(cx, entry, bundle, scale)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    if let (Some(None), Some((_, entries))) = (satisfaction, entries) {
        for entry in entries {
            let stated = classes.as_ref().and_then(|classes| classes.iter().find(|c| *c.name == *entry.key.text));
            if stated.is_some_and(|class| class.satisfied != SatisfiedQuestion::default()) {
                let message = "nothing is said of how satisfaction is measured";
                cx.error("missing-key", entry.key.span, message, "expected `satisfaction: { scale: rating }` above");
            }
        }
    }
    Some(ServiceQuestion {
        as_of: as_of?,
        discount_rate: discount_rate?,
        budget: budget?,
        satisfaction: satisfaction?,
        classes: classes?,
    })
}

fn satisfaction(cx: &mut Cx<'_>, entry: &Entry) -> Option<SatisfactionQuestion> {
    let fields = cx.fields(&entry.value, &SATISFACTION, entry.key.span)?;
    let scale = optional(cx, fields.get("scale"), |cx, node| cx.word(node, SCALES))?;
    let scale = if scale == Some(1) { SatisfactionScale::Share } else { SatisfactionScale::Rating };
    let floor = optional(cx, fields.get("floor"), |cx, node| level(cx, node, scale));
    Some(SatisfactionQuestion { scale, floor: floor? })
}

fn class(cx: &mut Cx<'_>, entry: &Entry, bundle: &Bundle, scale: SatisfactionScale) -> Option<ClassQuestion> {
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    let class = budgets.map(|budgets| check::class_name(cx, budgets.segment, &entry.key.text, entry.key.span));
    let fields = cx.fields(&entry.value, &CLASS, entry.key.span)?;
    let customers = optional(cx, fields.get("customers"), |cx, node| cx.whole(node, 1, 1_000_000_000_000));
    let margin = optional(cx, fields.get("margin"), any_amount);
    let spend = optional(cx, fields.get("spend"), amount);
    let keeps = fields.entry("keeps").and_then(|entry| at(cx, entry, share));
    let without = optional(cx, fields.entry("without"), |cx, entry| at(cx, entry, share));
    let ceiling = fields.entry("ceiling").and_then(|entry| at(cx, entry, share));
    if let (Some(keeps), Some(ceiling)) = (keeps, ceiling) {
        below(cx, keeps, ceiling, "no spend reaches the ceiling, so what is kept now lies below it");
    }
    if let (Some(keeps), Some(Some(without))) = (keeps, without) {
        below(cx, without, keeps, "service keeps customers, so fewer stay without it");
    }
    let satisfied = optional(cx, fields.entry("satisfied"), |cx, entry| satisfied(cx, entry, scale));
    if budgets.is_none() {
        for name in ["customers", "margin", "spend"] {
            if fields.get(name).is_none() {
                let message =
                    format!("`{name}` cannot be measured: the policy in force has no service budgets by class");
                cx.error("missing-key", entry.key.span, message, &format!("expected a key `{name}` in it"));
            }
        }
    }
    Some(ClassQuestion {
        name: entry.key.text.as_str().into(),
        class: match class {
            Some(found) => Some(found?),
            None => None,
        },
        customers: customers?.map(i64::unsigned_abs),
        margin: margin?,
        spend: spend?,
        keeps: keeps?.0,
        without: without?.map_or(Assumed::Point(Number::ZERO), |(stated, _)| stated),
        ceiling: ceiling?.0,
        satisfied: satisfied?.unwrap_or_default(),
    })
}

fn satisfied(cx: &mut Cx<'_>, entry: &Entry, scale: SatisfactionScale) -> Option<SatisfiedQuestion> {
    let fields = cx.fields(&entry.value, &SATISFIED, entry.key.span)?;
    let stated = |cx: &mut Cx<'_>, node: &Node| match scale {
        SatisfactionScale::Rating => ranged(cx, node, |cx, node| level(cx, node, scale)),
        SatisfactionScale::Share => share(cx, node),
    };
    let now = optional(cx, fields.entry("now"), |cx, entry| at(cx, entry, stated));
    let without = optional(cx, fields.entry("without"), |cx, entry| at(cx, entry, stated));
    let ceiling = optional(cx, fields.entry("ceiling"), |cx, entry| at(cx, entry, stated));
    let floor = optional(cx, fields.get("floor"), |cx, node| level(cx, node, scale));
    let (now, without, ceiling) = (now?, without?, ceiling?);
    if let (Some(now), Some(ceiling)) = (now, ceiling) {
        below(cx, now, ceiling, "no spend reaches the ceiling, so the satisfaction of now lies below it");
    }
    if let (Some(now), Some(without)) = (now, without) {
        below(cx, without, now, "service satisfies, so there is less satisfaction without it");
    }
    let only = |stated: Option<(Assumed, Span)>| stated.map(|(stated, _)| stated);
    Some(SatisfiedQuestion { now: only(now), without: only(without), ceiling: only(ceiling), floor: floor? })
}

/// A value with its place.
fn at(
    cx: &mut Cx<'_>,
    entry: &Entry,
    read: impl FnOnce(&mut Cx<'_>, &Node) -> Option<Assumed>,
) -> Option<(Assumed, Span)> {
    Some((read(cx, &entry.value)?, entry.value.span))
}

/// A single value on the scale.
fn level(cx: &mut Cx<'_>, node: &Node, scale: SatisfactionScale) -> Option<Number> {
    match scale {
        SatisfactionScale::Share => cx.rate(node).map(|rate| Number(i128::from(rate.ppm()))),
        SatisfactionScale::Rating => {
            let rating = cx.decimal(node, 6, "a rating")?;
            let within = (Number::int(1)..=Number::int(5)).contains(&rating);
            if !within {
                let message = format!("`{rating}` is not a rating");
                cx.error("bad-number", node.span, message, "expected a rating from 1 to 5");
            }
            within.then_some(rating)
        }
    }
}

/// A single rating from 1 to 5.
pub(super) fn rating(cx: &mut Cx<'_>, node: &Node) -> Option<Number> {
    level(cx, node, SatisfactionScale::Rating)
}
