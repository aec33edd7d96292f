//! What an import did with each row, and why it did nothing.

use std::fmt;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::mapping::MappingError;
use super::run::Import;
use crate::store::Failure;

/// The most rejected rows that the report lists when it is written as JSON.
const LISTED: usize = 1_000;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many bytes of the file are read.
    Reading {
        /// Bytes, before unpacking.
        bytes: u64,
    },
    /// So many rows of all that are to be written are durable.
    Writing {
        /// Rows done.
        rows: u64,
        /// Rows in all.
        of: u64,
    },
}

/// A row that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Its line in the file, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// The row; absent where it was no longer at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// What became of the rows: all but `read` add up to `read`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Rows of the file, without its header and empty lines.
    pub read: u64,
    /// Written as lines of purchases, or as purchases.
    pub bought: u64,
    /// Returns, wholly matched with earlier purchases.
    pub returned: u64,
    /// Returns of which a part was matched; the rest is written as unmatched.
    pub returned_partly: u64,
    /// Returns without a purchase to match, written as such.
    pub unmatched: u64,
    /// Written as cards, new or changed.
    pub cards: u64,
    /// Written as interactions.
    pub interactions: u64,
    /// What they say was in the store before.
    pub already_there: u64,
    /// Rejected, each with a reason.
    pub rejected: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// What became of the rows.
    pub rows: RowCounts,
    /// Purchases written.
    pub purchases: u64,
    /// Of these, guests'.
    pub guests_purchases: u64,
    /// Purchases that were there before.
    pub purchases_already_there: u64,
    /// Returns written, one per return and purchase.
    pub returns: u64,
    /// Unmatched returns written.
    pub unmatched_returns: u64,
    /// Different customers in the rows that were not rejected.
    pub customers: u64,
    /// Rejected rows, by line. As JSON, the first 1,000; `rows.rejected` has their number.
    #[serde(serialize_with = "first")]
    pub rejected: Vec<Rejected>,
}

fn first<S: Serializer>(rejected: &[Rejected], serializer: S) -> Result<S::Ok, S::Error> {
    rejected[..rejected.len().min(LISTED)].serialize(serializer)
}

impl ImportReport {
    /// Writes the rejected rows as CSV: line, reason, the row itself.
    pub fn write_rejected(&self, to: impl Write) -> io::Result<()> {
        let mut out = csv::Writer::from_writer(to);
        out.write_record(["line", "reason", "row"])?;
        for rejected in &self.rejected {
            let text = rejected.text.as_deref().unwrap_or_default();
            out.write_record([&rejected.line.to_string(), &rejected.reason, text])?;
        }
        out.flush()
    }

    /// Takes the rejected rows in, by line; refuses where one of them keeps all the others from being written.
    pub(super) fn settle(mut self, rejects: Rejects, import: &Import) -> Result<Self, ImportError> {
        self.rows.rejected = rejects.total;
        self.rejected = rejects.kept;
        self.rejected.sort_by_key(|rejected| rejected.line);
        if self.rows.rejected > 0 && !import.skip_invalid {
            return Err(ImportError::Rejected(Box::new(self)));
        }
        Ok(self)
    }
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = &self.rows;
        writeln!(f, "{:>12} rows read", rows.read)?;
        for (count, what) in [
            (rows.bought, "bought"),
            (rows.returned, "returned"),
            (rows.returned_partly, "returned, matched in part"),
            (rows.unmatched, "returned without a purchase to match"),
            (rows.cards, "cards written"),
            (rows.interactions, "interactions written"),
            (rows.already_there, "already there"),
            (rows.rejected, "rejected"),
        ] {
            if count > 0 {
                writeln!(f, "{count:>12} {what}")?;
            }
        }
        for (count, what) in [
            (self.purchases, "purchases written"),
            (self.guests_purchases, "of them guests'"),
            (self.purchases_already_there, "purchases already there"),
            (self.returns, "returns written"),
            (self.unmatched_returns, "unmatched returns written"),
            (self.customers, "customers"),
        ] {
            if count > 0 {
                writeln!(f, "{count:>12} {what}")?;
            }
        }
        Ok(())
    }
}

/// Why nothing, or not everything, was imported. Importing the file again goes on where it ended.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The columns do not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The file cannot be read on. Nothing was written.
    #[error("the file cannot be read after line {line}: {error}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// Why.
        error: io::Error,
    },
    /// Some rows are invalid, and they were not to be skipped. Nothing was written.
    #[error("{} of {} rows are rejected", .0.rows.rejected, .0.rows.read)]
    Rejected(Box<ImportReport>),
    /// Somebody else wrote a purchase of the file meanwhile.
    #[error("`{0}` was written by somebody else meanwhile")]
    Changed(String),
    /// The sums over a customer's events would no longer fit.
    #[error("the sums of customer `{0}` would be too large")]
    OutOfRange(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Rejected rows as they are found.
#[derive(Debug)]
pub(super) struct Rejects {
    kept: Vec<Rejected>,
    total: u64,
    most: usize,
}

impl Rejects {
    /// Keeps all of them, or as many as a report lists.
    pub const fn new(all: bool) -> Self {
        Self { kept: Vec::new(), total: 0, most: if all { usize::MAX } else { LISTED } }
    }

    pub fn add(&mut self, line: u64, reason: String, text: impl FnOnce() -> Option<String>) {
        self.total += 1;
        if self.kept.len() < self.most {
            self.kept.push(Rejected { line, reason, text: text() });
        }
    }
}
