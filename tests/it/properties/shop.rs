//! Made-up policies, baskets and facts, and how they are written.

use std::fmt::Write;

use proptest::prelude::*;
use treue::money::{DecimalText, parse_scaled};

#[derive(Debug, Clone)]
pub struct Case {
    pub currency: &'static str,
    pub exponent: u32,
    /// Millionths.
    pub default_margin: Option<u32>,
    pub original: bool,
    pub max_rate: Option<u32>,
    pub min_margin: Option<u32>,
    pub max_amount: Option<i64>,
    pub points: Option<Points>,
    pub discounts: Vec<Discount>,
    pub facts: Known,
    pub lines: Vec<Row>,
    pub presents_code: bool,
    pub redeem: i64,
}

#[derive(Debug, Clone)]
pub struct Points {
    pub per: i64,
    pub points: u32,
    /// Thousandths, and the tier that has it.
    pub multiply: Vec<(u32, usize)>,
    /// Value of a point in millionths, at least, largest share.
    pub redeem: Option<(i64, u32, u32)>,
}

#[derive(Debug, Clone)]
pub struct Discount {
    pub grant: Grant,
    pub cap: Option<i64>,
    pub lines: Option<Lines>,
    pub group: Option<u8>,
    pub priority: Option<i32>,
    pub exclusive: bool,
    /// Whether it may be cut, and what is left.
    pub budget: Option<(bool, i64)>,
    pub uses_left: Option<u64>,
    pub when: Vec<Asks>,
}

#[derive(Debug, Clone)]
pub enum Grant {
    Rate(u32),
    Amount(i64),
    Each(i64),
    Free(u32, u32),
    Ladder { by: By, steps: Vec<(i128, u32)>, sliced: bool, counting: bool },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Orders,
    Spend,
    Units,
    Recency,
}

/// Conditions; numbers are whole.
#[derive(Debug, Clone, Copy)]
pub enum Asks {
    OrdersAtLeast(i64),
    OrdersBelow(i64),
    SpendAbove(i64),
    RecencyAtMost(i64),
    Gross(i64),
    FewerUnitsThan(i64),
    Tier(usize),
    Code,
}

#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Of three categories.
    pub only: Vec<usize>,
    pub except_new: bool,
    pub cheapest: Option<u32>,
}

#[derive(Debug, Clone)]
pub struct Known {
    pub card: bool,
    pub orders: i64,
    /// Minor units; may be below zero, as a margin may.
    pub spend: i64,
    /// Thousandths.
    pub units: i64,
    pub recency: Option<i64>,
    pub tier: Option<usize>,
    pub points: i64,
}

#[derive(Debug, Clone)]
pub struct Row {
    /// Thousandths.
    pub quantity: i64,
    /// Ten-thousandths of the major unit.
    pub price: i64,
    pub cost: Option<i64>,
    pub category: Option<usize>,
    pub new: bool,
}

pub const CATEGORIES: [&str; 3] = ["shoes", "hats", "socks"];
pub const TIERS: [&str; 3] = ["gold", "silver", "basic"];

impl By {
    const fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Spend => "spend",
            Self::Units => "units",
            Self::Recency => "recency",
        }
    }
}

fn rate(ppm: u32) -> String {
    let text = DecimalText::new(i128::from(ppm), 4);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

fn plain(scaled: i128, decimals: u32) -> String {
    let text = DecimalText::new(scaled, decimals).to_string();
    if decimals == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() }
}

impl Case {
    fn money(&self, minor: i64) -> String {
        let text = DecimalText::new(i128::from(minor), self.exponent).to_string();
        assert_eq!(parse_scaled(&text, self.exponent), Ok(i128::from(minor)));
        text
    }

