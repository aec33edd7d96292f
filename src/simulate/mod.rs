//! Drivers over history; pure: seeds and instants are arguments.
//!
//! Reading order: [`base`] (a history in memory, small) and [`sample`], [`calendar`], [`plan`] (what is kept of each
//! purchase, and what is read from it), [`known`] (a customer's metrics and classes at some point), [`limits`] (uses and
//! budgets of all together), [`side`] (one policy), [`part`] with [`mod@back`] (some customers in order of
//! time), [`cuts`] with [`quantiles`]
//! (cut-offs on the way), [`mod@replay`] (the whole), [`figures`] and [`outcome`] (what came of it). Apart from these, [`demo`] (a made-up
//! base) and [`catalogue`] (what its shop sells).

mod back;
mod base;
mod calendar;
mod catalogue;
mod cuts;
#[expect(clippy::float_arithmetic, reason = "a made-up base is drawn from distributions; money is rounded once drawn")]
mod demo;
mod figures;
mod known;
mod limits;
mod outcome;
mod part;
mod plan;
mod quantiles;
mod replay;
mod sample;
mod side;

pub use base::{Base, BaseBuilder, Recorded, RecordedPoints};
pub use demo::{Demo, MadeUp};
pub use figures::{Figures, Grants as GrantFigures, PointsFigures, Tally};
pub use limits::{Ledger, Limit, Spent};
pub use outcome::{Compared, Migration, Moved, Outcome, ServiceFigures, SideOutcome};
pub use part::Watch;
pub use replay::{Progress, replay};
pub use sample::Sample;
pub use side::{Grants, Policy};
