//! `/v1/imports`, `/v1/exports/{table}` and `/v1/backup`: much at once, streaming.

pub mod backup;
pub mod export;
pub mod import;
