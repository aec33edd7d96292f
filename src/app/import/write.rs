//! Writing: some thousand lines in one transaction, read and matched while the one before is made durable.

use std::sync::mpsc;

use super::matching::{Found, Spots};
use super::report::{ImportError, ImportReport, Progress};
use crate::model::{Purchase, Return};
use crate::money::{Quantity, UnitPrice};
use crate::store::{
    Batch, Failure, FilterHash, Listing, PutError, Read, Store, UnmatchedLine, UnmatchedReturn, WriteError,
};
use crate::time::Instant;

/// Lines that one transaction writes; other writers wait for it.
const LINES_AT_ONCE: usize = 25_000;

/// A row that came back.
#[derive(Debug, Clone)]
pub(super) struct CameLine {
    pub sku: Box<str>,
    /// Above zero.
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
}

/// The rows of one return.
#[derive(Debug, Clone)]
pub(super) struct Came {
    pub id: String,
    pub at: Instant,
    pub lines: Vec<CameLine>,
}

/// What is to be written of one customer, or of a guest. Purchases and returns are in order of time.
#[derive(Debug)]
pub(super) struct Work {
    pub customer: Option<Box<str>>,
    pub purchases: Vec<Purchase>,
    /// The rows of the file that `purchases` stand for.
    pub rows_bought: u64,
    pub came: Vec<Came>,
}

impl Work {
    fn rows(&self) -> u64 {
        self.rows_bought + self.came.iter().map(|came| came.lines.len() as u64).sum::<u64>()
    }

    fn lines(&self) -> usize {
        let bought: usize = self.purchases.iter().map(|purchase| purchase.lines.len()).sum();
        bought + self.came.iter().map(|came| came.lines.len()).sum::<usize>()
    }
}

