//! A bundle, compiled: names are resolved to indexes, amounts to minor units, scripts to syntax trees.

use std::sync::Arc;

use chrono::{NaiveTime, Weekday};

use crate::diagnostic::Sources;
use crate::id::{Name, Revision};
use crate::metric::{LineFilter, Metric};
use crate::money::{Currency, Money, Number, Quantity, Rate};
use crate::script::{Expression, Function, Scripts, Vocabulary};
use crate::time::{Duration, Instant, Period, Zone};

/// Policies and scripts together, frozen and hashed.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// Hash of the content.
    pub revision: Revision,
    /// What it was compiled from, without tests.
    pub sources: Sources,
    /// The one currency.
    pub currency: Currency,
    /// Where days begin.
    pub zone: Zone,
    /// Margin of lines that state no unit cost.
    pub default_margin: Option<Rate>,
    /// Distinct filters that metrics use.
    pub filters: Vec<LineFilter>,
    /// Metrics in the order written.
    pub metrics: Vec<Metric>,
    /// Segments in the order written.
    pub segments: Vec<Segment>,
    /// Discounts in the order written.
    pub discounts: Vec<Discount>,
    /// Indexes of discounts in the order they apply.
    pub order: Vec<u16>,
    /// Distinct rules on lines that discounts have, that of all lines first.
    pub eligible: Vec<Option<Eligible>>,
    /// What a discount is computed on.
    pub stacking: Stacking,
    /// Bounds on the whole decision.
    pub limits: Limits,
    /// The points programme.
    pub points: Option<Points>,
    /// Service costs and budgets.
    pub service: Option<Service>,
    /// Experiments in the order written.
    pub experiments: Vec<Experiment>,
    /// The compiled scripts.
    pub scripts: Arc<Scripts>,
    /// Names of metrics, segments and classes, as scripts ask for them.
    pub vocabulary: Arc<Vocabulary>,
}

/// A rule that sorts customers.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Its name.
    pub name: Name,
    /// Names of its classes in the order written: the best first.
    pub classes: Vec<Name>,
    /// How a customer's class is found.
    pub rule: SegmentRule,
}

/// How a customer's class is found.
#[derive(Debug, Clone)]
pub enum SegmentRule {
    /// ABC: by the share of the base's total held by those with more.
    Rank {
        /// Index of the metric.
        metric: u16,
        /// One bound per class, ascending.
        bounds: Vec<Rate>,
        /// How often cut-offs are computed anew.
        refresh: Period,
    },
    /// By thresholds.
    Thresholds {
        /// Index of the metric.
        metric: u16,
        /// One threshold per class, in the order of the classes.
        floors: Vec<Number>,
        /// Class indexes by threshold, highest first.
        descending: Vec<u16>,
        /// How long a class is kept.
        keep: Option<Duration>,
    },
    /// By quantile scores.
    Score {
        /// Metrics and in how many parts each is scored.
        parts: Vec<ScorePart>,
        /// Per class: conditions that all must hold.
        conditions: Vec<Vec<ScoreCondition>>,
        /// How often cut-offs are computed anew.
        refresh: Period,
    },
    /// By a script that returns the name of a class.
    Script(Function),
}

impl SegmentRule {
    /// Metrics that classes are read from; a script may read any.
    pub fn metrics(&self) -> Vec<u16> {
        match self {
            Self::Rank { metric, .. } | Self::Thresholds { metric, .. } => vec![*metric],
            Self::Score { parts, .. } => parts.iter().map(|part| part.metric).collect(),
            Self::Script(_) => Vec::new(),
        }
    }
}

/// A metric scored in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScorePart {
    /// Index of the metric.
    pub metric: u16,
    /// Number of parts, 2 to 100.
    pub parts: u8,
    /// A smaller value is better (`days_since`).
    pub reversed: bool,
}

/// A condition on one score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreCondition {
    /// Index into the parts.
    pub part: u16,
    /// The scores that satisfy it.
    pub scores: Vec<u8>,
}

