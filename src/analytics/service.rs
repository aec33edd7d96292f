//! What serving each class costs, what it earns, and what it may cost at most.

use std::cmp::Reverse;

use crate::engine::ServiceStanding;
use crate::money::{Money, Number, Rate, round_div};
use crate::policy::{Bundle, SatisfactionRule};

/// Sums over customers, class by class. The last place is for those without a class.
#[derive(Debug, Clone, Default)]
pub struct ServiceTally {
    rule: Option<SatisfactionRule>,
    classes: Vec<Sums>,
}

/// Money in minor units; wide, since a base sums many customers.
#[derive(Debug, Clone, Default)]
struct Sums {
    customers: u64,
    granted: Option<i128>,
    left: i128,
    used: i128,
    planned: i128,
    net: i128,
    margin: i128,
    ratings: i128,
    rating_sum: i128,
    losing: u64,
    overspent: u64,
    told: u64,
    unhappy: u64,
    /// Those who were served.
    served: Vec<Served>,
}

#[derive(Debug, Clone, Copy)]
struct Served {
    used: Money,
    ratings: i64,
    rating_sum: i64,
}

/// How the classes of the segment that budgets go by compare, and the whole base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceReport {
    /// By what a unit of service cost earned, the best first; classes that were not served come last.
    pub classes: Vec<ServiceRow>,
    /// The whole base.
    pub total: ServiceRow,
}

/// A class, or the base, within the window of the budgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// Index of the class; absent for customers without one, and for the base.
    pub class: Option<u16>,
    /// How many customers.
    pub customers: u64,
    /// The sum of their budgets; absent where none of them has one.
    pub granted: Option<Money>,
    /// Cost of what was done for them.
    pub used: Money,
    /// Cost of what is planned.
    pub planned: Money,
    /// What is left of their budgets; absent where none of them has one.
    pub left: Option<Money>,
    /// What they paid for goods.
    pub net: Money,
    /// Net less cost of goods.
    pub margin: Money,
    /// Margin less service cost.
    pub profit: Money,
    /// Their average rating; absent without one.
    pub satisfaction: Option<Number>,
    /// How many ratings that is the average of.
    pub ratings: u64,
    /// How many have a value of the policy's satisfaction metric.
    pub told: u64,
    /// How many of them are below the policy's satisfaction floor.
    pub unhappy: u64,
    /// How many lose money.
    pub losing: u64,
    /// How many are beyond their budgets, with what is planned.
    pub overspent: u64,
    /// Share of the base's margin, in per cent; absent where the base has none.
    pub share_of_margin: Option<Number>,
    /// Share of the base's profit, in per cent, below zero for a loss; absent where the base has none.
    pub share_of_profit: Option<Number>,
    /// Share of the base's service cost, in per cent; absent where there is none.
    pub share_of_service_cost: Option<Number>,
    /// Margin per unit of service cost; absent where there is none.
    pub margin_per_cost: Option<Number>,
    /// Profit per unit of service cost; absent where there is none.
    pub profit_per_cost: Option<Number>,
    /// Service cost per customer.
    pub used_per_customer: Money,
    /// What service may cost per customer at most, so that the class does not lose money: its margin per customer.
    pub break_even_per_customer: Money,
    /// What `at_most` may be in the policy, so that the class does not lose money even where every budget is used up and
    /// those who are below the satisfaction floor get theirs raised.
    pub policy_at_most: Money,
    /// Customers whose service cost no more than that.
    pub within: ServedGroup,
    /// Customers whose service cost more.
    pub beyond: ServedGroup,
}

/// Customers on one side of the break-even budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServedGroup {
    /// How many.
    pub customers: u64,
    /// Their average rating; absent without one.
    pub satisfaction: Option<Number>,
}

impl ServiceTally {
    /// Nothing yet, for the classes that a bundle's budgets go by.
    pub fn new(bundle: &Bundle) -> Self {
        let service = bundle.service.as_ref();
        let budgets = service.and_then(|service| service.budgets.as_ref());
        let classes = budgets.map_or(0, |budgets| bundle.segments[budgets.segment as usize].classes.len());
        let rule = service.and_then(|service| service.satisfaction);
        Self { rule, classes: vec![Sums::default(); classes + 1] }
    }

