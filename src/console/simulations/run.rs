//! `/simulations/{id}`: how far a run is, and what it found.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};

use super::found::{Found, found};
use super::list::Run;
use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::reports::shown::{Shown, ask};
use crate::console::visitor::Visitor;
use crate::console::words::filled;

#[derive(Template)]
#[template(path = "simulation_run.html", config = "src/console/askama.toml")]
struct RunPage {
    p: Page,
    run: Run,
    shown: Option<Shown>,
    /// What it found, where it is a search.
    found: Option<Found>,
}

impl RunPage {
    /// Where the tables and pictures are asked for as files.
    fn call(&self) -> String {
        format!("/console/api/simulations/{}?", encoded(&self.run.id))
    }
}

/// The page.
pub async fn read(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let call = format!("/v1/simulations/{}", encoded(&id));
    let run: Run = visitor.get(&call).await?;
    let done = run.state == "done";
    let shown = if done { Some(ask(&visitor, &call).await?) } else { None };
    let found = if done && run.is_search() { Some(found(&visitor, &id).await?) } else { None };
    let words = &visitor.words().simulations;
    let title = filled(if run.is_search() { words.search_run } else { words.run }, &[&run.short()]);
    let p = Page::new(&visitor, Desk::Simulations, title);
    html(StatusCode::OK, &RunPage { p, run, shown, found })
}

/// Ends a run, or forgets one that ended.
pub async fn cancel(visitor: Visitor, Path(id): Path<String>) -> Answer {
    visitor.delete(&format!("/v1/simulations/{}", encoded(&id))).await?;
    Ok(Redirect::to("/simulations").into_response())
}
