//! What the store has already: the same again is once, other content under a known id is refused.

use super::group::Invoice;
use super::report::{ImportReport, Rejects};
use super::row::Table;
use crate::model::{Purchase, PurchaseLine};
use crate::store::{Failure, Read, Rows, Snapshot, Table as Stored};
use crate::time::Instant;

/// Marks the invoices that are in the store, and rejects those that are there with other content.
pub(super) fn mark_known(
    rows: &Snapshot,
    table: &mut Table,
    invoices: &mut [Invoice],
    report: &mut ImportReport,
    rejects: &mut Rejects,
) -> Result<(), Failure> {
    let purchases = rows.counts()?.purchases > 0;
    let unmatched = rows.len(Stored::UnmatchedReturns)? > 0;
    for invoice in invoices {
        let id = table.purchases.text(invoice.purchase).to_owned();
        if unmatched
            && table.returned(invoice).next().is_some()
            && let Some(stored) = rows.unmatched_return(&id)?
            && stored.customer.as_deref() != table.customer(invoice.customer)
        {
            table.reject(invoice, false, &format!("return `{id}` is in the store, of another customer"), rejects);
        }
        if !purchases {
            continue;
        }
        let Some(stored) = rows.purchase(&id)? else { continue };
        let Some(purchase) = table.purchase(invoice, Instant(0)) else { continue };
        if same(&stored, &purchase) {
            invoice.there = true;
            report.purchases_already_there += 1;
            report.rows.already_there += purchase.lines.len() as u64;
        } else {
            table.reject(invoice, true, &other_content("purchase", &id), rejects);
        }
    }
    Ok(())
}

pub(super) fn other_content(what: &str, id: &str) -> String {
    format!("{what} `{id}` is in the store with other content")
}

/// Whether a stored purchase says the same as one of a file, which may know of fewer returns.
///
/// The cost is left out: it may stem from the margin of the policies in force.
pub(super) fn same(stored: &Purchase, of_file: &Purchase) -> bool {
    let same_line = |a: &PurchaseLine, b: &PurchaseLine| {
        (&a.sku, &a.category, &a.tags) == (&b.sku, &b.category, &b.tags)
            && (a.quantity, a.unit_price, a.gross, a.discount) == (b.quantity, b.unit_price, b.gross, b.discount)
    };
    let returns = || {
        of_file.returns.iter().all(|goods| {
            stored.returns.iter().any(|known| {
                let part = |line: &crate::model::ReturnLine| (line.line, line.quantity, line.gross);
                (&known.id, known.at) == (&goods.id, goods.at)
                    && known.lines.iter().map(part).eq(goods.lines.iter().map(part))
            })
        })
    };
    (&stored.customer, stored.at) == (&of_file.customer, of_file.at)
        && stored.lines.len() == of_file.lines.len()
        && stored.lines.iter().zip(&of_file.lines).all(|(a, b)| same_line(a, b))
        && returns()
}
