//! The one writer: it takes what is queued, writes it in one transaction, and answers once that is durable.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use redb::{Database, Durability};
use tokio::sync::{mpsc, oneshot};

use super::batch::Batch;
use super::failure::{Failure, OpenError, WriteError};
use super::format::prepare;
use super::snapshot::Snapshot;

/// The most jobs that share a transaction.
const MOST_JOBS: usize = 512;
/// The most jobs that wait; more make their senders wait.
pub(super) const MOST_WAITING: usize = 4_096;

/// Opens the database, again if need be.
pub(super) type Opener = Box<dyn FnMut() -> Result<Database, OpenError> + Send>;

/// One commit, for metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchStats {
    /// Jobs in it.
    pub jobs: usize,
    /// How long making it durable took.
    pub commit_time: Duration,
}

/// What the writer did since the store was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commits.
    pub commits: u64,
    /// Jobs whose changes are durable.
    pub written: u64,
    /// Jobs that refused.
    pub refused: u64,
    /// Jobs that failed with the machine.
    pub failed: u64,
}

/// What the writer and the store's users share.
#[derive(Default)]
pub(super) struct Shared {
    commits: AtomicU64,
    written: AtomicU64,
    refused: AtomicU64,
    failed: AtomicU64,
    pub(super) closing: AtomicBool,
    /// The last write came to nothing.
    pub(super) unwritable: AtomicBool,
    /// A read failed: the database refuses everything until it is opened again.
    pub(super) unreadable: AtomicBool,
    pub(super) observer: std::sync::OnceLock<Box<dyn Fn(BatchStats) + Send + Sync>>,
}

impl Shared {
    pub(super) fn counters(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            commits: read(&self.commits),
            written: read(&self.written),
            refused: read(&self.refused),
            failed: read(&self.failed),
        }
    }
}

/// How running a job went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Went {
    Done,
    Refused,
}

/// Something to write. It may be run again, where the transaction it ran in came to nothing.
pub(super) trait Job: Send {
    fn run(&mut self, batch: &mut Batch<'_>) -> Went;
    /// Hands the outcome of the last run to whoever waits.
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, failure: Failure);
}

pub(super) type Answer<T, R> = oneshot::Receiver<Result<T, WriteError<R>>>;

struct Typed<F, T, R> {
    job: F,
    outcome: Option<Result<T, R>>,
    to: oneshot::Sender<Result<T, WriteError<R>>>,
}

