//! Opening everything: the store, the seal, the bundle in force.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use thiserror::Error;

use super::access::Access;
use super::active::Active;
use super::clock::Clock;
use super::policy::{ReloadFailure, read_folders};
use super::shadow::Shadow;
use super::simulation::Simulations;
use super::token::Seal;
use crate::diagnostic::{Diagnostic, Severity, Sources};
use crate::engine::CutOffs;
use crate::id::Revision;
use crate::model::{Decision, Reason};
use crate::policy::{Bundle, Compiled, compile};
use crate::store::{Failure, Read, Store, WriteError};

/// Where policies and scripts are.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder of policies.
    pub policies: PathBuf,
    /// Folder of scripts.
    pub scripts: PathBuf,
}

/// Everything that a request needs.
#[derive(Debug)]
pub struct App {
    pub(crate) store: Store,
    pub(super) clock: Clock,
    pub(super) seal: Seal,
    pub(super) settings: Settings,
    pub(super) counters: Counters,
    pub(super) access: Access,
    pub(super) in_force: ArcSwap<Active>,
    /// Compiled bundles that decisions and quotes may still refer to.
    bundles: Mutex<Vec<(Revision, Arc<Bundle>)>>,
    pub(super) reload: Mutex<Option<ReloadFailure>>,
    /// Held by whoever changes what is in force, so that one change follows the other.
    pub(super) changing: Mutex<()>,
    stopping: AtomicBool,
    pub(super) simulations: Simulations,
    pub(super) shadow: ArcSwapOption<Shadow>,
    run_id: u64,
}

