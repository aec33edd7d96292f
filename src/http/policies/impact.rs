//! `POST /v1/policies/impact`.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::check::BundleIn;
use crate::app::{App, Candidates, JobState, SimulationReport};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::policy::{Scenario, Side};

/// How often it is looked whether the run has ended.
const TICK: Duration = Duration::from_millis(20);

/// Ends a run whose caller is gone, and forgets it in any case.
struct Forgotten(Arc<App>, String);

impl Drop for Forgotten {
    fn drop(&mut self) {
        self.0.cancel_simulation(&self.1);
    }
}

/// Says what a bundle would have changed over the last twelve months, beside the policy in force: what it costs and whom
/// it touches, had the same purchases happened. Changes nothing.
#[utoipa::path(post, path = "/v1/policies/impact", tag = "policies", request_body = BundleIn,
    responses((status = 200, description = "the impact", body = SimulationReport), Problems))]
pub async fn read_impact(State(app): State<Arc<App>>, body: Body) -> Answer {
    let sources = body.read::<BundleIn>()?.sources()?;
    let (run, shared) = (Arc::clone(&app), Arc::clone(&app));
    let job = blocking(move || {
        let candidates = Candidates { sent: Some(sources), folder: None };
        let prepared = run.prepare_scenario(Scenario::impact(Side::Sent), &candidates)?;
        run.start_simulation(prepared).map_err(Problem::from)
    })
    .await??;
    let _forgotten = Forgotten(shared, job.id.clone());
    loop {
        match job.state() {
            JobState::Done(report) => return json(StatusCode::OK, &*report),
            JobState::Failed(error) => return Err(Problem::from(&*error)),
            JobState::Running => tokio::time::sleep(TICK).await,
        }
    }
}
