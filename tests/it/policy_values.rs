//! What policies compile to, value by value.

use treue::diagnostic::Sources;
use treue::metric::{LineFilter, Measure, Sum, Window};
use treue::money::{Money, Number, Quantity, Rate};
use treue::policy::{
    Allotment, BasketAdds, Bounds, Budget, Bundle, Condition, Discount, Grant, SegmentRule, Stacking, Step, compile,
};
use treue::time::{Duration, Period};

const HEAD: &str = "currency: EUR\ntimezone: Europe/Berlin\nmetrics:\n  orders: { count: purchases }\n  \
                    spend: { sum: net }\n  units: { sum: quantity }\n";

fn bundle_of(files: &[(&str, &str)]) -> Result<Bundle, Vec<String>> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let compiled = compile(Sources::new(files));
    compiled.bundle.ok_or_else(|| {
        let described = |f: &treue::diagnostic::Diagnostic| {
            let at = compiled.sources.position(f.span);
            let path = &compiled.sources.get(f.span.file).path;
            format!("{path}:{}:{} {} `{}`", at.line, at.column, f.code, compiled.sources.text(f.span))
        };
        compiled.diagnostics.iter().map(described).collect()
    })
}

fn bundle(text: &str) -> Bundle {
    bundle_of(&[("policies/a.yaml", &format!("{HEAD}{text}"))]).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn discount(text: &str) -> Discount {
    bundle(&format!("discounts:\n  d: {{ {text} }}\n")).discounts.remove(0)
}

fn findings(text: &str, expect: &[&str]) {
    let found = bundle_of(&[("a.yaml", &format!("{HEAD}{text}"))]).err().unwrap_or_default();
    assert_eq!(found, expect, "{text}");
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).expect("a rate")
}

#[test]
fn hours_run_over_midnight_and_to_the_end_of_the_day() {
    let check = |text: &str, expect: Option<(&str, &str)>| {
        let hours = discount(&format!("rate: 5%, valid: {{ hours: {text} }}")).valid.hours;
        let hours = hours.map(|(from, until)| (from.to_string(), until.to_string()));
        assert_eq!(hours, expect.map(|(a, b)| (format!("{a}:00"), format!("{b}:00"))), "{text}");
    };
    check("17:00-20:00", Some(("17:00", "20:00")));
    check("9:30 - 11:00", Some(("09:30", "11:00")));
    check("22:00-02:00", Some(("22:00", "02:00")));
    check("22:00-24:00", Some(("22:00", "00:00")));
    check("00:00-24:00", None);
}

#[test]
fn uses_and_budgets_are_counted_per_period_or_ever() {
    let d = discount("rate: 5%, uses: { per_customer: 1 per year, total: 1000 }");
    assert_eq!(d.uses_per_customer, Some(Allotment { count: 1, per: Some(Period::Year) }));
    assert_eq!(d.uses_total, Some(Allotment { count: 1000, per: None }));
    let check = |text: &str, amount: i64, per: Option<Period>, partial: bool| {
        assert_eq!(discount(text).budget, Some(Budget { amount: Money(amount), per, partial }), "{text}");
    };
    check("rate: 5%, budget: 10000 per month", 1_000_000, Some(Period::Month), true);
    check("rate: 5%, budget: 99.50, partial: false", 9_950, None, false);
    check("rate: 5%, budget: { amount: 10, per: day, partial: false }", 1_000, Some(Period::Day), false);
    check("rate: 5%, budget: { amount: 10 per day }", 1_000, Some(Period::Day), true);
}

#[test]
fn conditions_take_bounds_and_bare_values() {
    let check = |text: &str, expect: &[Condition]| {
        assert_eq!(discount(&format!("rate: 5%, when: {{ {text} }}")).when, expect, "{text}");
    };
    let metric = |metric: u16, bounds: Bounds<Number>| Condition::Metric { metric, bounds };
    check("orders: 3", &[metric(0, Bounds { is: Some(Number::int(3)), ..Bounds::default() })]);
    check(
        "spend: { more_than: 9.99, less_than: 20 }",
        &[metric(
            1,
            Bounds { more_than: Some(Number(9_990_000)), less_than: Some(Number::int(20)), ..Bounds::default() },
        )],
    );
    check("units: 0.125", &[metric(2, Bounds { is: Some(Number(125_000)), ..Bounds::default() })]);
    check(
        "basket: { at_least: 30, quantity: { at_least: 2.5 } }",
        &[
            Condition::BasketGross(Bounds { at_least: Some(Money(3000)), ..Bounds::default() }),
            Condition::BasketQuantity(Bounds { at_least: Some(Quantity(2500)), ..Bounds::default() }),
        ],
    );
    check("code: 2026", &[Condition::Code("2026".into())]);
    check(
        "attribute: { shop: [berlin, 7], vip: true }",
        &[
            Condition::Attribute { name: "shop".into(), values: vec!["berlin".into(), "7".into()] },
            Condition::Attribute { name: "vip".into(), values: vec!["true".into()] },
        ],
    );
    let b = bundle(
        "segments: { tier: { by: spend, classes: { gold: 9, basic: 0 } } }\ndiscounts: { d: { rate: 1%, when: { tier: [basic, gold] } } }",
    );
    assert_eq!(b.discounts[0].when, [Condition::Class { segment: 0, classes: vec![0, 1] }]);
}

