//! `/policies/drafts/{revision}/impact`: what a draft would have changed over the last twelve months. The page comes at once,
//! and the result is put into it when the replay is done.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use serde::Deserialize;

use super::texts::{Stored, body, stored};
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::reports::shown::{SHOWN, Shown};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::console::words::filled;

/// How much of the page is wanted.
#[derive(Deserialize)]
pub struct Part {
    /// The page with its result, for a browser without scripts.
    #[serde(default)]
    whole: bool,
}

#[derive(Template)]
#[template(path = "impact.html", config = "src/console/askama.toml")]
struct Impact {
    p: Page,
    stored: Stored,
    /// Absent while it is computed.
    result: Option<Replayed>,
}

#[derive(Template)]
#[template(path = "impact_result.html", config = "src/console/askama.toml")]
struct Replayed {
    p: Page,
    shown: Result<Shown, Trouble>,
    /// The files are no part of an address, so nothing can be asked for by one.
    base: &'static str,
}

/// The page.
pub async fn read(visitor: Visitor, Path(revision): Path<String>, Query(part): Query<Part>) -> Answer {
    let stored = stored(&visitor, &revision).await?;
    let result = if part.whole { Some(replayed(&visitor, &stored).await) } else { None };
    let mut p = Page::new(&visitor, Desk::Policies, "");
    p.title = filled(p.w.simulations.impact, &[&p.short(&stored.revision)]);
    html(StatusCode::OK, &Impact { p, stored, result })
}

/// Its result, as a part of the page.
pub async fn result(visitor: Visitor, Path(revision): Path<String>) -> Answer {
    let stored = stored(&visitor, &revision).await?;
    html(StatusCode::OK, &replayed(&visitor, &stored).await)
}

async fn replayed(visitor: &Visitor, stored: &Stored) -> Replayed {
    let accept = [("accept", SHOWN.to_owned())];
    let shown = visitor.post_with("/v1/policies/impact", &body(&stored.files, ""), &accept).await;
    Replayed { p: Page::new(visitor, Desk::Policies, ""), shown, base: "" }
}
