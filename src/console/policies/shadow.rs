//! `/policies/shadow`: a stored revision that decides on live quotes beside the one in force, without anybody noticing.

use askama::Template;
use axum::Form as Fields;
use axum::extract::Query;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use super::texts::Stored;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::simulations::list::revisions;
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::money::Number;

/// A revision beside the one in force.
#[derive(Deserialize)]
struct Running {
    revision: String,
    since: String,
    quotes: u64,
    left_out: u64,
    failed: u64,
    differing: u64,
    discount: String,
    shadow_discount: String,
    samples: Vec<Sample>,
}

/// A quote on which both differ.
#[derive(Deserialize)]
struct Sample {
    at: String,
    customer: Option<String>,
    discount: String,
    shadow_discount: String,
    differences: Vec<String>,
}

impl Running {
    /// What the shadow would have granted beyond what was granted.
    fn difference(&self) -> Option<String> {
        let (granted, shadow) = (Number::parse(&self.discount).ok()?, Number::parse(&self.shadow_discount).ok()?);
        Some(Number(shadow.0.checked_sub(granted.0)?).to_string())
    }
}

/// Which revision.
#[derive(Default, Deserialize)]
pub struct Chosen {
    #[serde(default)]
    revision: String,
}

#[derive(Template)]
#[template(path = "shadow.html", config = "src/console/askama.toml")]
struct ShadowPage {
    p: Page,
    running: Option<Running>,
    revisions: Vec<Stored>,
    /// The revision that is chosen in the form.
    chosen: String,
    trouble: Option<Trouble>,
}

/// The page; its address may name the revision to begin with.
pub async fn read(visitor: Visitor, Query(chosen): Query<Chosen>) -> Answer {
    present(&visitor, chosen, None).await
}

/// Runs a revision beside the one in force.
pub async fn start(visitor: Visitor, Fields(chosen): Fields<Chosen>) -> Answer {
    let body = json!({ "revision": chosen.revision });
    match visitor.put("/v1/policies/shadow", &body).await {
        Ok(()) => Ok(Redirect::to("/policies/shadow").into_response()),
        Err(trouble) => present(&visitor, chosen, Some(trouble)).await,
    }
}

/// Ends it. One that has ended already is no trouble.
pub async fn stop(visitor: Visitor) -> Answer {
    match visitor.delete("/v1/policies/shadow").await {
        Err(trouble) if !trouble.is(StatusCode::NOT_FOUND) => Err(trouble),
        _ => Ok(Redirect::to("/policies/shadow").into_response()),
    }
}

async fn present(visitor: &Visitor, chosen: Chosen, trouble: Option<Trouble>) -> Answer {
    let running = match visitor.get("/v1/policies/shadow").await {
        Ok(running) => Some(running),
        Err(trouble) if trouble.is(StatusCode::NOT_FOUND) => None,
        Err(trouble) => return Err(trouble),
    };
    let mut stored = Vec::new();
    if visitor.may(&Method::PUT, "/v1/policies/shadow") {
        let active = visitor.console.app.active().bundle.revision.to_string();
        stored = revisions(visitor).await?;
        stored.retain(|stored| stored.revision != active);
    }
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    let p = Page::new(visitor, Desk::Policies, visitor.words().policies.shadow);
    html(status, &ShadowPage { p, running, revisions: stored, chosen: chosen.revision, trouble })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shadow_that_grants_less_has_a_negative_difference() {
        let running = json!({ "revision": "r", "since": "", "quotes": 2, "left_out": 0, "failed": 0, "differing": 1,
            "discount": "12.50", "shadow_discount": "10.00", "samples": [] });
        let running: Running = serde_json::from_value(running).expect("a shadow");
        assert_eq!(running.difference().as_deref(), Some("-2.5"));
    }
}
