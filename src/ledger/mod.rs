//! Posting rules: what is recorded when something is bought or comes back. Pure.
//!
//! Reading order: [`mod@spread`] (a line's money over its units), [`mod@take_back`] (returns).

mod spread;
mod take_back;

pub use spread::spread;
pub use take_back::{Asked, TakeBackRefusal, take_back};
