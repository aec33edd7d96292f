//! The last committed state, for reading.

use std::ops::Bound;

use redb::{Database, ReadOnlyTable, ReadableDatabase, ReadableTableMetadata};

use super::failure::Failure;
use super::table::{Rows, Table, Value, ValueRange};

/// The state after one commit. It does not change; a newer commit has a newer snapshot.
pub struct Snapshot {
    tables: Vec<ReadOnlyTable<&'static [u8], &'static [u8]>>,
}

impl Snapshot {
    /// The state now. All tables are opened here, once, so that reading a row opens none.
    pub(super) fn take(database: &Database) -> Result<Self, Failure> {
        let read = database.begin_read()?;
        let open = |table: &Table| read.open_table(table.definition());
        Ok(Self { tables: Table::ALL.iter().map(open).collect::<Result<_, _>>()? })
    }

    fn table(&self, table: Table) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        // One was opened for each of `Table::ALL`, in order.
        &self.tables[table as usize]
    }
}

impl Rows for Snapshot {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Value<'_>>, Failure> {
        Ok(self.table(table).get(key)?)
    }

    fn between(&self, table: Table, from: Bound<&[u8]>, until: Bound<&[u8]>) -> Result<ValueRange<'_>, Failure> {
        Ok(self.table(table).range::<&[u8]>((from, until))?)
    }

    fn len(&self, table: Table) -> Result<u64, Failure> {
        Ok(self.table(table).len()?)
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}
