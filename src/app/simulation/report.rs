//! What came of a simulation, as it is answered: figures of each side, and how the candidates differ from the baseline.

use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::report::{Figure, Head, Share};
use crate::money::Rate;

/// What a simulation found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SimulationReport {
    /// What it says about itself.
    pub head: Head,
    /// What its figures claim, and what they do not.
    pub claim: &'static str,
    /// From when decisions were made, and until before when, RFC 3339.
    pub window: WindowOut,
    /// Which share of the customers was looked at.
    #[schema(value_type = String)]
    pub sample: String,
    /// Customers in the base at the end of the window.
    pub customers: u64,
    /// The sides; the first is the baseline.
    pub sides: Vec<SideOut>,
    /// One per candidate: what is different.
    pub compared: Vec<ComparedOut>,
}

/// When decisions were made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationWindow)]
pub struct WindowOut {
    /// The first instant.
    pub from: String,
    /// The instant after the last.
    pub until: String,
    /// Months that are not in it whole.
    pub partial_months: Vec<String>,
}

/// One side.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationSide)]
pub struct SideOut {
    /// What it is called.
    pub name: String,
    /// Where its discounts come from: `decided`, `recorded` or `none`.
    pub grants: &'static str,
    /// The policy that its classes and, where it decides, its discounts are of.
    pub revision: String,
    /// Its discounts, in a line each.
    pub rules: Vec<String>,
    /// All purchases in the window, less what came back.
    pub total: FiguresOut,
    /// Those of guests.
    pub guests: FiguresOut,
    /// Purchases that got a discount.
    pub discounted: i64,
    /// Customers who got a discount.
    pub touched: u64,
    /// By month.
    pub months: Vec<MonthOut>,
    /// By class at the time of the purchase.
    pub segments: Vec<SegmentOut>,
    /// By discount.
    pub discounts: Vec<DiscountOut>,
    /// Points.
    pub points: PointsOut,
    /// What was granted, and what the points are worth that were earned and not taken back.
    pub programme_cost: Figure,
    /// Limits that all customers share.
    pub limits: Vec<LimitOut>,
    /// Service budgets at the end of the window, by class.
    pub service: Vec<ServiceOut>,
    /// Decisions in which a script failed.
    pub script_failures: i64,
}

/// Sums over purchases, less what came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationFigures)]
pub struct FiguresOut {
    /// Purchases.
    pub purchases: i64,
    /// Quantity × unit price.
    pub gross: Figure,
    /// What was granted.
    pub discount: Figure,
    /// Gross less discount.
    pub net: Figure,
    /// Cost of goods.
    pub cost: Figure,
    /// Net less cost.
    pub margin: Figure,
    /// Discount as a share of gross.
    pub discount_rate: Option<Share>,
    /// Points earned.
    pub points_issued: i64,
    /// Points that paid.
    pub points_redeemed: i64,
    /// What these were worth.
    pub points_paid: Figure,
}

/// A month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationMonth)]
pub struct MonthOut {
    /// Which, such as `2026-03`.
    pub month: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: FiguresOut,
}

/// A segment's classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationSegment)]
pub struct SegmentOut {
    /// The segment.
    pub segment: String,
    /// Its classes, the best first; who has none comes last.
    pub classes: Vec<ClassOut>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationClass)]
pub struct ClassOut {
    /// Its name; null for who has none.
    pub class: Option<String>,
    /// Customers who have it at the end of the window.
    pub customers: u64,
    /// Purchases of those who had it when they bought.
    #[serde(flatten)]
    pub figures: FiguresOut,
}

/// A discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationDiscount)]
pub struct DiscountOut {
    /// Its name.
    pub discount: String,
    /// What it granted.
    #[serde(flatten)]
    pub granted: GrantsOut,
    /// By rate, where it has several.
    pub steps: Vec<StepOut>,
}

/// What a discount or a step granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationGrants)]
pub struct GrantsOut {
    /// On how many purchases.
    pub times: i64,
    /// How much, less what came back.
    pub amount: Figure,
    /// What these purchases were worth before discounts.
    pub gross: Figure,
}

/// A step of a discount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationStep)]
pub struct StepOut {
    /// Its rate.
    pub rate: String,
    /// What it granted.
    #[serde(flatten)]
    pub granted: GrantsOut,
}

