//! `GET /v1/policies/schema`: the JSON Schema of policies, for editors.

use axum::http::StatusCode;

use crate::http::answer::{Answer, Problems, json};
use crate::policy::schema;

/// The JSON Schema (2020-12) of policy files, as `treue schema` prints it.
#[utoipa::path(get, path = "/v1/policies/schema", tag = "policies",
    responses((status = 200, description = "the schema", body = Object), Problems))]
pub async fn read_schema() -> Answer {
    json(StatusCode::OK, &schema())
}
