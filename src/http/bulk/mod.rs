//! `/v1/imports` and `/v1/exports/{table}`: much at once, streaming.

pub mod export;
pub mod import;
