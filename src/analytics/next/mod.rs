//! Next best: who is about to change class, stays away longer than usual, or is close to the next step of a ladder.
//!
//! Reading order: [`mod@overdue`] (what is unusual), [`list`] (the first of many, in order), [`report`].

mod list;
mod overdue;
mod report;

pub use list::{About, Chance, ChanceKind, ChanceList, Place};
pub use overdue::overdue;
pub use report::NextReport;
