//! Statistics over the whole base; pure.
//!
//! Reading order: [`report`] (what every report looks like), [`cutoff`] (what ABC and quantile scores are read from),
//! [`mod@unit`] and [`concentration`] (how a total is shared), [`limits`] and [`xyz`], then each report beside what it is shown
//! as: [`abc`] and [`abc_shown`], [`rfm`] and [`rfm_shown`], [`cohorts`] and [`cohorts_shown`], [`segments`], [`service`]
//! (what serving each class costs and earns) and [`budgets`], [`experiment`] (what a control group shows), [`programme`]
//! (what discounts and points cost), [`next`] (who is worth a thought); [`value`] is what customers are still worth,
//! [`retention`] what spend on service is worth, [`optimum`] what is best spent.

mod abc;
mod abc_shown;
mod budgets;
mod cohorts;
mod cohorts_shown;
mod concentration;
mod cutoff;
mod experiment;
mod limits;
mod next;
#[expect(clippy::float_arithmetic, reason = "estimates; nothing of them is charged or counted")]
mod optimum;
mod programme;
pub mod report;
#[expect(clippy::float_arithmetic, reason = "estimates what spend is worth; nothing of it is charged or counted")]
mod retention;
mod rfm;
mod rfm_shown;
mod segments;
mod service;
mod unit;
pub mod value;
mod xyz;

pub use abc::{AbcCustomer, AbcQuestion, AbcReport};
pub use budgets::BudgetReport;
pub use cohorts::{CohortPurchase, CohortReport, CohortTally};
pub use concentration::Concentration;
pub use cutoff::{BaseValues, needs_cut_offs};
pub use experiment::{
    Arm, Behaviour, ExperimentOut, ExperimentReport, ExperimentResult, Known as KnownExperiment, PlanOut, Sample, plan,
};
pub use limits::AbcLimits;
pub use next::{About, Chance, ChanceKind, ChanceList, NextReport, Place, overdue};
pub use optimum::{ServiceOptimum, ServiceOptimumError};
pub use programme::{
    DiscountReport, DiscountTally, Got, Names, PointsReport, PointsTally, Rows, count_customer, merge_rows,
};
pub use rfm::{RfmCustomer, RfmQuestion, RfmReport, RfmScored};
pub use segments::{SegmentReport, SegmentTally};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally};
pub use unit::Unit;
pub use xyz::Variability;