/// A discount.
#[derive(Debug, Clone)]
pub struct Discount {
    /// Its name.
    pub name: Name,
    /// What it grants.
    pub grant: Grant,
    /// The most it grants.
    pub cap: Option<Money>,
    /// Conditions that all must hold.
    pub when: Vec<Condition>,
    /// A rhai expression that must hold too.
    pub condition: Option<Expression>,
    /// Which lines are eligible: an index into [`Bundle::eligible`].
    pub lines: u16,
    /// When it is valid.
    pub valid: Validity,
    /// Lower applies earlier.
    pub priority: i32,
    /// Index of its group, where it has one.
    pub group: Option<u16>,
    /// The name of that group.
    pub group_name: Option<Name>,
    /// Applies alone, if it alone grants more than all others together.
    pub exclusive: bool,
    /// How often each customer may use it.
    pub uses_per_customer: Option<Allotment>,
    /// How often it may be used in all.
    pub uses_total: Option<Allotment>,
    /// How much it may grant in all.
    pub budget: Option<Budget>,
}

/// What a discount grants.
#[derive(Debug, Clone)]
pub enum Grant {
    /// A share of the eligible value.
    Rate(Rate),
    /// A fixed amount.
    Amount(Money),
    /// A fixed amount per eligible unit.
    Each(Money),
    /// A rate that escalates with a metric.
    Ladder(Ladder),
    /// Of every `buy + get` eligible units the `get` cheapest are free.
    Free {
        /// Units paid.
        buy: u32,
        /// Units free.
        get: u32,
    },
    /// What a script returns.
    Script(Function),
}

/// An escalating discount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ladder {
    /// Index of the metric.
    pub metric: u16,
    /// Steps by ascending threshold.
    pub steps: Vec<Step>,
    /// Each rate is granted on the slice above its threshold only.
    pub sliced: bool,
    /// The basket counts before the step is chosen.
    pub counting_basket: bool,
    /// What the basket adds then.
    pub basket_adds: BasketAdds,
}

/// What a basket adds to a ladder's metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BasketAdds {
    /// Its eligible value.
    Value,
    /// One.
    One,
    /// Its eligible quantity.
    Quantity,
}

/// A rung of a ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// From this value of the metric.
    pub threshold: Number,
    /// This rate.
    pub rate: Rate,
}

/// A condition of `when`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The customer's class is one of these.
    Class {
        /// Index of the segment.
        segment: u16,
        /// Class indexes.
        classes: Vec<u16>,
    },
    /// A metric lies within bounds.
    Metric {
        /// Index of the metric.
        metric: u16,
        /// The bounds.
        bounds: Bounds<Number>,
    },
    /// The basket's gross value lies within bounds.
    BasketGross(Bounds<Money>),
    /// The basket's quantity lies within bounds.
    BasketQuantity(Bounds<Quantity>),
    /// The birthday is at most so long before or after the day of the decision.
    BirthdayWithin(Duration),
    /// An attribute has one of these values, as text.
    Attribute {
        /// Its name.
        name: Name,
        /// The values.
        values: Vec<Name>,
    },
    /// The basket presents this code.
    Code(Name),
}

/// Bounds that all must hold; at least one is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds<T> {
    /// `value >= x`
    pub at_least: Option<T>,
    /// `value > x`
    pub more_than: Option<T>,
    /// `value <= x`
    pub at_most: Option<T>,
    /// `value < x`
    pub less_than: Option<T>,
    /// `value == x`
    pub is: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { at_least: None, more_than: None, at_most: None, less_than: None, is: None }
    }
}

impl<T: Ord> Bounds<T> {
    /// Whether all bounds hold.
    pub fn hold(&self, value: &T) -> bool {
        self.at_least.as_ref().is_none_or(|x| value >= x)
            && self.more_than.as_ref().is_none_or(|x| value > x)
            && self.at_most.as_ref().is_none_or(|x| value <= x)
            && self.less_than.as_ref().is_none_or(|x| value < x)
            && self.is.as_ref().is_none_or(|x| value == x)
    }
}

/// Which lines, and which of their units, a discount is granted on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Eligible {
    /// Which lines.
    pub filter: LineFilter,
    /// Only so many of the cheapest units among them.
    pub cheapest: Option<u32>,
}

