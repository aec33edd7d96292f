//! Simulations in the background: a bounded number at once, with progress, and an end when somebody asks for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant as Watch};

use serde::Serialize;
use thiserror::Error;
use utoipa::ToSchema;

use super::found::SearchReport;
use super::report::SimulationReport;
use super::run::{Prepared, SimulationError};
use super::search::PreparedSearch;
use crate::app::start::{App, lock};
use crate::simulate::Progress;
use crate::store::Failure;
use crate::time::Instant;

/// The most that run at once.
const MOST_RUNNING: usize = 2;
/// The most that are remembered once they ended.
const MOST_ENDED: usize = 16;

/// More would run at once than may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{MOST_RUNNING} simulations run already")]
pub struct TooMany;

/// All jobs of a server.
#[derive(Debug, Default)]
pub struct Simulations(Mutex<Vec<Arc<Job>>>);

/// A simulation in the background.
#[derive(Debug)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// `simulation` or `search`.
    pub kind: &'static str,
    /// How far it is.
    pub progress: Progress,
    /// When it was started.
    pub started_at: Instant,
    begun: Watch,
    /// How long it ran, once it ended.
    ran: OnceLock<Duration>,
    state: Mutex<JobState>,
}

/// What a job came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum JobReport {
    /// Of a simulation.
    Simulation(Box<SimulationReport>),
    /// Of a search.
    Search(Box<SearchReport>),
}

/// How a job stands.
#[derive(Debug, Clone)]
pub enum JobState {
    /// It runs.
    Running,
    /// It ended well.
    Done(Arc<JobReport>),
    /// It did not.
    Failed(Arc<SimulationError>),
}

impl Job {
    /// How it stands.
    pub fn state(&self) -> JobState {
        lock(&self.state).clone()
    }

    /// How many milliseconds it runs, or ran.
    pub fn running_for(&self) -> u64 {
        let ran = self.ran.get().copied().unwrap_or_else(|| self.begun.elapsed());
        u64::try_from(ran.as_millis()).unwrap_or(u64::MAX)
    }
}

impl App {
    /// Starts a simulation on threads of its own, one fewer than there are processors: the others go on serving.
    pub fn start_simulation(self: &Arc<Self>, prepared: Prepared) -> Result<Arc<Job>, TooMany> {
        self.start_job("simulation", move |app, progress| {
            app.simulate(&prepared, progress).map(|report| JobReport::Simulation(Box::new(report)))
        })
    }

    /// Starts a search in the same way.
    pub fn start_search(self: &Arc<Self>, prepared: PreparedSearch) -> Result<Arc<Job>, TooMany> {
        self.start_job("search", move |app, progress| {
            app.search(&prepared, progress).map(|report| JobReport::Search(Box::new(report)))
        })
    }

    fn start_job(
        self: &Arc<Self>,
        kind: &'static str,
        work: impl FnOnce(&Self, &Progress) -> Result<JobReport, SimulationError> + Send + 'static,
    ) -> Result<Arc<Job>, TooMany> {
        let job = Arc::new(Job {
            id: self.fresh_id("s"),
            kind,
            progress: Progress::default(),
            started_at: self.clock.now(),
            begun: Watch::now(),
            ran: OnceLock::new(),
            state: Mutex::new(JobState::Running),
        });
        {
            let mut jobs = lock(&self.simulations.0);
            let running = |job: &&Arc<Job>| matches!(job.state(), JobState::Running);
            if jobs.iter().filter(running).count() >= MOST_RUNNING {
                return Err(TooMany);
            }
            let ended = jobs.iter().filter(|job| !running(job)).count();
            if ended >= MOST_ENDED
                && let Some(oldest) = jobs.iter().position(|job| !running(&job))
            {
                jobs.remove(oldest);
            }
            jobs.push(Arc::clone(&job));
        }
        let (app, run) = (Arc::clone(self), Arc::clone(&job));
        std::thread::spawn(move || {
            // Whatever a panic leaves half done lies in what it worked on, which nobody sees.
            let work = AssertUnwindSafe(|| app.on_few_threads(|| work(&app, &run.progress)));
            let found = catch_unwind(work).unwrap_or_else(|panic| Err(Failure::of_panic(&*panic).into()));
            run.ran.get_or_init(|| run.begun.elapsed());
            *lock(&run.state) = match found {
                Ok(report) => JobState::Done(Arc::new(report)),
                Err(error) => {
                    if let SimulationError::Failed(failure) = &error {
                        tracing::error!(%failure, id = run.id, "a simulation failed");
                    }
                    JobState::Failed(Arc::new(error))
                }
            };
        });
        Ok(job)
    }

    /// Runs something with rayon on one thread fewer than there are processors, each of which waits for those that serve.
    pub fn on_few_threads<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, SimulationError> + Send,
    ) -> Result<T, SimulationError> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads((processors - 1).max(1)).start_handler(|_| come_last()).build();
        match pool {
            Ok(pool) => pool.install(work),
            Err(error) => Err(Failure::Panicked(error.to_string()).into()),
        }
    }

    /// A job by its id.
    pub fn simulation(&self, id: &str) -> Option<Arc<Job>> {
        lock(&self.simulations.0).iter().find(|job| job.id == id).cloned()
    }

    /// All jobs, the oldest first.
    pub fn simulations(&self) -> Vec<Arc<Job>> {
        lock(&self.simulations.0).clone()
    }

    /// Ends a job and forgets it. Whether there was one.
    pub fn cancel_simulation(&self, id: &str) -> bool {
        let mut jobs = lock(&self.simulations.0);
        let Some(at) = jobs.iter().position(|job| job.id == id) else { return false };
        jobs.remove(at).progress.cancel();
        true
    }
}

/// Gives this thread the lowest priority: it runs where no till waits.
fn come_last() {
    // On other systems a priority is the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), 19) {
        tracing::debug!(%error, "a simulation runs with the priority of those that serve");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Clock, Settings};
    use crate::store::Store;

    #[test]
    fn a_run_that_panics_has_failed_and_makes_room() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let settings = Settings { policies: root.join("policies"), scripts: root.join("scripts") };
        let store = Store::in_memory().expect("a store");
        let app = Arc::new(App::open(store, Clock::System, settings).expect("an app"));
        for _ in 0..=MOST_RUNNING {
            let job = app.start_job("simulation", |_, _| std::panic::panic_any("broken")).expect("room");
            while matches!(job.state(), JobState::Running) {
                std::thread::yield_now();
            }
            let JobState::Failed(error) = job.state() else { panic!("it cannot have ended well") };
            assert_eq!(error.to_string(), Failure::Panicked("broken".to_owned()).to_string());
        }
    }
}
