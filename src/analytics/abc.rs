//! ABC analysis: which customers hold how much of a total.
//!
//! Classes follow the one rule that decisions follow: by the share that customers with strictly more hold, so equal values
//! share a class (H. F. Dickie, "ABC inventory analysis shoots for dollars, not pennies", Factory Management and
//! Maintenance 109, 1951). Shares are measured and printed as they are: 80/20 is a slogan.

use serde::Serialize;
use utoipa::ToSchema;

use super::concentration::Concentration;
use super::limits::AbcLimits;
use super::report::{Figure, Head, Share, shown};
use super::unit::Unit;
use super::xyz::Variability;
use crate::engine::rank_class;
use crate::money::Number;
use crate::time::{Instant, Period};

/// What is shared, and how the classes part it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbcQuestion {
    /// The metric that is shared.
    pub metric: String,
    /// What its values are.
    pub unit: Unit,
    /// The segment whose classes these are, if they are one's.
    pub segment: Option<String>,
    /// Where the classes end.
    pub limits: AbcLimits,
    /// The earlier instant to compare with.
    pub since: Option<Instant>,
    /// The periods of demand.
    pub period: Period,
}

/// A customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbcCustomer {
    /// What the customer holds.
    pub value: Number,
    /// What it was at the earlier instant; absent for somebody who was no customer then.
    pub then: Option<Number>,
    /// How evenly the customer's demand comes.
    pub variability: Option<Variability>,
}

/// Which customers hold how much of a total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbcReport {
    /// What this is.
    pub head: Head,
    /// The metric that is shared.
    pub metric: String,
    /// The segment whose classes and bounds these are; null where they are not a segment's.
    pub segment: Option<String>,
    /// The classes, the best first.
    pub classes: Vec<AbcClass>,
    /// All customers.
    pub total: AbcTotal,
    /// How unequally they share it.
    pub concentration: Concentration,
    /// How evenly demand comes, by class.
    pub xyz: Xyz,
    /// Who moved between classes since an earlier instant; null where none was given.
    pub movement: Option<Movement>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbcClass {
    /// Its name.
    pub class: String,
    /// Customers are in this class while those with strictly more hold less than this share; null for computed limits.
    pub bound: Option<Share>,
    /// The smallest value that has it; null where none has.
    pub from: Option<Figure>,
    /// How many customers.
    pub customers: u64,
    /// Their share of all customers.
    pub share_of_customers: Option<Share>,
    /// What they hold together; values below zero count as zero.
    pub total: Figure,
    /// The share of the total that is, as measured.
    pub share: Option<Share>,
    /// The same with all better classes.
    pub running_share: Option<Share>,
    /// What each of them holds on average.
    pub average: Option<Figure>,
}

/// All customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbcTotal {
    /// How many customers: those who bought something that did not come back in full, or were in contact.
    pub customers: u64,
    /// How many hold more than nothing.
    pub holders: u64,
    /// What they hold together.
    pub total: Figure,
    /// What each customer holds on average.
    pub average: Option<Figure>,
    /// How many are below zero.
    pub below_zero: u64,
    /// What those hold together.
    pub total_below_zero: Figure,
}

/// How evenly demand comes, by class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Xyz {
    /// The period whose demands are compared.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String)]
    pub period: Period,
    /// The classes against X, Y, Z and those of whom too little is known.
    pub cells: Vec<XyzCell>,
}

/// Customers of a class whose demand comes like this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct XyzCell {
    /// The class.
    pub class: String,
    /// How evenly; null for too few periods since the first purchase, or no demand in them.
    pub variability: Option<Variability>,
    /// How many customers.
    pub customers: u64,
    /// What they hold together.
    pub total: Figure,
    /// The share of the total that is.
    pub share: Option<Share>,
}

/// Who moved between classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Movement {
    /// Since when; classes as of then are computed from what the base held then.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub since: Instant,
    /// From every class to every class, where somebody went.
    pub moves: Vec<Moved>,
    /// How many are in the class they were in.
    pub stayed: u64,
    /// How many are in a better class.
    pub rose: u64,
    /// How many are in a worse class.
    pub fell: u64,
    /// How many were no customers then.
    pub came: u64,
}

/// Customers who went from a class to another, or stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Moved {
    /// The class then; null for those who were no customers.
    pub from: Option<String>,
    /// The class now.
    pub to: String,
    /// How many.
    pub customers: u64,
}

