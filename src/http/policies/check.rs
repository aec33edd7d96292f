//! `POST /v1/policies/check`: diagnostics for a bundle in the body; changes nothing.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::diagnostic::Sources;
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Body, language};
use crate::http::problem::Problem;
use crate::http::wire::{FindingOut, Shown, findings};
use crate::id::Revision;
use crate::policy::compile;

/// The files of a bundle.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Bundle, examples(json!({ "files": { "shop.yaml": "currency: EUR\ntimezone: Europe/Berlin\n" } })))]
pub struct BundleIn {
    /// Texts by path: `policies/shop.yaml`, `scripts/offers.rhai`. A path without a folder is put into the right one.
    pub files: BTreeMap<String, String>,
    /// Why, in the author's words.
    pub note: Option<String>,
    /// Who hands it in; with a key, it is the key's name whatever stands here.
    pub by: Option<String>,
}

impl BundleIn {
    /// The bundle's sources.
    pub fn sources(self) -> Result<Sources, Problem> {
        let mut files = Vec::with_capacity(self.files.len());
        for (path, text) in self.files {
            files.push((place(&path)?, text));
        }
        Ok(Sources::new(files))
    }
}

fn place(path: &str) -> Result<String, Problem> {
    let refuse = |detail: &str| {
        let pointer = format!("/files/{}", path.replace('~', "~0").replace('/', "~1"));
        Err(Problem::invalid_at(pointer, detail))
    };
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return refuse("is not a path within a bundle");
    }
    let (policy, script) = (path.ends_with(".yaml") || path.ends_with(".yml"), path.ends_with(".rhai"));
    match (policy, script) {
        (true, _) if path.starts_with("policies/") => Ok(path.to_owned()),
        (true, _) => Ok(format!("policies/{path}")),
        (_, true) if path.starts_with("scripts/") => Ok(path.to_owned()),
        (_, true) => Ok(format!("scripts/{path}")),
        _ => refuse("expected a path that ends in `.yaml` or `.rhai`"),
    }
}

/// What a check found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Checked)]
pub struct CheckedOut {
    /// Whether the bundle compiles.
    ok: bool,
    /// Its revision.
    #[schema(value_type = Option<String>)]
    revision: Option<Shown<Revision>>,
    /// Everything found, by file and position.
    diagnostics: Vec<FindingOut>,
}

/// Checks a bundle: every mistake and every warning, by line and column, in English or German as `Accept-Language` says. Changes
/// nothing.
#[utoipa::path(post, path = "/v1/policies/check", tag = "policies", request_body = BundleIn,
    responses((status = 200, description = "what was found", body = CheckedOut), Problems))]
pub async fn check_policies(headers: HeaderMap, body: Body) -> Answer {
    let sources = body.read::<BundleIn>()?.sources()?;
    let compiled = compile(sources);
    let language = language(&headers).unwrap_or_default();
    let body = CheckedOut {
        ok: compiled.bundle.is_some(),
        revision: compiled.bundle.as_ref().map(|bundle| Shown(bundle.revision)),
        diagnostics: findings(&compiled.diagnostics, &compiled.sources)
            .into_iter()
            .map(|finding| finding.said(language))
            .collect(),
    };
    json(StatusCode::OK, &body)
}
