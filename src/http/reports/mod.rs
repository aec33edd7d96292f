//! `/v1/reports`: what the whole base says, as JSON, CSV or SVG.
//!
//! [`mod@list`] says which there are, [`mod@show`] is what all of them have in common, [`shown`] how people see them; then
//! one file per report.

pub mod abc;
pub mod budgets;
pub mod clv;
pub mod cohorts;
pub mod discounts;
pub mod experiments;
pub mod list;
pub mod next;
pub mod points;
pub mod rfm;
pub mod segments;
pub mod service_optimum;
mod show;
mod shown;

pub use show::document;
pub use shown::ShownReport;