/// When a discount is valid. Everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validity {
    /// First instant.
    pub from: Option<Instant>,
    /// Instant after the last.
    pub until: Option<Instant>,
    /// Days of the week; empty for all.
    pub weekdays: Vec<Weekday>,
    /// From this time of day until before that; over midnight where the first is the later. Midnight at the end is `00:00`.
    pub hours: Option<(NaiveTime, NaiveTime)>,
}

/// So many per period, or in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allotment {
    /// How many.
    pub count: u64,
    /// Per which period; absent: ever.
    pub per: Option<Period>,
}

/// So much per period, or in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How much.
    pub amount: Money,
    /// Per which period; absent: ever.
    pub per: Option<Period>,
    /// A grant may be cut to what is left; otherwise it is granted whole or not at all.
    pub partial: bool,
}

/// What a discount is computed on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stacking {
    /// What earlier ones left.
    #[default]
    Remaining,
    /// The original line values.
    Original,
}

/// Bounds on the whole decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// The largest share of the basket's gross.
    pub max_rate: Option<Rate>,
    /// The smallest margin of a line.
    pub min_margin: Option<Rate>,
    /// The largest amount.
    pub max_amount: Option<Money>,
}

/// The points programme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// What is earned.
    pub earn: Earn,
    /// Multipliers; the highest that applies counts.
    pub multiply: Vec<Multiplier>,
    /// How points pay; absent: they cannot.
    pub redeem: Option<Redeem>,
}

/// What is earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earn {
    /// For every full amount of this …
    pub per: Money,
    /// … so many points.
    pub points: u32,
    /// How long until they can be redeemed.
    pub pending: Option<Duration>,
    /// How long until they expire, from being earned.
    pub expires: Option<Duration>,
}

/// A multiplier of earned points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multiplier {
    /// Its name.
    pub name: Name,
    /// Conditions that all must hold.
    pub when: Vec<Condition>,
    /// By how much.
    pub by: Number,
}

/// How points pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Redeem {
    /// Worth of one point, in millionths of the major unit.
    pub value: Number,
    /// The fewest that can be redeemed at once.
    pub at_least: u32,
    /// The largest share of a purchase that points pay.
    pub max_share: Rate,
}

/// Service costs and budgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Standard cost by kind of interaction.
    pub costs: Vec<(Name, Money)>,
    /// Budgets per class of a segment.
    pub budgets: Option<ServiceBudgets>,
    /// How low satisfaction raises a budget.
    pub satisfaction: Option<SatisfactionRule>,
    /// Whether an interaction beyond the budget is refused.
    pub block: bool,
}

/// Budgets per class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceBudgets {
    /// Index of the segment.
    pub segment: u16,
    /// Over which time service cost is counted.
    pub window: Duration,
    /// One per class of the segment; a class without one has no budget.
    pub classes: Vec<Option<ServiceBudget>>,
}

/// A class's budget per customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServiceBudget {
    /// This share …
    pub share: Rate,
    /// … of this metric …
    pub of: u16,
    /// … but at least this …
    pub at_least: Option<Money>,
    /// … and at most this.
    pub at_most: Option<Money>,
}

/// How low satisfaction raises a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SatisfactionRule {
    /// Index of the metric.
    pub metric: u16,
    /// Below this …
    pub floor: Number,
    /// … the budget grows by this share.
    pub raise: Rate,
}

/// A discount withheld from a control group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// Its name.
    pub name: Name,
    /// Index of the discount.
    pub discount: u16,
    /// Share of customers held out.
    pub control: Rate,
    /// Makes the choice of customers its own.
    pub salt: Name,
}

impl Bundle {
    /// The index of a metric.
    pub fn metric(&self, name: &str) -> Option<u16> {
        self.metrics.iter().position(|m| m.name.as_ref() == name).map(|at| at as u16)
    }

    /// The index of a segment.
    pub fn segment(&self, name: &str) -> Option<u16> {
        self.segments.iter().position(|s| s.name.as_ref() == name).map(|at| at as u16)
    }

    /// The index of a discount.
    pub fn discount(&self, name: &str) -> Option<u16> {
        self.discounts.iter().position(|d| d.name.as_ref() == name).map(|at| at as u16)
    }
}