    /// The policy as marketing would write it.
    pub fn yaml(&self) -> String {
        let mut text = format!("currency: {}\ntimezone: Europe/Berlin\n", self.currency);
        let out = &mut text;
        let mut line = |written: String| writeln!(out, "{written}").expect("a text");
        if let Some(margin) = self.default_margin {
            line(format!("costs: {{ default_margin: {} }}", rate(margin)));
        }
        line("metrics:\n  orders: { count: purchases }\n  spend: { sum: profit }".into());
        line("  units: { sum: quantity }\n  recency: { days_since: last_purchase }".into());
        line("segments:\n  tier: { by: orders, classes: { gold: 20, silver: 5, basic: 0 } }".into());
        if self.original {
            line("stacking: { base: original }".into());
        }
        let limits = [
            self.max_rate.map(|ppm| format!("max_rate: {}", rate(ppm))),
            self.min_margin.map(|ppm| format!("min_margin: {}", rate(ppm))),
            self.max_amount.map(|minor| format!("max_amount: {}", self.money(minor))),
        ];
        let limits: Vec<String> = limits.into_iter().flatten().collect();
        if !limits.is_empty() {
            line(format!("limits: {{ {} }}", limits.join(", ")));
        }
        if let Some(points) = &self.points {
            line(format!("points:\n  earn: {{ per: {}, points: {} }}", self.money(points.per), points.points));
            if !points.multiply.is_empty() {
                line("  multiply:".into());
                for (at, (by, tier)) in points.multiply.iter().enumerate() {
                    let by = plain(i128::from(*by), 3);
                    line(format!("    m{at}: {{ when: {{ tier: {} }}, by: {by} }}", TIERS[*tier]));
                }
            }
            if let Some((value, least, share)) = points.redeem {
                let value = plain(i128::from(value), 6);
                let share = rate(share);
                line(format!("  redeem: {{ value: {value}, at_least: {least}, max_share: {share} }}"));
            }
        }
        line("discounts:".into());
        for (at, discount) in self.discounts.iter().enumerate() {
            line(format!("  d{at}:"));
            let grant = match &discount.grant {
                Grant::Rate(ppm) => format!("rate: {}", rate(*ppm)),
                Grant::Amount(minor) => format!("amount: {}", self.money(*minor)),
                Grant::Each(minor) => format!("each: {}", self.money(*minor)),
                Grant::Free(buy, get) => format!("free: {{ buy: {buy}, get: {get} }}"),
                Grant::Ladder { by, steps, sliced, counting } => {
                    let steps: Vec<String> =
                        steps.iter().map(|(from, ppm)| format!("{}: {}", plain(*from, 6), rate(*ppm))).collect();
                    format!(
                        "ladder: {{ by: {}, steps: {{ {} }}, sliced: {sliced}, counting_basket: {counting} }}",
                        by.name(),
                        steps.join(", ")
                    )
                }
            };
            line(format!("    {grant}"));
            if let Some(cap) = discount.cap {
                line(format!("    cap: {}", self.money(cap)));
            }
            if let Some(lines) = &discount.lines {
                let mut parts = Vec::new();
                if !lines.only.is_empty() {
                    let only: Vec<&str> = lines.only.iter().map(|at| CATEGORIES[*at]).collect();
                    parts.push(format!("only: {{ category: [{}] }}", only.join(", ")));
                }
                if lines.except_new {
                    parts.push("except: { tag: new }".into());
                }
                if let Some(cheapest) = lines.cheapest {
                    parts.push(format!("cheapest: {cheapest}"));
                }
                line(format!("    lines: {{ {} }}", parts.join(", ")));
            }
            if let Some(group) = discount.group {
                line(format!("    group: g{group}"));
            }
            if let Some(priority) = discount.priority {
                line(format!("    priority: {priority}"));
            }
            if discount.exclusive {
                line("    exclusive: true".into());
            }
            if let Some((partial, _)) = discount.budget {
                line(format!("    budget: {{ amount: {}, per: month, partial: {partial} }}", self.money(1_000_000)));
            }
            if discount.uses_left.is_some() {
                line("    uses: { total: 100 per year }".into());
            }
            if !discount.when.is_empty() {
                line("    when:".into());
                for asks in &discount.when {
                    line(match asks {
                        Asks::OrdersAtLeast(n) => format!("      orders: {{ at_least: {n} }}"),
                        Asks::OrdersBelow(n) => format!("      orders: {{ less_than: {n} }}"),
                        Asks::SpendAbove(n) => format!("      spend: {{ more_than: {n} }}"),
                        Asks::RecencyAtMost(n) => format!("      recency: {{ at_most: {n} }}"),
                        Asks::Gross(n) => format!("      basket: {{ at_least: {n} }}"),
                        Asks::FewerUnitsThan(n) => format!("      basket: {{ quantity: {{ less_than: {n} }} }}"),
                        Asks::Tier(at) => format!("      tier: [{}]", TIERS[*at]),
                        Asks::Code => "      code: HELLO".into(),
                    });
                }
            }
        }
        text
    }
}

fn rates() -> impl Strategy<Value = u32> {
    prop_oneof![4 => (1u32..=40).prop_map(|percent| percent * 10_000), 2 => 1u32..=400_000, 1 => Just(1_000_000)]
}

fn steps(by: By, exponent: u32) -> BoxedStrategy<Vec<(i128, u32)>> {
    let threshold = match by {
        By::Orders | By::Recency => (0i128..40).prop_map(|n| n * 1_000_000).boxed(),
        By::Units => (0i128..40_000).prop_map(|n| n * 1_000).boxed(),
        By::Spend => (0i128..200_000).prop_map(move |minor| minor * 10i128.pow(6 - exponent)).boxed(),
    };
    prop::collection::btree_map(threshold, rates(), 1..4).prop_map(|steps| steps.into_iter().collect()).boxed()
}

fn grants(exponent: u32) -> impl Strategy<Value = Grant> {
    let ladder =
        (prop::sample::select(vec![By::Orders, By::Spend, By::Spend, By::Units, By::Recency]), any::<[bool; 2]>())
            .prop_flat_map(move |(by, [sliced, counting])| {
                let sliced = sliced && by == By::Spend;
                let counting = counting && by != By::Recency;
                steps(by, exponent).prop_map(move |steps| Grant::Ladder { by, steps, sliced, counting })
            });
    prop_oneof![
        3 => rates().prop_map(Grant::Rate),
        2 => (1i64..20_000).prop_map(Grant::Amount),
        2 => (1i64..3_000).prop_map(Grant::Each),
        2 => (1u32..5, 1u32..3).prop_map(|(buy, get)| Grant::Free(buy, get)),
        3 => ladder,
    ]
}

