//! Statistics over the whole base; pure.
//!
//! Reading order: [`cutoff`] (what ABC and quantile scores are read from), [`service`] (what serving each class costs
//! and earns), [`retention`] (what is best spent on it).

mod cutoff;
#[expect(clippy::float_arithmetic, reason = "estimates what spend is worth; nothing of it is charged or counted")]
mod retention;
mod service;

pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
pub use retention::{ClassModel, Curve, Problem, Solution, Unreachable, solve};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally, service_row_in_words};
