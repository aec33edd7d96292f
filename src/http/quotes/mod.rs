//! `/v1/quotes`.

pub mod create;