fn asks() -> impl Strategy<Value = Vec<Asks>> {
    let one = prop_oneof![
        (0i64..20).prop_map(Asks::OrdersAtLeast),
        (0i64..40).prop_map(Asks::OrdersBelow),
        (-10i64..500).prop_map(|n| Asks::SpendAbove(n.max(0))),
        (0i64..400).prop_map(Asks::RecencyAtMost),
        (0i64..100).prop_map(Asks::Gross),
        (1i64..30).prop_map(Asks::FewerUnitsThan),
        (0usize..3).prop_map(Asks::Tier),
        Just(Asks::Code),
    ];
    // One key of a map once.
    prop_oneof![3 => Just(Vec::new()), 2 => one.prop_map(|asks| vec![asks])]
}

fn discounts(exponent: u32) -> impl Strategy<Value = Discount> {
    let lines = (prop::collection::btree_set(0usize..3, 0..3), any::<bool>(), prop::option::of(1u32..5)).prop_map(
        |(only, except_new, cheapest)| {
            let stated = !only.is_empty() || except_new || cheapest.is_some();
            stated.then(|| Lines { only: only.into_iter().collect(), except_new, cheapest })
        },
    );
    let lines = prop_oneof![Just(None), lines];
    (
        grants(exponent),
        prop::option::weighted(0.2, 1i64..8_000),
        lines,
        prop::option::weighted(0.4, 0u8..2),
        prop::option::weighted(0.5, 90i32..110),
        prop::bool::weighted(0.15),
        prop::option::weighted(0.25, (any::<bool>(), prop_oneof![Just(0i64), 0i64..5_000])),
        prop::option::weighted(0.15, 0u64..3),
        asks(),
    )
        .prop_map(|(grant, cap, lines, group, priority, exclusive, budget, uses_left, when)| Discount {
            grant,
            cap,
            lines,
            group,
            priority,
            exclusive,
            budget,
            uses_left,
            when,
        })
}

fn rows() -> impl Strategy<Value = Row> {
    let quantity = prop_oneof![5 => (1i64..6).prop_map(|n| n * 1_000), 1 => 1i64..6_000];
    let price = prop_oneof![5 => (0i64..12_000).prop_map(|cents| cents * 100), 1 => 0i64..1_200_000, 1 => Just(33_300)];
    (quantity, price, prop::option::of(0i64..800_000), prop::option::weighted(0.8, 0usize..3), any::<bool>())
        .prop_map(|(quantity, price, cost, category, new)| Row { quantity, price, cost, category, new })
}

fn known() -> impl Strategy<Value = Known> {
    (
        prop::bool::weighted(0.8),
        0i64..40,
        -5_000i64..250_000,
        0i64..40_000,
        prop::option::weighted(0.7, 0i64..400),
        prop::option::weighted(0.9, 0usize..3),
        0i64..3_000,
    )
        .prop_map(|(card, orders, spend, units, recency, tier, points)| Known {
            card,
            orders,
            spend,
            units,
            recency,
            tier,
            points,
        })
}

fn points() -> impl Strategy<Value = Points> {
    let redeem = prop::option::of((1i64..50_000, 1u32..500, rates()));
    let multiply = prop::collection::vec((1u32..4_000, 0usize..3), 0..3);
    (1i64..500, 0u32..5, multiply, redeem).prop_map(|(per, points, multiply, redeem)| Points {
        per,
        points: points.max(1),
        multiply,
        redeem,
    })
}

pub fn cases() -> impl Strategy<Value = Case> {
    prop::sample::select(vec![("EUR", 2u32), ("EUR", 2), ("EUR", 2), ("JPY", 0), ("KWD", 3)]).prop_flat_map(
        |(currency, exponent)| {
            let limits = (
                prop::option::weighted(0.3, rates()),
                prop::option::weighted(0.3, 0u32..900_000),
                prop::option::weighted(0.2, 0i64..10_000),
            );
            (
                (prop::option::of(0u32..=1_000_000), prop::bool::weighted(0.3), limits, prop::option::of(points())),
                prop::collection::vec(discounts(exponent), 1..7),
                known(),
                prop::collection::vec(rows(), 1..6),
                any::<bool>(),
                0i64..4_000,
            )
                .prop_map(
                    move |((margin, original, limits, points), discounts, facts, lines, code, redeem)| Case {
                        currency,
                        exponent,
                        default_margin: margin,
                        original,
                        max_rate: limits.0,
                        min_margin: limits.1,
                        max_amount: limits.2.map(|amount| amount.max(1)),
                        points,
                        discounts,
                        facts,
                        lines,
                        presents_code: code,
                        redeem,
                    },
                )
        },
    )
}
