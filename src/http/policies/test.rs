//! `POST /v1/policies/test`: runs policy tests on a bundle in the body.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;

use super::check::BundleIn;
use crate::app::{ActivateError, App};
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::body::Body;
use crate::http::problem::Problem;
use crate::http::wire::TestedOut;

/// Runs policy tests on a bundle: those of its own `*.test.yaml` files or, where it has none, those that lie in the
/// server's folder. Changes nothing.
#[utoipa::path(post, path = "/v1/policies/test", tag = "policies", request_body = BundleIn,
    responses((status = 200, description = "how each test went, and what none of them reached", body = TestedOut), Problems))]
pub async fn test_policies(State(app): State<Arc<App>>, body: Body) -> Answer {
    let sources = body.read::<BundleIn>()?.sources()?;
    let tested = blocking(move || {
        let (run, sources) = app.test(sources)?;
        Ok::<_, ActivateError>(TestedOut::new(run, &sources, false))
    });
    let tested = tested.await?.map_err(Problem::from)?;
    json(StatusCode::OK, &tested)
}
