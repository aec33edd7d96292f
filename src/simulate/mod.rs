//! Drivers over history; pure: seeds and instants are arguments.
//!
//! Reading order: [`base`] (a history in memory, small) with [`contact`], [`builder`] and [`sample`], [`calendar`], [`plan`] (what is kept of each
//! purchase, and what is read from it), [`known`] (a customer's metrics and classes at some point), [`limits`] (uses and
//! budgets of all together), [`side`] (one policy), [`part`] with [`mod@back`] (some customers in order of time), [`cuts`]
//! with [`quantiles`] (cut-offs on the way) and [`models`] (fitted ones), [`mod@replay`] (the whole), [`figures`] and [`outcome`] (what came of it). What comes of it
//! when customers answer: [`stream`], [`behaviour`] and [`uplift`]; the best settings: [`mod@search`]. Apart from these, [`demo`] (a made-up
//! base) and [`catalogue`] (what its shop sells).

mod back;
mod base;
#[expect(clippy::float_arithmetic, reason = "what customers would do is an estimate")]
mod behaviour;
mod builder;
mod calendar;
mod catalogue;
mod contact;
mod cuts;
#[expect(clippy::float_arithmetic, reason = "a made-up base is drawn from distributions; money is rounded once drawn")]
mod demo;
mod figures;
mod known;
mod limits;
mod models;
mod outcome;
mod part;
mod plan;
mod quantiles;
mod replay;
mod sample;
#[expect(clippy::float_arithmetic, reason = "scores are estimates")]
mod search;
mod side;
mod stream;
#[expect(clippy::float_arithmetic, reason = "shares of a price")]
mod uplift;

pub use base::{Base, RecordedPoints};
pub use behaviour::{Answers, Assumption, Model, Played, PlayedBand, Setting as PlaySetting};
pub use builder::{BaseBuilder, Recorded};
pub use demo::{Demo, MadeUp};
pub use figures::{Figures, Grants as GrantFigures, PointsFigures, Tally};
pub use limits::{Ledger, Limit, Spent};
pub use models::Fit;
pub use outcome::{Compared, Migration, Moved, Outcome, ServiceFigures, SideOutcome};
pub use part::Watch;
pub use replay::{Progress, replay};
pub use sample::Sample;
pub use search::{Found, Grid, Score, search};
pub use side::{Grants, Policy};
pub use stream::{Bought, Course, Stream};
pub use uplift::break_even_uplift;
