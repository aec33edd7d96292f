//! Reports: one scan of the store each, streaming and on all processors, into a struct of [`crate::analytics`].
//!
//! Reading order: [`asked`] (what may be asked, and how it is read), [`periods`], [`revisions`] (what earlier policies
//! called things), then one file per report.

mod abc;
mod asked;
mod budgets;
mod clv;
mod cohorts;
mod discounts;
mod experiments;
mod next;
mod periods;
mod points;
mod revisions;
mod rfm;
mod segments;
mod service_optimum;

pub use asked::{Asked, ReportError};
pub use service_optimum::OptimumError;
