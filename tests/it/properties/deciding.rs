//! Decisions against the oracle, line by line and discount by discount.

use std::sync::Arc;

use proptest::prelude::*;
use treue::diagnostic::{Severity, Sources};
use treue::engine::{Desk, decide, price};
use treue::model::{Allowance, Basket, Customer, Decision, Facts, Line, Reason};
use treue::money::{Money, Number, Quantity, UnitPrice};
use treue::policy::{Bundle, compile};
use treue::time::Instant;

use super::oracle::Must;
use super::shop::{CATEGORIES, Case, cases};

pub fn bundle(files: &[(&str, &str)]) -> Bundle {
    let compiled = compile(Sources::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))));
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|f| f.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{files:?}");
    compiled.bundle.expect("a bundle without errors")
}

fn facts(case: &Case, bundle: &Bundle) -> Facts {
    let known = &case.facts;
    let at = bundle.zone.parse_instant("2026-03-04 12:00").expect("an instant");
    Facts {
        at,
        local: bundle.zone.local(at),
        customer: known.card.then(|| Customer { id: "c".into(), ..Customer::default() }),
        metrics: vec![
            Some(Number::int(known.orders)),
            Some(Number::money(Money(known.spend), bundle.currency)),
            Some(Number(i128::from(known.units) * 1_000)),
            known.recency.map(Number::int),
        ],
        classes: vec![known.tier.map(|tier| tier as u16)],
        failures: Vec::new(),
        snapshot: 0,
        allowances: case
            .discounts
            .iter()
            .map(|discount| Allowance {
                customer_uses: None,
                total_uses: discount.uses_left,
                budget: discount.budget.map(|(_, left)| Money(left)),
            })
            .collect(),
        points: known.points,
    }
}

fn basket(case: &Case) -> Basket {
    let line = |(at, row): (usize, &super::shop::Row)| Line {
        sku: format!("S{at}").into(),
        quantity: Quantity(row.quantity),
        unit_price: UnitPrice(row.price),
        unit_cost: row.cost.map(UnitPrice),
        category: row.category.map(|category| CATEGORIES[category].into()),
        tags: if row.new { vec!["new".into()] } else { Vec::new() },
    };
    Basket {
        lines: case.lines.iter().enumerate().map(line).collect(),
        codes: if case.presents_code { vec!["HELLO".into()] } else { Vec::new() },
        redeem_points: case.redeem,
    }
}

fn decided(case: &Case, bundle: &Bundle) -> Decision {
    let (facts, basket) = (Arc::new(facts(case, bundle)), Arc::new(basket(case)));
    let priced = price(bundle, &basket).expect("a basket within range");
    let whole = decide(bundle, &facts, &basket, &priced);
    // What was decided before at the same desk makes no difference.
    let mut desk = Desk::default();
    let before =
        Arc::new(Basket { lines: basket.lines.iter().chain(&basket.lines).cloned().collect(), ..Basket::default() });
    if let Ok(priced) = price(bundle, &before) {
        desk.decide_briefly(bundle, &facts, &before, &priced);
    }
    let brief = desk.decide_briefly(bundle, &facts, &basket, &priced);
    let outcome = |decision: &Decision| {
        let applied = decision.applied.iter().map(|it| (it.discount, it.rate, it.amount, it.cuts.clone()));
        (decision.lines.clone(), decision.totals, applied.collect::<Vec<_>>())
    };
    assert_eq!(outcome(brief), outcome(&whole), "without reasons the same is decided");
    whole
}

fn as_must(decision: &Decision) -> Must {
    Must {
        gross: decision.lines.iter().map(|line| line.gross.0).collect(),
        cost: decision.lines.iter().map(|line| line.cost.0).collect(),
        applied: decision.applied.iter().map(|applied| (applied.discount as usize, applied.amount.0)).collect(),
        lines: decision
            .lines
            .iter()
            .map(|line| line.discounts.iter().map(|(discount, amount)| (*discount as usize, amount.0)).collect())
            .collect(),
        points_paid: decision.totals.points_paid.0,
        points_redeemed: decision.totals.points_redeemed,
        points_earned: decision.totals.points_earned,
    }
}

