//! Policy tests: what `*.test.yaml` files state and expect, as data. Running them is the engine's.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::bundle::Bundle;
use super::compile::in_order;
use super::keys;
use super::read::{Cx, Fields, SegmentName, optional, show};
use super::revision::is_test;
use super::syntax::{Entry, Node, Value, parse};
use crate::diagnostic::{Diagnostic, Sources, Span};
use crate::id::Name;
use crate::model::{Attribute, Basket, Line, MAX_LINES};
use crate::money::{Money, Number, Quantity, UnitPrice};
use crate::time::Instant;

/// A value and where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub span: Span,
}

/// One policy test. Indexes refer to the bundle that it was read with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTest {
    /// What is expected, in a sentence.
    pub name: Spanned<String>,
    /// As of when; absent where it does not matter.
    pub at: Option<Instant>,
    /// Who buys; absent for a guest.
    pub customer: Option<TestCustomer>,
    /// What the customer bought before, in order of time.
    pub history: Vec<TestPurchase>,
    /// What the checkout asks about; without lines where only segments are expected.
    pub basket: Basket,
    /// What the decision must be.
    pub expect: Expectation,
}

/// Facts about the customer of a test. What is stated here wins over what a history gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestCustomer {
    /// The id, where it matters.
    pub id: Option<String>,
    /// Values by metric; `None` inside states that the metric is absent.
    pub metrics: Vec<(u16, Option<Number>)>,
    /// Class by segment.
    pub segments: Vec<(u16, u16)>,
    /// Free facts on the card.
    pub attributes: BTreeMap<String, Attribute>,
    /// Date of birth.
    pub birthday: Option<NaiveDate>,
    /// Points that can be redeemed.
    pub points: i64,
}

/// A purchase of a test's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestPurchase {
    /// When.
    pub at: Instant,
    /// What was bought, each line with what was granted on it.
    pub lines: Vec<(Line, Money)>,
    /// What came back.
    pub returns: Vec<TestReturn>,
}

/// Goods that came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestReturn {
    /// When.
    pub at: Instant,
    /// Index of the line, from 0; absent for every line.
    pub line: Option<u32>,
    /// How many units of each line; absent for all that are left.
    pub quantity: Option<Quantity>,
}

/// What a decision must be; what is absent is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The total discount.
    pub discount: Option<Spanned<Money>>,
    /// Gross less discount.
    pub net: Option<Spanned<Money>>,
    /// Exactly the discounts that apply, in order.
    pub applied: Option<Spanned<Vec<u16>>>,
    /// Discounts that do not apply, each where it is written; others may be rejected too.
    pub rejected: Vec<Spanned<u16>>,
    /// The discount of each line.
    pub lines: Option<Spanned<Vec<Money>>>,
    /// Points earned.
    pub points: Option<Spanned<i64>>,
    /// Segment and class.
    pub segments: Vec<Spanned<(u16, u16)>>,
}

/// Reads all policy tests; one with a mistake is left out, and the mistake reported. `sources` are those that the bundle was compiled from, tests
/// included.
pub fn tests(sources: &Sources, bundle: &Bundle) -> (Vec<PolicyTest>, Vec<Diagnostic>) {
    let mut cx = Cx::new(sources);
    know(&mut cx, bundle);
    let mut found = Vec::new();
    for (file, source) in sources.iter().filter(|(_, source)| is_test(&source.path)) {
        let parsed = parse(file, &source.text);
        cx.findings.extend(parsed.findings);
        match parsed.root.as_ref().map(|root| (root, &root.value)) {
            Some((_, Value::Sequence(items))) => found.extend(items.iter().filter_map(|item| sound(&mut cx, item))),
            Some((root, _)) if !root.is_null() => cx.wrong_type(root, "a list of tests, each starting with `- test:`"),
            _ => {}
        }
    }
    in_order(&mut cx.findings);
    (found, cx.findings)
}

