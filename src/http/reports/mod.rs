//! `/v1/reports`: what the whole base says, as JSON, CSV or SVG.
//!
//! [`mod@show`] is what all of them have in common; then one file per report.

pub mod abc;
pub mod budgets;
mod show;

pub use show::document;
