//! `metrics`.

use super::context::Cx;
use super::fields::Fields;
use crate::diagnostic::Diagnostic;
use crate::metric::{Average, Count, Expected, Forecast, LineFilter, Lists, Measure, Metric, Since, Sum, Window};
use crate::policy::check;
use crate::policy::keys::{self, AVERAGES, COUNTS, MEASURES, MODELS, SINCES, SUMS};
use crate::policy::syntax::{Entry, Node};

const SUM: [Sum; 8] =
    [Sum::Gross, Sum::Discount, Sum::Net, Sum::Cost, Sum::Margin, Sum::Profit, Sum::ServiceCost, Sum::Quantity];
const COUNT: [Count; 2] = [Count::Purchases, Count::Interactions];
const AVERAGE: [Average; 7] = [
    Average::Gross,
    Average::Discount,
    Average::Net,
    Average::Margin,
    Average::Quantity,
    Average::Rating,
    Average::ServiceCost,
];
const MODEL: [Expected; 2] = [Expected::ExpectedPurchases, Expected::Value];
const SINCE: [Since; 3] = [Since::FirstPurchase, Since::LastPurchase, Since::LastInteraction];

/// All metrics, in the order written; a wrong one is absent but keeps its index.
pub(in crate::policy) fn metrics(cx: &mut Cx<'_>, section: Option<&Node>) -> Vec<Option<Metric>> {
    let Some(entries) = section.and_then(|node| cx.named(node, "metric")) else { return Vec::new() };
    for (at, entry) in entries.iter().enumerate() {
        check::reserved_name(cx, &entry.key, "metric");
        cx.metrics.insert(entry.key.text.as_str().into(), at as u16);
    }
    cx.metric_names = entries.iter().map(|entry| entry.key.text.as_str().into()).collect();
    let read: Vec<Option<Metric>> = entries.iter().map(|entry| metric(cx, entry)).collect();
    cx.measures = read.iter().map(|metric| metric.as_ref().map(|metric| metric.measure)).collect();
    read
}

fn metric(cx: &mut Cx<'_>, entry: &Entry) -> Option<Metric> {
    let fields = cx.fields(&entry.value, &keys::METRIC, entry.key.span)?;
    let measure = measure(cx, &fields);
    let window = window(cx, &fields, measure);
    let filter = filter(cx, &fields);
    let (measure, window, filter) = (measure?, window?, filter?);
    if !filter.is_all() {
        check::filter_on_interactions(cx, measure, &fields);
    }
    let filter = if filter.is_all() { None } else { Some(shared(cx, filter)) };
    Some(Metric { name: entry.key.text.as_str().into(), measure, window, filter })
}

fn measure(cx: &mut Cx<'_>, fields: &Fields<'_>) -> Option<Measure> {
    let entry = check::exactly_one(cx, fields, MEASURES, "metric")?;
    let node = &entry.value;
    match entry.key.text.as_str() {
        "sum" => cx.word(node, SUMS).map(|at| Measure::Sum(SUM[at])),
        "count" => cx.word(node, COUNTS).map(|at| Measure::Count(COUNT[at])),
        "average" => cx.word(node, AVERAGES).map(|at| Measure::Average(AVERAGE[at])),
        "days_since" => cx.word(node, SINCES).map(|at| Measure::DaysSince(SINCE[at])),
        _ => model(cx, entry, fields),
    }
}

/// What a model expects: `within` says how far ahead it looks.
fn model(cx: &mut Cx<'_>, entry: &Entry, fields: &Fields<'_>) -> Option<Measure> {
    let of = cx.word(&entry.value, MODELS).map(|at| MODEL[at]);
    if let Some(since) = fields.entry("since") {
        let label = "expected `within`, such as `within: 12 months`";
        cx.error("misplaced-key", since.key.span, "a model looks ahead, and `since` looks back", label);
        cx.period(&since.value);
        return None;
    }
    let Some(within) = fields.entry("within") else {
        let label = "expected `within` beside it, such as `within: 12 months`";
        cx.error("missing-key", entry.key.span, "how far ahead the model looks is not said", label);
        return None;
    };
    let within = cx.duration(&within.value)?;
    Some(Measure::Model(Forecast { of: of?, within }))
}

fn window(cx: &mut Cx<'_>, fields: &Fields<'_>, measure: Option<Measure>) -> Option<Window> {
    if fields.entry("model").is_some() {
        // It was read with the model: that looks ahead, and all of the past counts.
        return Some(Window::Lifetime);
    }
    let (within, since) = (fields.entry("within"), fields.entry("since"));
    if let (Some(Measure::DaysSince(_)), Some(entry)) = (measure, within.or(since)) {
        let message = format!("`{}` does not go with `days_since`", entry.key.text);
        let label = "expected no window: days are counted from the last event, however long ago";
        cx.error("misplaced-key", entry.key.span, message, label);
    }
    match (within, since) {
        (Some(within), Some(since)) => {
            let (first, second) = if within.key.span < since.key.span { (within, since) } else { (since, within) };
            let finding = Diagnostic::error("two-windows", second.key.span, "a metric has one window")
                .label("expected either `within` or `since`")
                .related(first.key.span, "the other one");
            cx.note(finding);
            cx.duration(&within.value);
            cx.period(&since.value);
            None
        }
        (Some(within), None) => cx.duration(&within.value).map(Window::Within),
        (None, Some(since)) => cx.period(&since.value).map(Window::Since),
        (None, None) => Some(Window::Lifetime),
    }
}

/// The filter that `only` and `except` state.
pub(super) fn filter(cx: &mut Cx<'_>, fields: &Fields<'_>) -> Option<LineFilter> {
    let only = lists(cx, fields, "only");
    let except = lists(cx, fields, "except");
    Some(LineFilter { only: only?, except: except? })
}

fn lists(cx: &mut Cx<'_>, fields: &Fields<'_>, key: &str) -> Option<Lists> {
    let Some(entry) = fields.entry(key) else { return Some(Lists::default()) };
    let inner = cx.fields(&entry.value, &keys::LISTS, entry.key.span)?;
    let mut lists =
        Lists { sku: texts(cx, &inner, "sku"), category: texts(cx, &inner, "category"), tag: texts(cx, &inner, "tag") };
    if lists.is_empty() {
        let message = format!("`{key}` names no lines");
        cx.error("empty", entry.key.span, message, "expected `sku`, `category` or `tag` with a value");
    }
    lists.sort();
    Some(lists)
}

fn texts(cx: &mut Cx<'_>, fields: &Fields<'_>, key: &str) -> Vec<Box<str>> {
    let Some(node) = fields.get(key) else { return Vec::new() };
    let items = cx.one_or_many(node);
    items.iter().filter_map(|item| cx.label(item).map(Box::from)).collect()
}

/// The index of a filter; equal ones are kept once.
fn shared(cx: &mut Cx<'_>, filter: LineFilter) -> u16 {
    let at = cx.filters.iter().position(|known| *known == filter).unwrap_or_else(|| {
        cx.filters.push(filter);
        cx.filters.len() - 1
    });
    at as u16
}
