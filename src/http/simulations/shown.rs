//! How a simulation is shown.

use std::sync::Arc;

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, Job, JobReport, JobState, SimulationError, TooMany};
use crate::http::problem::Problem;
use crate::http::wire::{Shown, findings};
use crate::time::Instant;

/// A simulation that runs, or ran.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Simulation)]
pub struct SimulationOut {
    /// Its id.
    pub id: String,
    /// `simulation`, or `search` for the best settings.
    pub kind: &'static str,
    /// `running`, `done` or `failed`.
    pub state: &'static str,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Shown<Instant>,
    /// Steps that are done: each purchase is read once and replayed once, in a search once per policy.
    pub done: u64,
    /// Steps in all.
    pub total: u64,
    /// Steps per second, until it ended.
    pub per_second: u64,
    /// About how many seconds are left; null where that is not known yet, or nothing is left.
    pub seconds_left: Option<u64>,
    /// What went wrong, where it failed.
    pub detail: Option<String>,
    /// The report, once it is done; absent in lists and events.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<JobReport>)]
    pub report: Option<Arc<JobReport>>,
}

impl SimulationOut {
    /// Shows a job, with its report or without.
    pub fn new(job: &Job, with_report: bool) -> Self {
        let (done, total) = job.progress.read();
        let ran = job.running_for().max(1);
        let per_second = done.saturating_mul(1_000) / ran;
        let (state, detail, report) = match job.state() {
            JobState::Running => ("running", None, None),
            JobState::Done(report) => ("done", None, Some(report)),
            JobState::Failed(error) => ("failed", Some(Problem::from(&*error).detail), None),
        };
        let left = total.saturating_sub(done).checked_div(per_second);
        Self {
            id: job.id.clone(),
            kind: job.kind,
            state,
            started_at: Shown(job.started_at),
            done,
            total,
            per_second,
            seconds_left: left.filter(|_| state == "running"),
            detail,
            report: report.filter(|_| with_report),
        }
    }
}

/// A job by its id.
pub(super) fn find(app: &App, id: &str) -> Result<Arc<Job>, Problem> {
    app.simulation(id).ok_or_else(|| Problem::not_found(format!("there is no simulation `{id}`")))
}

impl From<&SimulationError> for Problem {
    fn from(error: &SimulationError) -> Self {
        let detail = error.to_string();
        match error {
            SimulationError::Scenario { sources, diagnostics }
            | SimulationError::Policies { sources, diagnostics, .. } => {
                let found = serde_json::to_value(findings(diagnostics, sources)).ok();
                let title = "the scenario or its policies have mistakes";
                Self { diagnostics: found, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "diagnostics", title, detail) }
            }
            SimulationError::Unknown(_)
            | SimulationError::NoFolders(_)
            | SimulationError::NothingSent
            | SimulationError::Currency { .. }
            | SimulationError::OtherClasses(_)
            | SimulationError::Folder { .. } => Self::invalid_at("/scenario", detail),
            SimulationError::Nothing { .. }
            | SimulationError::NothingWithin { .. }
            | SimulationError::NobodySampled(_) => Self::conflict("nothing-to-replay", detail),
            SimulationError::Cancelled => Self::conflict("cancelled", detail),
            SimulationError::Failed(failure) => failure.clone().into(),
        }
    }
}

impl From<SimulationError> for Problem {
    fn from(error: SimulationError) -> Self {
        Self::from(&error)
    }
}

impl From<TooMany> for Problem {
    fn from(error: TooMany) -> Self {
        let title = "too much is asked for at once";
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many-simulations", title, error.to_string());
        Self { retry_after: Some(10), ..problem }
    }
}
