//! Simulations: history replayed under other policies.
//!
//! Reading order: [`history`] (the store's history in memory), [`run`] (a scenario from its text to its report), [`jobs`]
//! (runs in the background), [`report`], [`present`] and [`sheets`] (what came of it), [`response`] (where customers
//! answer), [`mod@search`], [`candidates`] and [`found`] (the best settings of a policy), [`words`], [`page`] (one HTML file).

mod candidates;
mod found;
mod history;
mod jobs;
mod page;
mod present;
mod report;
mod response;
mod run;
mod search;
mod sheets;
mod words;

pub use found::SearchReport;
pub use jobs::{Job, JobReport, JobState, Simulations, TooMany};
pub use report::SimulationReport;
pub use run::{Candidates, Prepared, SimulationError};
pub use search::PreparedSearch;
