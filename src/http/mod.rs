//! The HTTP edge: parse, call app, present; no rules.
//!
//! Reading order: [`problem`] (what goes wrong), [`wire`] (the JSON).

pub mod problem;
pub mod wire;
