//! What the programme costs, and what it brings: discounts by class, points owed.
//!
//! Reading order: [`names`] (discounts and classes across revisions), [`grants`] (what one purchase got),
//! [`discounts`] (summed up over purchases and customers), [`points`] (the ledger summed up).

mod discounts;
mod grants;
mod names;
mod points;

pub use discounts::{DiscountTally, Got, GotSums, Row, Rows, count_customer, merge_rows};
pub use names::{ClassIndex, Names, What};
pub use points::{Breakage, Flow, Outstanding, PointsTally};