fn sums_hold(case: &Case, decision: &Decision) -> Result<(), TestCaseError> {
    let mut by_discount = vec![0i64; case.discounts.len()];
    for line in &decision.lines {
        prop_assert_eq!(line.discounts.iter().map(|(_, amount)| amount.0).sum::<i64>(), line.discount.0);
        prop_assert!(0 <= line.discount.0 && line.discount <= line.gross, "no line goes below zero");
        line.discounts.iter().for_each(|(discount, amount)| by_discount[*discount as usize] += amount.0);
    }
    prop_assert_eq!(decision.lines.iter().map(|line| line.discount.0).sum::<i64>(), decision.totals.discount.0);
    prop_assert_eq!(decision.lines.iter().map(|line| line.gross.0).sum::<i64>(), decision.totals.gross.0);
    for applied in &decision.applied {
        prop_assert!(applied.amount > Money::ZERO);
        prop_assert_eq!(by_discount[applied.discount as usize], applied.amount.0);
        by_discount[applied.discount as usize] = 0;
    }
    prop_assert!(by_discount.iter().all(|left| *left == 0), "only what applies is granted");
    // Each discount is told of once: it applies, or it says why not.
    let mut named: Vec<u16> = decision.applied.iter().map(|applied| applied.discount).collect();
    named.extend(decision.rejected.iter().map(|rejected| rejected.discount));
    named.sort_unstable();
    prop_assert_eq!(named, (0..case.discounts.len() as u16).collect::<Vec<_>>());
    prop_assert!(
        decision.rejected.iter().all(|rejected| !decision.because(rejected.because).is_empty()),
        "with a reason"
    );
    prop_assert!(0 <= decision.totals.points_paid.0 && decision.totals.to_pay() >= Money::ZERO);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(400),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    })]

    /// Properties 1 and 2: lines add up to the discount, no line goes below zero; and every amount of every discount on
    /// every line is what the contract says.
    #[test]
    fn decisions_are_what_the_contract_says(case in cases()) {
        let yaml = case.yaml();
        let bundle = bundle(&[("policies/shop.yaml", &yaml)]);
        let decision = decided(&case, &bundle);
        sums_hold(&case, &decision)?;
        prop_assert_eq!(as_must(&decision), case.must(), "\n{}", yaml);
    }

    /// Property 6: decide is a function, of what was compiled and not of how often.
    #[test]
    fn decide_is_a_function(case in cases()) {
        let yaml = case.yaml();
        let bytes = |bundle: &Bundle| postcard::to_stdvec(&decided(&case, bundle)).expect("bytes");
        let first = bundle(&[("policies/shop.yaml", &yaml)]);
        let again = bundle(&[("policies/shop.yaml", &yaml)]);
        prop_assert_eq!(first.revision, again.revision);
        let once = bytes(&first);
        prop_assert_eq!(&once, &bytes(&first));
        prop_assert_eq!(&once, &bytes(&again));
    }
}

/// What is known of somebody without a card.
fn a_guest(bundle: &Bundle, at: Instant, metrics: Vec<Option<Number>>) -> Facts {
    Facts {
        at,
        local: bundle.zone.local(at),
        customer: None,
        metrics,
        classes: Vec::new(),
        failures: Vec::new(),
        snapshot: 0,
        allowances: Vec::new(),
        points: 0,
    }
}

/// The instant is the facts', whatever it is.
#[test]
fn a_decision_is_as_of_its_facts() {
    let bundle = bundle(&[("policies/a.yaml", "currency: EUR\ntimezone: UTC\ndiscounts: { all: { rate: 10% } }\n")]);
    let line = Line {
        sku: "X".into(),
        quantity: Quantity::ONE,
        unit_price: UnitPrice(1_000_000),
        unit_cost: None,
        category: None,
        tags: Vec::new(),
    };
    let basket = Arc::new(Basket { lines: vec![line], ..Basket::default() });
    let priced = price(&bundle, &basket).expect("priced");
    for at in [Instant::MIN, Instant(0), Instant::MAX] {
        let facts = a_guest(&bundle, at, Vec::new());
        let decision = decide(&bundle, &Arc::new(facts), &basket, &priced);
        assert_eq!((decision.at, decision.totals.discount), (at, Money(1_000)));
    }
}

