//! Reports: one scan of the store each, streaming and on all processors, into a struct of [`crate::analytics`].
//!
//! Reading order: [`asked`] (what may be asked, and how it is read), then one file per report.

mod abc;
mod asked;
mod budgets;

pub use asked::{Asked, ReportError};
