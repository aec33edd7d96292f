//! Folding events into metrics: one fold for serving and for replay.
//!
//! Reading order: [`definition`] (what a metric is), [`filter`] (which lines count), [`event`] (what one purchase
//! adds), [`fold`] (events to values), [`frozen`] (looking ahead), [`buying`] (what is still to come, by a fitted
//! model).

mod buying;
mod definition;
mod event;
mod filter;
mod fold;
mod frozen;

pub use buying::{
    BaseFit, Buyer, BuyingModel, DAYS_PER_WEEK, Dropout, Fitted, Geometric, Pareto, Poisson, Residual, Rhythm, Spend,
    SpendModel, exp, ln, ln_1p, ln_gamma, weeks,
};
pub use definition::{Average, Count, Expected, Forecast, Measure, Metric, Since, Sum, Window, asked_models};
pub use event::{Correction, Event, Mark, Totals, interaction_adds, purchase_adds, purchase_corrections};
pub use filter::{LineFilter, Lists};
pub use fold::{History, Reader, Timelines, value_of};
pub use frozen::Frozen;
