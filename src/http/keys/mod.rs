//! `/v1/keys`: who may use this server.

pub mod list;
pub mod make;
mod present;
pub mod revoke;

pub use present::KeyOut;
