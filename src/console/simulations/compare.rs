//! `/simulations/compare`: the totals of several runs side by side.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;

use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::reports::shown::{Shown, ask};
use crate::console::visitor::Visitor;

/// The most runs side by side.
const MOST: usize = 4;

#[derive(Template)]
#[template(path = "simulation_compare.html", config = "src/console/askama.toml")]
struct Compare {
    p: Page,
    runs: Vec<(String, Shown)>,
}

/// The page.
pub async fn read(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Answer {
    let wanted = pairs.into_iter().filter(|(name, _)| name == "run").map(|(_, id)| id).take(MOST);
    let mut runs = Vec::new();
    for id in wanted {
        let shown = ask(&visitor, &format!("/v1/simulations/{}", encoded(&id))).await?;
        runs.push((id, shown));
    }
    let p = Page::new(&visitor, Desk::Simulations, visitor.words().simulations.compare);
    html(StatusCode::OK, &Compare { p, runs })
}