#[test]
fn ladders_are_sorted_and_know_what_a_basket_adds() {
    let ladder = |text: &str| match discount(&format!("ladder: {{ {text} }}")).grant {
        Grant::Ladder(ladder) => ladder,
        other => panic!("{other:?}"),
    };
    let found = ladder("by: orders, steps: { 10: 5%, 3: 2% }, counting_basket: true");
    let step = |threshold: i64, text: &str| Step { threshold: Number::int(threshold), rate: rate(text) };
    assert_eq!(found.steps, [step(3, "2%"), step(10, "5%")]);
    assert_eq!(found.basket_adds, BasketAdds::One);
    assert_eq!(ladder("by: units, steps: { 2.5: 5% }").basket_adds, BasketAdds::Quantity);
    assert_eq!(ladder("by: spend, steps: { 0.01: 5% }").basket_adds, BasketAdds::Value);
}

#[test]
fn order_is_by_priority_then_as_written_and_groups_are_numbered() {
    let b = bundle_of(&[
        ("policies/b.yaml", "discounts: { late: { rate: 1%, group: g }, first: { rate: 1%, priority: -5, group: h } }"),
        (
            "policies/a.yaml",
            &format!("{HEAD}discounts: {{ early: {{ rate: 1%, group: h }} }}\nlimits: {{ max_rate: 9% }}"),
        ),
        ("policies/sub/c.yml", "limits: { max_amount: 5 }\nstacking: { base: original }"),
    ])
    .expect("a bundle");
    let names: Vec<&str> = b.order.iter().map(|at| b.discounts[*at as usize].name.as_ref()).collect();
    assert_eq!(names, ["first", "early", "late"]);
    assert_eq!(b.discounts.iter().map(|d| d.group).collect::<Vec<_>>(), [Some(0), Some(1), Some(0)]);
    assert_eq!((b.limits.max_rate, b.limits.max_amount), (Some(rate("9%")), Some(Money(500))));
    assert_eq!(b.stacking, Stacking::Original);
}

