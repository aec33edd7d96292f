//! From text to a tree in which every word knows where it stands.
//!
//! Reading order: [`node`] (the tree), [`mod@parse`] (YAML events to the tree, with its bounds).

mod node;
mod parse;

pub(super) use node::{Entry, Key, Node, Value};
pub(super) use parse::{MAX_BYTES, parse};
