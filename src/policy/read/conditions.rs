//! `when`.

use super::context::{Cx, show};
use crate::diagnostic::Span;
use crate::metric::Measure;
use crate::money::{Number, Quantity};
use crate::policy::bundle::{Bounds, Condition};
use crate::policy::check;
use crate::policy::keys;
use crate::policy::syntax::{Entry, Node, Value};

/// All conditions; `None` where one is wrong.
pub(super) fn conditions(cx: &mut Cx<'_>, node: Option<&Node>) -> Option<Vec<Condition>> {
    let Some(node) = node else { return Some(Vec::new()) };
    let Value::Mapping(entries) = &node.value else {
        cx.wrong_type(node, "a map of conditions, such as `{ orders: { at_least: 3 } }`");
        return None;
    };
    let read: Vec<Option<Vec<Condition>>> = entries.iter().map(|entry| condition(cx, entry)).collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(|lists| lists.into_iter().flatten().collect())
}

fn condition(cx: &mut Cx<'_>, entry: &Entry) -> Option<Vec<Condition>> {
    let (word, node) = (entry.key.text.as_str(), &entry.value);
    match word {
        "basket" => basket(cx, entry),
        "birthday_within" => cx.duration(node).map(|within| vec![Condition::BirthdayWithin(within)]),
        "attribute" => attributes(cx, entry),
        "code" => cx.label(node).map(|code| vec![Condition::Code(code.into())]),
        _ => {
            if let Some(segment) = cx.segments.get(word).copied() {
                classes(cx, segment, node).map(|found| vec![found])
            } else if let Some(metric) = cx.metrics.get(word).copied() {
                let measure = cx.measure(metric);
                let bounds = metric_bounds(cx, entry, measure)?;
                Some(vec![Condition::Metric { metric, bounds }])
            } else {
                check::unknown_condition(cx, word, entry.key.span);
                None
            }
        }
    }
}

fn classes(cx: &mut Cx<'_>, segment: u16, node: &Node) -> Option<Condition> {
    if matches!(node.value, Value::Mapping(_)) {
        cx.wrong_type(node, "a class or a list of classes");
        return None;
    }
    let items = cx.one_or_many(node);
    let found: Vec<Option<u16>> = items.iter().map(|item| check::class(cx, segment, item)).collect();
    let mut classes: Vec<u16> = found.into_iter().collect::<Option<_>>()?;
    classes.sort_unstable();
    classes.dedup();
    Some(Condition::Class { segment, classes })
}

fn metric_bounds(cx: &mut Cx<'_>, entry: &Entry, measure: Option<Measure>) -> Option<Bounds<Number>> {
    bounds(cx, entry, &keys::BOUNDS, |cx, node| cx.value_of(node, measure))
}

fn basket(cx: &mut Cx<'_>, entry: &Entry) -> Option<Vec<Condition>> {
    let fields = cx.fields(&entry.value, &keys::BASKET, entry.key.span)?;
    let mut found = Vec::new();
    if !fields.among(&["at_least", "more_than", "at_most", "less_than", "is"]).is_empty() {
        found.push(bounds_of(cx, &fields, entry.key.span, |cx, node| cx.money(node)).map(Condition::BasketGross));
    }
    if let Some(quantity) = fields.entry("quantity") {
        let bounds: Option<Bounds<Quantity>> = bounds(cx, quantity, &keys::BOUNDS, |cx, node| cx.quantity(node));
        found.push(bounds.map(Condition::BasketQuantity));
    } else if found.is_empty() {
        cx.error("empty", entry.key.span, "`basket` states no condition", "expected a bound such as `at_least: 30`");
        return None;
    }
    found.into_iter().collect()
}

fn bounds<T: Ord + Copy>(
    cx: &mut Cx<'_>,
    entry: &Entry,
    shape: &'static keys::Shape,
    read: impl Fn(&mut Cx<'_>, &Node) -> Option<T>,
) -> Option<Bounds<T>> {
    if entry.value.text().is_some() {
        let is = read(cx, &entry.value)?;
        return Some(Bounds { is: Some(is), ..Bounds::default() });
    }
    let fields = cx.fields(&entry.value, shape, entry.key.span)?;
    bounds_of(cx, &fields, entry.key.span, read)
}

fn bounds_of<T: Ord + Copy>(
    cx: &mut Cx<'_>,
    fields: &super::fields::Fields<'_>,
    owner: Span,
    read: impl Fn(&mut Cx<'_>, &Node) -> Option<T>,
) -> Option<Bounds<T>> {
    let mut bounds = Bounds::default();
    let mut whole = true;
    let mut stated = 0;
    for (key, slot) in [
        ("at_least", &mut bounds.at_least),
        ("more_than", &mut bounds.more_than),
        ("at_most", &mut bounds.at_most),
        ("less_than", &mut bounds.less_than),
        ("is", &mut bounds.is),
    ] {
        if let Some(node) = fields.get(key) {
            stated += 1;
            *slot = read(cx, node);
            whole &= slot.is_some();
        }
    }
    if stated == 0 {
        cx.error("empty", owner, "this condition states no bound", "expected a bound such as `at_least: 3`");
        return None;
    }
    if !whole {
        return None;
    }
    check::contradicting_bounds(cx, &bounds, owner);
    Some(bounds)
}

fn attributes(cx: &mut Cx<'_>, entry: &Entry) -> Option<Vec<Condition>> {
    let Value::Mapping(entries) = &entry.value.value else {
        cx.wrong_type(&entry.value, "a map from attributes to values, such as `{ shop: [berlin, bonn] }`");
        return None;
    };
    if entries.is_empty() {
        cx.error("empty", entry.key.span, "`attribute` names no attribute", "expected `{ name: value }`");
    }
    let read: Vec<Option<Condition>> = entries
        .iter()
        .map(|attribute| {
            if crate::id::check_id(&attribute.key.text).is_err() {
                let message = format!("`{}` cannot be the name of an attribute", show(&attribute.key.text));
                cx.error("bad-text", attribute.key.span, message, "expected 1 to 200 bytes of plain text");
            }
            let items = cx.one_or_many(&attribute.value);
            let values: Vec<Option<crate::id::Name>> =
                items.iter().map(|item| cx.label(item).map(Into::into)).collect();
            let values = values.into_iter().collect::<Option<_>>()?;
            Some(Condition::Attribute { name: attribute.key.text.as_str().into(), values })
        })
        .collect();
    read.into_iter().collect()
}
