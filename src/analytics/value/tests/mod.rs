//! The models on real purchase histories: the published figures of CDNOW, and a base whose dropout is not identified.

#![expect(
    clippy::disallowed_methods,
    clippy::float_arithmetic,
    clippy::float_cmp,
    reason = "tests read files, and compare estimates with what was published"
)]

mod cdnow;
mod online_retail;
