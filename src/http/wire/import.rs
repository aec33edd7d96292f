//! What an import did.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{ImportReport, RowCounts};

/// What an import did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportReport)]
pub struct ImportOut {
    /// What became of the rows; all but `read` add up to `read`.
    rows: RowsOut,
    /// Purchases written.
    purchases: u64,
    /// Of these, guests'.
    guests_purchases: u64,
    /// Purchases that were there before.
    purchases_already_there: u64,
    /// Returns written.
    returns: u64,
    /// Returns written that match no purchase.
    unmatched_returns: u64,
    /// Different customers.
    customers: u64,
    /// The first 1,000 rejected rows.
    rejected: Vec<RejectedOut>,
}

/// What became of rows.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportRows)]
pub struct RowsOut {
    read: u64,
    bought: u64,
    returned: u64,
    returned_partly: u64,
    unmatched: u64,
    cards: u64,
    interactions: u64,
    already_there: u64,
    rejected: u64,
}

/// A rejected row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectedRow)]
pub struct RejectedOut {
    /// Its line, from 1.
    line: u64,
    /// Why.
    reason: String,
}

impl ImportOut {
    /// Presents a report.
    pub fn new(report: &ImportReport) -> Self {
        let RowCounts { read, bought, returned, returned_partly, unmatched, cards, interactions, .. } = report.rows;
        let RowCounts { already_there, rejected, .. } = report.rows;
        Self {
            rows: RowsOut {
                read,
                bought,
                returned,
                returned_partly,
                unmatched,
                cards,
                interactions,
                already_there,
                rejected,
            },
            purchases: report.purchases,
            guests_purchases: report.guests_purchases,
            purchases_already_there: report.purchases_already_there,
            returns: report.returns,
            unmatched_returns: report.unmatched_returns,
            customers: report.customers,
            rejected: report
                .rejected
                .iter()
                .take(1_000)
                .map(|row| RejectedOut { line: row.line, reason: row.reason.clone() })
                .collect(),
        }
    }
}
