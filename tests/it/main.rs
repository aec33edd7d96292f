//! One binary for all integration tests.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "tests read files, wait for processes, and end where something is not as it should be"
)]

mod cli;
mod clock;
mod console;
mod crash;
mod docs;
mod full_disk;
mod http;
mod import;
mod keys;
mod old_store;
mod operations;
mod points;
mod policies;
mod policy_values;
mod process;
mod properties;
mod race;
mod readme;
mod replay;
mod service;
mod tidy;
mod tls;
mod verify;
