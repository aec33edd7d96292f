//! `POST /v1/searches`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::create::{accepted, text_of};
use super::shown::SimulationOut;
use crate::app::App;
use crate::http::answer::{Answer, Problems};
use crate::http::blocking;
use crate::http::body::Body;
use crate::http::policies::check::BundleIn;
use crate::http::problem::Problem;

/// A search to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewSearch)]
pub struct SearchIn {
    /// What is wanted: an object, or its YAML as a text.
    #[schema(value_type = Object)]
    pub search: Box<RawValue>,
    /// The files of the policy whose settings move, texts by path; those of the policy in force where they are absent.
    pub files: Option<BTreeMap<String, String>>,
}

/// Searches for the best settings of a policy: every try is a replay. It is checked before, and runs in the background as a
/// simulation does: it is looked at, followed and cancelled at `/v1/simulations/{id}`.
#[utoipa::path(post, path = "/v1/searches", tag = "simulations", request_body = SearchIn,
    responses((status = 202, description = "it runs", body = SimulationOut), Problems))]
pub async fn create_search(State(app): State<Arc<App>>, body: Body) -> Answer {
    let asked: SearchIn = body.read()?;
    let text = text_of(&asked.search)?;
    let files = asked.files.map(|files| BundleIn { files, note: None, by: None }.sources()).transpose()?;
    let job = blocking(move || {
        let prepared = app.prepare_search("search", &text, files)?;
        app.start_search(prepared).map_err(Problem::from)
    })
    .await??;
    accepted(&job)
}
