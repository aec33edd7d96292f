//! One binary for all integration tests.

mod import;
mod policies;
mod policy_values;
