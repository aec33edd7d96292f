//! Recency, frequency and monetary value: scores by quantiles, cells of equal scores, and segments with a name.
//!
//! A. M. Hughes, "Strategic Database Marketing" (1994). Cut-offs and scores are those that decisions read
//! ([`crate::engine::score_cuts`]): quantiles by Hyndman and Fan's type 7, equal values share a score.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::report::{Figure, Head, Share};
use crate::engine::PartCuts;
use crate::engine::score_cuts;
use crate::money::{Currency, Number, round_div};

/// How customers are scored, and what combinations of scores are called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmQuestion {
    /// The segment whose scores and classes these are, if they are one's.
    pub segment: Option<String>,
    /// What is scored.
    pub parts: Vec<RfmScored>,
    /// Names with their conditions: the first whose conditions all hold is a customer's.
    pub names: Vec<(String, Vec<RfmCondition>)>,
    /// The one currency.
    pub currency: Currency,
}

/// Something that is scored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmScored {
    /// What it is called.
    pub metric: String,
    /// In how many parts.
    pub parts: u8,
    /// Whether less is better.
    pub reversed: bool,
}

/// A condition on one score: an index into what is scored, and the scores that fulfil it.
pub type RfmCondition = (usize, Vec<u8>);

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RfmCustomer {
    /// A value per part that is scored; absent where there is none.
    pub values: Box<[Option<Number>]>,
    /// Net, in minor units.
    pub net: i64,
    /// Purchases.
    pub purchases: i64,
    /// Whole days since the last purchase; absent without one.
    pub days: Option<i64>,
}

/// Customers by scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RfmReport {
    /// What this is.
    pub head: Head,
    /// The segment of the policy whose scores and classes these are; null for the usual grid.
    pub segment: Option<String>,
    /// What is scored, with the cut-offs.
    pub scores: Vec<RfmScore>,
    /// Segments with a name, in the order in which they are tried.
    pub segments: Vec<RfmSegment>,
    /// Cells of equal scores, the best first.
    pub cells: Vec<RfmCell>,
    /// All customers.
    pub total: RfmTotal,
}

/// Something that is scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RfmScore {
    /// What it is called.
    pub metric: String,
    /// In how many parts.
    pub parts: u8,
    /// Whether less is better.
    pub less_is_better: bool,
    /// The quantiles between the parts, ascending; a value above so many of them has that score and one.
    pub cut_offs: Vec<Figure>,
}

/// Customers whose scores have a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RfmSegment {
    /// The name; null for those whose scores have none.
    pub segment: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// Their share of all customers.
    pub share_of_customers: Option<Share>,
    /// What they spent.
    pub net: Figure,
    /// The share of all spending that is.
    pub share_of_net: Option<Share>,
    /// What each of them spent on average.
    pub net_per_customer: Option<Figure>,
    /// How often each of them bought on average.
    pub purchases_per_customer: Option<Figure>,
    /// Days since their last purchases, on average; null where nobody bought.
    pub days_since_last_purchase: Option<Figure>,
}

/// Customers with equal scores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RfmCell {
    /// The scores, in the order of what is scored.
    pub scores: Vec<u8>,
    /// What they are called; null without a name.
    pub segment: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// Their share of all customers.
    pub share_of_customers: Option<Share>,
    /// What they spent.
    pub net: Figure,
    /// The share of all spending that is.
    pub share_of_net: Option<Share>,
    /// What each of them spent on average.
    pub net_per_customer: Option<Figure>,
}

/// All customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RfmTotal {
    /// How many.
    pub customers: u64,
    /// What they spent.
    pub net: Figure,
    /// How often they bought.
    pub purchases: u64,
}

