//! The last committed state, for reading.

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTableMetadata};

use super::failure::Failure;
use super::table::{Rows, Table, Value, ValueRange};
use super::writer::Shared;

/// The state after one commit. It does not change; a newer commit has a newer snapshot.
pub struct Snapshot {
    tables: Vec<ReadOnlyTable<&'static [u8], &'static [u8]>>,
    shared: Arc<Shared>,
}

impl Snapshot {
    /// The state now. All tables are opened here, once, so that reading a row opens none.
    pub(super) fn take(database: &Database, shared: &Arc<Shared>) -> Result<Self, Failure> {
        let read = database.begin_read()?;
        let open = |table: &Table| read.open_table(table.definition());
        let tables = Table::ALL.iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { tables, shared: Arc::clone(shared) })
    }

    fn table(&self, table: Table) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        // One was opened for each of `Table::ALL`, in order.
        &self.tables[table as usize]
    }

    fn note<T>(&self, result: redb::Result<T>) -> Result<T, Failure> {
        result.map_err(|error| {
            self.shared.unreadable.store(true, Ordering::Release);
            error.into()
        })
    }
}

impl Rows for Snapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value<'_>>, Failure> {
        self.note(self.table(table).get(key))
    }

    fn between(&self, table: Table, from: Bound<&[u8]>, until: Bound<&[u8]>) -> Result<ValueRange<'_>, Failure> {
        self.note(self.table(table).range::<&[u8]>((from, until)))
    }

    fn len(&self, table: Table) -> Result<u64, Failure> {
        self.note(self.table(table).len())
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}
