//! Jobs in groups, jobs that refuse, panic, or meet a full disk.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use futures_util::future::{join, join_all};

use super::card;
use super::disk::Disk;
use crate::store::{Batch, Failure, OpenError, Read, Store, WriteError};

fn put(batch: &mut Batch<'_>, id: &str) -> Result<(), Failure> {
    batch.put_customer(&card(id))
}

fn ids(store: &Store) -> Vec<String> {
    let listing = crate::store::Listing { limit: 1_000, ..Default::default() };
    store.snapshot().customers(&listing).expect("cards").items.into_iter().map(|card| card.id).collect()
}

/// What one job of a group does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Writes,
    WritesThenRefuses,
    WritesThenPanics,
}

/// Runs jobs that wait for the writer together: a job ahead of them holds it until all are queued.
async fn together(store: &Store, jobs: &[Does]) -> Vec<Result<u64, WriteError<String>>> {
    let (release, held) = mpsc::channel::<()>();
    let holding = store.write(move |_| {
        // Once released it does not hold again, should it run again.
        let _ = held.recv();
        Ok::<_, Infallible>(())
    });
    let queued = jobs.iter().enumerate().map(|(at, does)| {
        let does = *does;
        store.write(move |batch| {
            let sequence = batch.next_sequence().map_err(|failure| failure.to_string())?;
            put(batch, &format!("c{at}")).map_err(|failure| failure.to_string())?;
            match does {
                Does::Writes => Ok(sequence),
                Does::WritesThenRefuses => Err("no".to_owned()),
                Does::WritesThenPanics => panic!("a bug in job {at}"),
            }
        })
    });
    // Futures are polled in order: the holding one first, and the releasing one once all others are queued.
    let release = async move { release.send(()).expect("somebody waits") };
    let (held, (answers, ())) = join(holding, join(join_all(queued), release)).await;
    assert_eq!(held, Ok(()));
    answers
}

#[tokio::test]
async fn jobs_that_wait_share_a_commit() {
    let store = Store::in_memory().expect("a store");
    let answers = together(&store, &[Does::Writes; 20]).await;
    assert_eq!(answers, (1..=20).map(Ok).collect::<Vec<_>>());
    let counters = store.counters();
    assert_eq!((counters.commits, counters.written), (1, 21));
    assert_eq!(ids(&store).len(), 20);
}

#[tokio::test]
async fn a_refusal_or_a_panic_harms_nobody() {
    use Does::{Writes, WritesThenPanics, WritesThenRefuses};
    let store = Store::in_memory().expect("a store");
    let jobs = [Writes, WritesThenRefuses, WritesThenPanics, Writes, WritesThenPanics, WritesThenRefuses, Writes];
    let answers = together(&store, &jobs).await;
    let refused = Err(WriteError::Refused("no".to_owned()));
    let panicked = |at: usize| Err(WriteError::Failed(Failure::Panicked(format!("a bug in job {at}"))));
    // The numbers that refused jobs took are given again.
    let expect = [Ok(1), refused.clone(), panicked(2), Ok(2), panicked(4), refused, Ok(3)];
    assert_eq!(answers, expect);
    assert_eq!(ids(&store), ["c0", "c3", "c6"]);
    let counters = store.counters();
    assert_eq!((counters.commits, counters.written, counters.refused, counters.failed), (1, 4, 2, 2));
}

#[test]
fn a_refusal_takes_back_changes_and_removals() {
    let store = Store::in_memory().expect("a store");
    store.write_blocking(|batch| put(batch, "c")).expect("a write");
    let refused = store.write_blocking(|batch| -> Result<(), String> {
        let mut changed = card("c");
        changed.name = None;
        batch.put_customer(&changed).map_err(|failure| failure.to_string())?;
        batch.erase_customer("c", "nobody").map_err(|refusal| refusal.to_string())?;
        assert_eq!(batch.customer("c"), Ok(None));
        Err("no".to_owned())
    });
    assert_eq!(refused, Err(WriteError::Refused("no".to_owned())));
    assert_eq!(store.snapshot().customer("c"), Ok(Some(card("c"))));
    assert_eq!(store.counters().commits, 1);
}

#[test]
fn an_answer_survives_a_power_cut() {
    let disk = Disk::default();
    let store = disk.open().expect("a store");
    for customer in 0..5 {
        store.write_blocking(move |batch| put(batch, &format!("c{customer}"))).expect("a write");
        let after = disk.after_power_cut().open().expect("the store after a power cut");
        assert_eq!(ids(&after).len(), customer + 1);
    }
}

#[test]
fn a_broken_disk_fails_writes_and_later_they_work_again() {
    let disk = Disk::default();
    let store = disk.open().expect("a store");
    store.write_blocking(|batch| put(batch, "before")).expect("a write");
    disk.set_broken(true);
    for _ in 0..3 {
        let failed = store.write_blocking(|batch| put(batch, "during"));
        assert!(matches!(failed, Err(WriteError::Failed(Failure::Storage(_)))), "{failed:?}");
    }
    assert_eq!(store.counters().failed, 3);
    disk.set_broken(false);
    store.write_blocking(|batch| put(batch, "later")).expect("a write");
    assert_eq!(ids(&store), ["before", "later"]);
    drop(store);
    assert_eq!(ids(&disk.open().expect("the store again")), ["before", "later"]);
}

