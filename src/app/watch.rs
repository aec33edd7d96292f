//! What goes on beside requests: the folders are watched, planned activations and due cut-offs come into force,
//! points expire, and accounts of new filters are built.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use notify_debouncer_full::notify::RecursiveMode;
use notify_debouncer_full::{DebounceEventResult, new_debouncer};

use super::start::App;
use crate::store::Failure;

/// Several writes of one save come as one change.
const SETTLED: Duration = Duration::from_millis(100);
/// How often planned work is looked for. File systems that report no changes (some network ones) are read this often.
const TICK: Duration = Duration::from_millis(500);

/// The thread beside the requests; dropping it stops it.
#[derive(Debug)]
pub struct Watch {
    stop: Option<std::sync::mpsc::Sender<Signal>>,
    thread: Option<JoinHandle<()>>,
}

enum Signal {
    Changed,
    Stop,
}

impl App {
    /// Starts the thread beside the requests.
    pub fn watch(self: &Arc<Self>) -> std::io::Result<Watch> {
        let app = Arc::clone(self);
        let (send, receive) = channel();
        let stop = send.clone();
        let thread = std::thread::Builder::new().name("treue-watch".to_owned()).spawn(move || {
            let changed = move |event: DebounceEventResult| {
                // Nobody listens any more once the thread ends.
                if event.is_ok() {
                    let _ = send.send(Signal::Changed);
                }
            };
            let watcher = new_debouncer(SETTLED, None, changed).and_then(|mut watcher| {
                for folder in [&app.settings.policies, &app.settings.scripts] {
                    if folder.exists() {
                        watcher.watch(folder, RecursiveMode::Recursive)?;
                    }
                }
                Ok(watcher)
            });
            if let Err(error) = &watcher {
                tracing::warn!(%error, "the folders cannot be watched; they are read twice a second");
            }
            loop {
                let mut wait = TICK;
                match app.build_filters() {
                    Ok(true) => {}
                    Ok(false) => wait = Duration::ZERO,
                    Err(failure) => tracing::error!(%failure, "accounts of a filter could not be built"),
                }
                match receive.recv_timeout(wait) {
                    Ok(Signal::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                    Ok(Signal::Changed) | Err(RecvTimeoutError::Timeout) => {}
                }
                if let Err(error) = app.reload() {
                    tracing::error!(%error, "the folders could not be read");
                }
                note(app.activate_due(), "a planned activation");
                note(app.refresh_due(), "a refresh of cut-offs");
                note(app.expire_points(), "the expiry of points");
            }
        })?;
        Ok(Watch { stop: Some(stop), thread: Some(thread) })
    }
}

fn note(result: Result<(), Failure>, what: &str) {
    if let Err(failure) = result {
        tracing::error!(%failure, "{what} did not come about");
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(Signal::Stop);
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
