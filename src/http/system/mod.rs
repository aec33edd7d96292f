//! Health, metrics, version and the OpenAPI document.

pub mod health;
pub mod metrics;
