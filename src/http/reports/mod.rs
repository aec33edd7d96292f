//! `/v1/reports`: what the whole base says, as JSON or CSV.

pub mod budgets;
