//! The customers' desk.
//!
//! Reading order: [`list`] (search), [`card`] (one customer), [`interaction`] (writing a contact down), [`agenda`] (the week).

pub mod agenda;
pub mod card;
pub mod interaction;
pub mod list;
