//! Statistics over the whole base; pure.
//!
//! Reading order: [`report`] (what every report looks like), [`cutoff`] (what ABC and quantile scores are read from),
//! [`unit`] and [`concentration`] (how a total is shared), [`abc`], [`service`] (what serving each class costs and earns)
//! and [`budgets`] (its report).

mod abc;
mod budgets;
mod concentration;
mod cutoff;
pub mod report;
mod service;
mod unit;

pub use abc::{AbcLimits, AbcReport};
pub use budgets::BudgetReport;
pub use concentration::Concentration;
pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally};
pub use unit::Unit;
