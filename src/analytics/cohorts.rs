//! Cohorts: customers by the period of their first purchase, and what became of them.

use serde::Serialize;
use utoipa::ToSchema;

use super::report::{Figure, Head, Share, shown};
use crate::money::{Currency, Number, round_div};
use crate::time::{Instant, Period, Zone};

/// What was bought in one period by the customers of one cohort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bought {
    customers: u64,
    purchases: u64,
    net: i128,
    margin: i128,
}

impl Bought {
    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.purchases += other.purchases;
        self.net += other.net;
        self.margin += other.margin;
    }
}

/// A purchase that did not come back in full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CohortPurchase {
    /// The period it lies in.
    pub period: usize,
    /// When.
    pub at: Instant,
    /// Net, in minor units.
    pub net: i64,
    /// Net less cost of goods.
    pub margin: i64,
}

/// Sums over customers, one customer after another, in any order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CohortTally {
    periods: usize,
    /// By cohort and, within it, by age.
    cells: Vec<Vec<Bought>>,
    /// Per cohort: how many bought more than once.
    repeated: Vec<u64>,
    /// Per period: how many came for the first time, came again right after, came back, and stayed away.
    fresh: Vec<u64>,
    again: Vec<u64>,
    back: Vec<u64>,
    lost: Vec<u64>,
    zone: Zone,
    /// How many gaps between two purchases lasted so many whole days on the wall clock.
    gaps: Vec<u64>,
}

/// The longest gap that is told from longer ones, in days: a hundred years.
const LONGEST_GAP: usize = 36_525;

impl CohortTally {
    /// Nothing yet, over so many periods.
    pub fn new(periods: usize, zone: Zone) -> Self {
        Self {
            periods,
            zone,
            cells: (0..periods).map(|cohort| vec![Bought::default(); periods - cohort]).collect(),
            repeated: vec![0; periods],
            fresh: vec![0; periods],
            again: vec![0; periods],
            back: vec![0; periods],
            lost: vec![0; periods],
            gaps: Vec::new(),
        }
    }

    /// Takes in the purchases of one customer, in order of time. All of them lie in the periods.
    pub fn push(&mut self, purchases: &[CohortPurchase]) {
        let Some(first) = purchases.first() else { return };
        let cohort = first.period;
        self.fresh[cohort] += 1;
        self.repeated[cohort] += u64::from(purchases.len() > 1);
        let mut before: Option<&CohortPurchase> = None;
        for purchase in purchases {
            let cell = &mut self.cells[cohort][purchase.period - cohort];
            cell.purchases += 1;
            cell.net += i128::from(purchase.net);
            cell.margin += i128::from(purchase.margin);
            if before.is_none_or(|before| before.period != purchase.period) {
                cell.customers += 1;
            }
            if let Some(before) = before {
                self.gap(before.at, purchase.at);
                match purchase.period - before.period {
                    0 => {}
                    1 => self.again[purchase.period] += 1,
                    _ => {
                        self.lost[before.period + 1] += 1;
                        self.back[purchase.period] += 1;
                    }
                }
            }
            before = Some(purchase);
        }
        let after = before.map_or(self.periods, |last| last.period + 1);
        if let Some(lost) = self.lost.get_mut(after) {
            *lost += 1;
        }
    }

    fn gap(&mut self, from: Instant, until: Instant) {
        let days = (self.zone.local(until) - self.zone.local(from)).num_days();
        let days = usize::try_from(days).unwrap_or(0).min(LONGEST_GAP);
        if self.gaps.len() <= days {
            self.gaps.resize(days + 1, 0);
        }
        self.gaps[days] += 1;
    }

    /// Takes in what another scan found.
    pub fn merge(mut self, other: Self) -> Self {
        for (mine, theirs) in self.cells.iter_mut().flatten().zip(other.cells.iter().flatten()) {
            mine.add(theirs);
        }
        let counts = [
            (&mut self.repeated, &other.repeated),
            (&mut self.fresh, &other.fresh),
            (&mut self.again, &other.again),
            (&mut self.back, &other.back),
            (&mut self.lost, &other.lost),
        ];
        for (mine, theirs) in counts {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
        if self.gaps.len() < other.gaps.len() {
            self.gaps.resize(other.gaps.len(), 0);
        }
        self.gaps.iter_mut().zip(&other.gaps).for_each(|(mine, theirs)| *mine += theirs);
        self
    }
}

/// What became of the customers of each cohort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CohortReport {
    /// What this is.
    pub head: Head,
    /// Length of a period.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    pub period: Period,
    /// Customers by the period of their first purchase, the oldest first; those without customers are left out.
    pub cohorts: Vec<Cohort>,
    /// Period by period: who came, came again, came back and stayed away.
    pub periods: Vec<CohortPeriod>,
    /// Everybody.
    pub total: CohortTotal,
    /// Days between two purchases of a customer.
    pub between: Between,
}

