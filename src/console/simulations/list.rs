//! `/simulations`: starting one, and those that run or ran.

use askama::Template;
use axum::Form as Fields;
use axum::extract::Query;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::scenario::Asked;
use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Listed, Page, html};
use crate::console::policies::texts::Stored;
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

/// A run.
#[derive(Deserialize)]
pub struct Run {
    pub id: String,
    /// `simulation` or `search`.
    pub kind: String,
    /// `running`, `done` or `failed`.
    pub state: String,
    pub started_at: String,
    pub done: u64,
    pub total: u64,
    pub seconds_left: Option<u64>,
    pub detail: Option<String>,
}

impl Run {
    /// The first letters of its id, enough to tell two apart.
    pub fn short(&self) -> String {
        self.id.chars().take(8).collect()
    }

    /// Whether it looks for the best settings.
    pub fn is_search(&self) -> bool {
        self.kind == "search"
    }
}

#[derive(Template)]
#[template(path = "simulations.html", config = "src/console/askama.toml")]
struct Simulations {
    p: Page,
    runs: Vec<Run>,
    revisions: Vec<Stored>,
    asked: Asked,
    trouble: Option<Trouble>,
}

/// The page; its address may hold the form.
pub async fn read(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Answer {
    present(&visitor, Asked::read(pairs), None).await
}

/// Starts a simulation; a scenario that is refused comes back with what is wrong.
pub async fn start(visitor: Visitor, Fields(pairs): Fields<Vec<(String, String)>>) -> Answer {
    let asked = Asked::read(pairs);
    let scenario = asked.scenario();
    match visitor.post::<Run>("/v1/simulations", &json!({ "scenario": scenario })).await {
        Ok(run) => Ok(Redirect::to(&format!("/simulations/{}", encoded(&run.id))).into_response()),
        Err(trouble) => present(&visitor, Asked { text: scenario, ..asked }, Some(trouble)).await,
    }
}

async fn present(visitor: &Visitor, asked: Asked, trouble: Option<Trouble>) -> Answer {
    let runs: Listed<Run> = visitor.get("/v1/simulations").await?;
    let mut runs = runs.items;
    runs.reverse();
    let revisions = revisions(visitor).await?;
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    let p = Page::new(visitor, Desk::Simulations, visitor.words().simulations.title);
    html(status, &Simulations { p, runs, revisions, asked, trouble })
}

/// The stored revisions that the visitor may see, the newest first.
pub async fn revisions(visitor: &Visitor) -> Result<Vec<Stored>, Trouble> {
    if !visitor.may(&Method::GET, "/v1/policies/revisions") {
        return Ok(Vec::new());
    }
    let mut revisions = visitor.get::<Listed<Stored>>("/v1/policies/revisions?limit=1000").await?.items;
    revisions.sort_by(|one, other| other.stored_at.cmp(&one.stored_at));
    Ok(revisions)
}
