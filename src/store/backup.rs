//! A copy of one committed state as a store of its own, while the store goes on working.

use std::fs::File;
use std::io;
use std::path::Path;

use redb::Database;
use redb::backends::FileBackend;
use thiserror::Error;

use super::failure::{Failure, OpenError};
use super::key::Key;
use super::snapshot::Snapshot;
use super::table::{Rows, Table};

/// Why there is no copy.
#[derive(Debug, Error)]
pub enum BackupError {
    /// There is a file at the place of the copy.
    #[error("`{0}` is there already")]
    Exists(String),
    /// The file system said no.
    #[error("the copy cannot be written: {0}")]
    Io(String),
    /// The store cannot be read, or the copy not be written.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Snapshot {
    /// Writes everything into a new file. Where that fails, there is no file.
    pub fn copy_to(&self, path: &Path) -> Result<(), BackupError> {
        let file =
            File::options().read(true).write(true).create_new(true).open(path).map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => BackupError::Exists(path.display().to_string()),
                _ => BackupError::Io(error.to_string()),
            })?;
        self.copy_into(file).inspect_err(|_| {
            // The copy is of no use; that it cannot be removed either adds nothing to the reason.
            let _ = std::fs::remove_file(path);
        })
    }

    fn copy_into(&self, file: File) -> Result<(), BackupError> {
        let broken = |error: redb::DatabaseError| BackupError::Io(OpenError::from(error).to_string());
        let backend = FileBackend::new(file).map_err(broken)?;
        let copy = Database::builder().create_with_backend(backend).map_err(broken)?;
        let write = copy.begin_write().map_err(Failure::from)?;
        for table in Table::ALL {
            let mut to = write.open_table(table.definition()).map_err(Failure::from)?;
            for row in self.starting(*table, &Key::new())? {
                let (key, value) = row.map_err(Failure::from)?;
                to.insert(key.value(), value.value()).map_err(Failure::from)?;
            }
        }
        write.commit().map_err(Failure::from)?;
        Ok(())
    }
}