/// Customers whose first purchase lies in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Cohort {
    /// When the period started.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub cohort: Instant,
    /// How many.
    pub customers: u64,
    /// The share of them who bought more than once until now.
    pub repeat_rate: Option<Share>,
    /// How often they bought until now.
    pub purchases: u64,
    /// What they paid for goods until now.
    pub net: Figure,
    /// That less cost of goods.
    pub margin: Figure,
    /// What each of them paid on average until now.
    pub net_per_customer: Option<Figure>,
    /// Period by period since the first.
    pub ages: Vec<CohortAge>,
}

/// A cohort in one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CohortAge {
    /// So many periods after the first.
    pub age: u64,
    /// Whether the period is not over yet: its figures will grow.
    pub partial: bool,
    /// How many of them bought.
    pub customers: u64,
    /// The share of the cohort that is.
    pub retention: Option<Share>,
    /// How often they bought.
    pub purchases: u64,
    /// What they paid for goods.
    pub net: Figure,
    /// That less cost of goods.
    pub margin: Figure,
    /// What each customer of the cohort paid on average until the end of the period.
    pub running_net_per_customer: Option<Figure>,
}

/// A period: customers are new, bought in the period before as well, or came back after a longer time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CohortPeriod {
    /// When it started.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub start: Instant,
    /// Whether it is not over yet: its figures will change.
    pub partial: bool,
    /// How many bought: new, returning and back.
    pub customers: u64,
    /// How many bought for the first time.
    pub new: u64,
    /// How many bought in the period before as well.
    pub returning: u64,
    /// How many had bought before, but not in the period before.
    pub back: u64,
    /// How many bought in the period before and not in this one.
    pub lost: u64,
    /// How often they bought.
    pub purchases: u64,
    /// What they paid for goods.
    pub net: Figure,
    /// That less cost of goods.
    pub margin: Figure,
}

/// Everybody who bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CohortTotal {
    /// How many.
    pub customers: u64,
    /// The share of them who bought more than once.
    pub repeat_rate: Option<Share>,
    /// How often they bought.
    pub purchases: u64,
    /// What they paid for goods.
    pub net: Figure,
    /// That less cost of goods.
    pub margin: Figure,
}

/// Whole days on the wall clock between two purchases of a customer, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Between {
    /// How many times somebody bought again.
    pub gaps: u64,
    /// A quarter of the times took at most this.
    pub first_quartile: Option<Figure>,
    /// Half of the times took at most this.
    pub median: Option<Figure>,
    /// Three quarters of the times took at most this.
    pub third_quartile: Option<Figure>,
    /// On average.
    pub mean: Option<Figure>,
}

impl CohortReport {
    /// From sums over customers; `starts` says when each period started, `over` when the last one is.
    pub fn new(
        head: Head,
        period: Period,
        currency: Currency,
        (starts, partial): (&[Instant], bool),
        tally: &CohortTally,
    ) -> Self {
        let cash = |minor: i128| Figure::cash(minor, currency);
        let last = tally.periods.saturating_sub(1);
        let cohort = |(at, start): (usize, &Instant)| {
            let customers = tally.fresh[at];
            let mut sum = Bought::default();
            let ages = tally.cells[at].iter().enumerate().map(|(age, cell)| {
                sum.add(cell);
                CohortAge {
                    age: age as u64,
                    partial: partial && at + age == last,
                    customers: cell.customers,
                    retention: Share::of(i128::from(cell.customers), i128::from(customers)),
                    purchases: cell.purchases,
                    net: cash(cell.net),
                    margin: cash(cell.margin),
                    running_net_per_customer: Figure::average_cash(sum.net, customers, currency),
                }
            });
            let ages = ages.collect();
            Cohort {
                cohort: *start,
                customers,
                repeat_rate: Share::of(i128::from(tally.repeated[at]), i128::from(customers)),
                purchases: sum.purchases,
                net: cash(sum.net),
                margin: cash(sum.margin),
                net_per_customer: Figure::average_cash(sum.net, customers, currency),
                ages,
            }
        };
        let of_period = |(at, start): (usize, &Instant)| {
            let mut sum = Bought::default();
            (0..=at).for_each(|cohort| sum.add(&tally.cells[cohort][at - cohort]));
            CohortPeriod {
                start: *start,
                partial: partial && at == last,
                customers: sum.customers,
                new: tally.fresh[at],
                returning: tally.again[at],
                back: tally.back[at],
                lost: tally.lost[at],
                purchases: sum.purchases,
                net: cash(sum.net),
                margin: cash(sum.margin),
            }
        };
        let mut all = Bought::default();
        tally.cells.iter().flatten().for_each(|cell| all.add(cell));
        let (customers, repeated) = (tally.fresh.iter().sum::<u64>(), tally.repeated.iter().sum::<u64>());
        let starts = || starts.iter().enumerate();
        Self {
            head,
            period,
            cohorts: starts().filter(|(at, _)| tally.fresh[*at] > 0).map(cohort).collect(),
            periods: starts().map(of_period).collect(),
            total: CohortTotal {
                customers,
                repeat_rate: Share::of(i128::from(repeated), i128::from(customers)),
                purchases: all.purchases,
                net: cash(all.net),
                margin: cash(all.margin),
            },
            between: Between::of(&tally.gaps),
        }
    }
}

