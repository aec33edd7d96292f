//! `/v1/policies` and `/v1/segments`: what is in force, checking, testing, storing, comparing, trying,
//! activating.

pub mod activate;
pub mod check;
pub mod decide;
pub mod diff;
pub mod impact;
pub mod refresh;
pub mod revisions;
pub mod schema;
pub mod shadow;
pub mod state;
pub mod test;
pub mod uses;