    /// Takes in customers who all stand like this.
    pub fn push(&mut self, standing: &ServiceStanding, customers: u64) {
        let none = self.classes.len() - 1;
        let sums = &mut self.classes[standing.class.map_or(none, usize::from).min(none)];
        let many = i128::from(customers);
        let count = |holds: bool| if holds { customers } else { 0 };
        sums.customers += customers;
        if let (Some(granted), Some(left)) = (standing.granted, standing.left()) {
            sums.granted = Some(sums.granted.unwrap_or(0) + granted.amount.wide() * many);
            sums.left += left.wide() * many;
            sums.overspent += count(left < Money::ZERO);
        }
        sums.used += standing.used().wide() * many;
        sums.planned += standing.planned.wide() * many;
        sums.net += standing.net().wide() * many;
        sums.margin += standing.margin().wide() * many;
        let (ratings, rating_sum) = (standing.sums.ratings, standing.sums.rating_sum);
        sums.ratings += i128::from(ratings) * many;
        sums.rating_sum += i128::from(rating_sum) * many;
        sums.losing += count(standing.loses_money());
        sums.told += count(self.rule.is_some() && standing.satisfaction.is_some());
        sums.unhappy += count(standing.satisfaction.zip(self.rule).is_some_and(|(value, rule)| value < rule.floor));
        if standing.sums.interactions > 0 {
            let served = Served { used: standing.used(), ratings, rating_sum };
            sums.served.extend((0..customers).map(|_| served));
        }
    }

    /// Takes in what another scan found.
    pub fn merge(mut self, other: Self) -> Self {
        self.classes.iter_mut().zip(other.classes).for_each(|(mine, theirs)| mine.merge(theirs));
        self
    }

    /// The report.
    pub fn report(self) -> ServiceReport {
        let none = self.classes.len() - 1;
        let raise = self.rule.map_or(Rate::ZERO, |rule| rule.raise);
        let mut base = Sums::default();
        self.classes.iter().for_each(|sums| base.merge(sums.clone()));
        let mut classes: Vec<ServiceRow> = self
            .classes
            .iter()
            .enumerate()
            .filter(|(at, sums)| *at < none || sums.customers > 0 && none > 0)
            .map(|(at, sums)| sums.row((at < none).then_some(at as u16), &base, raise))
            .collect();
        // Stable: equals stay in the order of the policy, which writes the best class first.
        classes.sort_by_key(|row| Reverse(row.margin_per_cost));
        ServiceReport { classes, total: base.row(None, &base, raise) }
    }
}

impl Sums {
    fn merge(&mut self, other: Self) {
        self.customers += other.customers;
        self.granted = match (self.granted, other.granted) {
            (Some(mine), Some(theirs)) => Some(mine + theirs),
            (mine, theirs) => mine.or(theirs),
        };
        self.left += other.left;
        self.used += other.used;
        self.planned += other.planned;
        self.net += other.net;
        self.margin += other.margin;
        self.ratings += other.ratings;
        self.rating_sum += other.rating_sum;
        self.losing += other.losing;
        self.overspent += other.overspent;
        self.told += other.told;
        self.unhappy += other.unhappy;
        self.served.extend(other.served);
    }

    fn row(&self, class: Option<u16>, base: &Self, raise: Rate) -> ServiceRow {
        let profit = self.margin - self.used;
        let customers = i128::from(self.customers.max(1));
        let break_even = money(self.margin.max(0) / customers);
        // Whoever is below the floor gets this much and the raise on top.
        let whole = i128::from(Rate::ONE.ppm());
        let heads = customers * whole + i128::from(self.unhappy) * i128::from(raise.ppm());
        let (beyond, within): (Vec<&Served>, Vec<&Served>) =
            self.served.iter().partition(|served| served.used > break_even);
        let beyond_count = beyond.len() as u64;
        ServiceRow {
            class,
            customers: self.customers,
            granted: self.granted.map(money),
            used: money(self.used),
            planned: money(self.planned),
            left: self.granted.map(|_| money(self.left)),
            net: money(self.net),
            margin: money(self.margin),
            profit: money(profit),
            satisfaction: average(self.rating_sum, self.ratings),
            ratings: u64::try_from(self.ratings).unwrap_or(0),
            told: self.told,
            unhappy: self.unhappy,
            losing: self.losing,
            overspent: self.overspent,
            share_of_margin: share(self.margin, base.margin),
            share_of_profit: share(profit, base.margin - base.used),
            share_of_service_cost: share(self.used, base.used),
            margin_per_cost: ratio(self.margin, self.used),
            profit_per_cost: ratio(profit, self.used),
            used_per_customer: money(round_div(self.used, customers)),
            break_even_per_customer: break_even,
            policy_at_most: money(self.margin.max(0) * whole / heads),
            within: group(&within, self.customers - beyond_count),
            beyond: group(&beyond, beyond_count),
        }
    }
}

