//! Everything that is kept, in one file: tables, codecs, one writer that commits in groups, readers. No rules.
//!
//! Reading order: [`open`] (the store as its users hold it), [`table`] and [`key`] (what is kept where), [`codec`]
//! (rows as bytes), [`read`], [`page`] and [`pass`] (typed reads), [`snapshot`] (the last committed state), [`writer`] (jobs in
//! one transaction) and [`batch`] (what a job sees), [`base`], [`bulk`], [`policy`], [`points`] and [`erase`] (typed
//! writes), [`account`], [`came_back`] and [`timeline`] (a customer's events in a bounded number of rows), [`history`] (the same the slow
//! way), [`access`] (keys and the audit trail), [`filters`], [`mod@format`] and [`migrate`], [`failure`], and over all of it
//! [`mod@verify`], [`verify_points`] and [`backup`].
//!
//! Absent: policies and the clock. Reads see the last commit; writes see what jobs ahead of them wrote.

mod access;
mod account;
mod backup;
mod base;
mod batch;
mod bulk;
mod came_back;
mod codec;
mod erase;
mod failure;
mod filters;
mod format;
mod history;
mod key;
mod migrate;
mod open;
mod page;
mod pass;
mod points;
mod policy;
mod read;
mod snapshot;
mod table;
mod timeline;
mod verify;
mod verify_points;
mod writer;

pub use access::{AuditAction, AuditEntry, KeptKey};
pub use account::{AccountError, MOST_EVENTS};
pub use backup::BackupError;
pub use base::PutError;
pub use batch::Batch;
pub use came_back::{CameBack, TookBack};
pub use codec::{
    Account, Activation, Answered, Chunk, CustomerRow, KeptCutoffs, KeptFilter, KeptInteraction, KeptPurchase,
    KeptRevision, PurchaseRow, Record, Spent, UnmatchedLine, UnmatchedReturn, decode, encode,
};
pub use erase::Erased;
pub use failure::{Failure, OpenError, WriteError};
pub use filters::FilterHash;
pub use format::FORMAT;
pub use key::{Key, Parts};
pub use open::Store;
pub use page::{Cursor, Listing, Order, Page};
pub use pass::Stretch;
pub use points::{PointsError, PointsPosting};
pub use policy::SpendError;
pub use read::{Counts, Read};
pub use snapshot::Snapshot;
pub use table::{Rows, Table, Value, ValueRange};
pub use timeline::StoreTimelines;
pub use verify::{Flaw, verify};
pub use writer::{BatchStats, Counters};

#[cfg(test)]
mod tests;
