//! Statistics over the whole base; pure.
//!
//! Reading order: [`report`] (what every report looks like), [`cutoff`] (what ABC and quantile scores are read from),
//! [`unit`] and [`concentration`] (how a total is shared), [`abc`], [`service`] (what serving each class costs and earns)
//! and [`budgets`] (its report), [`experiment`] (what a control group shows), [`programme`] (what discounts and points
//! cost), [`next`] (who is worth a thought).

mod abc;
mod budgets;
mod concentration;
mod cutoff;
mod experiment;
mod next;
mod programme;
pub mod report;
mod service;
mod unit;

pub use abc::{AbcLimits, AbcReport};
pub use budgets::BudgetReport;
pub use concentration::Concentration;
pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
pub use experiment::{
    Arm, Behaviour, ExperimentOut, ExperimentReport, ExperimentResult, Known as KnownExperiment, PlanOut, Sample, plan,
};
pub use next::{About, Chance, ChanceKind, ChanceList, NextReport, Place, overdue};
pub use programme::{
    DiscountReport, DiscountTally, Got, Names, PointsReport, PointsTally, Rows, count_customer, merge_rows,
};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally};
pub use unit::Unit;