fn one_discount(discount: &str, lines: &[(&str, &str)]) -> i64 {
    let yaml = format!(
        "currency: EUR\ntimezone: UTC\nmetrics: {{ spend: {{ sum: net }} }}\ndiscounts: {{ d: {{ {discount} }} }}\n"
    );
    let bundle = bundle(&[("policies/a.yaml", &yaml)]);
    let line = |(quantity, price): &(&str, &str)| Line {
        sku: "X".into(),
        quantity: Quantity::parse(quantity).expect("a quantity"),
        unit_price: UnitPrice::parse(price).expect("a price"),
        unit_cost: None,
        category: None,
        tags: Vec::new(),
    };
    let basket = Arc::new(Basket { lines: lines.iter().map(line).collect(), ..Basket::default() });
    let priced = price(&bundle, &basket).expect("priced");
    let facts = a_guest(&bundle, Instant(0), vec![Some(Number::int(90))]);
    decide(&bundle, &Arc::new(facts), &basket, &priced).totals.discount.0
}

#[test]
fn some_units_of_a_line() {
    let check = |discount: &str, lines: &[(&str, &str)], expect: i64| {
        assert_eq!(one_discount(discount, lines), expect, "{discount}");
    };
    let ladder = "ladder: { by: spend, steps: { 100: 10% }, counting_basket: true }";
    // The ladder counts what is eligible: one unit at 9.00 does not lift 90 to 100, two do.
    check(&format!("{ladder}, lines: {{ cheapest: 1 }}"), &[("2", "9.00")], 0);
    check(&format!("{ladder}, lines: {{ cheapest: 2 }}"), &[("2", "9.00")], 180);
    check(&format!("{ladder}, lines: {{ cheapest: 2 }}"), &[("1", "9.00"), ("9", "9.00")], 180);
    // Two of three units of 1.00 are two thirds, and half of that is 0.33: rounding 0.67 first would make it 0.34.
    check("rate: 50%, lines: { cheapest: 2 }", &[("3", "0.3333")], 33);
    check("amount: 5, lines: { cheapest: 2 }", &[("3", "0.3333")], 67);
    check("each: 0.25, lines: { cheapest: 2 }", &[("3", "0.3333")], 50);
    // Two units at 0.335 and one at 0.336 are free: 1.006, not 0.67 + 0.34.
    check("free: { buy: 1, get: 1 }", &[("3", "0.335"), ("3", "0.336")], 101);
    // Thousandths that divide by nothing, of more than a million of them.
    check("rate: 50%, lines: { cheapest: 1000 }", &[("1000.001", "1.00")], 50_000);
}

/// What slices are said to end at is what was left of the basket, so that the sentence gives the amount.
#[test]
fn slices_end_where_earlier_discounts_left_off() {
    let bundle = bundle(&[(
        "policies/a.yaml",
        "currency: EUR\ntimezone: UTC\nmetrics: { spend: { sum: net } }\ndiscounts:\n  voucher: { amount: 10, priority: 1 }\n  \
         big: { ladder: { by: spend, steps: { 500: 3%, 1500: 6% }, sliced: true, counting_basket: true } }\n",
    )]);
    let line = Line { sku: "X".into(), quantity: Quantity::ONE, unit_price: UnitPrice(600_000), ..Line::default() };
    let basket = Arc::new(Basket { lines: vec![line], ..Basket::default() });
    let priced = price(&bundle, &basket).expect("priced");
    let at = bundle.zone.parse_instant("2026-03-04").expect("an instant");
    let facts = a_guest(&bundle, at, vec![Some(Number::int(1_450))]);
    let decision = decide(&bundle, &Arc::new(facts), &basket, &priced);
    let sliced = decision.applied.iter().find(|applied| applied.discount == 1).expect("it applies");
    assert_eq!(sliced.amount, Money(150));
    let (from, until) = (Number::int(1_450), Number::int(1_500));
    assert_eq!(decision.because(sliced.because), [Reason::Slices { metric: 0, from, until }]);
}
