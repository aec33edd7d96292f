//! ABC analysis: which customers hold how much of a total.
//!
//! Classes follow the one rule that decisions follow: by the share that customers with strictly more hold, so equal values
//! share a class (H. F. Dickie, "ABC inventory analysis shoots for dollars, not pennies", Factory Management and
//! Maintenance 109, 1951). Shares are measured and printed as they are: 80/20 is a slogan.

use serde::Serialize;
use utoipa::ToSchema;

use super::concentration::Concentration;
use super::cutoff::rank_cuts;
use super::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet};
use super::unit::Unit;
use crate::chart::{Picture, Plot};
use crate::engine::rank_class;
use crate::money::{Number, Rate};

/// Where the classes end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbcLimits {
    /// Names of the classes, the best first.
    pub classes: Vec<String>,
    /// What those with strictly more hold together, per class.
    pub bounds: Vec<Rate>,
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
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AbcClass {
    /// Its name.
    pub class: String,
    /// Customers are in this class while those with strictly more hold less than this share.
    pub bound: Share,
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

impl AbcReport {
    /// From the value of every customer.
    pub fn new(
        head: Head,
        metric: String,
        segment: Option<String>,
        limits: &AbcLimits,
        unit: Unit,
        mut values: Vec<Number>,
    ) -> Self {
        values.sort_unstable();
        let cuts = rank_cuts(&values, &limits.bounds);
        let held = |value: &Number| Number(value.0.max(0));
        let mut sums = vec![(0u64, Number::ZERO); limits.classes.len()];
        for value in &values {
            if let Some((customers, sum)) = sums.get_mut(usize::from(rank_class(Some(*value), &cuts))) {
                *customers += 1;
                *sum = *sum + held(value);
            }
        }
        let total = values.iter().map(held).fold(Number::ZERO, |a, b| a + b);
        let many = values.len() as u64;
        let mut running = Number::ZERO;
        let classes = limits.classes.iter().enumerate().map(|(at, class)| {
            let (customers, sum) = sums[at];
            running = running + sum;
            AbcClass {
                class: class.clone(),
                bound: Share(i64::from(limits.bounds[at].ppm())),
                from: cuts[at].map(|cut| unit.figure(cut)),
                customers,
                share_of_customers: Share::of(i128::from(customers), i128::from(many)),
                total: unit.figure(sum),
                share: Share::of(sum.0, total.0),
                running_share: Share::of(running.0, total.0),
                average: unit.average(sum, customers),
            }
        });
        let classes = classes.collect();
        let below = &values[..values.partition_point(|value| *value < Number::ZERO)];
        let all = AbcTotal {
            customers: many,
            holders: values.iter().filter(|value| **value > Number::ZERO).count() as u64,
            total: unit.figure(total),
            average: unit.average(total, many),
            below_zero: below.len() as u64,
            total_below_zero: unit.figure(below.iter().fold(Number::ZERO, |a, b| a + *b)),
        };
        Self { head, metric, segment, classes, total: all, concentration: Concentration::of(&values) }
    }
}

impl Report for AbcReport {
    const NAME: &'static str = "abc";
    const TAKES: &'static [Parameter] =
        &[Parameter::AS_OF, Parameter::WINDOW, Parameter::FROM, Parameter::SEGMENT, Parameter::METRIC];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let columns =
            ["class", "bound", "from", "customers", "share_of_customers", "total", "share", "running_share", "average"];
        let mut classes = Sheet::new("classes", format!("Classes by {}", self.metric), &columns);
        for row in &self.classes {
            classes.push([
                row.class.clone().into(),
                row.bound.into(),
                row.from.into(),
                row.customers.into(),
                row.share_of_customers.into(),
                row.total.into(),
                row.share.into(),
                row.running_share.into(),
                row.average.into(),
            ]);
        }
        let shared = &self.concentration;
        let columns = ["gini", "top_20_percent_hold", "half_is_held_by", "lorenz"];
        let mut concentration = Sheet::new("concentration", "How unequally it is shared", &columns);
        let points = shared.lorenz.iter().step_by(5).map(|point| Some(point.hold)).collect();
        concentration.push([
            shared.gini.into(),
            shared.top_20_percent_hold.into(),
            shared.half_is_held_by.into(),
            Cell::Series(points),
        ]);
        let mut curve = Sheet::new("lorenz", "Lorenz curve", &["customers", "hold"]).long();
        for point in &self.concentration.lorenz {
            curve.push([point.customers.into(), point.hold.into()]);
        }
        vec![classes, concentration, curve]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let bars = self.classes.iter().map(|class| (class.class.clone(), class.total.as_f64())).collect();
        let classes = Picture {
            title: format!("{} by class", self.metric),
            describes: self.says().join("; "),
            across: String::new(),
            up: self.metric.clone(),
            plot: Plot::Pareto(bars),
        };
        let points = &self.concentration.lorenz;
        let lorenz = Picture {
            title: format!("How unequally customers share {}", self.metric),
            describes: self.concentration_in_words(),
            across: "share of customers, those with the least first".to_owned(),
            up: "share of the total".to_owned(),
            plot: Plot::Lorenz(points.iter().map(|point| (point.customers.as_f64(), point.hold.as_f64())).collect()),
        };
        vec![("classes", classes), ("lorenz", lorenz)]
    }

    fn says(&self) -> Vec<String> {
        let class = |row: &AbcClass| {
            let percent = |share: Option<Share>| share.map_or_else(|| "-".to_owned(), Share::percent);
            format!(
                "{}: {} customers ({}) hold {} of {}",
                row.class,
                row.customers,
                percent(row.share_of_customers),
                percent(row.share),
                self.metric
            )
        };
        let mut says: Vec<String> = self.classes.iter().map(class).collect();
        says.push(self.concentration_in_words());
        says
    }
}

impl AbcReport {
    fn concentration_in_words(&self) -> String {
        let Concentration { gini: Some(gini), top_20_percent_hold: Some(top), half_is_held_by: Some(half), .. } =
            self.concentration
        else {
            return "nobody holds anything".to_owned();
        };
        format!(
            "the 20 % with the most hold {}, {} of the customers hold half; Gini {gini}",
            top.percent(),
            half.percent()
        )
    }
}
