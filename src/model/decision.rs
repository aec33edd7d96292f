//! What was decided, and the trace of how it came about: small ids and values, words are made by `explain`.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::id::Revision;
use crate::money::{Money, Number, Quantity, Rate};
use crate::time::Instant;

/// A decision about a basket. Indexes refer to the bundle of `revision`.
#[derive(Clone)]
pub struct Decision {
    /// The bundle that decided.
    pub revision: Revision,
    /// As of when.
    pub at: Instant,
    /// One per line of the basket.
    pub lines: Vec<DecidedLine>,
    /// Sums over the lines, and points.
    pub totals: Totals,
    /// Discounts that apply, in the order they were applied.
    pub applied: Vec<Applied>,
    /// Discounts that do not, in the order written.
    pub rejected: Vec<Rejected>,
    /// One class index per segment of the bundle.
    pub classes: Vec<Option<u16>>,
    /// The cut-off snapshot in use; 0 where none was needed.
    pub snapshot: u64,
    /// What is missing to the next step of each ladder.
    pub next_steps: Vec<NextStep>,
    /// Segments whose script failed, and how: their class is absent.
    pub failures: Vec<(u16, Reason)>,
    /// How it came about: the reasons of all that applies and of all that does not.
    pub trace: Vec<Reason>,
}

/// A stretch of a decision's trace; see [`Decision::because`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Because {
    /// Its first reason.
    pub start: u32,
    /// The place after its last.
    pub end: u32,
}

impl Decision {
    /// One in which nothing is decided yet.
    pub fn empty(revision: Revision, at: Instant) -> Self {
        Self {
            revision,
            at,
            lines: Vec::new(),
            totals: Totals::default(),
            applied: Vec::new(),
            rejected: Vec::new(),
            classes: Vec::new(),
            snapshot: 0,
            next_steps: Vec::new(),
            failures: Vec::new(),
            trace: Vec::new(),
        }
    }

    /// The reasons of something that applies or does not.
    pub fn because(&self, stretch: Because) -> &[Reason] {
        self.trace.get(stretch.start as usize..stretch.end as usize).unwrap_or_default()
    }
}

/// A line with what was granted on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedLine {
    /// Quantity × unit price.
    pub gross: Money,
    /// Granted on this line.
    pub discount: Money,
    /// Cost of goods.
    pub cost: Money,
    /// Which discount granted how much of it.
    pub discounts: SmallVec<[(u16, Money); 2]>,
}

/// Sums of a decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Sum of gross.
    pub gross: Money,
    /// Sum of discounts.
    pub discount: Money,
    /// Worth of the points that pay for a part.
    pub points_paid: Money,
    /// Points that pay for it.
    pub points_redeemed: i64,
    /// Points that this purchase earns.
    pub points_earned: i64,
}

impl Totals {
    /// Gross less discount.
    pub fn net(&self) -> Money {
        self.gross - self.discount
    }

    /// Net less what points pay.
    pub fn to_pay(&self) -> Money {
        self.net() - self.points_paid
    }
}

/// A discount that applies.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Index of the discount.
    pub discount: u16,
    /// Its rate, where it has one rate for the whole basket.
    pub rate: Option<Rate>,
    /// What it grants after all cuts.
    pub amount: Money,
    /// Why it applies.
    pub because: Because,
    /// What was cut from it, by what.
    pub cuts: SmallVec<[Cut; 1]>,
}

/// Something that cut a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Which limit.
    pub by: LimitKind,
    /// How much it took.
    pub amount: Money,
}

/// What can cut a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LimitKind {
    /// `cap` of the discount.
    Cap,
    /// `budget` of the discount.
    Budget,
    /// `limits.max_rate`.
    MaxRate,
    /// `limits.max_amount`.
    MaxAmount,
    /// `limits.min_margin`.
    MinMargin,
}

/// A discount that does not apply.
#[derive(Debug, Clone, Copy)]
pub struct Rejected {
    /// Index of the discount.
    pub discount: u16,
    /// Every reason found against it.
    pub because: Because,
}

/// What is missing to the next step of a ladder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// Index of the discount.
    pub discount: u16,
    /// The rate of the next step.
    pub rate: Rate,
    /// Index of the metric.
    pub metric: u16,
    /// How much of the metric is missing.
    pub missing: Number,
}

/// What is missing to the next better class of a segment with thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextClass {
    /// Index of the segment.
    pub segment: u16,
    /// Index of the class.
    pub class: u16,
    /// Index of the metric.
    pub metric: u16,
    /// How much of the metric is missing.
    pub missing: Number,
}

/// One step of a trace. `holds` says whether the condition did.
#[expect(missing_docs, reason = "each variant's text says what its fields are")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// No condition: it always applies.
    Always,
    /// A ladder stands on a step: metric, its value (with the basket where that counts), the step's threshold.
    Step { metric: u16, value: Number, step: Number },
    /// A sliced ladder: metric, value before and after the basket.
    Slices { metric: u16, from: Number, until: Number },
    /// A ladder below its first step.
    NoStep { metric: u16, value: Option<Number>, first: Number },
    /// The `condition`-th condition on a class: which class the customer has.
    Class { condition: u16, segment: u16, class: Option<u16>, holds: bool },
    /// The `condition`-th condition, on a metric.
    Metric { condition: u16, metric: u16, value: Option<Number>, holds: bool },
    /// The condition on the basket's gross value.
    BasketGross { condition: u16, value: Money, holds: bool },
    /// The condition on the basket's quantity.
    BasketQuantity { condition: u16, value: Quantity, holds: bool },
    /// The condition on the birthday; whether one is known.
    Birthday { condition: u16, known: bool, holds: bool },
    /// The condition on an attribute, with the value found.
    Attribute { condition: u16, value: Option<String>, holds: bool },
    /// The condition on a code.
    Code { condition: u16, holds: bool },
    /// The `if` expression.
    If { holds: bool },
    /// Not yet, or no longer, or not at this hour.
    NotValid { why: Invalid },
    /// No line of the basket is eligible.
    NoEligibleLine,
    /// The eligible lines are worth nothing (any more).
    NothingLeft,
    /// The grant comes to nothing: a rate of a small amount, or too few units.
    GrantsNothing,
    /// A script said no, by returning `()`.
    ScriptDeclined,
    /// A script granted.
    ScriptGranted,
    /// A script failed: what, and where.
    ScriptFailed { message: Box<str>, file: Box<str>, line: u32, column: u32 },
    /// Another of its group grants more (or as much, and comes first).
    GroupLost { winner: u16 },
    /// An exclusive discount applies alone.
    ExclusiveElsewhere { winner: u16 },
    /// An exclusive discount grants no more than the others together.
    ExclusiveLost { alone: Money, together: Money },
    /// This exclusive discount grants more than the others together.
    ExclusiveWon { alone: Money, together: Money },
    /// All of the grant was cut away.
    CutAway { by: LimitKind },
    /// The customer has used it as often as allowed.
    CustomerUsesSpent,
    /// It was used as often as allowed.
    TotalUsesSpent,
    /// The budget does not hold the whole grant, and it may not be cut.
    BudgetTooSmall { left: Money },
    /// The customer is held out by an experiment.
    ControlGroup { experiment: u16 },
    /// A guest cannot have it: it is counted per customer.
    GuestsHaveNoUses,
}

// A decision writes dozens of them.
const _: () = assert!(size_of::<Reason>() <= 48);

/// Why a discount is not valid at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Invalid {
    /// Before `from`.
    NotYet,
    /// At or after `until`.
    Over,
    /// Another day of the week.
    Weekday,
    /// Another time of day.
    Hour,
}
