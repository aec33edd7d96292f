//! `discounts`.

use std::collections::HashMap;

use super::conditions::conditions;
use super::context::Cx;
use super::fields::Fields;
use super::ladder::ladder;
use super::metrics::filter;
use crate::diagnostic::Span;
use crate::id::Name;
use crate::policy::bundle::{Allotment, Budget, Discount, Eligible, Grant, Validity};
use crate::policy::check;
use crate::policy::keys::{self, GRANTS};
use crate::policy::syntax::{Entry, Node};

/// A discount and where its name stands.
pub(in crate::policy) struct WrittenDiscount {
    pub(in crate::policy) discount: Discount,
    pub(in crate::policy) name: Span,
}

/// All discounts, in the order written; a wrong one is absent but keeps its index.
pub(in crate::policy) fn discounts(cx: &mut Cx<'_>, section: Option<&Node>) -> Vec<Option<WrittenDiscount>> {
    let Some(entries) = section.and_then(|node| cx.named(node, "discount")) else { return Vec::new() };
    for (at, entry) in entries.iter().enumerate() {
        cx.discounts.insert(entry.key.text.as_str().into(), at as u16);
    }
    let mut groups = HashMap::new();
    entries.iter().map(|entry| discount(cx, entry, &mut groups)).collect()
}

fn discount(cx: &mut Cx<'_>, entry: &Entry, groups: &mut HashMap<Name, u16>) -> Option<WrittenDiscount> {
    let fields = cx.fields(&entry.value, &keys::DISCOUNT, entry.key.span)?;
    // Everything is read before anything gives up, so that all mistakes are found in one run.
    let grant = grant(cx, &fields);
    let cap = optional(cx, fields.get("cap"), |cx, node| cx.positive_money(node));
    let when = conditions(cx, fields.get("when"));
    let condition = optional(cx, fields.get("if"), check::expression);
    let lines = optional(cx, fields.entry("lines"), lines);
    let valid = optional(cx, fields.entry("valid"), valid);
    let priority = optional(cx, fields.get("priority"), |cx, node| {
        cx.whole(node, i64::from(i32::MIN), i64::from(i32::MAX)).map(|priority| priority as i32)
    });
    let group_name: Option<Option<Name>> =
        optional(cx, fields.get("group"), |cx, node| cx.name(node, "group").map(Name::from));
    let exclusive = optional(cx, fields.get("exclusive"), |cx, node| cx.boolean(node));
    let uses = optional(cx, fields.entry("uses"), uses);
    let budget = budget(cx, &fields);
    let group_name = group_name?;
    let group = group_name.clone().map(|name| {
        let next = groups.len() as u16;
        *groups.entry(name).or_insert(next)
    });
    let (uses_per_customer, uses_total) = uses?.unwrap_or_default();
    let discount = Discount {
        name: entry.key.text.as_str().into(),
        grant: grant?,
        cap: cap?,
        when: when?,
        condition: condition?,
        lines: shared(cx, lines?),
        valid: valid?.unwrap_or_default(),
        priority: priority?.unwrap_or(100),
        group,
        group_name,
        exclusive: exclusive?.unwrap_or(false),
        uses_per_customer,
        uses_total,
        budget: budget?,
    };
    Some(WrittenDiscount { discount, name: entry.key.span })
}

