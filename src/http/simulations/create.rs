//! `POST /v1/simulations`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::shown::SimulationOut;
use crate::app::{App, Candidates};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::Body;
use crate::http::policies::check::BundleIn;
use crate::http::problem::Problem;

/// A simulation to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSimulation)]
pub struct SimulationIn {
    /// The scenario: an object, or its YAML as a text.
    #[schema(value_type = Object)]
    pub scenario: Box<RawValue>,
    /// The files of a candidate that the scenario calls `sent`: texts by path.
    pub files: Option<BTreeMap<String, String>>,
}

/// Starts a simulation. Its scenario is checked before; it runs in the background.
#[utoipa::path(post, path = "/v1/simulations", tag = "simulations", request_body = SimulationIn,
    responses((status = 202, description = "it runs", body = SimulationOut), Problems))]
pub async fn create_simulation(State(app): State<Arc<App>>, body: Body) -> Answer {
    let asked: SimulationIn = body.read()?;
    let raw = asked.scenario.get();
    let text: String = match raw.trim_start().starts_with('"') {
        true => serde_json::from_str(raw).map_err(|error| Problem::unreadable(error.to_string()))?,
        false => raw.to_owned(),
    };
    let sent = asked.files.map(|files| BundleIn { files, note: None, by: None }.sources()).transpose()?;
    let job = blocking(move || {
        let candidates = Candidates { sent, folder: None };
        let prepared = app.prepare_simulation("scenario", &text, &candidates)?;
        app.start_simulation(prepared).map_err(Problem::from)
    })
    .await??;
    let mut response = json(StatusCode::ACCEPTED, &SimulationOut::new(&job, true))?;
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/simulations/{}", job.id)) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}
