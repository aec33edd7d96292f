//! `GET /v1/policies/revisions/{a}/diff/{b}`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use similar::TextDiff;
use utoipa::ToSchema;

use super::revisions::find;
use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::PathParts;
use crate::http::problem::Problem;

/// How two revisions differ.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RevisionDiff)]
pub struct DiffOut {
    /// The earlier.
    from: String,
    /// The later.
    to: String,
    /// Files that differ.
    files: Vec<FileDiffOut>,
}

/// How a file differs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FileDiff)]
pub struct FileDiffOut {
    /// Its path.
    path: String,
    /// `added`, `removed` or `changed`.
    change: &'static str,
    /// A unified diff with three lines of context.
    diff: String,
}

/// Compares two stored revisions, file by file.
#[utoipa::path(get, path = "/v1/policies/revisions/{a}/diff/{b}", tag = "policies",
    params(("a" = String, Path, description = "the earlier"), ("b" = String, Path, description = "the later")),
    responses((status = 200, description = "how they differ", body = DiffOut), Problems))]
pub async fn diff_revisions(State(app): State<Arc<App>>, PathParts((from, to)): PathParts<(String, String)>) -> Answer {
    let texts = |revision: &str| -> Result<BTreeMap<String, String>, Problem> {
        Ok(find(&app, revision)?.sources.into_iter().collect())
    };
    let (old, new) = (texts(&from)?, texts(&to)?);
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let files = paths.into_iter().filter(|path| old.get(*path) != new.get(*path)).map(|path| {
        let change = match (old.get(path), new.get(path)) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let text = |side: &BTreeMap<String, String>| side.get(path).cloned().unwrap_or_default();
        let (before, after) = (text(&old), text(&new));
        let diff = TextDiff::from_lines(before.as_str(), after.as_str());
        let diff = diff.unified_diff().context_radius(3).header(path, path).to_string();
        FileDiffOut { path: path.clone(), change, diff }
    });
    json(StatusCode::OK, &DiffOut { files: files.collect(), from, to })
}