impl Between {
    fn of(gaps: &[u64]) -> Self {
        let many: u64 = gaps.iter().sum();
        let days: i128 = (0..).zip(gaps).map(|(days, many)| days * i128::from(*many)).sum();
        Self {
            gaps: many,
            first_quartile: quantile(gaps, many, 1),
            median: quantile(gaps, many, 2),
            third_quartile: quantile(gaps, many, 3),
            mean: Figure::ratio(days, i128::from(many)).map(|mean| mean.to_places(2)),
        }
    }
}

/// The quantile at `quarter / 4` of whole numbers that are counted, by Hyndman and Fan's type 7.
fn quantile(counts: &[u64], many: u64, quarter: u64) -> Option<Figure> {
    let last = many.checked_sub(1)?;
    let at = |rank: u64| {
        let mut seen = 0;
        counts.iter().position(|count| {
            seen += count;
            seen > rank
        })
    };
    let (whole, rest) = (last * quarter / 4, last * quarter % 4);
    let low = at(whole)? as i128;
    let high = if rest == 0 { low } else { at(whole + 1)? as i128 };
    let millionths = round_div((low * 4 + (high - low) * i128::from(rest)) * 1_000_000, 4);
    Some(Figure::number(Number(millionths)).to_places(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = 86_400_000_000;

    /// Periods of ten days.
    fn purchase(day: i64, euros: i64) -> CohortPurchase {
        CohortPurchase { period: (day / 10) as usize, at: Instant(day * DAY), net: euros * 100, margin: euros * 40 }
    }

    fn report(customers: &[Vec<CohortPurchase>], periods: usize) -> CohortReport {
        let mut parts = [0; 2].map(|_| CohortTally::new(periods, Zone::UTC));
        customers.iter().enumerate().for_each(|(at, purchases)| parts[at % 2].push(purchases));
        let [one, other] = parts;
        let starts: Vec<Instant> = (0..periods as i64).map(|at| Instant(at * 10 * DAY)).collect();
        let euro = Currency::from_code("EUR").expect("a currency");
        CohortReport::new(Head::default(), Period::Week, euro, (&starts, true), &one.merge(other))
    }

    #[test]
    fn by_hand() {
        let report = report(
            &[
                vec![purchase(0, 10), purchase(5, 10), purchase(12, 30)],
                vec![purchase(3, 20)],
                vec![purchase(9, 5), purchase(25, 5)],
                vec![purchase(11, 40), purchase(21, 2)],
                vec![],
            ],
            3,
        );
        let cohorts: Vec<_> = report
            .cohorts
            .iter()
            .map(|row| {
                let kept: Vec<u64> = row.ages.iter().map(|age| age.customers).collect();
                (row.customers, row.repeat_rate.map(|rate| rate.0), row.net.to_string(), kept)
            })
            .collect();
        assert_eq!(
            cohorts,
            [
                (3, Some(666_667), "80.00".to_owned(), vec![3, 1, 1]),
                (1, Some(1_000_000), "42.00".to_owned(), vec![1, 1])
            ]
        );
        let retention: Vec<Option<Share>> = report.cohorts[0].ages.iter().map(|age| age.retention).collect();
        assert_eq!(retention, [Some(Share(1_000_000)), Some(Share(333_333)), Some(Share(333_333))]);
        let partial: Vec<bool> = report.cohorts[0].ages.iter().map(|age| age.partial).collect();
        assert_eq!(partial, [false, false, true]);
        let running = report.cohorts[0].ages[1].running_net_per_customer.map(|figure| figure.to_string());
        assert_eq!(running.as_deref(), Some("25.00"), "75 of 3");
        let periods: Vec<_> = report
            .periods
            .iter()
            .map(|row| (row.customers, row.new, row.returning, row.back, row.lost, row.net.to_string()))
            .collect();
        assert_eq!(
            periods,
            [
                (3, 3, 0, 0, 0, "45.00".to_owned()),
                (2, 1, 1, 0, 2, "70.00".to_owned()),
                (2, 0, 1, 1, 1, "7.00".to_owned()),
            ]
        );
        // Gaps of 5, 7, 16 and 10 days.
        let between = &report.between;
        let shown = |figure: Option<Figure>| figure.map(|figure| figure.to_string()).unwrap_or_default();
        assert_eq!(between.gaps, 4);
        let quartiles = [between.first_quartile, between.median, between.third_quartile, between.mean].map(shown);
        assert_eq!(quartiles, ["6.50", "8.50", "11.50", "9.50"]);
        assert_eq!((report.total.customers, report.total.purchases), (4, 8));
        assert_eq!((report.total.net.to_string(), report.total.margin.to_string()), ("122.00".into(), "48.80".into()));
    }

    #[test]
    fn a_day_that_lost_an_hour_is_a_day() {
        let zone = Zone::from_name("America/New_York").expect("a zone");
        let mut tally = CohortTally::new(1, zone);
        let noon = |day: &str| zone.parse_instant(&format!("{day} 12:00")).expect("an instant");
        let bought = ["2026-03-07", "2026-03-09", "2026-11-02"].map(noon);
        tally.push(&bought.map(|at| CohortPurchase { period: 0, at, net: 100, margin: 40 }));
        let days = tally.gaps.iter().enumerate().filter(|(_, many)| **many > 0).map(|(days, _)| days);
        assert_eq!(days.collect::<Vec<_>>(), [2, 238]);
    }

    #[test]
    fn nobody_is_nobody() {
        let report = report(&[], 2);
        assert!(report.cohorts.is_empty());
        assert_eq!((report.total.repeat_rate, report.between.median), (None, None));
    }

    proptest! {
        #[test]
        fn periods_balance(customers in prop::collection::vec(prop::collection::btree_set(0i64..100, 0..12), 0..30)) {
            let customers: Vec<Vec<CohortPurchase>> =
                customers.iter().map(|days| days.iter().map(|day| purchase(*day, *day)).collect()).collect();
            let report = report(&customers, 10);
            let mut before = 0;
            for row in &report.periods {
                prop_assert_eq!(row.customers, row.new + row.returning + row.back);
                prop_assert_eq!(row.customers, before - row.lost + row.new + row.back);
                before = row.customers;
            }
            let bought = customers.iter().filter(|purchases| !purchases.is_empty()).count() as u64;
            prop_assert_eq!(report.cohorts.iter().map(|row| row.customers).sum::<u64>(), bought);
            let purchases: u64 = customers.iter().map(|purchases| purchases.len() as u64).sum();
            prop_assert_eq!(report.cohorts.iter().map(|row| row.purchases).sum::<u64>(), purchases);
            prop_assert_eq!(report.periods.iter().map(|row| row.purchases).sum::<u64>(), purchases);
            prop_assert_eq!(report.between.gaps, purchases - bought);
        }

        #[test]
        fn counted_quantiles_are_those_of_the_list(mut days in prop::collection::vec(0u64..50, 1..60)) {
            let mut counts = vec![0; 50];
            days.iter().for_each(|day| counts[*day as usize] += 1);
            days.sort_unstable();
            let values: Vec<Number> =
                days.iter().map(|day| Number::int(*day as i64)).collect();
            let cuts = crate::engine::score_cuts(&values, 4);
            for quarter in 1..=3 {
                let found = quantile(&counts, days.len() as u64, quarter);
                let expect = Figure::rounded(Number(cuts.0[quarter as usize - 1] / 4), 2);
                prop_assert_eq!(found, Some(expect));
            }
        }
    }
}
