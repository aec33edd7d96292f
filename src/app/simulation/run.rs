//! A scenario from its text to its report.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::present::{Asked, report};
use super::report::SimulationReport;
use super::response::{Played, classes_of, respond};
use crate::analytics::value::fit_base;
use crate::app::start::App;
use crate::diagnostic::{Diagnostic, Sources};
use crate::id::{Name, Revision};
use crate::money::Rate;
use crate::policy::{Bundle, Scenario, Side, Window, compile, scenario};
use crate::simulate::{Base, Grants, Policy, Progress, Sample, Stream, Watch, replay};
use crate::store::{Failure, Read};
use crate::time::{Instant, Period};

/// Where the policies come from that a scenario only names.
pub struct Candidates<'a> {
    /// The files that were sent along.
    pub sent: Option<Sources>,
    /// Reads a folder; absent where none may be read.
    pub folder: Option<&'a ReadFolder<'a>>,
}

/// Reads the bundle of a folder.
pub type ReadFolder<'a> = dyn Fn(&str) -> Result<Sources, (PathBuf, io::Error)> + 'a;

/// Why a simulation does not run, or not to its end.
#[derive(Debug, Error)]
pub enum SimulationError {
    /// The scenario has mistakes.
    #[error("the scenario has mistakes")]
    Scenario {
        /// Its file.
        sources: Sources,
        /// What is wrong with it.
        diagnostics: Vec<Diagnostic>,
    },
    /// A policy does not compile.
    #[error("the policies of `{name}` do not compile")]
    Policies {
        /// Which side.
        name: Name,
        /// Its files.
        sources: Sources,
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// The store does not have it.
    #[error("there is no revision {0}")]
    Unknown(Revision),
    /// A folder cannot be read.
    #[error("{}: {error}", .path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A folder is named where none may be read.
    #[error("`{0}` is a folder, which is not read here: send the policies along and write `sent`")]
    NoFolders(String),
    /// Policies were to be sent along.
    #[error("`sent` stands for policies that are sent along, and none were")]
    NothingSent,
    /// Sums in two currencies cannot be compared.
    #[error("`{name}` is in {found}, and what happened in {expected}")]
    Currency {
        /// Which side.
        name: Name,
        /// Its currency.
        found: String,
        /// The currency of the policy in force.
        expected: String,
    },
    /// Behaviour is assumed by classes that the policies do not have.
    #[error("behaviour is by the classes of `{0}`, which a policy here does not have so")]
    OtherClasses(String),
    /// Nothing was bought at all, by those who are looked at.
    #[error("nothing was bought before {until}, so there is nothing to replay")]
    Nothing {
        /// Until when.
        until: Instant,
    },
    /// Nothing was bought in the window.
    #[error("nothing was bought from {from} until {until}, so there is nothing to replay")]
    NothingWithin {
        /// From when.
        from: Instant,
        /// Until when.
        until: Instant,
    },
    /// The sample is too small for this base.
    #[error("the sample of {0} holds nobody who bought, so there is nothing to replay")]
    NobodySampled(Rate),
    /// Somebody ended it.
    #[error("the simulation was cancelled")]
    Cancelled,
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What is run: all names of a scenario are policies by now.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The scenario.
    pub scenario: Scenario,
    /// Its sides, the baseline first.
    pub policies: Vec<Policy>,
    /// The policy in force whose names it uses.
    pub named: Arc<Bundle>,
}

impl App {
    /// Reads a scenario, YAML or JSON, with all the policies that it names.
    pub fn prepare_simulation(
        &self,
        path: &str,
        text: &str,
        candidates: &Candidates<'_>,
    ) -> Result<Prepared, SimulationError> {
        let sources = Sources::new([(path.to_owned(), text.to_owned())]);
        let active = Arc::clone(&self.active().bundle);
        let (scenario, diagnostics) = scenario(&sources, &active);
        let Some(scenario) = scenario else { return Err(SimulationError::Scenario { sources, diagnostics }) };
        self.prepare_scenario(scenario, candidates)
    }

    /// The same for a scenario that was read already.
    pub fn prepare_scenario(
        &self,
        scenario: Scenario,
        candidates: &Candidates<'_>,
    ) -> Result<Prepared, SimulationError> {
        let active = Arc::clone(&self.active().bundle);
        let named: Vec<(Name, Side)> = scenario.candidates.clone();
        let mut policies = Vec::with_capacity(named.len() + 1);
        for (name, side) in &named {
            policies.push(self.policy(name, side, None, &active, candidates)?);
        }
        // What has no policy of its own is shown in the classes of what it is compared with.
        let classes = policies.first().map(|first| Arc::clone(&first.bundle));
        let baseline: Name =
            if named.iter().any(|(name, _)| name.as_ref() == "baseline") { "the baseline" } else { "baseline" }.into();
        let baseline = self.policy(&baseline, &scenario.baseline, classes, &active, candidates)?;
        policies.insert(0, baseline);
        Ok(Prepared { scenario, policies, named: active })
    }

