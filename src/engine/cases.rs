//! Running policy tests: `decide` on stated facts, and what no test reached.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::Arc;

use super::cutoff::CutOffs;
use super::decide::decide;
use super::gather::{Gather, classify_by_script, collect, threshold_class};
use super::price::price;
use crate::diagnostic::Diagnostic;
use crate::ledger::{Asked, take_back};
use crate::metric::{Event, History, purchase_adds, purchase_corrections};
use crate::model::{Allowance, Basket, Customer, Decision, Facts, LimitKind, Purchase, PurchaseLine, Reason, Return};
use crate::money::{Money, Number};
use crate::policy::{Bundle, Grant, PolicyTest, SegmentRule, TestPurchase};
use crate::time::Instant;

/// What became of a bundle's tests.
#[derive(Debug, Clone, Default)]
pub struct TestRun {
    /// One per test, in the order written.
    pub results: Vec<TestResult>,
    /// What no test reached.
    pub unreached: Unreached,
}

/// What became of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its sentence.
    pub name: String,
    /// Each expectation that was not met, at its place, with what came instead. Empty: passed.
    pub failures: Vec<Diagnostic>,
}

/// What no test reached.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unreached {
    /// Discounts that no test had applied.
    pub discounts: Vec<String>,
    /// Steps of ladders: `regulars: 25`.
    pub steps: Vec<String>,
    /// Classes: `tier: gold`.
    pub classes: Vec<String>,
    /// Limits that cut nothing in any test.
    pub limits: Vec<String>,
}

impl Unreached {
    /// Whether everything was reached.
    pub const fn is_empty(&self) -> bool {
        self.discounts.is_empty() && self.steps.is_empty() && self.classes.is_empty() && self.limits.is_empty()
    }
}

#[derive(Default)]
struct Reached {
    discounts: BTreeSet<u16>,
    steps: BTreeSet<(u16, usize)>,
    classes: BTreeSet<(usize, u16)>,
    limits: BTreeSet<&'static str>,
}

/// Runs the tests of a bundle. `now` stands in where a test states no instant.
pub fn run_tests(bundle: &Bundle, tests: &[PolicyTest], now: Instant) -> TestRun {
    let mut reached = Reached::default();
    let results = tests.iter().map(|test| run(bundle, test, now, &mut reached)).collect();
    TestRun { results, unreached: unreached(bundle, &reached) }
}

fn run(bundle: &Bundle, test: &PolicyTest, now: Instant, reached: &mut Reached) -> TestResult {
    let facts = Arc::new(facts(bundle, test, now));
    for (slot, class) in facts.classes.iter().enumerate() {
        reached.classes.extend(class.map(|class| (slot, class)));
    }
    let mut failures = Vec::new();
    for expected in &test.expect.segments {
        let (segment, class) = expected.value;
        let segment_names = &bundle.segments[segment as usize];
        let name = |class: u16| segment_names.classes[class as usize].to_string();
        let got = facts.classes[segment as usize];
        if got != Some(class) {
            let got = got.map_or_else(|| "no class".to_owned(), name);
            failures.push(unmet(expected.span, &format!("{} {}", segment_names.name, name(class)), &got));
        }
    }
    if !test.basket.lines.is_empty() {
        let basket = Arc::new(test.basket.clone());
        match price(bundle, &basket) {
            Ok(priced) => {
                let decision = decide(bundle, &facts, &basket, &priced);
                note(bundle, &decision, reached);
                compare(bundle, test, &decision, &mut failures);
            }
            Err(error) => failures.push(Diagnostic::error("test-failed", test.name.span, error.to_string())),
        }
    }
    TestResult { name: test.name.value.clone(), failures }
}

fn facts(bundle: &Bundle, test: &PolicyTest, now: Instant) -> Facts {
    let at = test.at.unwrap_or(now);
    let stated = test.customer.clone().unwrap_or_default();
    // Facts are stated about somebody; one with nothing of their own is a guest, who has neither uses nor points.
    let somebody = |c: &&crate::policy::TestCustomer| {
        c.id.is_some() || c.birthday.is_some() || !c.attributes.is_empty() || c.points > 0
    };
    let customer = test.customer.as_ref().filter(somebody);
    let customer = customer.map(|stated| Customer {
        id: stated.id.clone().unwrap_or_else(|| "a customer of a test".to_owned()),
        birthday: stated.birthday,
        attributes: stated.attributes.clone(),
        ..Customer::default()
    });
    let cut_offs = CutOffs::empty(bundle);
    let allowances = bundle.discounts.iter().map(|discount| Allowance {
        customer_uses: discount.uses_per_customer.map(|limit| limit.count),
        total_uses: discount.uses_total.map(|limit| limit.count),
        budget: discount.budget.map(|budget| budget.amount),
    });
    let allowances = allowances.collect();
    let given = Gather { customer, allowances, points: stated.points, cut_offs: &cut_offs, at };
    let mut history = history(bundle, &test.history, at);
    let collected: Result<Facts, Infallible> = collect(bundle, given, &mut history);
    let Ok(mut facts) = collected;
    for (slot, value) in &stated.metrics {
        facts.metrics[*slot as usize] = *value;
    }
    for (slot, segment) in bundle.segments.iter().enumerate() {
        if let SegmentRule::Thresholds { metric, floors, descending, .. } = &segment.rule
            && stated.metrics.iter().any(|(stated, _)| stated == metric)
        {
            facts.classes[slot] = threshold_class(facts.metrics[*metric as usize], floors, descending);
        }
        if matches!(segment.rule, SegmentRule::Score { .. }) {
            facts.classes[slot] = cut_offs.class(slot, segment, &facts.metrics);
        }
    }
    let state = |facts: &mut Facts| {
        for (segment, class) in &stated.segments {
            facts.classes[*segment as usize] = Some(*class);
        }
    };
    state(&mut facts);
    let mut facts = classify_by_script(bundle, facts);
    state(&mut facts);
    facts
}

