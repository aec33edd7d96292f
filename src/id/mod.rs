//! Identifiers that shops and Treue give to things.
//!
//! Reading order: [`text`] (what names a customer, a purchase, a metric), [`revision`] (what names a bundle).

mod revision;
mod text;

pub use revision::Revision;
pub use text::{IdError, MAX_ID, Name, check_id};
