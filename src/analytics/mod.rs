//! Statistics over the whole base; pure.
//!
//! Reading order: [`report`] (what every report looks like), [`cutoff`] (what ABC and quantile scores are read from),
//! [`unit`] and [`concentration`] (how a total is shared), [`limits`], [`xyz`], [`abc`] and [`abc_shown`], [`service`] (what
//! serving each class costs and earns) and [`budgets`] (its report), [`value`] (what customers are still worth).

mod abc;
mod abc_shown;
mod budgets;
mod concentration;
mod cutoff;
mod limits;
pub mod report;
mod service;
mod unit;
pub mod value;
mod xyz;

pub use abc::{AbcCustomer, AbcQuestion, AbcReport};
pub use budgets::BudgetReport;
pub use concentration::Concentration;
pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
pub use limits::AbcLimits;
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally};
pub use unit::Unit;
pub use xyz::Variability;
