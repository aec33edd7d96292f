//! Statistics over the whole base; pure.
//!
//! Reading order: [`report`] (what every report looks like), [`cutoff`] (what ABC and quantile scores are read from),
//! [`unit`] and [`concentration`] (how a total is shared), [`limits`] and [`xyz`], then each report beside what it is shown
//! as: [`abc`] and [`abc_shown`], [`rfm`] and [`rfm_shown`], [`cohorts`] and [`cohorts_shown`], [`segments`], [`service`]
//! (what serving each class costs and earns) and [`budgets`].

mod abc;
mod abc_shown;
mod budgets;
mod cohorts;
mod cohorts_shown;
mod concentration;
mod cutoff;
mod limits;
pub mod report;
mod rfm;
mod rfm_shown;
mod segments;
mod service;
mod unit;
mod xyz;

pub use abc::{AbcCustomer, AbcQuestion, AbcReport};
pub use budgets::BudgetReport;
pub use cohorts::{CohortPurchase, CohortReport, CohortTally};
pub use concentration::Concentration;
pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
pub use limits::AbcLimits;
pub use rfm::{RfmCustomer, RfmQuestion, RfmReport, RfmScored};
pub use segments::{SegmentReport, SegmentTally};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally};
pub use unit::Unit;
pub use xyz::Variability;
