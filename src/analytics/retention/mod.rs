//! What is best spent on serving each class, so that customers stay and the base is worth most.
//!
//! Reading order: [`class`] (what a customer of a class is worth at a spend), [`mod@span`] (a concave curve above that),
//! [`mod@allot`] (the best spends by such curves), [`mod@solve`] (the best of all), [`mod@settle`] (to the last digit),
//! [`mod@reach`] (what satisfaction a budget buys at most).

mod allot;
mod class;
mod reach;
mod settle;
mod solve;
mod span;
#[cfg(test)]
mod tests;

pub use class::ClassModel;
pub use reach::Unreachable;
pub use solve::{Problem, Solution, solve};
