//! `/policies/history`: what was in force, by whom and why, and what is stored.

use std::collections::BTreeSet;

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::texts::Stored;
use crate::console::page::{Answer, Desk, Listed, Page, html};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

#[derive(Deserialize)]
struct Activated {
    revision: String,
    at: String,
    by: String,
    note: String,
}

#[derive(Template)]
#[template(path = "history.html", config = "src/console/askama.toml")]
struct History {
    p: Page,
    active: String,
    activations: Vec<Activated>,
    drafts: Vec<Stored>,
}

/// Whether a revision is or was in force.
pub async fn was_in_force(visitor: &Visitor, revision: &str) -> Result<bool, Trouble> {
    let activations: Listed<Activated> = visitor.get("/v1/policies/activations?limit=1000").await?;
    Ok(activations.items.iter().any(|activation| activation.revision == revision))
}

/// The page.
pub async fn read(visitor: Visitor) -> Answer {
    let active = super::texts::state(&visitor).await?.revision;
    let activations: Listed<Activated> = visitor.get("/v1/policies/activations?limit=200").await?;
    let stored: Listed<Stored> = visitor.get("/v1/policies/revisions?limit=1000").await?;
    let used: BTreeSet<&String> = activations.items.iter().map(|activation| &activation.revision).collect();
    let mut drafts: Vec<Stored> = stored.items.into_iter().filter(|stored| !used.contains(&stored.revision)).collect();
    drafts.sort_by(|one, other| other.stored_at.cmp(&one.stored_at));
    let p = Page::new(&visitor, Desk::Policies, visitor.words().policies.history);
    html(StatusCode::OK, &History { p, active, activations: activations.items, drafts })
}
