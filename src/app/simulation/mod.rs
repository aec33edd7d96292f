//! Simulations: history replayed under other policies.
//!
//! Reading order: [`history`] (the store's history in memory), [`run`] (a scenario from its text to its report), [`jobs`]
//! (runs in the background), [`report`], [`present`] and [`sheets`] (what came of it), [`words`], [`page`] (one HTML file).

mod history;
mod jobs;
mod page;
mod present;
mod report;
mod run;
mod sheets;
mod words;

pub use jobs::{Job, JobState, Simulations, TooMany};
pub use report::SimulationReport;
pub use run::{Candidates, Prepared, SimulationError};
