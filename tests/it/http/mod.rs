//! The HTTP interface, in process on a store in memory and a clock that stands, and over real sockets.

pub mod app;
mod bad;
mod bulk;
mod checkout;
mod conventions;
mod customers;
mod document;
mod limits;
mod metrics;
mod origins;
mod policies;
mod quotes;
mod returns;
pub mod schema;
mod searches;
mod simulations;
mod socket;