#[test]
fn a_disk_that_could_not_be_read_is_read_again() {
    let disk = Disk::default();
    let store = disk.open().expect("a store");
    // More than fits into the one page of a table that is always at hand.
    let put_many = |batch: &mut Batch<'_>| (0..500).try_for_each(|customer| put(batch, &format!("c{customer:03}")));
    store.write_blocking(put_many).expect("a write");
    let last = || store.snapshot().customer("c499");
    disk.set_unreadable(true);
    assert!(last().is_err());
    disk.set_unreadable(false);
    // Nobody writes; asking for a snapshot is enough, and soon there is one that can be read.
    while last().is_err() {
        std::thread::yield_now();
    }
    assert_eq!(last(), Ok(Some(card("c499"))));
    store.write_blocking(|batch| put(batch, "d")).expect("a write");
}

#[test]
fn a_full_disk_fails_writes_only() {
    let disk = Disk::default();
    let store = disk.open().expect("a store");
    let put_large = |number: usize| {
        let mut large = card(&format!("c{number:03}"));
        large.address = Some("x".repeat(100_000));
        store.write_blocking(move |batch| batch.put_customer(&large))
    };
    put_large(0).expect("a write");
    disk.set_full(true);
    let written = (1..100).take_while(|number| put_large(*number).is_ok()).count();
    assert!(written < 99, "the disk is never full");
    for _ in 0..3 {
        assert!(put_large(999).is_err());
        assert_eq!(ids(&store).len(), written + 1);
    }
    disk.set_full(false);
    put_large(999).expect("a write");
    assert_eq!(ids(&store).len(), written + 2);
}

#[tokio::test]
async fn closing_finishes_what_waits() {
    let store = Arc::new(Store::in_memory().expect("a store"));
    let (release, held) = mpsc::channel::<()>();
    let holding = store.write(move |_| {
        // Once released it does not hold again, should it run again.
        let _ = held.recv();
        Ok::<_, Infallible>(())
    });
    let queued = (0..9).map(|customer| store.write(move |batch| put(batch, &format!("c{customer}"))));
    let close = async {
        let closing = Arc::clone(&store);
        let closed = std::thread::spawn(move || closing.close());
        release.send(()).expect("somebody waits");
        closed.join().expect("it closes");
    };
    let (held, (answers, ())) = join(holding, join(join_all(queued), close)).await;
    assert_eq!(held, Ok(()));
    assert_eq!(answers, vec![Ok(()); 9]);
    let late = store.write(|batch| put(batch, "late")).await;
    assert_eq!(late, Err(WriteError::Failed(Failure::Closed)));
}

#[test]
fn commits_are_observed() {
    let store = Store::in_memory().expect("a store");
    let jobs = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&jobs);
    store.observe(move |stats| {
        seen.fetch_add(stats.jobs, Ordering::SeqCst);
    });
    store.write_blocking(|batch| put(batch, "c")).expect("a write");
    store.write_blocking(|_| Ok::<_, Infallible>(())).expect("a job that writes nothing");
    assert_eq!(jobs.load(Ordering::SeqCst), 1);
}

#[test]
fn one_process_at_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shop.redb");
    let store = Store::open(&path, 1 << 20).expect("a store");
    assert!(store.file_size().is_some_and(|size| size > 0));
    assert!(matches!(Store::open(&path, 1 << 20), Err(OpenError::InUse)));
    drop(store);
    Store::open(&path, 1 << 20).expect("the store again");
}

#[test]
fn other_files_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |content: &[u8]| {
        let path = folder.path().join("other");
        std::fs::write(&path, content).expect("a file");
        assert!(matches!(Store::open(&path, 1 << 20), Err(OpenError::NotAStore)));
        assert_eq!(std::fs::read(&path).expect("a file"), content);
    };
    check(b"customer,purchase\n1,2\n");
    check(&[0; 10_000]);
    let missing = Store::open(folder.path().join("no/such/folder"), 1 << 20);
    assert!(matches!(missing, Err(OpenError::Io(_))));
}

#[test]
fn a_store_is_shared_between_threads() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    fn shared<T: Send + Sync>(value: &T) -> &T {
        value
    }
    let store = Store::in_memory().expect("a store");
    let snapshot = store.snapshot();
    let write = send(shared(&store).write(|batch| put(batch, "c")));
    let read = std::thread::scope(|scope| scope.spawn(|| shared(&*snapshot).customer("c")).join());
    assert_eq!(read.expect("a thread"), Ok(None));
    drop(write);
    assert_eq!(store.snapshot().customer("c"), Ok(None));
}