/// What is absent is fine; what is there must be right.
pub(in crate::policy) fn optional<N, T>(
    cx: &mut Cx<'_>,
    stated: Option<N>,
    read: impl FnOnce(&mut Cx<'_>, N) -> Option<T>,
) -> Option<Option<T>> {
    match stated {
        None => Some(None),
        Some(stated) => read(cx, stated).map(Some),
    }
}

fn grant(cx: &mut Cx<'_>, fields: &Fields<'_>) -> Option<Grant> {
    let entry = check::exactly_one(cx, fields, GRANTS, "discount")?;
    let node = &entry.value;
    match entry.key.text.as_str() {
        "rate" => cx.rate(node).map(Grant::Rate),
        "amount" => cx.positive_money(node).map(Grant::Amount),
        "each" => cx.positive_money(node).map(Grant::Each),
        "ladder" => ladder(cx, entry).map(Grant::Ladder),
        "free" => {
            let free = cx.fields(node, &keys::FREE, entry.key.span)?;
            let buy = free.get("buy").and_then(|node| cx.whole(node, 1, 10_000));
            let get = free.get("get").and_then(|node| cx.whole(node, 1, 10_000));
            Some(Grant::Free { buy: buy? as u32, get: get? as u32 })
        }
        _ => check::script_function(cx, node, 2, "customer, basket").map(Grant::Script),
    }
}

/// The place of a rule on lines: the same rule has one place, so that each is looked at once in a decision.
fn shared(cx: &mut Cx<'_>, lines: Option<Eligible>) -> u16 {
    let at = cx.eligible.iter().position(|known| *known == lines).unwrap_or_else(|| {
        cx.eligible.push(lines);
        cx.eligible.len() - 1
    });
    at as u16
}

fn lines(cx: &mut Cx<'_>, entry: &Entry) -> Option<Eligible> {
    let fields = cx.fields(&entry.value, &keys::LINES, entry.key.span)?;
    let filter = filter(cx, &fields);
    let cheapest = optional(cx, fields.get("cheapest"), |cx, node| cx.whole(node, 1, 1_000_000));
    if fields.among(&["only", "except", "cheapest"]).is_empty() {
        cx.error("empty", entry.key.span, "`lines` chooses nothing", "expected `only`, `except` or `cheapest`");
    }
    Some(Eligible { filter: filter?, cheapest: cheapest?.map(|units| units as u32) })
}

fn valid(cx: &mut Cx<'_>, entry: &Entry) -> Option<Validity> {
    let fields = cx.fields(&entry.value, &keys::VALID, entry.key.span)?;
    let from = optional(cx, fields.get("from"), |cx, node| cx.instant(node));
    let until = optional(cx, fields.get("until"), |cx, node| cx.instant(node));
    let weekdays = optional(cx, fields.get("weekdays"), |cx, node| {
        let items = cx.one_or_many(node);
        let days: Vec<_> = items.iter().map(|item| cx.weekday(item)).collect();
        days.into_iter().collect::<Option<Vec<_>>>()
    });
    let hours = optional(cx, fields.get("hours"), |cx, node| cx.hours(node));
    let (from, until) = (from?, until?);
    if let (Some(from), Some(until), Some(stated)) = (from, until, fields.entry("until")) {
        check::ends_before_it_starts(cx, from, until, stated);
    }
    let mut weekdays = weekdays?.unwrap_or_default();
    weekdays.sort_by_key(chrono::Weekday::num_days_from_monday);
    weekdays.dedup();
    Some(Validity { from, until, weekdays, hours: hours?.flatten() })
}

type Uses = (Option<Allotment>, Option<Allotment>);

fn uses(cx: &mut Cx<'_>, entry: &Entry) -> Option<Uses> {
    let fields = cx.fields(&entry.value, &keys::USES, entry.key.span)?;
    let per_customer = optional(cx, fields.get("per_customer"), |cx, node| cx.allotment(node));
    let total = optional(cx, fields.get("total"), |cx, node| cx.allotment(node));
    if fields.among(&["per_customer", "total"]).is_empty() {
        cx.error("empty", entry.key.span, "`uses` limits nothing", "expected `per_customer` or `total`");
    }
    Some((per_customer?, total?))
}

fn budget(cx: &mut Cx<'_>, fields: &Fields<'_>) -> Option<Option<Budget>> {
    let stated = fields.entry("budget");
    let partial = optional(cx, fields.get("partial"), |cx, node| cx.boolean(node));
    if let (Some(partial), None) = (fields.entry("partial"), stated) {
        let label = "expected a `budget` beside it";
        cx.error("misplaced-key", partial.key.span, "`partial` says how a budget cuts, but there is none", label);
    }
    let Some(entry) = stated else { return partial.map(|_| None) };
    if entry.value.text().is_some() {
        let (amount, per) = cx.amount_per(&entry.value)?;
        return Some(Some(Budget { amount, per, partial: partial?.unwrap_or(true) }));
    }
    let inner = cx.fields(&entry.value, &keys::BUDGET, entry.key.span)?;
    let amount = inner.get("amount").and_then(|node| cx.amount_per(node));
    let per = optional(cx, inner.get("per"), |cx, node| cx.period(node));
    let inner_partial = optional(cx, inner.get("partial"), |cx, node| cx.boolean(node));
    let ((amount, in_text), per) = (amount?, per?);
    if let (Some(_), Some(again)) = (in_text, inner.entry("per")) {
        cx.error("misplaced-key", again.key.span, "the period is stated twice", "expected it here or in `amount`");
    }
    if let (Some(_), Some(again)) = (fields.get("partial"), inner.entry("partial")) {
        cx.error("misplaced-key", again.key.span, "`partial` is stated twice", "expected it here or beside `budget`");
    }
    let partial = inner_partial?.or(partial?).unwrap_or(true);
    Some(Some(Budget { amount, per: per.or(in_text), partial }))
}