#[test]
fn segments_keep_their_classes_in_order() {
    let b = bundle("segments:\n  tier: { by: spend, classes: { silver: 500, gold: 2000, basic: -1 }, keep: 1 year }\n");
    match &b.segments[0].rule {
        SegmentRule::Thresholds { descending, keep, floors, .. } => {
            assert_eq!(descending, &[1, 0, 2]);
            assert_eq!(keep, &Some(Duration::Months(12)));
            assert_eq!(floors[2], Number::int(-1));
        }
        other => panic!("{other:?}"),
    }
    let b = bundle(
        "  recency: { days_since: last_purchase }\nsegments:\n  r: { score: { recency: 5, spend: 3 }, classes: { a: { spend: 3 }, b: {} } }\n",
    );
    match &b.segments[0].rule {
        SegmentRule::Score { parts, conditions, refresh } => {
            assert_eq!((parts[0].reversed, parts[1].reversed), (true, false));
            assert_eq!((conditions[0][0].part, conditions[0][0].scores.as_slice()), (1, [3].as_slice()));
            assert_eq!(*refresh, Period::Day);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn equal_filters_are_kept_once() {
    let b = bundle(
        "  a: { sum: net, only: { category: [x, y] }, within: 90 days }\n  b: { sum: gross, only: { category: [y, x, y] } }\n  \
         c: { count: purchases, except: { tag: sale }, since: quarter }\n",
    );
    assert_eq!(b.metrics.iter().map(|m| m.filter).collect::<Vec<_>>(), [None, None, None, Some(0), Some(0), Some(1)]);
    assert_eq!(b.metrics[3].window, Window::Within(Duration::Days(90)));
    assert_eq!(b.metrics[5].window, Window::Since(Period::Quarter));
    assert_eq!(b.metrics[4].measure, Measure::Sum(Sum::Gross));
    assert_eq!(
        b.filters[1],
        LineFilter {
            except: treue::metric::Lists { tag: vec!["sale".into()], ..Default::default() },
            ..Default::default()
        }
    );
}

#[test]
fn anchors_and_merge_keys_work() {
    let b = bundle(
        "x-shared:\n  base: &base { rate: 5%, priority: 7 }\ndiscounts:\n  one: { <<: *base, rate: 6% }\n  two: *base\n  \
         three: { <<: [{ cap: 3 }, *base] }\n",
    );
    let rates: Vec<_> =
        b.discounts.iter().map(|d| (d.priority, matches!(d.grant, Grant::Rate(r) if r == rate("6%")))).collect();
    assert_eq!(rates, [(7, true), (7, false), (7, false)]);
    assert_eq!(b.discounts[2].cap, Some(Money(300)));
}

#[test]
fn the_words_of_yaml_1_1_are_strings() {
    let b = bundle("discounts:\n  no: { rate: 5%, when: { code: on, attribute: { off: yes } } }\n");
    assert_eq!(b.discounts[0].name.as_ref(), "no");
    assert_eq!(b.discounts[0].when[0], Condition::Code("on".into()));
    findings("discounts: { d: { rate: 5%, exclusive: on } }", &["a.yaml:7:40 wrong-type `on`"]);
}

#[test]
fn money_has_the_decimals_of_the_currency() {
    let file = |currency: &str, amount: &str| {
        let text = format!("currency: {currency}\ntimezone: UTC\ndiscounts: {{ d: {{ amount: {amount} }} }}");
        bundle_of(&[("a.yaml", &text)]).map(|b| match b.discounts[0].grant {
            Grant::Amount(money) => money.0,
            _ => 0,
        })
    };
    assert_eq!(file("JPY", "500"), Ok(500));
    assert_eq!(file("KWD", "0.005"), Ok(5));
    assert_eq!(file("JPY", "5.0"), Err(vec!["a.yaml:3:27 bad-money `5.0`".to_owned()]));
    assert_eq!(file("EUR", "1.000"), Err(vec!["a.yaml:3:27 bad-money `1.000`".to_owned()]));
}

#[test]
fn scripts_in_folders_are_named_with_dots() {
    let b = bundle_of(&[
        ("a.yaml", &format!("{HEAD}discounts: {{ d: {{ script: season.spring.easter }} }}")),
        ("scripts/season/spring.rhai", "fn easter(customer, basket) { percent(5) }"),
    ])
    .expect("a bundle");
    assert!(matches!(b.discounts[0].grant, Grant::Script(_)));
    assert_eq!(b.sources.len(), 2);
}

#[test]
fn a_broken_file_hides_nothing_and_invents_nothing() {
    let found = bundle_of(&[
        (
            "a.yaml",
            "currency: EUR\ntimezone: UTC\nmetrics:\n  orders: { count: purchases }\n  spend: { sum: net\ndiscounts: {}\n",
        ),
        (
            "b.yaml",
            "discounts:\n  one: { rate: 5 }\n  two: { ladder: { by: spend, steps: { 3: 5% } } }\n  three: { ladder: { by: order, steps: { 3: 5% } } }\n",
        ),
        ("scripts/s.rhai", "fn f(customer, basket) {"),
        ("c.yaml", "discounts: { four: { script: s.f } }"),
    ]);
    assert_eq!(
        found.err().unwrap_or_default(),
        [
            "a.yaml:6:10 bad-yaml `:`",
            "b.yaml:2:16 bad-rate `5`",
            "b.yaml:4:26 unknown-metric `order`",
            "scripts/s.rhai:1:25 script-error ``",
        ]
    );
}

#[test]
fn what_an_alias_repeats_is_one_mistake() {
    findings("discounts:\n  one: &one { rate: 5 }\n  two: *one\n  three: *one\n", &["a.yaml:8:21 bad-rate `5`"]);
}

#[test]
fn names_in_expressions_are_found_where_they_stand() {
    findings(
        "discounts:\n  d:\n    rate: 5%\n    if: |\n      basket.gross > 3\n      && customer.metric(\"spent\") > 3\n",
        &["a.yaml:12:27 unknown-metric `spent`"],
    );
    findings(
        "discounts:\n  d:\n    rate: 5%\n    if: >-\n      basket.gross > 3 &&\n      customer.metric(\"spend\") > customer.metric(\"paid\")\n",
        &["a.yaml:12:51 unknown-metric `paid`"],
    );
    findings(
        "discounts: { d: { rate: 5%, if: \"customer.metric(\\\"spent\\\") > 3\" } }",
        &["a.yaml:7:52 unknown-metric `spent`"],
    );
}

#[test]
fn no_sources_are_one_clear_error() {
    assert_eq!(bundle_of(&[]).err().unwrap_or_default(), ["policies/:1:1 no-policies ``"]);
    assert_eq!(
        bundle_of(&[("a.yaml", "# nothing yet\n")]).err().unwrap_or_default(),
        ["a.yaml:1:1 missing-currency ``", "a.yaml:1:1 missing-timezone ``"]
    );
}
