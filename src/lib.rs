//! Treue: loyalty policies over a base of customers and purchases.
//!
//! The modules are floors: each uses lower ones only. `ARCHITECTURE.md` has the plan of the house.

pub mod analytics;
pub mod app;
pub mod cli;
pub mod diagnostic;
pub mod engine;
pub mod http;
pub mod id;
pub mod ledger;
pub mod metric;
pub mod model;
pub mod money;
pub mod policy;
pub mod script;
pub mod simulate;
pub mod store;
pub mod time;
