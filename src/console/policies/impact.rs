//! `/policies/drafts/{revision}/impact`: what a draft would have changed over the last twelve months.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;

use super::texts::{Stored, body, stored};
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::reports::shown::{SHOWN, Shown};
use crate::console::visitor::Visitor;
use crate::console::words::filled;

#[derive(Template)]
#[template(path = "impact.html", config = "src/console/askama.toml")]
struct Impact {
    p: Page,
    stored: Stored,
    shown: Shown,
    /// The files are no part of an address, so nothing can be asked for by one.
    base: &'static str,
}

/// The page.
pub async fn read(visitor: Visitor, Path(revision): Path<String>) -> Answer {
    let stored = stored(&visitor, &revision).await?;
    let accept = [("accept", SHOWN.to_owned())];
    let shown = visitor.post_with("/v1/policies/impact", &body(&stored.files, ""), &accept).await?;
    let mut p = Page::new(&visitor, Desk::Policies, "");
    p.title = filled(p.w.simulations.impact, &[&p.short(&stored.revision)]);
    html(StatusCode::OK, &Impact { p, stored, shown, base: "" })
}