/// Why a transaction writes nothing.
enum Refusal {
    Exists(String),
    OutOfRange(String),
    Failed(Failure),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Writes all work, and counts it in the report.
pub(super) fn write(
    store: &Store,
    work: impl Iterator<Item = Work>,
    of: u64,
    report: &mut ImportReport,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ImportError> {
    let mut rows = 0;
    let mut note = |done: u64| {
        rows += done;
        progress(Progress::Writing { rows, of });
    };
    std::thread::scope(|scope| {
        let (jobs, waiting) = mpsc::sync_channel::<Vec<Work>>(1);
        let (done, finished) = mpsc::channel();
        let writer = scope.spawn(move || {
            let mut written = ImportReport::default();
            for job in waiting {
                let rows = job.iter().map(Work::rows).sum();
                add(&mut written, &write_job(store, job)?);
                // Whoever shows progress may have given up.
                let _ = done.send(rows);
            }
            Ok(written)
        });
        let mut job = Vec::new();
        let mut lines = 0;
        for piece in work {
            lines += piece.lines();
            job.push(piece);
            if lines >= LINES_AT_ONCE {
                lines = 0;
                if jobs.send(std::mem::take(&mut job)).is_err() {
                    break;
                }
                finished.try_iter().for_each(&mut note);
            }
        }
        // Where the writer ended early, what it says below tells why.
        let _ = jobs.send(job);
        drop(jobs);
        finished.into_iter().for_each(&mut note);
        let written: Result<ImportReport, ImportError> =
            writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        add(report, &written?);
        Ok(())
    })
}

fn add(report: &mut ImportReport, more: &ImportReport) {
    report.rows.bought += more.rows.bought;
    report.rows.returned += more.rows.returned;
    report.rows.returned_partly += more.rows.returned_partly;
    report.rows.unmatched += more.rows.unmatched;
    report.rows.already_there += more.rows.already_there;
    report.purchases += more.purchases;
    report.guests_purchases += more.guests_purchases;
    report.returns += more.returns;
    report.unmatched_returns += more.unmatched_returns;
}

fn write_job(store: &Store, job: Vec<Work>) -> Result<ImportReport, ImportError> {
    let written = store.write_blocking(move |batch| {
        let mut report = ImportReport::default();
        job.iter().try_for_each(|work| put(batch, work, &mut report)).map(|()| report)
    });
    written.map_err(|error| match error {
        WriteError::Refused(Refusal::Exists(id)) => ImportError::Changed(id),
        WriteError::Refused(Refusal::OutOfRange(customer)) => ImportError::OutOfRange(customer),
        WriteError::Refused(Refusal::Failed(failure)) | WriteError::Failed(failure) => failure.into(),
    })
}

fn put(batch: &mut Batch<'_>, work: &Work, report: &mut ImportReport) -> Result<(), Refusal> {
    let customer = work.customer.as_deref();
    if work.came.is_empty() {
        put_purchases(batch, customer, &work.purchases)?;
    } else if let Some(customer) = customer {
        put_with_returns(batch, customer, work, report)?;
    } else {
        put_purchases(batch, None, &work.purchases)?;
        for came in &work.came {
            put_guests(batch, came, report)?;
        }
    }
    report.rows.bought += work.rows_bought;
    report.purchases += work.purchases.len() as u64;
    report.returns += work.purchases.iter().map(|purchase| purchase.returns.len() as u64).sum::<u64>();
    if customer.is_none() {
        report.guests_purchases += work.purchases.len() as u64;
    }
    Ok(())
}

fn put_purchases(batch: &mut Batch<'_>, customer: Option<&str>, purchases: &[Purchase]) -> Result<(), Refusal> {
    batch.put_history(customer, purchases, &[]).map_err(|error| refusal(error, customer))
}

fn refusal(error: PutError, customer: Option<&str>) -> Refusal {
    match error {
        PutError::Exists(id) | PutError::NoPurchase(id) => Refusal::Exists(id),
        PutError::OutOfRange => Refusal::OutOfRange(customer.unwrap_or_default().to_owned()),
        PutError::Failed(failure) => Refusal::Failed(failure),
    }
}

/// A guest's return: nobody knows who bought the goods.
fn put_guests(batch: &mut Batch<'_>, came: &Came, report: &mut ImportReport) -> Result<(), Refusal> {
    let rows = came.lines.len() as u64;
    if batch.unmatched_return(&came.id)?.is_some() {
        report.rows.already_there += rows;
        return Ok(());
    }
    report.rows.unmatched += rows;
    report.unmatched_returns += 1;
    let line =
        |row: &CameLine| UnmatchedLine { sku: row.sku.clone(), quantity: row.quantity, unit_price: row.unit_price };
    Ok(batch.put_unmatched_return(&UnmatchedReturn {
        id: came.id.clone(),
        customer: None,
        at: came.at,
        lines: came.lines.iter().map(line).collect(),
        reason: "a guest brought it back, so the purchase is not known".to_owned(),
    })?)
}

/// Matches returns with the customer's purchases of this file and of the store, and writes both.
fn put_with_returns(
    batch: &mut Batch<'_>,
    customer: &str,
    work: &Work,
    report: &mut ImportReport,
) -> Result<(), Refusal> {
    let stored = match batch.account(FilterHash::ALL, customer)? {
        Some(_) => batch.purchases_of(customer, &Listing { limit: usize::MAX, ..Listing::default() })?.items,
        None => Vec::new(),
    };
    // Stored ones before new ones of the same instant.
    let mut all: Vec<(bool, Purchase)> = stored.into_iter().map(|purchase| (true, purchase)).collect();
    all.extend(work.purchases.iter().map(|purchase| (false, purchase.clone())));
    all.sort_by_key(|(_, purchase)| purchase.at);
    let (was_stored, mut purchases): (Vec<bool>, Vec<Purchase>) = all.into_iter().unzip();
    let mut spots = Spots::new(&purchases, &work.came);
    let mut added: Vec<(String, Return)> = Vec::new();
    for came in &work.came {
        let known = purchases.iter().flat_map(|purchase| &purchase.returns).any(|goods| goods.id == came.id);
        if known || batch.unmatched_return(&came.id)?.is_some() {
            report.rows.already_there += came.lines.len() as u64;
            continue;
        }
        let matched = spots.match_return(&mut purchases, came);
        for row in &matched.rows {
            match row {
                Found::All => report.rows.returned += 1,
                Found::Part => report.rows.returned_partly += 1,
                Found::Nothing => report.rows.unmatched += 1,
            }
        }
        report.returns += matched.purchases.len() as u64;
        for at in matched.purchases {
            let purchase = &purchases[at];
            if let (true, Some(goods)) = (was_stored[at], purchase.returns.last()) {
                added.push((purchase.id.clone(), goods.clone()));
            }
        }
        if !matched.unmatched.is_empty() {
            report.unmatched_returns += 1;
            batch.put_unmatched_return(&UnmatchedReturn {
                id: came.id.clone(),
                customer: Some(customer.to_owned()),
                at: came.at,
                lines: matched.unmatched,
                reason: "the customer has no earlier purchase with so many of these left".to_owned(),
            })?;
        }
    }
    let mut was_stored = was_stored.into_iter();
    purchases.retain(|_| was_stored.next() == Some(false));
    put_purchases(batch, Some(customer), &purchases)?;
    for (purchase, goods) in added {
        batch.add_return(&purchase, goods).map_err(|error| refusal(error, Some(customer)))?;
    }
    Ok(())
}
