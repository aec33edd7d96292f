//! One binary for all integration tests.

mod keys;
mod policies;
mod policy_values;
mod tls;
