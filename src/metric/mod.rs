//! Folding events into metrics: one fold for serving and for replay.
//!
//! Reading order: [`definition`] (what a metric is), [`filter`] (which lines count), [`event`] (what one purchase
//! adds), [`fold`] (events to values).

mod definition;
mod filter;

pub use definition::{Average, Count, Measure, Metric, Since, Sum, Window};
pub use filter::{LineFilter, Lists};
