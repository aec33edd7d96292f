//! The one evaluator: facts and a basket in, a decision with its trace out. Pure and total.
//!
//! Reading order: [`mod@price`] (a basket's lines in money), [`cutoff`], [`cuts`] and [`mod@gather`] (events to facts),
//! [`mod@decide`] (the whole), [`base`] (which part of a basket), [`condition`] and [`offer`] (who may have what), [`grant`]
//! (how much), [`stack`] (in which order, of a group which), [`limit`] (the bounds), [`points`], [`mod@explain`] and
//! [`explain_german`] (a trace in words), [`service`] (what serving a customer may cost), and [`cases`] (policy tests).

mod base;
mod cases;
mod condition;
mod cutoff;
mod cuts;
mod decide;
mod explain;
mod explain_german;
mod gather;
mod grant;
mod limit;
mod offer;
mod points;
mod price;
mod service;
mod stack;

pub use cases::{TestResult, TestRun, Unreached, run_tests};
pub use condition::anniversary;
pub use cutoff::{CutOffs, PartCuts, SegmentCuts, rank_class};
pub use cuts::{rank_cuts, score_cuts};
pub use decide::{Desk, decide};
pub use explain::{Explained, ExplainedApplied, ExplainedRejected, Language, Steps, explain, reason_in_words};
pub use gather::{Gather, Wanted, classify_by_script, gather, gather_wanted, threshold_class};
pub use offer::{in_control, limited_offers, next_classes, next_steps, open_steps};
pub use points::{PointsShort, points_short};
pub use price::{MAX_BASKET, Passes, PriceError, Priced, price};
pub use service::{BudgetBound, Granted, ServiceStanding, budgets_read_cards, service_in_words, service_standing};
