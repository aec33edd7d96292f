//! What serving a customer may cost, costs and brings.

use serde::{Deserialize, Serialize};

use super::gather::{Gather, class, gather};
use crate::metric::{Reader, Timelines, Totals, Window};
use crate::money::{Money, Number};
use crate::policy::{Bundle, SegmentRule, ServiceBudget, ServiceBudgets};

/// Which of its bounds a budget met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BudgetBound {
    /// `at_least` was more than the share.
    AtLeast,
    /// `at_most` was less than the share.
    AtMost,
}

/// How a budget came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// The value of the metric that it is a share of; absent where there is nothing to average.
    pub of: Option<Number>,
    /// The share, before bounds. Not below zero.
    pub share: Money,
    /// The bound that counts instead of the share.
    pub bound: Option<BudgetBound>,
    /// What low satisfaction adds.
    pub raise: Money,
    /// The budget.
    pub amount: Money,
}

/// What serving a customer may cost, costs and brings, within the window of the policy's budgets. Without budgets it is
/// the whole history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStanding {
    /// The class whose budget counts; absent where there is none.
    pub class: Option<u16>,
    /// The budget; absent where the class has none.
    pub granted: Option<Granted>,
    /// The value of the policy's satisfaction metric.
    pub satisfaction: Option<Number>,
    /// Sums within the window.
    pub sums: Totals,
    /// Cost of what is planned.
    pub planned: Money,
}

impl ServiceStanding {
    /// Cost of what was done for the customer.
    pub const fn used(&self) -> Money {
        Money(self.sums.service_cost)
    }

    /// What is done and what is planned: both are taken from the budget.
    pub const fn taken(&self) -> Money {
        Money(self.sums.service_cost.saturating_add(self.planned.0))
    }

    /// What is left of the budget, below zero where it is overspent; absent where there is no budget.
    pub fn left(&self) -> Option<Money> {
        self.granted.map(|granted| Money(granted.amount.0.saturating_sub(self.taken().0)))
    }

    /// What was paid for goods.
    pub const fn net(&self) -> Money {
        Money(self.sums.gross.saturating_sub(self.sums.discount))
    }

    /// Net less cost of goods.
    pub const fn margin(&self) -> Money {
        Money(self.net().0.saturating_sub(self.sums.cost))
    }

    /// Margin less service cost.
    pub const fn profit(&self) -> Money {
        Money(self.margin().0.saturating_sub(self.sums.service_cost))
    }

    /// Whether serving the customer loses money.
    pub const fn loses_money(&self) -> bool {
        self.profit().0 < 0
    }
}

/// Whether the class that budgets go by is settled by a script, which may read the card.
pub fn budgets_read_cards(bundle: &Bundle) -> bool {
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    budgets.is_some_and(|budgets| is_script(bundle, budgets))
}

fn is_script(bundle: &Bundle, budgets: &ServiceBudgets) -> bool {
    matches!(bundle.segments[budgets.segment as usize].rule, SegmentRule::Script(_))
}

/// Reads what serving a customer may cost, costs and brings, as of an instant: what happens at it or later is not seen,
/// but for `planned`, the cost of what is planned by then.
pub fn service_standing<T: Timelines>(
    bundle: &Bundle,
    given: Gather<'_>,
    planned: Money,
    timelines: &mut T,
) -> Result<ServiceStanding, T::Error> {
    let service = bundle.service.as_ref();
    let budgets = service.and_then(|service| service.budgets.as_ref());
    let rule = service.and_then(|service| service.satisfaction);
    let at = given.at;
    let (metrics, of_segment) = match budgets {
        Some(budgets) if is_script(bundle, budgets) => {
            let facts = gather(bundle, given, timelines)?;
            (facts.metrics, facts.classes[budgets.segment as usize])
        }
        _ => {
            let mut reader = Reader::new(timelines, bundle.zone, bundle.currency);
            let mut metrics = vec![None; bundle.metrics.len()];
            for slot in needed(bundle) {
                let slot = slot as usize;
                metrics[slot] = reader.value(&bundle.metrics[slot], at)?;
            }
            let found = match budgets {
                Some(budgets) => class(bundle, budgets.segment as usize, given.cut_offs, &metrics, &mut reader, at)?,
                None => None,
            };
            (metrics, found)
        }
    };
    let mut reader = Reader::new(timelines, bundle.zone, bundle.currency);
    let window = budgets.map_or(Window::Lifetime, |budgets| Window::Within(budgets.window));
    let sums = reader.totals(None, window, at)?;
    let satisfaction = rule.and_then(|rule| metrics[rule.metric as usize]);
    let unhappy = rule.filter(|rule| satisfaction.is_some_and(|value| value < rule.floor));
    let budget = budgets.zip(of_segment).and_then(|(budgets, class)| *budgets.classes.get(class as usize)?);
    let granted = budget.map(|budget| {
        let mut granted = grant(bundle, &budget, metrics[budget.of as usize]);
        if let Some(rule) = unhappy {
            granted.raise = rule.raise.of(granted.amount);
            granted.amount = Money(granted.amount.0.saturating_add(granted.raise.0));
        }
        granted
    });
    Ok(ServiceStanding { class: of_segment, granted, satisfaction, sums, planned })
}

