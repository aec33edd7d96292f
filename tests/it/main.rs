//! One binary for all integration tests.

mod policies;
mod policy_values;
mod service;
