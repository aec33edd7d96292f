//! What is best spent on serving each class: what is assumed and measured, the answer, and how it hangs on assumptions.
//!
//! Reading order: [`wilson`] (what a counted share may be), [`assumption`] (every number with its range), [`world`] (all
//! of them together: a problem to solve), [`outlook`] (the answer in every one of these worlds), [`report`] (all of it to
//! be shown).

mod assumption;
mod outlook;
mod report;
mod wilson;
mod world;

pub use report::ServiceOptimum;
pub use world::ServiceOptimumError;
