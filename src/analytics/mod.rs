//! Statistics over the whole base; pure.
//!
//! Reading order: [`report`] (what every report looks like), [`cutoff`] (what ABC and quantile scores are read from),
//! [`unit`] and [`concentration`] (how a total is shared), [`abc`], [`service`] (what serving each class costs and earns)
//! and [`budgets`] (its report), [`retention`] (what spend on service is worth) and [`optimum`] (what is best spent).

mod abc;
mod budgets;
mod concentration;
mod cutoff;
#[expect(clippy::float_arithmetic, reason = "estimates; nothing of them is charged or counted")]
mod optimum;
pub mod report;
#[expect(clippy::float_arithmetic, reason = "estimates what spend is worth; nothing of it is charged or counted")]
mod retention;
mod service;
mod unit;

pub use abc::{AbcLimits, AbcReport};
pub use budgets::BudgetReport;
pub use concentration::Concentration;
pub use cutoff::{BaseValues, needs_cut_offs};
pub use optimum::{ServiceOptimum, ServiceOptimumError};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally};
pub use unit::Unit;