/// The metrics that budgets are read from.
fn needed(bundle: &Bundle) -> Vec<u16> {
    let Some(service) = &bundle.service else { return Vec::new() };
    let mut slots: Vec<u16> = service.satisfaction.iter().map(|rule| rule.metric).collect();
    if let Some(budgets) = &service.budgets {
        slots.extend(budgets.classes.iter().flatten().map(|budget| budget.of));
        slots.extend(bundle.segments[budgets.segment as usize].rule.metrics());
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}

fn grant(bundle: &Bundle, budget: &ServiceBudget, of: Option<Number>) -> Granted {
    // A metric sums i64 minor units, so its money fits; what does not is pinned to the largest.
    let base = of.filter(|value| *value > Number::ZERO).unwrap_or_default();
    let share = budget.share.of(base.to_money(bundle.currency).unwrap_or(Money(i64::MAX)));
    let (amount, bound) = match (budget.at_least, budget.at_most) {
        (Some(least), _) if share < least => (least, Some(BudgetBound::AtLeast)),
        (_, Some(most)) if share > most => (most, Some(BudgetBound::AtMost)),
        _ => (share, None),
    };
    Granted { of, share, bound, raise: Money::ZERO, amount }
}

/// Why a budget is what it is, and whether serving loses money, in words.
pub fn service_in_words(bundle: &Bundle, standing: &ServiceStanding) -> Vec<String> {
    let money = |amount: Money| amount.format(bundle.currency);
    let mut words = Vec::new();
    let service = bundle.service.as_ref();
    match service.and_then(|service| service.budgets.as_ref()) {
        None => words.push("the policy has no service budgets".to_owned()),
        Some(budgets) => {
            let segment = &bundle.segments[budgets.segment as usize];
            let class = standing.class.map(|class| (class, &segment.classes[class as usize]));
            let budget = class.and_then(|(slot, _)| *budgets.classes.get(slot as usize)?);
            match (class, budget.zip(standing.granted)) {
                (None, _) => words.push(format!("{} is absent, so there is no budget", segment.name)),
                (Some((_, class)), None) => {
                    words.push(format!("{} is {class}, a class without a budget", segment.name));
                }
                (Some((_, class)), Some((budget, granted))) => {
                    let of = &bundle.metrics[budget.of as usize].name;
                    let value = granted.of.map_or_else(
                        || "absent".to_owned(),
                        |value| value.to_money(bundle.currency).map_or_else(|| value.to_string(), money),
                    );
                    words.push(format!(
                        "{} is {class}: {} of {of}, which is {value}, is {}",
                        segment.name,
                        budget.share,
                        money(granted.share)
                    ));
                    match granted.bound {
                        Some(BudgetBound::AtLeast) => {
                            words.push(format!("it is at least {}", money(budget.at_least.unwrap_or_default())));
                        }
                        Some(BudgetBound::AtMost) => {
                            words.push(format!("it is at most {}", money(budget.at_most.unwrap_or_default())));
                        }
                        None => {}
                    }
                    words.extend(satisfaction_in_words(bundle, standing, granted));
                }
            }
        }
    }
    let verdict = if standing.loses_money() { "serving loses money" } else { "serving loses no money" };
    let (margin, used) = (money(standing.margin()), money(standing.used()));
    words.push(format!("margin {margin} less service cost {used} is {}: {verdict}", money(standing.profit())));
    words
}

fn satisfaction_in_words(bundle: &Bundle, standing: &ServiceStanding, granted: Granted) -> Option<String> {
    let rule = bundle.service.as_ref()?.satisfaction?;
    let value = standing.satisfaction.filter(|value| *value < rule.floor)?;
    let name = &bundle.metrics[rule.metric as usize].name;
    let raise = granted.raise.format(bundle.currency);
    Some(format!("{name} is {value}, below {}: raised by {}, which is {raise}", rule.floor, rule.raise))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::engine::CutOffs;
    use crate::metric::{Event, History};
    use crate::policy::compile;
    use crate::time::Instant;

    const POLICY: &str = "
currency: EUR
timezone: Europe/Berlin
metrics:
  margin_12m: { sum: margin, within: 12 months }
  spend: { sum: net }
  satisfaction: { average: rating, within: 12 months }
segments:
  tier: { by: spend, classes: { gold: 1000, silver: 100, basic: 0 } }
service:
  budgets:
    by: tier
    window: 12 months
    classes:
      gold: { share: 12%, of: margin_12m, at_least: 50, at_most: 600 }
      silver: { share: 6%, of: margin_12m, at_most: 40 }
  satisfaction: { by: satisfaction, floor: 4.0, raise: 50% }
";

    fn bundle() -> Bundle {
        let compiled = compile(Sources::new([("policies/p.yaml".to_owned(), POLICY.to_owned())]));
        compiled.bundle.expect("it compiles")
    }

    /// A customer who bought at a margin and was served, both a month before 2026-03-01, in minor units.
    fn standing(net: i64, margin: i64, served: i64, rating: Option<i64>, planned: i64) -> ServiceStanding {
        let bundle = bundle();
        let at = Instant::parse_rfc3339("2026-03-01T00:00:00Z").expect("an instant");
        let earlier = at.plus_micros(-30 * 86_400 * 1_000_000);
        let bought = Totals { purchases: 1, gross: net, cost: net - margin, ..Totals::default() };
        let met = Totals {
            interactions: 1,
            service_cost: served,
            ratings: i64::from(rating.is_some()),
            rating_sum: rating.unwrap_or(0),
            ..Totals::default()
        };
        let events = [bought, met].into_iter().zip(1..).map(|(adds, sequence)| Event { at: earlier, sequence, adds });
        let cut_offs = CutOffs::empty(&bundle);
        let given = Gather { customer: None, allowances: Vec::new(), points: 0, cut_offs: &cut_offs, at };
        let mut history = History::new(events, Vec::new());
        match service_standing(&bundle, given, Money(planned), &mut history) {
            Ok(standing) => standing,
        }
    }

    #[test]
    fn budgets_are_shares_within_bounds_and_grow_below_the_floor() {
        let check = |(net, margin, rating): (i64, i64, Option<i64>), expect: Option<i64>| {
            let found = standing(net, margin, 0, rating, 0).granted.map(|granted| granted.amount.0);
            assert_eq!(found, expect, "{net} {margin} {rating:?}");
        };
        check((300_000, 150_000, None), Some(18_000)); // 12% of 1500.00
        check((300_000, 150_000, Some(4)), Some(18_000)); // at the floor is not below it
        check((300_000, 150_000, Some(3)), Some(27_000)); // half as much again
        check((300_000, 10_000, None), Some(5_000)); // at least 50
        check((300_000, -10_000, None), Some(5_000));
        check((900_000, 600_000, None), Some(60_000)); // at most 600
        check((900_000, 600_000, Some(1)), Some(90_000)); // the raise comes on top of the bounds
        check((50_000, 10_000, None), Some(600));
        check((50_000, -10_000, None), Some(0)); // a share of a loss is nothing
        check((5_000, 1_000, None), None); // basic has no budget
    }

    #[test]
    fn what_is_planned_is_taken_too() {
        let known = standing(300_000, 150_000, 6_900, Some(3), 1_000);
        assert_eq!((known.used(), known.taken(), known.left()), (Money(6_900), Money(7_900), Some(Money(19_100))));
        assert_eq!((known.net(), known.margin(), known.profit()), (Money(300_000), Money(150_000), Money(143_100)));
        assert!(!known.loses_money());
        let over = standing(300_000, 10_000, 10_001, None, 0);
        assert_eq!((over.left(), over.profit()), (Some(Money(-5_001)), Money(-1)));
        assert!(over.loses_money());
    }

    #[test]
    fn says_why() {
        let check = |standing: ServiceStanding, expect: &[&str]| {
            assert_eq!(service_in_words(&bundle(), &standing), expect);
        };
        check(
            standing(300_000, 150_000, 6_900, Some(3), 0),
            &[
                "tier is gold: 12% of margin_12m, which is 1500.00, is 180.00",
                "satisfaction is 3, below 4: raised by 50%, which is 90.00",
                "margin 1500.00 less service cost 69.00 is 1431.00: serving loses no money",
            ],
        );
        check(
            standing(300_000, 10_000, 12_000, None, 0),
            &[
                "tier is gold: 12% of margin_12m, which is 100.00, is 12.00",
                "it is at least 50.00",
                "margin 100.00 less service cost 120.00 is -20.00: serving loses money",
            ],
        );
        check(
            standing(5_000, 1_000, 0, None, 0),
            &[
                "tier is basic, a class without a budget",
                "margin 10.00 less service cost 0.00 is 10.00: serving loses no money",
            ],
        );
    }
}
