//! What is best spent on serving each class: what is assumed and measured, the answer, and how it hangs on assumptions.
//!
//! Reading order: [`world`] (every number with its range: a problem to solve), [`outlook`] (the answer, also where one
//! number is other than assumed), [`report`] (all of it to be shown).

mod outlook;
mod report;
mod world;

pub use report::ServiceOptimum;
pub use world::ServiceOptimumError;
