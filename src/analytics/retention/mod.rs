//! What is best spent on serving each class, so that customers stay and the base is worth most.
//!
//! Reading order: [`class`] (what a customer of a class is worth at a spend), [`mod@allot`] (the best spends where every
//! class keeps to one stretch of its curve), [`mod@solve`] (the best of all), [`mod@reach`] (what satisfaction a budget buys
//! at most).

mod allot;
mod class;
mod reach;
mod solve;
#[cfg(test)]
mod tests;

pub use class::ClassModel;
pub use reach::Unreachable;
pub use solve::{Problem, Solution, solve};
