//! What is best spent on serving each class, so that customers stay and the base is worth most.
//!
//! Reading order: [`curve`] (what spend achieves, and at most), [`class`] (what a customer of a class is worth at a
//! spend), [`mod@root`] (where a function crosses zero), [`allot`] (the best spends where every class keeps to one
//! stretch of its curve), [`mod@solve`] (the best of all), [`reach`] (what satisfaction a budget buys at most).

mod allot;
mod class;
mod curve;
mod reach;
mod root;
mod solve;
#[cfg(test)]
mod tests;

pub use class::ClassModel;
pub use curve::Curve;
pub use reach::Unreachable;
pub use solve::{Problem, Solution, solve};