/// What became of points.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationPoints)]
pub struct PointsOut {
    /// What customers had when the window began.
    pub opening: i64,
    /// Earned.
    pub issued: i64,
    /// Taken back with goods.
    pub reversed: i64,
    /// Paid with.
    pub redeemed: i64,
    /// Not redeemed in time.
    pub expired: i64,
    /// What customers still have.
    pub outstanding: i64,
    /// What that is worth at most; null where points cannot pay.
    pub outstanding_worth: Option<Figure>,
}

/// A limit that all customers share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationLimit)]
pub struct LimitOut {
    /// The discount.
    pub discount: String,
    /// `budget` or `uses`.
    pub limit: &'static str,
    /// The period it counts in, such as `month`; null for ever.
    pub per: Option<String>,
    /// What there is in each period: money, or how often.
    pub allowed: String,
    /// What was used, period by period.
    pub periods: Vec<LimitPeriodOut>,
}

/// What was used of a limit in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationLimitPeriod)]
pub struct LimitPeriodOut {
    /// When the period begins; null where it counts for ever.
    pub from: Option<String>,
    /// What was used in it, less what came back.
    pub used: String,
    /// What of it was left.
    pub left: Option<Share>,
    /// How a budget burned down: day by day what was left, in money.
    pub days: Vec<BurnOut>,
}

/// What was left of a budget at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationBurn)]
pub struct BurnOut {
    /// The day on which purchases were made.
    pub day: String,
    /// What was left.
    pub left: Figure,
}

/// Service budgets of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationService)]
pub struct ServiceOut {
    /// The class; null for who has none.
    pub class: Option<String>,
    /// Customers.
    pub customers: u64,
    /// What may be spent on them.
    pub granted: Figure,
    /// What was spent within the budgets' window.
    pub used: Figure,
}

/// A candidate beside the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationDifference)]
pub struct ComparedOut {
    /// The candidate.
    pub candidate: String,
    /// The candidate's figures less the baseline's.
    pub difference: FiguresOut,
    /// How much more is granted, as a share of what the baseline grants; null where that is nothing.
    pub discount_change: Option<Share>,
    /// How much more discounts and points cost together, likewise.
    pub cost_change: Option<Share>,
    /// Whether that is more than nothing where the baseline costs nothing.
    #[serde(skip)]
    pub cost_rises: bool,
    /// Customers who get more.
    pub winners: u64,
    /// How much more.
    pub won: Figure,
    /// Customers who get less.
    pub losers: u64,
    /// How much less.
    pub lost: Figure,
    /// How customers' classes differ at the end of the window.
    pub migrations: Vec<MigrationOut>,
    /// Those who win most.
    pub most_won: Vec<MovedOut>,
    /// Those who lose most.
    pub most_lost: Vec<MovedOut>,
}

/// How many customers have which class on which side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationMigration)]
pub struct MigrationOut {
    /// The segment.
    pub segment: String,
    /// The baseline's classes: the rows. The last are those without one.
    pub from: Vec<Option<String>>,
    /// The candidate's classes: the columns.
    pub to: Vec<Option<String>>,
    /// Customers.
    pub customers: Vec<Vec<u64>>,
    /// Customers whose class differs.
    pub moved: u64,
}

/// A customer who gets something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationMoved)]
pub struct MovedOut {
    /// Who.
    pub customer: String,
    /// What the baseline grants.
    pub baseline: Figure,
    /// What the candidate grants.
    pub candidate: Figure,
    /// The difference.
    pub difference: Figure,
    /// Why, in words.
    pub because: Vec<String>,
    /// The purchase on which both differ most; `treue explain` tells its decision under either policy.
    pub purchase: Option<String>,
}

/// What the figures claim.
pub const CLAIM: &str = "Level 0, replay: had the same purchases happened, this is what each policy costs and whom it \
    touches. Nobody buys more or less here because of a discount, so nothing is said about profit gained.";

impl SimulationReport {
    /// Whether some candidate's discounts and points cost more than this share more than the baseline's.
    pub fn cost_rises_above(&self, most: Rate) -> bool {
        let rises = |compared: &ComparedOut| match compared.cost_change {
            Some(change) => change.0 > i64::from(most.ppm()),
            None => compared.cost_rises,
        };
        self.compared.iter().any(rises)
    }
}
