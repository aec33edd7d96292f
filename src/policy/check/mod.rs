//! What can be wrong although every value has the right shape: one file per finding.

mod bounds_order;
mod exactly_one;
mod exceeds_max_rate;
mod expression;
mod interactions_have_no_lines;
mod ladder_cliff;
mod ladder_falls;
mod metric_is_no_money;
mod name_clash;
mod never_applies;
mod reserved_name;
mod score_range;
mod script_function;
mod script_names;
mod thresholds_unordered;
mod unknown_name;
mod unreachable_class;

pub(super) use bounds_order::{bounds_order, last_bound, most_below_least};
pub(super) use exactly_one::exactly_one;
pub(super) use exceeds_max_rate::exceeds_max_rate;
pub(super) use expression::{expression, offset_of, width};
pub(super) use interactions_have_no_lines::filter_on_interactions;
pub(super) use ladder_cliff::ladder_cliff;
pub(super) use ladder_falls::ladder_falls;
pub(super) use metric_is_no_money::money_metric;
pub(super) use name_clash::name_clash;
pub(super) use never_applies::{contradicting_bounds, ends_before_it_starts};
pub(super) use reserved_name::reserved_name;
pub(super) use score_range::score_in_range;
pub(super) use script_function::script_function;
pub(super) use script_names::script_names;
pub(super) use thresholds_unordered::thresholds_unordered;
pub(super) use unknown_name::{class, class_name, discount, unknown_condition, unknown_metric, unknown_segment};
pub(super) use unreachable_class::{covered_classes, equal_bound, equal_thresholds};
