//! Treue: loyalty policies over a base of customers and purchases.
//!
//! The modules are floors: each uses lower ones only. `ARCHITECTURE.md` has the plan of the house.

pub mod analytics;
#[expect(clippy::disallowed_methods, reason = "reads the folders of policies, holds the clock, watches on a thread")]
pub mod app;
pub mod chart;
#[expect(clippy::disallowed_methods, reason = "reads and writes what the command line names")]
pub mod cli;
#[expect(clippy::disallowed_methods, reason = "what embeds files looks at them while it is developed")]
pub mod console;
pub mod diagnostic;
pub mod engine;
#[expect(clippy::float_arithmetic, reason = "what is not known exactly; nothing of it is charged or counted")]
pub mod estimate;
pub mod german;
#[expect(clippy::disallowed_methods, reason = "measures how long a request takes")]
pub mod http;
pub mod id;
pub mod ledger;
pub mod metric;
pub mod model;
pub mod money;
pub mod policy;
pub mod script;
pub mod simulate;
#[expect(clippy::disallowed_methods, reason = "owns a file and the thread that writes it")]
pub mod store;
pub mod time;