/// A test's purchases as events, by the same fold that serves checkouts.
fn history(bundle: &Bundle, bought: &[TestPurchase], as_of: Instant) -> History {
    let purchases: Vec<Purchase> = bought.iter().map(|bought| purchase(bundle, bought)).collect();
    let events = |filter| {
        let adds = |(sequence, purchase): (usize, &Purchase)| {
            let adds = purchase_adds(purchase, filter, as_of)?;
            Some(Event { at: purchase.at, sequence: sequence as u64, adds })
        };
        let mut events: Vec<Event> = purchases.iter().enumerate().filter_map(adds).collect();
        events.sort_by_key(|event| (event.at, event.sequence));
        events
    };
    let corrections = |filter| {
        purchases.iter().flat_map(|purchase| purchase_corrections(purchase, filter, as_of)).collect::<Vec<_>>()
    };
    let corrected = bundle.filters.iter().map(|filter| corrections(Some(filter))).collect();
    let history = History::new(events(None), bundle.filters.iter().map(|filter| events(Some(filter))).collect());
    history.with_corrections(corrections(None), corrected)
}

fn purchase(bundle: &Bundle, bought: &TestPurchase) -> Purchase {
    let basket = Basket { lines: bought.lines.iter().map(|(line, _)| line.clone()).collect(), ..Basket::default() };
    // A test's lines were checked when they were read; one that cannot be priced counts for nothing.
    let priced = price(bundle, &basket).unwrap_or_default();
    let lines = bought.lines.iter().enumerate().map(|(at, (line, discount))| PurchaseLine {
        sku: line.sku.clone(),
        category: line.category.clone(),
        tags: line.tags.clone(),
        quantity: line.quantity,
        unit_price: line.unit_price,
        gross: priced.gross.get(at).copied().unwrap_or_default(),
        discount: *discount,
        cost: priced.cost.get(at).copied().unwrap_or_default(),
    });
    let mut purchase = Purchase {
        id: String::new(),
        customer: None,
        at: bought.at,
        recorded_at: bought.at,
        revision: None,
        lines: lines.collect(),
        returns: Vec::new(),
    };
    for back in &bought.returns {
        let all = 0..purchase.lines.len();
        let wanted = back.line.map_or_else(|| all.collect::<Vec<usize>>(), |line| vec![line as usize]);
        let asked: Vec<Asked> = wanted.into_iter().map(|line| Asked { line, quantity: back.quantity }).collect();
        if let Ok(lines) = take_back(&purchase, Some(&asked)) {
            purchase.returns.push(Return { id: String::new(), at: back.at, lines });
        }
    }
    purchase
}

fn unmet(span: crate::diagnostic::Span, expected: &str, got: &str) -> Diagnostic {
    Diagnostic::error("test-failed", span, format!("expected {expected}, got {got}")).label(format!("got {got}"))
}