fn group(served: &[&Served], customers: u64) -> ServedGroup {
    let sum = |part: fn(&Served) -> i64| served.iter().map(|one| i128::from(part(one))).sum();
    ServedGroup { customers, satisfaction: average(sum(|one| one.rating_sum), sum(|one| one.ratings)) }
}

/// The sums of a base that no longer fit are pinned to the largest amount.
fn money(minor: i128) -> Money {
    Money(i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX }))
}

/// `part / whole` in per cent, rounded to two decimals.
fn share(part: i128, whole: i128) -> Option<Number> {
    (whole > 0).then(|| Number(round_div(part * 10_000, whole) * 10_000))
}

/// `part / whole`, rounded to four decimals.
fn ratio(part: i128, whole: i128) -> Option<Number> {
    (whole > 0).then(|| Number(round_div(part * 10_000, whole) * 100))
}

/// A rounded average with two decimals.
fn average(sum: i128, count: i128) -> Option<Number> {
    (count > 0).then(|| Number(round_div(sum * 100, count) * 10_000))
}

/// What a row says, in a sentence. `who` is the class, or what else the row is of.
pub(super) fn service_row_in_words(bundle: &Bundle, row: &ServiceRow, who: &str) -> String {
    let cash = |amount: Money| amount.format(bundle.currency);
    if row.customers == 0 {
        return format!("{who} has no customers");
    }
    let rated = row.satisfaction.map_or_else(|| "without a rating".to_owned(), |rating| format!("rated {rating}"));
    let (used, most) = (cash(row.used_per_customer), cash(row.break_even_per_customer));
    if row.profit < Money::ZERO {
        let loss = cash(Money(row.profit.0.saturating_neg()));
        let mut text = format!(
            "{who} loses {loss}: service costs {used} per customer, {rated}; a budget of at most {most} per customer \
             ends the loss"
        );
        if row.policy_at_most < row.break_even_per_customer {
            let most = cash(row.policy_at_most);
            text.push_str(&format!(", or {most} before the raise for the {} who are below the floor", row.unhappy));
        }
        if let (Some(within), Some(beyond)) = (row.within.satisfaction, row.beyond.satisfaction) {
            text.push_str(&format!(
                "; the {} customers served within it rate {within}, the {} beyond it {beyond}",
                row.within.customers, row.beyond.customers
            ));
        }
        return text;
    }
    match row.margin_per_cost {
        Some(earned) => format!(
            "{who} earns {}: a margin of {earned} per {} of service, which costs {used} per customer and may cost \
             {most}, {rated}",
            cash(row.profit),
            bundle.currency
        ),
        None => format!("{who} earns {} without service", cash(row.profit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;
    use crate::engine::Granted;
    use crate::metric::Totals;
    use crate::policy::compile;

    const POLICY: &str = "
currency: EUR
timezone: UTC
metrics: { margin: { sum: margin }, rating: { average: rating } }
segments: { value: { by: margin, classes: { A: 1000, B: 0 } } }
service:
  budgets: { by: value, window: 1 year, classes: { A: { share: 10%, of: margin }, B: { share: 10%, of: margin } } }
  satisfaction: { by: rating, floor: 4, raise: 50% }
";

    fn standing(class: Option<u16>, margin: i64, used: i64, rating: Option<i64>) -> ServiceStanding {
        let amount = Money(margin.max(0) / 10);
        let granted = Granted { of: None, share: amount, bound: None, raise: Money::ZERO, amount };
        ServiceStanding {
            class,
            granted: class.map(|_| granted),
            satisfaction: rating.map(Number::int),
            sums: Totals {
                gross: margin,
                interactions: i64::from(used > 0),
                service_cost: used,
                ratings: i64::from(rating.is_some()),
                rating_sum: rating.unwrap_or(0),
                ..Totals::default()
            },
            planned: Money::ZERO,
        }
    }

    fn report(standings: &[(ServiceStanding, u64)]) -> (Bundle, ServiceReport) {
        let compiled = compile(Sources::new([("policies/p.yaml".to_owned(), POLICY.to_owned())]));
        let bundle = compiled.bundle.expect("it compiles");
        // In two parts, as threads find them.
        let mut parts = [ServiceTally::new(&bundle), ServiceTally::new(&bundle)];
        for (at, (standing, customers)) in standings.iter().enumerate() {
            parts[at % 2].push(standing, *customers);
        }
        let [one, other] = parts;
        (bundle, one.merge(other).report())
    }

    #[test]
    fn a_class_that_costs_more_than_it_brings_may_cost_its_margin_at_most() {
        let (bundle, report) = report(&[
            (standing(Some(1), 12_500, 10_000, Some(4)), 8),
            (standing(Some(0), 200_000, 15_000, Some(5)), 4),
            (standing(Some(1), 12_500, 20_000, Some(3)), 8),
        ]);
        let [a, b] = report.classes.as_slice() else { panic!("two classes") };
        assert_eq!((a.class, b.class), (Some(0), Some(1)));
        let number = |text: &str| Some(Number::parse(text).expect("a number"));
        assert_eq!((a.share_of_margin, b.share_of_margin), (number("80"), number("20")));
        assert_eq!((a.share_of_service_cost, b.share_of_service_cost), (number("20"), number("80")));
        assert_eq!((a.profit, b.profit, report.total.profit), (Money(740_000), Money(-40_000), Money(700_000)));
        assert_eq!((a.share_of_profit, b.share_of_profit), (number("105.71"), number("-5.71")));
        assert_eq!((a.margin_per_cost, b.margin_per_cost), (number("13.3333"), number("0.8333")));
        assert_eq!((b.used_per_customer, b.break_even_per_customer), (Money(15_000), Money(12_500)));
        assert_eq!(b.within, ServedGroup { customers: 8, satisfaction: number("4") });
        assert_eq!(b.beyond, ServedGroup { customers: 8, satisfaction: number("3") });
        // 8 + 8 · 1.5 budgets share the margin of 2000.
        assert_eq!((a.policy_at_most, b.policy_at_most), (Money(200_000), Money(10_000)));
        assert_eq!((b.losing, b.overspent, b.unhappy), (8, 16, 8));
        assert_eq!((b.granted, b.left), (Some(Money(20_000)), Some(Money(-220_000))));
        assert_eq!(
            service_row_in_words(&bundle, b, "B"),
            "B loses 400.00: service costs 150.00 per customer, rated 3.5; a budget of at most 125.00 per customer ends \
             the loss, or 100.00 before the raise for the 8 who are below the floor; the 8 customers served within it rate 4, the 8 beyond it 3"
        );
        assert_eq!(
            service_row_in_words(&bundle, a, "A"),
            "A earns 7400.00: a margin of 13.3333 per EUR of service, which costs 150.00 per customer and may cost \
             2000.00, rated 5"
        );
    }

    #[test]
    fn nothing_divides_by_nothing() {
        let (bundle, empty) = report(&[]);
        assert_eq!(empty.classes.len(), 2);
        assert_eq!((empty.total.customers, empty.total.granted, empty.total.share_of_margin), (0, None, None));
        assert_eq!(service_row_in_words(&bundle, &empty.total, "the base"), "the base has no customers");
        let (_, loss) = report(&[(standing(None, -500, 100, None), 2), (standing(Some(0), 0, 0, None), 3)]);
        assert_eq!(loss.classes.len(), 3, "those without a class have a row");
        assert_eq!(loss.classes[0].class, None, "who was not served comes last");
        assert_eq!(loss.total.break_even_per_customer, Money::ZERO);
        assert_eq!((loss.total.share_of_profit, loss.total.satisfaction), (None, None));
        assert_eq!(loss.classes[0].granted, None);
    }
}
