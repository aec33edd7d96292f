//! From the tree to compiled values, one section a file; everything wrong on the way is noted, nothing stops it.
//!
//! Reading order: [`context`] (what is known so far), [`fields`] (maps with fixed keys), [`scalars`] (rates, money
//! and the like), then the sections: [`mod@metrics`], [`mod@segments`], [`conditions`], [`mod@discounts`], [`ladder`],
//! [`programmes`] (limits, points, service, experiments).

mod conditions;
mod context;
mod discounts;
mod fields;
mod ladder;
mod metrics;
mod programmes;
mod scalars;
mod segments;

pub(super) use context::{Cx, SegmentName, show};
pub(super) use discounts::{WrittenDiscount, discounts, optional};
pub(super) use fields::{Fields, list};
pub(super) use ladder::{WrittenStep, steps_of};
pub(super) use metrics::metrics;
pub(super) use programmes::{experiments, limits, points, service, stacking};
pub(super) use segments::{segment_names, segments};