fn compare(bundle: &Bundle, test: &PolicyTest, decision: &Decision, failures: &mut Vec<Diagnostic>) {
    let expect = &test.expect;
    let money = |amount: Money| amount.format(bundle.currency);
    let name = |slot: u16| bundle.discounts[slot as usize].name.to_string();
    let names = |slots: &[u16]| format!("[{}]", slots.iter().map(|slot| name(*slot)).collect::<Vec<_>>().join(", "));
    let amounts = [(expect.discount, decision.totals.discount), (expect.net, decision.totals.net())];
    for (expected, got) in amounts.into_iter().filter_map(|(expected, got)| Some((expected?, got))) {
        if expected.value != got {
            failures.push(unmet(expected.span, &money(expected.value), &money(got)));
        }
    }
    let applied: Vec<u16> = decision.applied.iter().map(|applied| applied.discount).collect();
    if let Some(expected) = expect.applied.as_ref().filter(|expected| expected.value != applied) {
        let mut failure = unmet(expected.span, &names(&expected.value), &names(&applied));
        let missing = expected.value.iter().filter(|slot| !applied.contains(slot));
        let why: Vec<String> = missing.filter_map(|slot| why_not(bundle, decision, *slot)).collect();
        if !why.is_empty() {
            failure = failure.help(format!("see why not: {}", why.join("; ")));
        }
        failures.push(failure);
    }
    for expected in expect.rejected.iter().filter(|expected| applied.contains(&expected.value)) {
        failures.push(unmet(expected.span, &format!("{} to be rejected", name(expected.value)), "it applied"));
    }
    let lines: Vec<Money> = decision.lines.iter().map(|line| line.discount).collect();
    if let Some(expected) = expect.lines.as_ref().filter(|expected| expected.value != lines) {
        let list =
            |amounts: &[Money]| format!("[{}]", amounts.iter().map(|a| money(*a)).collect::<Vec<_>>().join(", "));
        failures.push(unmet(expected.span, &list(&expected.value), &list(&lines)));
    }
    let earned = decision.totals.points_earned;
    if let Some(expected) = expect.points.filter(|expected| expected.value != earned) {
        failures.push(unmet(expected.span, &format!("{} points", expected.value), &earned.to_string()));
    }
}

fn why_not(bundle: &Bundle, decision: &Decision, slot: u16) -> Option<String> {
    let rejected = decision.rejected.iter().find(|rejected| rejected.discount == slot)?;
    let discount = &bundle.discounts[slot as usize];
    let words: Vec<String> = decision
        .because(rejected.because)
        .iter()
        .map(|reason| super::explain::reason_in_words(bundle, Some(discount), reason).to_string())
        .collect();
    Some(format!("{}: {}", discount.name, words.join(", ")))
}

fn note(bundle: &Bundle, decision: &Decision, reached: &mut Reached) {
    for applied in &decision.applied {
        reached.discounts.insert(applied.discount);
        note_steps(bundle, applied.discount, decision.because(applied.because), reached);
        for cut in &applied.cuts {
            match cut.by {
                LimitKind::MaxRate => reached.limits.insert("max_rate"),
                LimitKind::MaxAmount => reached.limits.insert("max_amount"),
                LimitKind::MinMargin => reached.limits.insert("min_margin"),
                LimitKind::Cap | LimitKind::Budget => false,
            };
        }
    }
    for reason in decision.rejected.iter().flat_map(|rejected| decision.because(rejected.because)) {
        if let Reason::CutAway { by: LimitKind::MinMargin } = reason {
            reached.limits.insert("min_margin");
        }
    }
}

fn note_steps(bundle: &Bundle, slot: u16, because: &[Reason], reached: &mut Reached) {
    let Grant::Ladder(ladder) = &bundle.discounts[slot as usize].grant else { return };
    for reason in because {
        match reason {
            Reason::Step { step, .. } => {
                let at = ladder.steps.iter().position(|known| known.threshold == *step);
                reached.steps.extend(at.map(|at| (slot, at)));
            }
            Reason::Slices { from, until, .. } => {
                for (at, step) in ladder.steps.iter().enumerate() {
                    let top = ladder.steps.get(at + 1).map_or(Number(i128::MAX), |next| next.threshold);
                    if *until > step.threshold && *from < top {
                        reached.steps.insert((slot, at));
                    }
                }
            }
            _ => {}
        }
    }
}

fn unreached(bundle: &Bundle, reached: &Reached) -> Unreached {
    let mut unreached = Unreached::default();
    for (slot, discount) in bundle.discounts.iter().enumerate() {
        let slot = slot as u16;
        if !reached.discounts.contains(&slot) {
            unreached.discounts.push(discount.name.to_string());
        }
        if let Grant::Ladder(ladder) = &discount.grant {
            let missing = ladder.steps.iter().enumerate().filter(|(at, _)| !reached.steps.contains(&(slot, *at)));
            unreached.steps.extend(missing.map(|(_, step)| format!("{}: {}", discount.name, step.threshold)));
        }
    }
    for (slot, segment) in bundle.segments.iter().enumerate() {
        for (class, name) in segment.classes.iter().enumerate() {
            if !reached.classes.contains(&(slot, class as u16)) {
                unreached.classes.push(format!("{}: {name}", segment.name));
            }
        }
    }
    let limits = [
        ("max_rate", bundle.limits.max_rate.is_some()),
        ("min_margin", bundle.limits.min_margin.is_some()),
        ("max_amount", bundle.limits.max_amount.is_some()),
    ];
    let missing = limits.into_iter().filter(|(name, set)| *set && !reached.limits.contains(name));
    unreached.limits.extend(missing.map(|(name, _)| name.to_owned()));
    unreached
}