impl AbcReport {
    /// From every customer.
    pub fn new(head: Head, question: AbcQuestion, customers: &[AbcCustomer]) -> Self {
        let AbcQuestion { metric, unit, segment, limits, since, period } = question;
        let names = limits.classes();
        let mut values: Vec<Number> = customers.iter().map(|customer| customer.value).collect();
        values.sort_unstable();
        let cuts = limits.cuts(&values);
        let class = |value: Number| usize::from(rank_class(Some(value), &cuts));
        let sums = Sums::of(names.len(), customers, class);
        let total = sums.total();
        let classes = sums.classes(&names, unit, |at| (limits.bound(at), cuts[at]));
        let cells = sums.xyz(&names, unit, total);
        let below = &values[..values.partition_point(|value| *value < Number::ZERO)];
        let many = values.len() as u64;
        let all = AbcTotal {
            customers: many,
            holders: values.iter().filter(|value| **value > Number::ZERO).count() as u64,
            total: unit.figure(total),
            average: unit.average(total, many),
            below_zero: below.len() as u64,
            total_below_zero: unit.figure(below.iter().fold(Number::ZERO, |a, b| a + *b)),
        };
        let movement = since.map(|since| moved(since, &names, &limits, customers, class));
        let concentration = Concentration::of(&values);
        Self { head, metric, segment, classes, total: all, concentration, xyz: Xyz { period, cells }, movement }
    }
}

/// Customers and what they hold, by class and how evenly demand comes; the last column is for those not known.
struct Sums(Vec<[(u64, Number); 4]>);

impl Sums {
    fn of(classes: usize, customers: &[AbcCustomer], class: impl Fn(Number) -> usize) -> Self {
        let mut sums = vec![[(0, Number::ZERO); 4]; classes];
        for customer in customers {
            let column = customer.variability.map_or(3, |variability| variability as usize);
            let (many, sum) = &mut sums[class(customer.value)][column];
            *many += 1;
            *sum = *sum + customer.value.max(Number::ZERO);
        }
        Self(sums)
    }

    fn total(&self) -> Number {
        self.0.iter().flatten().fold(Number::ZERO, |total, (_, sum)| total + *sum)
    }

    fn classes(
        &self,
        names: &[String],
        unit: Unit,
        limit: impl Fn(usize) -> (Option<crate::money::Rate>, Option<Number>),
    ) -> Vec<AbcClass> {
        let total = self.total();
        let everybody: u64 = self.0.iter().flatten().map(|(many, _)| many).sum();
        let mut running = Number::ZERO;
        let row = |(at, name): (usize, &String)| {
            let (customers, sum) =
                self.0[at].iter().fold((0, Number::ZERO), |(m, s), (many, sum)| (m + many, s + *sum));
            running = running + sum;
            let (bound, from) = limit(at);
            AbcClass {
                class: name.clone(),
                bound: bound.map(|bound| Share(i64::from(bound.ppm()))),
                from: from.map(|from| unit.figure(from)),
                customers,
                share_of_customers: Share::of(i128::from(customers), i128::from(everybody)),
                total: unit.figure(sum),
                share: Share::of(sum.0, total.0),
                running_share: Share::of(running.0, total.0),
                average: unit.average(sum, customers),
            }
        };
        names.iter().enumerate().map(row).collect()
    }

    fn xyz(&self, names: &[String], unit: Unit, total: Number) -> Vec<XyzCell> {
        let columns = Variability::ALL.map(Some).into_iter().chain([None]);
        let cell = |at: usize, name: &String, column: usize, variability| {
            let (customers, sum) = self.0[at][column];
            let share = Share::of(sum.0, total.0);
            XyzCell { class: name.clone(), variability, customers, total: unit.figure(sum), share }
        };
        let mut cells = Vec::with_capacity(4 * names.len());
        for (at, name) in names.iter().enumerate() {
            cells.extend(columns.clone().enumerate().map(|(column, variability)| cell(at, name, column, variability)));
        }
        cells
    }
}

