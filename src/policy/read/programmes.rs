//! `stacking`, `limits`, `points`, `service` and `experiments`.

use super::conditions::conditions;
use super::context::Cx;
use super::discounts::optional;
use crate::diagnostic::Span;
use crate::id::Name;
use crate::money::{Money, Rate};
use crate::policy::bundle::{
    Earn, Experiment, Limits, Multiplier, Points, Redeem, SatisfactionRule, Service, ServiceBudget, ServiceBudgets,
    Stacking,
};
use crate::policy::check;
use crate::policy::keys::{self, BASES, ENFORCEMENTS};
use crate::policy::syntax::{Entry, Node};

pub(in crate::policy) fn stacking(cx: &mut Cx<'_>, section: Option<&Entry>) -> Option<Stacking> {
    let Some(entry) = section else { return Some(Stacking::default()) };
    let fields = cx.fields(&entry.value, &keys::STACKING, entry.key.span)?;
    let base = optional(cx, fields.get("base"), |cx, node| cx.word(node, BASES))?;
    Some(if base == Some(1) { Stacking::Original } else { Stacking::Remaining })
}

/// The limits, and where `max_rate` stands.
pub(in crate::policy) fn limits(cx: &mut Cx<'_>, section: Option<&Entry>) -> Option<Limits> {
    let Some(entry) = section else { return Some(Limits::default()) };
    let fields = cx.fields(&entry.value, &keys::LIMITS, entry.key.span)?;
    let max_rate = optional(cx, fields.get("max_rate"), |cx, node| cx.rate(node));
    let min_margin = optional(cx, fields.get("min_margin"), |cx, node| {
        let rate = cx.rate(node)?;
        if rate == Rate::ONE {
            let message = "no price leaves a margin of 100%";
            cx.error("bad-rate", node.span, message, "expected a rate below 100%");
        }
        Some(rate)
    });
    let max_amount = optional(cx, fields.get("max_amount"), |cx, node| cx.money(node));
    Some(Limits { max_rate: max_rate?, min_margin: min_margin?, max_amount: max_amount? })
}