/// A job and where its answer arrives.
pub(super) fn job<T, R, F>(job: F) -> (Box<dyn Job>, Answer<T, R>)
where
    F: FnMut(&mut Batch<'_>) -> Result<T, R> + Send + 'static,
    T: Send + 'static,
    R: Send + 'static,
{
    let (to, answer) = oneshot::channel();
    (Box::new(Typed { job, outcome: None, to }), answer)
}

impl<F, T, R> Job for Typed<F, T, R>
where
    F: FnMut(&mut Batch<'_>) -> Result<T, R> + Send,
    T: Send,
    R: Send,
{
    fn run(&mut self, batch: &mut Batch<'_>) -> Went {
        let outcome = (self.job)(batch);
        let went = if outcome.is_ok() { Went::Done } else { Went::Refused };
        self.outcome = Some(outcome);
        went
    }

    fn answer(self: Box<Self>) {
        let outcome =
            self.outcome.map_or(Err(WriteError::Failed(Failure::Closed)), |done| done.map_err(WriteError::Refused));
        // Whoever asked may be gone; what is written stays written.
        let _ = self.to.send(outcome);
    }

    fn fail(self: Box<Self>, failure: Failure) {
        let _ = self.to.send(Err(WriteError::Failed(failure)));
    }
}

/// Why a transaction came to nothing.
enum Trouble {
    /// This job panicked.
    Panicked(usize, Failure),
    /// The store failed before anything was committed.
    Before(Failure),
    /// The store failed while committing: what is on the disk is known after it is opened again.
    During(Failure),
}

pub(super) struct Writer {
    pub(super) database: Option<Database>,
    pub(super) open: Opener,
    pub(super) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(super) shared: Arc<Shared>,
}

impl Writer {
    /// Works until all senders are gone or the store is closing, and nothing waits any more.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Option<Box<dyn Job>>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut jobs: Vec<Box<dyn Job>> = first.into_iter().collect();
            while jobs.len() < MOST_JOBS
                && let Ok(next) = queue.try_recv()
            {
                jobs.extend(next);
            }
            if self.shared.unreadable.swap(false, Ordering::AcqRel) {
                // Where this does not work yet, the next read that fails asks again.
                let _ = self.reopen();
            }
            self.write(jobs);
            if self.shared.closing.load(Ordering::Acquire) {
                queue.close();
            }
        }
    }

    fn write(&mut self, mut jobs: Vec<Box<dyn Job>>) {
        let mut retried = false;
        while !jobs.is_empty() {
            match self.attempt(&mut jobs) {
                Ok(()) => {
                    jobs.drain(..).for_each(Job::answer);
                    return;
                }
                Err(Trouble::Panicked(at, failure)) => {
                    self.shared.failed.fetch_add(1, Ordering::Relaxed);
                    jobs.remove(at).fail(failure);
                }
                Err(Trouble::Before(failure)) if !retried => {
                    retried = true;
                    if self.reopen().is_err() {
                        self.fail(&mut jobs, &failure);
                    }
                }
                Err(Trouble::Before(failure) | Trouble::During(failure)) => {
                    // Before the answer, so that whoever gets it can read. Where it does not work yet, the next
                    // write tries again.
                    let _ = self.reopen();
                    self.fail(&mut jobs, &failure);
                }
            }
        }
    }

    fn fail(&self, jobs: &mut Vec<Box<dyn Job>>, failure: &Failure) {
        self.shared.unwritable.store(true, Ordering::Relaxed);
        self.shared.failed.fetch_add(jobs.len() as u64, Ordering::Relaxed);
        jobs.drain(..).for_each(|job| job.fail(failure.clone()));
    }

    /// After an I/O error a database refuses everything until it is opened again.
    fn reopen(&mut self) -> Result<(), Failure> {
        self.database = None;
        let reopened = (self.open)().and_then(|database| {
            prepare(&database)?;
            Ok(database)
        });
        let database = reopened.map_err(|error| Failure::Storage(error.to_string()))?;
        self.snapshot.store(Arc::new(Snapshot::take(&database, &self.shared)?));
        self.database = Some(database);
        Ok(())
    }

    fn attempt(&mut self, jobs: &mut [Box<dyn Job>]) -> Result<(), Trouble> {
        if self.database.is_none() {
            self.reopen().map_err(Trouble::Before)?;
        }
        let Some(database) = &self.database else { return Err(Trouble::Before(Failure::Closed)) };
        let mut transaction = database.begin_write().map_err(|error| Trouble::Before(error.into()))?;
        transaction.set_durability(Durability::Immediate).map_err(|error| Trouble::Before(error.into()))?;
        // Each commit says which pages are free, so that a file left by a crash opens at once, however large it is.
        transaction.set_quick_repair(true);
        let mut batch = Batch::new(&transaction);
        let (mut written, mut refused) = (0u64, 0u64);
        for (at, job) in jobs.iter_mut().enumerate() {
            // Whatever a panic leaves half done lies in the batch and in the job, and both are dropped.
            let went = catch_unwind(AssertUnwindSafe(|| job.run(&mut batch)))
                .map_err(|panic| Trouble::Panicked(at, Failure::of_panic(&*panic)))?;
            if let Some(failure) = batch.broken() {
                return Err(Trouble::Before(failure));
            }
            match went {
                Went::Done => {
                    written += 1;
                    batch.keep().map_err(Trouble::Before)?;
                }
                Went::Refused => {
                    refused += 1;
                    batch.take_back().map_err(Trouble::Before)?;
                }
            }
        }
        let changes = batch.changes();
        drop(batch);
        if changes > 0 {
            let start = Instant::now();
            transaction.commit().map_err(|error| Trouble::During(error.into()))?;
            let commit_time = start.elapsed();
            let snapshot = Snapshot::take(database, &self.shared).map_err(Trouble::During)?;
            self.snapshot.store(Arc::new(snapshot));
            self.shared.unwritable.store(false, Ordering::Relaxed);
            self.count(BatchStats { jobs: jobs.len(), commit_time });
        } else {
            transaction.abort().map_err(|error| Trouble::Before(error.into()))?;
        }
        self.shared.written.fetch_add(written, Ordering::Relaxed);
        self.shared.refused.fetch_add(refused, Ordering::Relaxed);
        Ok(())
    }

    fn count(&self, stats: BatchStats) {
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        if let Some(observer) = self.shared.observer.get() {
            observer(stats);
        }
    }
}
