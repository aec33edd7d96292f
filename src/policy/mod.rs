//! What marketing writes, from text to a compiled bundle.
//!
//! Reading order: [`bundle`] (where it ends).

mod bundle;

pub use bundle::*;
