//! The store as its users hold it.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use arc_swap::ArcSwap;
use redb::Database;
use redb::backends::InMemoryBackend;
use tokio::sync::mpsc;

use super::batch::Batch;
use super::failure::{Failure, OpenError, WriteError};
use super::format::prepare;
use super::snapshot::Snapshot;
use super::writer::{BatchStats, Counters, Job, MOST_WAITING, Opener, Shared, Writer, job};

/// One file with everything in it. Share it by reference or in an `Arc`; dropping it finishes what is queued.
pub struct Store {
    snapshot: Arc<ArcSwap<Snapshot>>,
    shared: Arc<Shared>,
    queue: mpsc::Sender<Option<Box<dyn Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    path: Option<PathBuf>,
}

impl Store {
    /// Opens the file, or makes a new store of it. `cache_bytes` is how much of it is kept in memory at most.
    pub fn open(path: impl AsRef<Path>, cache_bytes: usize) -> Result<Self, OpenError> {
        let path = path.as_ref().to_owned();
        let file = path.clone();
        let open = move || Ok(Database::builder().set_cache_size(cache_bytes).create(&file)?);
        Self::start(Box::new(open), Some(path))
    }

    /// A store that lives as long as this value.
    pub fn in_memory() -> Result<Self, OpenError> {
        let mut backend = Some(InMemoryBackend::new());
        let open = move || {
            let backend = backend.take().ok_or(OpenError::Io("the store lived in memory only".to_owned()))?;
            Ok(Database::builder().create_with_backend(backend)?)
        };
        Self::start(Box::new(open), None)
    }

    pub(super) fn start(mut open: Opener, path: Option<PathBuf>) -> Result<Self, OpenError> {
        let database = open()?;
        prepare(&database)?;
        let shared = Arc::new(Shared::default());
        let snapshot = Arc::new(ArcSwap::from_pointee(Snapshot::take(&database, &shared)?));
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let writer =
            Writer { database: Some(database), open, snapshot: Arc::clone(&snapshot), shared: Arc::clone(&shared) };
        let writer = std::thread::Builder::new()
            .name("treue-writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|error| OpenError::Io(error.to_string()))?;
        Ok(Self { snapshot, shared, queue, writer: Mutex::new(Some(writer)), path })
    }

    /// The last committed state.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        if self.shared.unreadable.load(Ordering::Relaxed) {
            // Wakes the writer, which opens the file again. Where the queue is full it is awake.
            let _ = self.queue.try_send(None);
        }
        self.snapshot.load_full()
    }

    /// Queues a job and waits until what it wrote is durable.
    ///
    /// The job runs on the writer's thread, after those ahead of it. It may run more than once, where a transaction
    /// comes to nothing, so it starts from the same captured values each time. A job that returns an error or panics
    /// changes nothing. Once queued it runs even if nobody waits any more.
    pub async fn write<T, R, F>(&self, work: F) -> Result<T, WriteError<R>>
    where
        F: FnMut(&mut Batch<'_>) -> Result<T, R> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (job, answer) = job(work);
        self.queue.send(Some(job)).await.map_err(|_| Failure::Closed)?;
        answer.await.unwrap_or(Err(WriteError::Failed(Failure::Closed)))
    }

    /// The same for a thread that may wait. Panics on a thread that drives asynchronous tasks.
    pub fn write_blocking<T, R, F>(&self, work: F) -> Result<T, WriteError<R>>
    where
        F: FnMut(&mut Batch<'_>) -> Result<T, R> + Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        let (job, answer) = job(work);
        self.queue.blocking_send(Some(job)).map_err(|_| Failure::Closed)?;
        answer.blocking_recv().unwrap_or(Err(WriteError::Failed(Failure::Closed)))
    }

    /// What the writer did so far.
    pub fn counters(&self) -> Counters {
        self.shared.counters()
    }

    /// Has `observer` called on the writer's thread after each commit; the first one given stays.
    pub fn observe(&self, observer: impl Fn(BatchStats) + Send + Sync + 'static) {
        let _ = self.shared.observer.set(Box::new(observer));
    }

    /// Whether the last write came about; where it did not, the next one tries again.
    pub fn is_writable(&self) -> bool {
        !self.shared.unwritable.load(Ordering::Relaxed)
    }

    /// How many jobs wait for the writer.
    pub fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    /// Where the file is; absent for a store in memory.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The size of the file in bytes; absent for a store in memory.
    pub fn file_size(&self) -> Option<u64> {
        self.path.as_ref().and_then(|path| std::fs::metadata(path).ok()).map(|file| file.len())
    }

    /// Finishes what is queued and closes the file. Later writes fail, later reads may.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        // Wakes the writer. Where the queue is full it is awake, and looks at the flag after its batch.
        let _ = self.queue.try_send(None);
        let writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // The writer catches the panics of jobs; should it have died all the same, there is nothing to wait for.
            let _ = writer.join();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}
