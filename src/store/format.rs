//! The version of the format, kept in the store itself.

use redb::{Database, ReadTransaction, ReadableDatabase, TableError, TableHandle};

use super::failure::{Failure, OpenError};
use super::migrate::to_format_3;
use super::table::Table;

/// The format that is written. 2 has keys, the audit trail and the ledger of points: a Treue that knows 1 only would
/// sell without posting points. 3 keeps a purchase, and what is known of a customer, in one row each. 4 keeps what came back
/// lately in a customer's row; rows of format 3 are read as they are.
pub const FORMAT: u32 = 4;
/// The oldest format that is migrated.
const OLDEST: u32 = 1;

const NAME: &[u8] = b"format";

/// Makes a new file a store, or checks that an old one is a store that can be read.
///
/// A store that has all it needs is only read, so that one on a full disk still opens.
pub(super) fn prepare(database: &Database) -> Result<(), OpenError> {
    let read = database.begin_read().map_err(Failure::from)?;
    let names: Vec<_> = read.list_tables().map_err(Failure::from)?.map(|table| table.name().to_owned()).collect();
    let is_there = |table: &Table| names.iter().any(|name| name == table.name());
    let new = names.is_empty();
    let found = if new { FORMAT } else { check_format(&read)? };
    let current = !new && found == FORMAT;
    if current && Table::ALL.iter().all(is_there) {
        return Ok(());
    }
    let write = database.begin_write().map_err(Failure::from)?;
    for table in Table::ALL {
        write.open_table(table.definition()).map_err(Failure::from)?;
    }
    if found < 3 {
        to_format_3(&write)?;
    }
    if !current {
        let mut meta = write.open_table(Table::Meta.definition()).map_err(Failure::from)?;
        meta.insert(NAME, FORMAT.to_le_bytes().as_slice()).map_err(Failure::from)?;
    }
    write.commit().map_err(Failure::from)?;
    Ok(())
}

fn check_format(read: &ReadTransaction) -> Result<u32, OpenError> {
    let meta = match read.open_table(Table::Meta.definition()) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(Failure::from(error).into()),
        Err(_) => return Err(OpenError::NotAStore),
    };
    let row = meta.get(NAME).map_err(Failure::from)?;
    match row.and_then(|row| row.value().try_into().ok()).map(u32::from_le_bytes) {
        Some(found @ OLDEST..=FORMAT) => Ok(found),
        Some(found) if found > FORMAT => Err(OpenError::Newer { found, known: FORMAT }),
        _ => Err(OpenError::NotAStore),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use redb::TableDefinition;
    use redb::backends::InMemoryBackend;

    fn database() -> Database {
        Database::builder().create_with_backend(InMemoryBackend::new()).expect("a database")
    }

    #[test]
    fn only_known_formats_open() {
        let check = |found: &[u8], expect: &str| {
            let database = database();
            prepare(&database).expect("a new store");
            prepare(&database).expect("the same store again");
            let write = database.begin_write().expect("a transaction");
            write.open_table(Table::Meta.definition()).expect("a table").insert(NAME, found).expect("a row");
            write.commit().expect("a commit");
            assert_eq!(prepare(&database).expect_err("another format").to_string(), expect);
        };
        check(&7u32.to_le_bytes(), "the store has format 7, and this version of Treue knows formats up to 4");
        check(&0u32.to_le_bytes(), "the file is not a Treue store");
        check(b"x", "the file is not a Treue store");
    }

    #[test]
    fn an_older_format_is_migrated() {
        let database = database();
        let write = database.begin_write().expect("a transaction");
        for table in [Table::Meta, Table::Customers] {
            write.open_table(table.definition()).expect("a table").insert(&b"x"[..], &b"kept"[..]).expect("a row");
        }
        let meta = Table::Meta.definition();
        write.open_table(meta).expect("a table").insert(NAME, 1u32.to_le_bytes().as_slice()).expect("a row");
        write.commit().expect("a commit");
        for _ in 0..2 {
            prepare(&database).expect("an older store");
            let read = database.begin_read().expect("a transaction");
            assert_eq!(read.list_tables().expect("tables").count(), Table::ALL.len());
            assert_eq!(check_format(&read).expect("a store"), FORMAT);
            let kept = read.open_table(Table::Customers.definition()).expect("a table");
            assert_eq!(kept.get(&b"x"[..]).expect("a read").expect("a row").value(), b"kept");
        }
    }

    #[test]
    fn a_database_of_something_else_is_left_alone() {
        let database = database();
        let write = database.begin_write().expect("a transaction");
        let other: TableDefinition<u64, u64> = TableDefinition::new("other");
        write.open_table(other).expect("a table").insert(1, 1).expect("a row");
        write.commit().expect("a commit");
        assert!(matches!(prepare(&database), Err(OpenError::NotAStore)));
        let write = database.begin_write().expect("a transaction");
        assert_eq!(write.list_tables().expect("tables").count(), 1);
    }
}
