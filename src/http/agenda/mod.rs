//! `/v1/agenda`: what is coming up.

pub mod read;
