//! What an experiment shows: two arms compared, how sure that is, and how many customers it takes to see anything.
//!
//! Reading order: [`mod@sample`] (sums of what customers did, exact), [`compare`] (differences with their intervals),
//! [`arms`] (an experiment's two arms and what they show), [`plan`] (the question before anyone starts), [`words`].

mod arms;
mod compare;
mod plan;
mod sample;
mod words;

pub use arms::{Arm, Behaviour, Compared, ExperimentResult, Outcome};
pub use compare::{Adjusted, Difference};
pub use plan::{CONTROL_SHARES, Plan, ShareShown, plan};
pub use sample::Sample;
pub use words::{plan_in_words, result_in_words};