fn moved(
    since: Instant,
    names: &[String],
    limits: &AbcLimits,
    customers: &[AbcCustomer],
    class: impl Fn(Number) -> usize,
) -> Movement {
    let mut then: Vec<Number> = customers.iter().filter_map(|customer| customer.then).collect();
    then.sort_unstable();
    let cuts = limits.cuts(&then);
    // The last row is for those who were no customers.
    let mut counts = vec![vec![0u64; names.len()]; names.len() + 1];
    for customer in customers {
        let from = customer.then.map_or(names.len(), |value| usize::from(rank_class(Some(value), &cuts)));
        counts[from][class(customer.value)] += 1;
    }
    let sum = |wanted: &dyn Fn(usize, usize) -> bool| {
        let pairs = (0..names.len()).flat_map(|from| (0..names.len()).map(move |to| (from, to)));
        pairs.filter(|(from, to)| wanted(*from, *to)).map(|(from, to)| counts[from][to]).sum()
    };
    let moves = counts.iter().enumerate().flat_map(|(from, row)| {
        let went = row.iter().enumerate().filter(|(_, customers)| **customers > 0);
        went.map(move |(to, customers)| Moved {
            from: names.get(from).cloned(),
            to: names[to].clone(),
            customers: *customers,
        })
    });
    Movement {
        since,
        moves: moves.collect(),
        stayed: sum(&|from, to| from == to),
        rose: sum(&|from, to| to < from),
        fell: sum(&|from, to| to > from),
        came: counts[names.len()].iter().sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Rate};

    fn question(limits: AbcLimits, since: Option<Instant>) -> AbcQuestion {
        let unit = Unit::Money(Currency::from_code("EUR").expect("a currency"));
        AbcQuestion { metric: "profit".to_owned(), unit, segment: None, limits, since, period: Period::Month }
    }

    fn shares() -> AbcLimits {
        let bound = |text| Rate::parse(text).expect("a rate");
        let named = [("A", "80%"), ("B", "95%"), ("C", "100%")];
        AbcLimits::Shares(named.map(|(name, text)| (name.to_owned(), bound(text))).to_vec())
    }

    fn customer(value: i64, then: Option<i64>, variability: Option<Variability>) -> AbcCustomer {
        AbcCustomer { value: Number::int(value), then: then.map(Number::int), variability }
    }

    /// The worked example of the language page, with who held what a year before.
    fn example() -> Vec<AbcCustomer> {
        vec![
            customer(500, Some(10), Some(Variability::X)),
            customer(250, Some(300), Some(Variability::Y)),
            customer(100, None, None),
            customer(100, Some(0), Some(Variability::X)),
            customer(40, Some(100), Some(Variability::Z)),
            customer(10, Some(0), None),
            customer(-30, Some(5), None),
        ]
    }

    #[test]
    fn the_example_of_the_language_page() {
        let report = AbcReport::new(Head::default(), question(shares(), None), &example());
        let rows: Vec<(&str, u64, String, Option<i64>)> = report
            .classes
            .iter()
            .map(|row| (row.class.as_str(), row.customers, row.total.to_string(), row.share.map(|share| share.0)))
            .collect();
        assert_eq!(
            rows,
            [
                ("A", 4, "950.00".to_owned(), Some(950_000)),
                ("B", 0, "0.00".to_owned(), Some(0)),
                ("C", 3, "50.00".to_owned(), Some(50_000)),
            ]
        );
        assert_eq!(report.classes[0].from.map(|from| from.to_string()).as_deref(), Some("100.00"));
        assert_eq!(report.classes[0].average.map(|each| each.to_string()).as_deref(), Some("237.50"));
        let total = &report.total;
        assert_eq!((total.customers, total.holders, total.below_zero), (7, 6, 1));
        assert_eq!((total.total.to_string(), total.total_below_zero.to_string()), ("1000.00".into(), "-30.00".into()));
        let cell = |class: &str, variability| {
            let found = report.xyz.cells.iter().find(|cell| cell.class == class && cell.variability == variability);
            found.map(|cell| (cell.customers, cell.total.to_string()))
        };
        assert_eq!(cell("A", Some(Variability::X)), Some((2, "600.00".to_owned())));
        assert_eq!(cell("C", None), Some((2, "10.00".to_owned())));
        assert_eq!(report.xyz.cells.iter().map(|cell| cell.customers).sum::<u64>(), 7);
        assert_eq!(report.movement, None);
    }

    #[test]
    fn movement_adds_up() {
        let since = Instant(0);
        let report = AbcReport::new(Head::default(), question(shares(), Some(since)), &example());
        // Then they held 300, 100, 10, 5, 0 and 0 of 415: those with more than 100 held 72 %, than 10 96 %.
        let movement = report.movement.expect("it was asked for");
        let moves: Vec<(Option<&str>, &str, u64)> =
            movement.moves.iter().map(|moved| (moved.from.as_deref(), moved.to.as_str(), moved.customers)).collect();
        assert_eq!(
            moves,
            [(Some("A"), "A", 1), (Some("A"), "C", 1), (Some("C"), "A", 2), (Some("C"), "C", 2), (None, "A", 1)]
        );
        assert_eq!((movement.stayed, movement.rose, movement.fell, movement.came), (3, 2, 1, 1));
    }

    #[test]
    fn nobody_is_nobody() {
        for limits in [shares(), AbcLimits::Computed] {
            let report = AbcReport::new(Head::default(), question(limits, Some(Instant(0))), &[]);
            assert_eq!((report.total.customers, report.total.average), (0, None));
            assert!(report.classes.iter().all(|row| row.share.is_none() && row.customers == 0));
        }
    }
}
