//! Trying a basket, and opening what was decided.
//!
//! Reading order: [`basket`] (the form and what is decided on it), [`decision`] (a past decision), [`decided`] (how both
//! look).

pub mod basket;
pub mod decided;
pub mod decision;