/// Makes the names of a compiled bundle known.
pub(super) fn know(cx: &mut Cx<'_>, bundle: &Bundle) {
    cx.currency = Some(bundle.currency);
    cx.zone = Some(bundle.zone);
    let index = |names: &mut dyn Iterator<Item = &Name>| names.cloned().zip(0u16..).collect();
    cx.metrics = index(&mut bundle.metrics.iter().map(|metric| &metric.name));
    cx.metric_names = bundle.metrics.iter().map(|metric| metric.name.clone()).collect();
    cx.measures = bundle.metrics.iter().map(|metric| Some(metric.measure)).collect();
    cx.segments = index(&mut bundle.segments.iter().map(|segment| &segment.name));
    cx.segment_names = bundle
        .segments
        .iter()
        .map(|segment| SegmentName { name: segment.name.clone(), classes: Some(segment.classes.clone()) })
        .collect();
    cx.discounts = index(&mut bundle.discounts.iter().map(|discount| &discount.name));
}

/// A test without mistakes: one with an unknown key, say, would test something else than it says.
fn sound(cx: &mut Cx<'_>, node: &Node) -> Option<PolicyTest> {
    let before = cx.findings.len();
    let read = test(cx, node);
    read.filter(|_| cx.findings.len() == before)
}

fn test(cx: &mut Cx<'_>, node: &Node) -> Option<PolicyTest> {
    let start = Span { end: node.span.start, ..node.span };
    let fields = cx.fields(node, &keys::TEST, start)?;
    let name = fields.get("test").and_then(|node| {
        let text = cx.scalar(node, "what is expected, in a sentence")?;
        Some(Spanned { value: text.to_owned(), span: node.span })
    });
    let at = optional(cx, fields.get("at"), |cx, node| cx.instant(node));
    let mut history = Some(Vec::new());
    let customer = optional(cx, fields.entry("customer"), |cx, entry| customer(cx, entry, &mut history));
    let own_history = optional(cx, fields.get("history"), purchases);
    let lines = optional(cx, fields.get("basket"), |cx, node| {
        list(cx, node, "a list of lines", |cx, item| line(cx, item, false)).map(|lines| lines.into_iter().map(|l| l.0))
    });
    if let Some(node) = fields.get("basket") {
        let count = match &node.value {
            Value::Sequence(items) => items.len(),
            _ => 0,
        };
        if count > MAX_LINES {
            cx.error("too-many", node.span, format!("there are {count} lines"), "expected at most 5000");
        }
    }
    let codes = optional(cx, fields.get("codes"), texts);
    let redeem = optional(cx, fields.get("redeem_points"), |cx, node| cx.whole(node, 0, 1_000_000_000_000));
    let expect = fields.entry("expect").and_then(|entry| expectation(cx, entry));
    let mut history = history?;
    history.extend(own_history?.unwrap_or_default());
    history.sort_by_key(|purchase| purchase.at);
    let basket = Basket {
        lines: lines?.map(Iterator::collect).unwrap_or_default(),
        codes: codes?.unwrap_or_default(),
        redeem_points: redeem?.unwrap_or(0),
    };
    Some(PolicyTest { name: name?, at: at?, customer: customer?, history, basket, expect: expect? })
}

fn customer(cx: &mut Cx<'_>, entry: &Entry, history: &mut Option<Vec<TestPurchase>>) -> Option<TestCustomer> {
    let fields = cx.fields(&entry.value, &keys::TEST_CUSTOMER, entry.key.span)?;
    let id = optional(cx, fields.get("id"), |cx, node| cx.label(node).map(str::to_owned));
    let metrics = optional(cx, fields.get("metrics"), |cx, node| {
        map(cx, node, "metrics to values", |cx, entry| {
            let metric = cx.metric(&key_node(entry));
            let measure = metric.and_then(|metric| cx.measure(metric));
            let value = if entry.value.is_null() { None } else { Some(cx.value_of(&entry.value, measure)?) };
            Some((metric?, value))
        })
    });
    let segments = optional(cx, fields.get("segments"), classes);
    let attributes = optional(cx, fields.get("attributes"), |cx, node| {
        map(cx, node, "attributes to values", |cx, entry| Some((entry.key.text.clone(), attribute(cx, &entry.value)?)))
    });
    let birthday = optional(cx, fields.get("birthday"), birthday);
    let points = optional(cx, fields.get("points"), |cx, node| cx.whole(node, 0, 1_000_000_000_000));
    *history = optional(cx, fields.get("history"), purchases).map(Option::unwrap_or_default);
    Some(TestCustomer {
        id: id?,
        metrics: metrics?.unwrap_or_default(),
        segments: segments?.unwrap_or_default().into_iter().map(|class| class.value).collect(),
        attributes: attributes?.unwrap_or_default().into_iter().collect(),
        birthday: birthday?,
        points: points?.unwrap_or(0),
    })
}

