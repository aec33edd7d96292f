//! Drivers over history; pure: seeds and instants are arguments.
//!
//! Reading order: [`demo`] (a made-up base), [`catalogue`] (what its shop sells).

mod catalogue;
#[expect(clippy::float_arithmetic, reason = "a made-up base is drawn from distributions; money is rounded once drawn")]
mod demo;

pub use demo::{Demo, MadeUp};
