//! Every word of the console, in English and German side by side.
//!
//! Reading order: [`catalogue`] (how a word is looked up), then [`shell`], [`customers`], [`trial`], [`policies`], [`reports`], one file per part
//! of the console.

mod catalogue;
mod customers;
mod policies;
mod reports;
mod shell;
mod trial;

pub use catalogue::{Words, filled};
