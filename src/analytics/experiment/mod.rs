//! What an experiment shows: two arms compared, how sure that is, and how many customers it takes to see anything.
//!
//! Reading order: [`mod@sample`] (sums of what customers did, exact), [`compare`] (differences with their intervals),
//! [`arms`] (an experiment's two arms and what they show), [`mod@plan`] (the question before anyone starts), [`words`], [`report`].

mod arms;
mod compare;
mod plan;
mod report;
mod sample;
mod words;

pub use arms::{Arm, Behaviour, ExperimentResult};
pub use plan::plan;
pub use report::{ExperimentOut, ExperimentReport, Known, PlanOut};
pub use sample::Sample;