    fn policy(
        &self,
        name: &Name,
        side: &Side,
        classes: Option<Arc<Bundle>>,
        active: &Arc<Bundle>,
        candidates: &Candidates<'_>,
    ) -> Result<Policy, SimulationError> {
        let compiled = |sources: Sources, folder: Option<&str>| {
            let compiled = compile(sources);
            compiled.bundle.map(Arc::new).ok_or_else(|| SimulationError::Policies {
                name: Arc::clone(name),
                sources: match folder {
                    Some(folder) => compiled.sources.under(folder),
                    None => compiled.sources,
                },
                diagnostics: compiled.diagnostics,
            })
        };
        let (bundle, grants) = match side {
            Side::Active => (Arc::clone(active), Grants::Decide),
            Side::Recorded => (classes.unwrap_or_else(|| Arc::clone(active)), Grants::Recorded),
            Side::Nothing => (classes.unwrap_or_else(|| Arc::clone(active)), Grants::Nothing),
            Side::Revision(revision) => {
                (self.bundle_of(*revision)?.ok_or(SimulationError::Unknown(*revision))?, Grants::Decide)
            }
            Side::Folder(folder) => {
                let read = candidates.folder.ok_or_else(|| SimulationError::NoFolders(folder.clone()))?;
                let sources = read(folder).map_err(|(path, error)| SimulationError::Folder { path, error })?;
                (compiled(sources, Some(folder))?, Grants::Decide)
            }
            Side::Sent => {
                let sources = candidates.sent.clone().ok_or(SimulationError::NothingSent)?;
                (compiled(sources, None)?, Grants::Decide)
            }
            Side::Ladder(variant) => {
                let text = variant.policy(active);
                (compiled(Sources::new([("policies/ladder.yaml".to_owned(), text)]), None)?, Grants::Decide)
            }
        };
        if bundle.currency != active.currency {
            return Err(SimulationError::Currency {
                name: Arc::clone(name),
                found: bundle.currency.to_string(),
                expected: active.currency.to_string(),
            });
        }
        Ok(Policy { name: name.to_string(), bundle, grants, fit: Some(fit_base) })
    }

    /// The history of a sample, and the part of it that decisions are made in. Blocks.
    pub(super) fn history_of(
        &self,
        window: Window,
        sample: Rate,
        granted: bool,
        progress: &Progress,
    ) -> Result<(Base, (Instant, Instant)), SimulationError> {
        let zone = self.active().bundle.zone;
        let until = window.until.unwrap_or_else(|| self.clock.now().plus_micros(1));
        // Every purchase is read once and replayed once.
        let purchases = self.store.snapshot().counts()?.purchases;
        progress.expect(2 * purchases);
        let read = std::cell::Cell::new(0);
        let go_on = |count: u64| {
            progress.step(count - read.replace(count));
            !progress.is_cancelled()
        };
        let base = self.history(Sample::new(sample), until, granted, &go_on)?.ok_or(SimulationError::Cancelled)?;
        progress.step(purchases.saturating_sub(read.get()) + purchases.saturating_sub(base.purchases()));
        let span = base.span().ok_or(match sample {
            Rate::ONE => SimulationError::Nothing { until },
            _ => SimulationError::NobodySampled(sample),
        })?;
        let from = match (window.from, window.last) {
            (Some(from), _) => from,
            (None, Some(last)) => last.before(until, zone),
            (None, None) => Period::Day.start(span.0, zone),
        };
        if from >= until {
            return Err(SimulationError::Nothing { until });
        }
        if !base.bought_within((from, until)) {
            return Err(SimulationError::NothingWithin { from, until });
        }
        Ok((base, (from, until)))
    }

    /// Replays the history under the prepared policies, on the threads of the pool it is called in. Blocks.
    pub fn simulate(&self, prepared: &Prepared, progress: &Progress) -> Result<SimulationReport, SimulationError> {
        let Prepared { scenario, policies, named } = prepared;
        let granted = policies.iter().any(|policy| policy.grants == Grants::Recorded);
        let (base, window) = self.history_of(scenario.window, scenario.sample, granted, progress)?;
        let go_on = || !progress.is_cancelled();
        let stream = match &scenario.behaviour {
            Some(behaviour) => {
                let stream = Stream::new(&base, policies, classes_of(behaviour, named, policies)?, &go_on);
                Some(stream.ok_or(SimulationError::Cancelled)?)
            }
            None => None,
        };
        let watch = stream.as_ref().map(|stream| stream as &dyn Watch);
        let outcome = replay(&base, policies, window, watch, progress).ok_or(SimulationError::Cancelled)?;
        let filters = scenario.window.last.iter().map(|last| format!("the last {last}")).collect();
        let span = base.span().ok_or(SimulationError::Nothing { until: window.1 })?;
        let mut report = report(&outcome, Asked { sample: scenario.sample, span, filters, notes: Vec::new() });
        if let (Some(behaviour), Some(stream)) = (&scenario.behaviour, &stream) {
            let played = Played { behaviour, named, stream, outcome: &outcome, seed: scenario.seed };
            let response = respond(&played, &go_on);
            report.response = Some(response.ok_or(SimulationError::Cancelled)?);
        }
        Ok(report)
    }
}