impl RfmQuestion {
    /// Recency, frequency and monetary value in five parts each, and the grid of recency by frequency that is in common use.
    pub fn usual(currency: Currency) -> Self {
        let scored = |metric: &str, reversed| RfmScored { metric: metric.to_owned(), parts: 5, reversed };
        let grid: [(&str, &[u8], &[u8]); 10] = [
            ("champions", &[5], &[4, 5]),
            ("loyal", &[3, 4], &[4, 5]),
            ("potential_loyalists", &[4, 5], &[2, 3]),
            ("new", &[5], &[1]),
            ("promising", &[4], &[1]),
            ("need_attention", &[3], &[3]),
            ("about_to_sleep", &[3], &[1, 2]),
            ("cannot_lose", &[1, 2], &[5]),
            ("at_risk", &[1, 2], &[3, 4]),
            ("hibernating", &[1, 2], &[1, 2]),
        ];
        let named = |(name, recency, frequency): (&str, &[u8], &[u8])| {
            (name.to_owned(), vec![(0, recency.to_vec()), (1, frequency.to_vec())])
        };
        Self {
            segment: None,
            parts: vec![scored("recency", true), scored("frequency", false), scored("monetary", false)],
            names: grid.map(named).to_vec(),
            currency,
        }
    }

    /// Which name scores have, as an index.
    fn name(&self, scores: &[u8]) -> Option<usize> {
        self.names.iter().position(|(_, conditions)| {
            conditions.iter().all(|(part, allowed)| scores.get(*part).is_some_and(|score| allowed.contains(score)))
        })
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    customers: u64,
    net: i128,
    purchases: i128,
    days: i128,
    with_days: i128,
}

impl Sums {
    fn take(&mut self, customer: &RfmCustomer) {
        self.customers += 1;
        self.net += i128::from(customer.net);
        self.purchases += i128::from(customer.purchases);
        self.days += i128::from(customer.days.unwrap_or(0));
        self.with_days += i128::from(customer.days.is_some());
    }
}

impl RfmReport {
    /// From every customer. `others` are further values that the cut-offs see, per part.
    pub fn new(head: Head, question: &RfmQuestion, customers: &[RfmCustomer], others: &[Vec<Number>]) -> Self {
        let cuts = question.parts.iter().enumerate().map(|(at, part)| {
            let mut values: Vec<Number> = customers.iter().filter_map(|customer| customer.values[at]).collect();
            values.extend(others.get(at).into_iter().flatten());
            values.sort_unstable();
            score_cuts(&values, part.parts)
        });
        let cuts: Vec<PartCuts> = cuts.collect();
        let score = |customer: &RfmCustomer| -> Vec<u8> {
            let parts = question.parts.iter().zip(&cuts).zip(&customer.values);
            parts.map(|((part, cuts), value)| cuts.score(*value, part.parts, part.reversed)).collect()
        };
        let mut cells: BTreeMap<Vec<u8>, Sums> = BTreeMap::new();
        let mut named = vec![Sums::default(); question.names.len() + 1];
        let mut all = Sums::default();
        for customer in customers {
            let scores = score(customer);
            named[question.name(&scores).unwrap_or(question.names.len())].take(customer);
            cells.entry(scores).or_default().take(customer);
            all.take(customer);
        }
        let currency = question.currency;
        let name = |at: Option<usize>| at.and_then(|at| question.names.get(at)).map(|(name, _)| name.clone());
        let segments = named.iter().enumerate().filter(|(at, sums)| *at < question.names.len() || sums.customers > 0);
        Self {
            segment: question.segment.clone(),
            scores: question.parts.iter().zip(&cuts).map(|(part, cuts)| shown_score(part, cuts)).collect(),
            segments: segments.map(|(at, sums)| segment_row(name(Some(at)), sums, &all, currency)).collect(),
            cells: cells
                .iter()
                .rev()
                .map(|(scores, sums)| RfmCell {
                    scores: scores.clone(),
                    segment: name(question.name(scores)),
                    customers: sums.customers,
                    share_of_customers: Share::of(i128::from(sums.customers), i128::from(all.customers)),
                    net: Figure::cash(sums.net, currency),
                    share_of_net: Share::of(sums.net, all.net),
                    net_per_customer: Figure::average_cash(sums.net, sums.customers, currency),
                })
                .collect(),
            total: RfmTotal {
                customers: all.customers,
                net: Figure::cash(all.net, currency),
                purchases: u64::try_from(all.purchases).unwrap_or(0),
            },
            head,
        }
    }
}

fn shown_score(part: &RfmScored, cuts: &PartCuts) -> RfmScore {
    // Cut-offs are kept times the number of parts, so that they are exact.
    let shown = |cut: &i128| Figure::number(Number(round_div(*cut, i128::from(part.parts))));
    RfmScore {
        metric: part.metric.clone(),
        parts: part.parts,
        less_is_better: part.reversed,
        cut_offs: cuts.0.iter().map(shown).collect(),
    }
}

fn segment_row(segment: Option<String>, sums: &Sums, all: &Sums, currency: Currency) -> RfmSegment {
    RfmSegment {
        segment,
        customers: sums.customers,
        share_of_customers: Share::of(i128::from(sums.customers), i128::from(all.customers)),
        net: Figure::cash(sums.net, currency),
        share_of_net: Share::of(sums.net, all.net),
        net_per_customer: Figure::average_cash(sums.net, sums.customers, currency),
        purchases_per_customer: Figure::ratio(sums.purchases, i128::from(sums.customers)),
        days_since_last_purchase: Figure::ratio(sums.days, sums.with_days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(days: i64, purchases: i64, euros: i64) -> RfmCustomer {
        let values = [days, purchases, euros].map(|value| Some(Number::int(value)));
        RfmCustomer { values: values.into(), net: euros * 100, purchases, days: Some(days) }
    }

    fn usual() -> RfmQuestion {
        RfmQuestion::usual(Currency::from_code("EUR").expect("a currency"))
    }

    #[test]
    fn scored_by_hand() {
        // Recencies 10 to 50 are cut at 18, 26, 34, 42 (the example of the language page); purchases 1, 1, 1, 1, 6 at
        // 1, 1, 1, 2; euros 10 to 50 like the recencies.
        let base = [(10, 6, 50), (20, 1, 10), (30, 1, 20), (40, 1, 30), (50, 1, 40)];
        let base: Vec<RfmCustomer> = base.iter().map(|(days, many, euros)| customer(*days, *many, *euros)).collect();
        let report = RfmReport::new(Head::default(), &usual(), &base, &[]);
        let cut_offs =
            |at: usize| report.scores[at].cut_offs.iter().map(|cut| cut.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(cut_offs(0), "18.000000 26.000000 34.000000 42.000000");
        assert_eq!(cut_offs(1), "1.000000 1.000000 1.000000 2.000000");
        let cells: Vec<(&[u8], Option<&str>, u64)> =
            report.cells.iter().map(|cell| (cell.scores.as_slice(), cell.segment.as_deref(), cell.customers)).collect();
        assert_eq!(
            cells,
            [
                ([5, 5, 5].as_slice(), Some("champions"), 1),
                (&[4, 1, 1], Some("promising"), 1),
                (&[3, 1, 2], Some("about_to_sleep"), 1),
                (&[2, 1, 3], Some("hibernating"), 1),
                (&[1, 1, 4], Some("hibernating"), 1),
            ]
        );
        let champions = &report.segments[0];
        assert_eq!(champions.share_of_net, Some(Share(333_333)));
        let shown = |figure: Option<Figure>| figure.map(|figure| figure.to_string()).unwrap_or_default();
        assert_eq!(shown(champions.purchases_per_customer), "6.000000");
        let hibernating = report.segments.last().expect("a segment");
        assert_eq!((hibernating.customers, shown(hibernating.days_since_last_purchase)), (2, "45.000000".to_owned()));
        assert_eq!(report.segments.len(), 10, "nobody is without a name");
    }

    #[test]
    fn every_combination_has_a_name() {
        let question = usual();
        for recency in 1..=5 {
            for frequency in 1..=5 {
                let scores = [recency, frequency, 3];
                assert!(question.name(&scores).is_some(), "{scores:?}");
            }
        }
    }

    #[test]
    fn whoever_is_counted_elsewhere_moves_the_cut_offs_only() {
        let base = [customer(10, 2, 10)];
        let others = [Vec::new(), vec![Number::ZERO; 4], vec![Number::ZERO; 4]];
        let report = RfmReport::new(Head::default(), &usual(), &base, &others);
        assert_eq!(report.total.customers, 1);
        // Four zeros below: the one who bought is in the best part.
        assert_eq!(report.cells[0].scores, [5, 5, 5]);
    }
}
