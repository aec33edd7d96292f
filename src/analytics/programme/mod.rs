//! What the programme costs, and what it brings: discounts by class, points owed.
//!
//! Reading order: [`names`] (discounts and classes across revisions), [`grants`] (what one purchase got),
//! [`discounts`] (summed up over purchases and customers) with its report, [`discount_report`], and [`points`] (the ledger summed up) with
//! [`points_report`].

mod discount_report;
mod discounts;
mod grants;
mod names;
mod points;
mod points_report;

pub use discount_report::DiscountReport;
pub use discounts::{DiscountTally, Got, Rows, count_customer, merge_rows};
pub use names::Names;
pub use points::PointsTally;
pub use points_report::PointsReport;