fn key_node(entry: &Entry) -> Node {
    Node { value: Value::Scalar { text: entry.key.text.clone(), plain: false }, span: entry.key.span }
}

fn attribute(cx: &mut Cx<'_>, node: &Node) -> Option<Attribute> {
    let text = cx.label(node)?;
    let plain = matches!(&node.value, Value::Scalar { plain: true, .. });
    Some(match (text, Number::parse(text)) {
        ("true" | "false", _) if plain => Attribute::Bool(text == "true"),
        (_, Ok(number)) if plain => Attribute::Number(number),
        _ => Attribute::Text(text.to_owned()),
    })
}

fn birthday(cx: &mut Cx<'_>, node: &Node) -> Option<NaiveDate> {
    let text = cx.scalar(node, "a date such as `1980-05-17`")?;
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    if date.is_none() {
        let message = format!("`{}` is not a date", show(text));
        cx.error("bad-date", node.span, message, "expected a date such as `1980-05-17`");
    }
    date
}

fn purchases(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<TestPurchase>> {
    list(cx, node, "a list of purchases", purchase)
}

fn purchase(cx: &mut Cx<'_>, node: &Node) -> Option<TestPurchase> {
    let start = Span { end: node.span.start, ..node.span };
    let fields = cx.fields(node, &keys::TEST_PURCHASE, start)?;
    let at = fields.get("at").and_then(|node| cx.instant(node));
    let returns = optional(cx, fields.get("returns"), |cx, node| list(cx, node, "a list of returns", returned));
    let stated = super::check::exactly_one(cx, &fields, &["lines", "gross", "net"], "purchase")?;
    if let (Some(discount), true) = (fields.entry("discount"), stated.key.text != "gross") {
        let label = "expected it beside `gross`, or on a line";
        cx.error("misplaced-key", discount.key.span, "`discount` does not go with this purchase", label);
    }
    let lines = if stated.key.text == "lines" {
        list(cx, &stated.value, "a list of lines", |cx, item| line(cx, item, true))?
    } else {
        let price = cx.money(&stated.value);
        let discount = optional(cx, fields.get("discount"), |cx, node| cx.money(node))?.unwrap_or_default();
        vec![(article(cx, price?)?, discount)]
    };
    Some(TestPurchase { at: at?, lines, returns: returns?.unwrap_or_default() })
}

/// One unit of something at this price.
fn article(cx: &Cx<'_>, price: Money) -> Option<Line> {
    let scale = 10i64.pow(UnitPrice::DECIMALS - cx.currency?.exponent());
    let unit_price = UnitPrice(price.0.checked_mul(scale)?);
    Some(Line {
        sku: "article".into(),
        quantity: Quantity::ONE,
        unit_price,
        unit_cost: None,
        category: None,
        tags: Vec::new(),
    })
}

fn returned(cx: &mut Cx<'_>, node: &Node) -> Option<TestReturn> {
    let start = Span { end: node.span.start, ..node.span };
    let fields = cx.fields(node, &keys::TEST_RETURN, start)?;
    let at = fields.get("at").and_then(|node| cx.instant(node));
    let line = optional(cx, fields.get("line"), |cx, node| cx.whole(node, 1, MAX_LINES as i64));
    let quantity = optional(cx, fields.get("quantity"), |cx, node| cx.quantity(node));
    Some(TestReturn { at: at?, line: line?.map(|line| line as u32 - 1), quantity: quantity? })
}

fn line(cx: &mut Cx<'_>, node: &Node, bought: bool) -> Option<(Line, Money)> {
    let start = Span { end: node.span.start, ..node.span };
    let fields = cx.fields(node, &keys::TEST_LINE, start)?;
    let sku = fields.get("sku").and_then(|node| cx.label(node)).map(Box::from);
    let quantity = optional(cx, fields.get("quantity"), |cx, node| {
        let quantity = cx.quantity(node)?;
        if quantity.0 == 0 {
            cx.error("bad-number", node.span, "nobody buys a quantity of 0", "expected a number above zero");
        }
        Some(quantity)
    });
    let unit_price = fields.get("unit_price").and_then(|node| cx.price(node));
    let unit_cost = optional(cx, fields.get("unit_cost"), |cx, node| cx.price(node));
    let category = optional(cx, fields.get("category"), |cx, node| cx.label(node).map(Box::from));
    let tags = optional(cx, fields.get("tags"), texts);
    let discount = optional(cx, fields.get("discount"), |cx, node| cx.money(node));
    if let (Some(stated), false) = (fields.entry("discount"), bought) {
        let label = "expected it on lines of a history only";
        cx.error("misplaced-key", stated.key.span, "what a basket is granted is for the policy to say", label);
    }
    let line = Line {
        sku: sku?,
        quantity: quantity?.unwrap_or(Quantity::ONE),
        unit_price: unit_price?,
        unit_cost: unit_cost?,
        category: category?,
        tags: tags?.unwrap_or_default(),
    };
    Some((line, discount?.unwrap_or_default()))
}

fn expectation(cx: &mut Cx<'_>, entry: &Entry) -> Option<Expectation> {
    let fields = cx.fields(&entry.value, &keys::TEST_EXPECT, entry.key.span)?;
    let discount = money(cx, &fields, "discount");
    let net = money(cx, &fields, "net");
    let applied = optional(cx, fields.get("applied"), |cx, node| {
        let names = discounts(cx, node)?;
        Some(Spanned { value: names.into_iter().map(|name| name.value).collect(), span: node.span })
    });
    let rejected = optional(cx, fields.get("rejected"), discounts);
    let lines = optional(cx, fields.get("lines"), |cx, node| {
        let amounts = list(cx, node, "a list of amounts", |cx, item| cx.money(item))?;
        Some(Spanned { value: amounts, span: node.span })
    });
    let points = optional(cx, fields.get("points"), |cx, node| {
        Some(Spanned { value: cx.whole(node, 0, 1_000_000_000_000)?, span: node.span })
    });
    let segments = optional(cx, fields.get("segments"), classes);
    if matches!(&entry.value.value, Value::Mapping(entries) if entries.is_empty()) {
        cx.error("empty", entry.key.span, "this test expects nothing", "expected `discount`, `applied` or the like");
    }
    Some(Expectation {
        discount: discount?,
        net: net?,
        applied: applied?,
        rejected: rejected?.unwrap_or_default(),
        lines: lines?,
        points: points?,
        segments: segments?.unwrap_or_default(),
    })
}

fn money(cx: &mut Cx<'_>, fields: &Fields<'_>, key: &str) -> Option<Option<Spanned<Money>>> {
    optional(cx, fields.get(key), |cx, node| Some(Spanned { value: cx.money(node)?, span: node.span }))
}

/// Names of discounts: one, or a list that may be empty.
fn discounts(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<Spanned<u16>>> {
    let items = match &node.value {
        Value::Sequence(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let found: Vec<_> =
        items.iter().map(|item| Some(Spanned { value: super::check::discount(cx, item)?, span: item.span })).collect();
    found.into_iter().collect()
}

fn classes(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<Spanned<(u16, u16)>>> {
    map(cx, node, "segments to classes", |cx, entry| {
        let segment = cx.segment(&key_node(entry))?;
        let class = super::check::class(cx, segment, &entry.value)?;
        Some(Spanned { value: (segment, class), span: entry.value.span })
    })
}

fn texts(cx: &mut Cx<'_>, node: &Node) -> Option<Vec<Box<str>>> {
    let items = cx.one_or_many(node);
    let read: Vec<_> = items.iter().map(|item| cx.label(item).map(Box::from)).collect();
    read.into_iter().collect()
}

fn list<T>(
    cx: &mut Cx<'_>,
    node: &Node,
    expected: &str,
    mut read: impl FnMut(&mut Cx<'_>, &Node) -> Option<T>,
) -> Option<Vec<T>> {
    let Value::Sequence(items) = &node.value else {
        cx.wrong_type(node, expected);
        return None;
    };
    // Every item is read before the first wrong one ends it: all mistakes in one run.
    let read: Vec<Option<T>> = items.iter().map(|item| read(cx, item)).collect();
    read.into_iter().collect()
}

fn map<T>(
    cx: &mut Cx<'_>,
    node: &Node,
    expected: &str,
    mut read: impl FnMut(&mut Cx<'_>, &Entry) -> Option<T>,
) -> Option<Vec<T>> {
    let Value::Mapping(entries) = &node.value else {
        cx.wrong_type(node, &format!("a map from {expected}"));
        return None;
    };
    let read: Vec<Option<T>> = entries.iter().map(|entry| read(cx, entry)).collect();
    read.into_iter().collect()
}
