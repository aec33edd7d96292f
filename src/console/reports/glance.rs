//! `/reports/{name}/glance`: the first picture of a report with what it says, as a part of the overview.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;

use super::shown::{Shown, ask};
use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::visitor::Visitor;

#[derive(Template)]
#[template(path = "glance.html", config = "src/console/askama.toml")]
struct Glance {
    p: Page,
    name: String,
    shown: Shown,
    /// The place of the picture on the page: names inside two of them must not meet.
    place: usize,
}

/// The part.
pub async fn read(visitor: Visitor, Path(name): Path<String>) -> Answer {
    let shown = ask(&visitor, &format!("/v1/reports/{}", encoded(&name))).await?;
    let place = 100 + name.len() * 7 + usize::from(name.as_bytes().first().copied().unwrap_or(0));
    html(StatusCode::OK, &Glance { p: Page::new(&visitor, Desk::Overview, ""), name, shown, place })
}