/// Why there is nothing to serve.
#[derive(Debug, Error)]
pub enum StartError {
    /// The folders hold no bundle that compiles, and the store knows none that was in force.
    #[error("the policies do not compile, and none was in force before")]
    Policies {
        /// The files.
        sources: Sources,
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// The folders cannot be read.
    #[error("{}: {error}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// How many compiled bundles besides the one in force are kept.
const KEPT_BUNDLES: usize = 8;
const SEAL_KEY: &str = "quote-seal";

impl App {
    /// Opens an app over a store. What was in force before stays in force, unless the folders changed meanwhile and
    /// compile.
    pub fn open(store: Store, clock: Clock, settings: Settings) -> Result<Self, StartError> {
        let (app, compiled, something_in_force) = Self::over(store, clock, settings)?;
        app.adopt(compiled, something_in_force)?;
        app.post_earlier_points()?;
        Ok(app)
    }

    /// Opens an app that only looks: what was in force stays so, whatever the folders hold by now. They are what is in
    /// force only where nothing ever was.
    pub fn open_to_look(store: Store, clock: Clock, settings: Settings) -> Result<Self, StartError> {
        Self::over(store, clock, settings).map(|(app, ..)| app)
    }

    /// An app, what its folders hold, and whether something was in force before.
    fn over(store: Store, clock: Clock, settings: Settings) -> Result<(Self, Compiled, bool), StartError> {
        let seal = Seal::new(seal_key(&store)?);
        let sources = read_folders(&settings.policies, &settings.scripts)
            .map_err(|(path, error)| StartError::Folder { path, error })?;
        let compiled = compile(sources);
        let now = clock.now();
        let before = store.snapshot().active_at(now)?;
        let known = match &before {
            Some(activation) => stored_bundle(&*store.snapshot(), activation.revision)?,
            None => None,
        };
        // Until the folders' bundle is activated below, something must be in force: what was, or the folders'.
        let first = match (&known, &compiled.bundle) {
            (Some(known), _) => Arc::clone(known),
            (None, Some(bundle)) => Arc::new(bundle.clone()),
            (None, None) => {
                let (sources, diagnostics) = (compiled.sources, compiled.diagnostics);
                return Err(StartError::Policies { sources, diagnostics });
            }
        };
        let (since, by, note) = match &before {
            Some(activation) => (activation.at, activation.by.as_str(), activation.note.as_str()),
            None => (now, "start", ""),
        };
        let cut_offs = CutOffs::empty(&first);
        let access = Access::read(&store)?;
        let app = Self {
            in_force: ArcSwap::from_pointee(Active::new(first, cut_offs, since, by, note)?),
            store,
            clock,
            seal,
            settings,
            counters: Counters::new(),
            access,
            bundles: Mutex::default(),
            reload: Mutex::default(),
            changing: Mutex::default(),
            stopping: AtomicBool::new(false),
            simulations: Simulations::default(),
            shadow: ArcSwapOption::empty(),
            run_id: u64::from_le_bytes(random()),
        };
        Ok((app, compiled, known.is_some()))
    }

    /// The bundle in force.
    pub fn active(&self) -> Arc<Active> {
        self.in_force.load_full()
    }

    /// The store, to read from.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Tells this run of the process from others, in the ids of requests.
    pub const fn run_id(&self) -> u64 {
        self.run_id
    }

    /// Notes that no new requests are wanted.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the server is stopping.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The compiled bundle of a revision; absent where the store does not have it.
    pub fn bundle_of(&self, revision: Revision) -> Result<Option<Arc<Bundle>>, Failure> {
        let active = self.in_force.load();
        if active.bundle.revision == revision {
            return Ok(Some(Arc::clone(&active.bundle)));
        }
        if let Some((_, bundle)) = lock(&self.bundles).iter().find(|(known, _)| *known == revision) {
            return Ok(Some(Arc::clone(bundle)));
        }
        let Some(bundle) = stored_bundle(&*self.store.snapshot(), revision)? else { return Ok(None) };
        let mut bundles = lock(&self.bundles);
        if bundles.len() >= KEPT_BUNDLES {
            bundles.remove(0);
        }
        bundles.push((revision, Arc::clone(&bundle)));
        Ok(Some(bundle))
    }

    /// An id that nobody else gives: a letter and 24 random hexadecimal digits.
    pub(super) fn fresh_id(&self, letter: &str) -> String {
        let bytes: [u8; 12] = random();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{letter}-{digits}")
    }
}

/// Locks, also after somebody panicked while holding it: what is kept under these locks is whole at any time.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::expect_used, reason = "without the system's randomness there are no keys; going on would be worse")]
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

fn seal_key(store: &Store) -> Result<[u8; 32], Failure> {
    let known = store.snapshot().named(SEAL_KEY)?;
    if let Some(key) = known.and_then(|key| key.try_into().ok()) {
        return Ok(key);
    }
    let key: [u8; 32] = random();
    let written = store.write_blocking(move |batch| batch.put_named(SEAL_KEY, &key));
    match written {
        Ok(()) => Ok(key),
        Err(WriteError::Refused(failure) | WriteError::Failed(failure)) => Err(failure),
    }
}

/// A stored bundle, compiled; absent where there is none.
pub(super) fn stored_bundle(rows: &impl Read, revision: Revision) -> Result<Option<Arc<Bundle>>, Failure> {
    let Some(kept) = rows.revision(revision)? else { return Ok(None) };
    // A newer Treue may refuse what an older one accepted; then the bundle is as good as absent.
    Ok(compile(Sources::new(kept.sources)).bundle.map(Arc::new))
}

/// Whether any finding keeps a bundle from compiling.
pub(super) fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|finding| finding.severity == Severity::Error)
}

/// What is counted for `/metrics`.
#[derive(Debug)]
pub(super) struct Counters {
    decisions: metrics::Counter,
    script_failures: metrics::Counter,
    purchases: metrics::Counter,
}

impl Counters {
    fn new() -> Self {
        Self {
            decisions: metrics::counter!("treue_decisions_total"),
            script_failures: metrics::counter!("treue_script_failures_total"),
            purchases: metrics::counter!("treue_purchases_total"),
        }
    }

    /// Counts a decision and the scripts that failed.
    pub fn decided(&self, decision: &Decision) {
        self.decisions.increment(1);
        let failed = decision.trace.iter().chain(decision.failures.iter().map(|(_, reason)| reason));
        let failed = failed.filter(|reason| matches!(reason, Reason::ScriptFailed { .. })).count();
        if failed > 0 {
            self.script_failures.increment(failed as u64);
        }
    }

    /// Counts a committed purchase and what it is granted by the bundle that decided.
    pub fn committed(&self, active: &Active, bundle: &Bundle, decision: &Decision) {
        self.purchases.increment(1);
        for applied in &decision.applied {
            if active.bundle.revision == bundle.revision {
                active.granted(applied.discount);
            } else if let Some(discount) = bundle.discounts.get(applied.discount as usize) {
                metrics::counter!("treue_grants_total", "discount" => discount.name.to_string()).increment(1);
            }
        }
    }
}
