//! Exact time: instants, calendar durations and periods in a bundle's zone. Nobody asks a clock in here.
//!
//! Reading order: [`instant`], [`zone`] (local time, gaps and overlaps), [`duration`], [`period`].

mod duration;
mod instant;
mod period;
mod zone;

pub use duration::Duration;
pub use instant::Instant;
pub use period::Period;
pub use zone::{Local, Zone};
