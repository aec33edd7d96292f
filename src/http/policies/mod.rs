//! `/v1/policies` and `/v1/segments`: what is in force, checking, storing, comparing, activating.

pub mod activate;
pub mod check;
pub mod diff;
pub mod impact;
pub mod refresh;
pub mod revisions;
pub mod shadow;
pub mod state;
