//! `/decisions/{purchase}`: what was decided, as it was decided.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::Value;

use super::decided::Decided;
use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::visitor::Visitor;
use crate::console::words::filled;

/// Which purchase.
#[derive(Deserialize)]
pub struct Which {
    #[serde(default)]
    id: String,
}

#[derive(Deserialize)]
struct Decision {
    purchase: String,
    #[serde(flatten)]
    decided: Decided,
    trace: Value,
}

#[derive(Template)]
#[template(path = "decision.html", config = "src/console/askama.toml")]
struct DecisionPage {
    p: Page,
    purchase: String,
    d: Decided,
    trace: String,
}

/// From the form to the address of a decision.
pub async fn find(Query(asked): Query<Which>) -> Redirect {
    match asked.id.trim() {
        "" => Redirect::to("/try"),
        id => Redirect::to(&format!("/decisions/{}", encoded(id))),
    }
}

/// The page.
pub async fn read(visitor: Visitor, Path(id): Path<String>) -> Answer {
    let Decision { purchase, decided, trace } = visitor.get(&format!("/v1/decisions/{}", encoded(&id))).await?;
    let title = filled(visitor.words().trial.decision, &[&purchase]);
    let p = Page::new(&visitor, Desk::Try, title);
    let trace = serde_json::to_string_pretty(&trace).unwrap_or_default();
    Ok(html(StatusCode::OK, &DecisionPage { p, purchase, d: decided, trace })?.into_response())
}
