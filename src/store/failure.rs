//! What can go wrong: the machine, opening a file, a write.

use std::any::Any;
use std::io;

use thiserror::Error;

/// The machine broke: nothing that was asked for is to blame.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Failure {
    /// The disk or the file system: full, gone, unreadable.
    #[error("the store cannot read or write: {0}")]
    Storage(String),
    /// A row that this Treue cannot read.
    #[error("the store holds a damaged {what}: {why}")]
    Damaged {
        /// Kind of row.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// It panicked; nothing of a write is kept.
    #[error("it was given up half done: {0}")]
    Panicked(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl Failure {
    /// What a panic says.
    pub fn of_panic(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        Self::Panicked(
            text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned()),
        )
    }
}

/// Why a store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the store is in use by another process")]
    InUse,
    /// A newer Treue wrote it.
    #[error("the store has format {found}, and this version of Treue knows formats up to {known}")]
    Newer {
        /// Its format.
        found: u32,
        /// The newest format known.
        known: u32,
    },
    /// Some other file.
    #[error("the file is not a Treue store")]
    NotAStore,
    /// The file system said no.
    #[error("the store cannot be opened: {0}")]
    Io(String),
}

/// Why a write did not happen; nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WriteError<R> {
    /// The job itself said no.
    #[error("{0}")]
    Refused(R),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

macro_rules! from_redb {
    ($($kind:ident),+) => {
        $(impl From<redb::$kind> for Failure {
            fn from(error: redb::$kind) -> Self {
                Self::Storage(error.to_string())
            }
        })+
    };
}
from_redb!(StorageError, TableError, TransactionError, CommitError, SetDurabilityError);

impl From<redb::DatabaseError> for OpenError {
    fn from(error: redb::DatabaseError) -> Self {
        use redb::{DatabaseError, StorageError};
        match error {
            DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => Self::InUse,
            DatabaseError::Storage(StorageError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Self::NotAStore
            }
            DatabaseError::UpgradeRequired(_) => Self::NotAStore,
            other => Self::Io(other.to_string()),
        }
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Io(failure.to_string())
    }
}
