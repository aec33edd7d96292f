//! Statistics over the whole base; pure.
//!
//! Reading order: [`cutoff`] (what ABC and quantile scores are read from), [`service`] (what serving each class costs
//! and earns).

mod cutoff;
mod service;

pub use cutoff::{BaseValues, needs_cut_offs};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally, service_row_in_words};
