//! `POST /v1/keys`.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::shown::KeyOut;
use crate::app::{Actor, App};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::model::Role;

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyRequest, examples(json!({ "name": "till-1", "role": "checkout" })))]
pub struct KeyIn<'a> {
    /// What people call it. No other key that is in use has this name, so that asking twice makes one.
    #[serde(borrow)]
    name: Cow<'a, str>,
    /// `checkout`, `marketing`, `analyst` or `admin`.
    #[serde(borrow)]
    #[schema(pattern = "^(checkout|marketing|analyst|admin)$")]
    role: Cow<'a, str>,
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MadeKey)]
pub struct MadeOut {
    #[serde(flatten)]
    about: KeyOut,
    /// The key. It is shown here and never again: the store has its hash only.
    key: String,
}

/// Makes a key, and shows it this once. The first one must be for admins: from then on, each call needs a key.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyIn,
    responses((status = 201, description = "the key", body = MadeOut), Problems))]
pub async fn create_key(State(app): State<Arc<App>>, actor: Actor, body: Body) -> Answer {
    let asked: KeyIn<'_> = body.read()?;
    let role = Role::parse(&asked.role)
        .ok_or_else(|| Problem::invalid_at("/role", "expected `checkout`, `marketing`, `analyst` or `admin`"))?;
    let name = asked.name.into_owned();
    let made = blocking(move || app.make_key(&actor, &name, role)).await??;
    let mut response = json(StatusCode::CREATED, &MadeOut { about: KeyOut::new(made.kept), key: made.key })?;
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
