//! Drivers over history; pure: seeds and instants are arguments.
//!
//! Reading order: [`demo`] (a made-up base), [`catalogue`] (what its shop sells).

mod catalogue;
mod demo;

pub use demo::{Demo, MadeUp};
