//! `/policies/drafts/{revision}`: check, tests, changes, and activation of a stored revision.

use askama::Template;
use axum::Form as Fields;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::texts::{Checked, Finding, State, Stored, body, state, stored};
use crate::console::ask::encoded;
use crate::console::customers::interaction::instant;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::console::words::filled;
use crate::time::Instant;

#[derive(Deserialize)]
struct Diff {
    files: Vec<FileDiff>,
}

#[derive(Deserialize)]
struct FileDiff {
    path: String,
    change: String,
    diff: String,
}

/// A line of a difference.
pub struct Change {
    /// `added`, `removed`, `place` or nothing.
    pub kind: &'static str,
    pub text: String,
}

#[derive(Deserialize)]
struct Tested {
    passed: usize,
    failed: usize,
    tests: Vec<OneTested>,
    unreached: Unreached,
}

#[derive(Deserialize)]
struct OneTested {
    test: String,
    passed: bool,
    failures: Vec<Finding>,
}

#[derive(Deserialize)]
struct Unreached {
    discounts: Vec<String>,
    steps: Vec<String>,
    classes: Vec<String>,
    limits: Vec<String>,
}

impl Unreached {
    fn all(&self) -> Vec<&str> {
        let all = [&self.discounts, &self.steps, &self.classes, &self.limits];
        all.into_iter().flatten().map(String::as_str).collect()
    }
}

/// The form that activates.
#[derive(Default, Deserialize)]
pub struct Activation {
    /// What was in force when the page was made.
    #[serde(default)]
    expected: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    by: String,
}

#[derive(Deserialize)]
struct Activated {
    at: String,
}

#[derive(Template)]
#[template(path = "draft.html", config = "src/console/askama.toml")]
struct Draft {
    p: Page,
    state: State,
    stored: Stored,
    checked: Option<Checked>,
    /// How the tests went, or why they could not be run.
    tested: Option<Result<Tested, Trouble>>,
    diff: Vec<FileDiff>,
    entry: Activation,
    /// Somebody else activated another revision meanwhile.
    stale: bool,
    trouble: Option<Trouble>,
}

/// The page.
pub async fn read(visitor: Visitor, Path(revision): Path<String>) -> Answer {
    present(&visitor, &revision, Activation::default(), None).await
}

/// Takes the form that activates. Where something else is in force than the page showed, it comes back and says so.
pub async fn activate(visitor: Visitor, Path(revision): Path<String>, Fields(entry): Fields<Activation>) -> Answer {
    let mut body = Map::new();
    body.insert("revision".to_owned(), revision.as_str().into());
    let at = instant(&visitor, &entry.at);
    for (name, text) in [("at", at.as_deref()), ("note", Some(entry.note.trim())), ("by", Some(entry.by.trim()))] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            body.insert(name.to_owned(), text.into());
        }
    }
    let expected = [("if-match", format!("\"{}\"", entry.expected))];
    match visitor.post_with::<Activated>("/v1/policies/activate", &Value::Object(body), &expected).await {
        Ok(activated) => {
            let now = visitor.console.app.clock().now();
            let ahead = Instant::parse_rfc3339(&activated.at).is_some_and(|at| at > now);
            let when = if ahead { "planned" } else { "now" };
            Ok(Redirect::to(&format!("/policies?activated={when}")).into_response())
        }
        Err(trouble) => present(&visitor, &revision, entry, Some(trouble)).await,
    }
}

async fn present(visitor: &Visitor, revision: &str, entry: Activation, trouble: Option<Trouble>) -> Answer {
    let stored = stored(visitor, revision).await?;
    let state = state(visitor).await?;
    let words = &visitor.words().policies;
    let heading = if state.revision == stored.revision { words.revision_in_force } else { words.draft };
    let mut p = Page::new(visitor, Desk::Policies, "");
    p.title = filled(heading, &[&p.short(&stored.revision)]);
    let content = body(&stored.files, "");
    let mut checked = None;
    let mut tested = None;
    if p.may("POST", "/v1/policies/test") {
        checked = Some(visitor.post("/v1/policies/check", &content).await?);
        tested = Some(visitor.post("/v1/policies/test", &content).await);
    }
    let call = format!("/v1/policies/revisions/{}/diff/{}", encoded(&state.revision), encoded(&stored.revision));
    let diff = visitor.get::<Diff>(&call).await?.files;
    let stale = trouble.as_ref().is_some_and(|trouble| trouble.is(StatusCode::PRECONDITION_FAILED));
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    html(status, &Draft { p, state, stored, checked, tested, diff, entry, stale, trouble })
}

/// The lines of a unified difference without its head.
pub fn changes(diff: &str) -> Vec<Change> {
    let lines = diff.lines().skip_while(|line| !line.starts_with("@@"));
    lines
        .map(|line| {
            let kind = match line.as_bytes().first() {
                Some(b'+') => "added",
                Some(b'-') => "removed",
                Some(b'@') => "place",
                _ => "",
            };
            Change { kind, text: line.to_owned() }
        })
        .collect()
}
