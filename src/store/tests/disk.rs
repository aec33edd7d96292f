//! A disk in memory that outlives the database, breaks or is full on demand, and remembers what was synced.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use redb::{Database, StorageBackend};

use crate::store::{OpenError, Store};

#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<State>);

#[derive(Debug, Default)]
struct State {
    bytes: Mutex<Vec<u8>>,
    /// What a power cut would leave: the bytes as of the last sync.
    synced: Mutex<Vec<u8>>,
    /// Blocks that were ever written: a full disk has room for these only.
    blocks: Mutex<BTreeSet<u64>>,
    full: AtomicBool,
    broken: AtomicBool,
    unreadable: AtomicBool,
}

const BLOCK: u64 = 512;

impl Disk {
    /// From now on nothing can be written, or it can again.
    pub(super) fn set_broken(&self, broken: bool) {
        self.0.broken.store(broken, Ordering::SeqCst);
    }

    /// From now on nothing can be read, or it can again.
    pub(super) fn set_unreadable(&self, unreadable: bool) {
        self.0.unreadable.store(unreadable, Ordering::SeqCst);
    }

    /// From now on only what was written before can be written over, or there is room again.
    pub(super) fn set_full(&self, full: bool) {
        self.0.full.store(full, Ordering::SeqCst);
    }

    /// The disk after a power cut right now.
    pub(super) fn after_power_cut(&self) -> Self {
        let bytes = self.0.synced.lock().expect("a lock").clone();
        Self(Arc::new(State { bytes: Mutex::new(bytes), ..State::default() }))
    }

    /// The store on this disk.
    pub(super) fn open(&self) -> Result<Store, OpenError> {
        let disk = self.clone();
        let open = move || Ok(Database::builder().set_cache_size(0).create_with_backend(disk.clone())?);
        Store::start(Box::new(open), None)
    }

    fn check_whole(&self) -> io::Result<()> {
        if self.0.broken.load(Ordering::SeqCst) { Err(io::Error::other("the disk is broken")) } else { Ok(()) }
    }

    fn check_room(&self, blocks: impl Iterator<Item = u64>) -> io::Result<()> {
        let mut known = self.0.blocks.lock().expect("a lock");
        for block in blocks {
            if known.insert(block) && self.0.full.load(Ordering::SeqCst) {
                known.remove(&block);
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.0.bytes.lock().expect("a lock").len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        if self.0.unreadable.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk cannot be read"));
        }
        let bytes = self.0.bytes.lock().expect("a lock");
        let start = offset as usize;
        let part = bytes.get(start..start + out.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(part);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.check_whole()?;
        self.0.bytes.lock().expect("a lock").resize(len as usize, 0);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.check_whole()?;
        let bytes = self.0.bytes.lock().expect("a lock").clone();
        *self.0.synced.lock().expect("a lock") = bytes;
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.check_whole()?;
        self.check_room(offset / BLOCK..=(offset + data.len() as u64).saturating_sub(1) / BLOCK)?;
        let start = offset as usize;
        let mut bytes = self.0.bytes.lock().expect("a lock");
        let part = bytes.get_mut(start..start + data.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        part.copy_from_slice(data);
        Ok(())
    }
}