pub(in crate::policy) fn points(cx: &mut Cx<'_>, section: Option<&Entry>) -> Option<Option<Points>> {
    let Some(entry) = section else { return Some(None) };
    let fields = cx.fields(&entry.value, &keys::POINTS, entry.key.span)?;
    let earn = fields.entry("earn").and_then(|entry| earn(cx, entry));
    let multiply = optional(cx, fields.get("multiply"), |cx, node| {
        let entries = cx.named(node, "multiplier")?;
        let read: Vec<Option<Multiplier>> = entries.iter().map(|entry| multiplier(cx, entry)).collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    let redeem = optional(cx, fields.entry("redeem"), redeem);
    Some(Some(Points { earn: earn?, multiply: multiply?.unwrap_or_default(), redeem: redeem? }))
}

fn earn(cx: &mut Cx<'_>, entry: &Entry) -> Option<Earn> {
    let fields = cx.fields(&entry.value, &keys::EARN, entry.key.span)?;
    let per = fields.get("per").and_then(|node| cx.positive_money(node));
    let points = fields.get("points").and_then(|node| cx.whole(node, 1, 1_000_000));
    let pending = optional(cx, fields.get("pending"), |cx, node| cx.duration(node));
    let expires = optional(cx, fields.get("expires"), |cx, node| cx.duration(node));
    Some(Earn { per: per?, points: points? as u32, pending: pending?, expires: expires? })
}

fn multiplier(cx: &mut Cx<'_>, entry: &Entry) -> Option<Multiplier> {
    let fields = cx.fields(&entry.value, &keys::MULTIPLIER, entry.key.span)?;
    let when = conditions(cx, fields.get("when"));
    let by = fields.get("by").and_then(|node| cx.positive(node, "a factor"));
    Some(Multiplier { name: entry.key.text.as_str().into(), when: when?, by: by? })
}

fn redeem(cx: &mut Cx<'_>, entry: &Entry) -> Option<Redeem> {
    let fields = cx.fields(&entry.value, &keys::REDEEM, entry.key.span)?;
    let value = fields.get("value").and_then(|node| cx.positive(node, "a worth of one point"));
    let at_least = optional(cx, fields.get("at_least"), |cx, node| cx.whole(node, 0, 1_000_000_000));
    let max_share = optional(cx, fields.get("max_share"), |cx, node| cx.rate(node));
    Some(Redeem { value: value?, at_least: at_least?.unwrap_or(1) as u32, max_share: max_share?.unwrap_or(Rate::ONE) })
}

pub(in crate::policy) fn service(cx: &mut Cx<'_>, section: Option<&Entry>) -> Option<Option<Service>> {
    let Some(entry) = section else { return Some(None) };
    let fields = cx.fields(&entry.value, &keys::SERVICE, entry.key.span)?;
    let costs = optional(cx, fields.get("costs"), |cx, node| {
        let entries = cx.named(node, "kind of interaction")?;
        let read: Vec<Option<(Name, Money)>> = entries
            .iter()
            .map(|entry| cx.money(&entry.value).map(|cost| (entry.key.text.as_str().into(), cost)))
            .collect();
        read.into_iter().collect::<Option<Vec<_>>>()
    });
    let budgets = optional(cx, fields.entry("budgets"), budgets);
    let satisfaction = optional(cx, fields.entry("satisfaction"), |cx, entry| {
        let fields = cx.fields(&entry.value, &keys::SATISFACTION, entry.key.span)?;
        let metric = fields.get("by").and_then(|node| cx.metric(node));
        let measure = metric.and_then(|metric| cx.measure(metric));
        let floor = fields.get("floor").and_then(|node| cx.value_of(node, measure));
        let raise = fields.get("raise").and_then(|node| cx.rate(node));
        Some(SatisfactionRule { metric: metric?, floor: floor?, raise: raise? })
    });
    let enforce = optional(cx, fields.get("enforce"), |cx, node| cx.word(node, ENFORCEMENTS));
    Some(Some(Service {
        costs: costs?.unwrap_or_default(),
        budgets: budgets?,
        satisfaction: satisfaction?,
        block: enforce? == Some(1),
    }))
}

fn budgets(cx: &mut Cx<'_>, entry: &Entry) -> Option<ServiceBudgets> {
    let fields = cx.fields(&entry.value, &keys::BUDGETS, entry.key.span)?;
    let segment = fields.get("by").and_then(|node| cx.segment(node));
    let window = fields.get("window").and_then(|node| cx.duration(node));
    let entries = fields.get("classes").and_then(|node| cx.named(node, "class"))?;
    let known = segment.and_then(|at| cx.segment_names[at as usize].classes.as_ref()).map_or(0, Vec::len);
    let mut classes = vec![None; known];
    let mut whole = true;
    for entry in entries {
        let class = segment.and_then(|segment| check::class_name(cx, segment, &entry.key.text, entry.key.span));
        let budget = class_budget(cx, entry, entry.key.span);
        whole &= budget.is_some();
        if let Some(slot) = class.and_then(|class| classes.get_mut(class as usize)) {
            *slot = budget;
        }
    }
    whole.then_some(ServiceBudgets { segment: segment?, window: window?, classes })
}

fn class_budget(cx: &mut Cx<'_>, entry: &Entry, owner: Span) -> Option<ServiceBudget> {
    let fields = cx.fields(&entry.value, &keys::CLASS_BUDGET, owner)?;
    let share = fields.get("share").and_then(|node| cx.rate(node));
    let of = fields.get("of").and_then(|node| {
        let metric = cx.metric(node)?;
        check::money_metric(cx, metric, node);
        Some(metric)
    });
    let at_least = optional(cx, fields.get("at_least"), |cx, node| cx.money(node));
    let at_most = optional(cx, fields.get("at_most"), |cx, node| cx.money(node));
    let (at_least, at_most) = (at_least?, at_most?);
    if let (Some(least), Some(most), Some(stated)) = (at_least, at_most, fields.entry("at_most")) {
        check::most_below_least(cx, least, most, stated);
    }
    Some(ServiceBudget { share: share?, of: of?, at_least, at_most })
}

pub(in crate::policy) fn experiments(cx: &mut Cx<'_>, section: Option<&Node>) -> Option<Vec<Experiment>> {
    let Some(entries) = section.and_then(|node| cx.named(node, "experiment")) else { return Some(Vec::new()) };
    let read: Vec<Option<Experiment>> = entries
        .iter()
        .map(|entry| {
            let fields = cx.fields(&entry.value, &keys::EXPERIMENT, entry.key.span)?;
            let discount = fields.get("on").and_then(|node| check::discount(cx, node));
            let control = fields.get("control").and_then(|node| cx.rate(node));
            let salt = fields.get("salt").and_then(|node| cx.label(node)).map(Name::from);
            Some(Experiment {
                name: entry.key.text.as_str().into(),
                discount: discount?,
                control: control?,
                salt: salt?,
            })
        })
        .collect();
    read.into_iter().collect()
}
