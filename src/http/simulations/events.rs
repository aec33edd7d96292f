//! `GET /v1/simulations/{id}/events`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;

use super::shown::{SimulationOut, find};
use crate::app::App;
use crate::http::answer::Problems;
use crate::http::body::Id;
use crate::http::problem::Problem;

/// How often a simulation is looked at.
const TICK: Duration = Duration::from_millis(200);

/// Follows a simulation: server-sent events named `progress` about five times a second, and one named `end`, all with
/// the simulation without its report. One that is cancelled ends without more.
#[utoipa::path(get, path = "/v1/simulations/{id}/events", tag = "simulations",
    params(("id" = String, Path, description = "the simulation's id")),
    responses((status = 200, description = "events", body = String, content_type = "text/event-stream"), Problems))]
pub async fn follow_simulation(State(app): State<Arc<App>>, Id(id): Id) -> Result<Response, Problem> {
    find(&app, &id)?;
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let events = stream::unfold(Some((app, id, ticks)), |following| async {
        let (app, id, mut ticks) = following?;
        ticks.tick().await;
        // One that was cancelled is no longer there; and a server that stops waits for nobody who only looks on.
        let job = app.simulation(&id).filter(|_| !app.is_stopping())?;
        let shown = SimulationOut::new(&job, false);
        let running = shown.state == "running";
        let data = serde_json::to_string(&shown).unwrap_or_default();
        let event = Event::default().event(if running { "progress" } else { "end" }).data(data);
        Some((Ok::<_, Infallible>(event), running.then_some((app, id, ticks))))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}
