//! A copy of one committed state as a store of its own, while the store goes on working.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use redb::Database;
use redb::backends::FileBackend;
use thiserror::Error;

use super::failure::{Failure, OpenError};
use super::key::Key;
use super::open::Store;
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

/// The copy is written from the first row to the last, so little of it needs to be in memory.
const CACHE: usize = 64 << 20;

impl Store {
    /// Writes a copy of the last committed state beside the store, and gives it back to be read from its start. It has
    /// no name, so nothing of it is left behind, whatever happens.
    pub fn backup(&self) -> Result<File, BackupError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let broken = |error: io::Error| BackupError::Io(error.to_string());
        let folder = match self.path().map(Path::parent) {
            Some(Some(folder)) => folder.to_owned(),
            Some(None) => PathBuf::new(),
            None => std::env::temp_dir(),
        };
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!(".treue-backup-{}-{number}", std::process::id()));
        let file = File::options().read(true).write(true).create_new(true).open(&path).map_err(broken)?;
        std::fs::remove_file(&path).map_err(broken)?;
        let mut copy = file.try_clone().map_err(broken)?;
        self.snapshot().copy_into(file)?;
        copy.seek(SeekFrom::Start(0)).map_err(broken)?;
        Ok(copy)
    }
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
        let copy = Database::builder().set_cache_size(CACHE).create_with_backend(backend).map_err(broken)?;
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
