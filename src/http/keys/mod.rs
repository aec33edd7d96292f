//! `/v1/keys`: who may use this server.
//!
//! Reading order: [`shown`], [`make`], [`list`], [`revoke`].

pub mod list;
pub mod make;
pub mod revoke;
mod shown;
