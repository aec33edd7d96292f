//! `/healthz`, `/readyz`, `/version`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::{Answer, Problems, json};
use crate::http::problem::Problem;
use crate::http::wire::Shown;
use crate::id::Revision;
use crate::store::Read;

/// How the process is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthOut {
    status: &'static str,
}

/// What is ready to serve.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub struct ReadyOut {
    /// `ok`, or `degraded`: requests are answered, and somebody should look.
    status: &'static str,
    /// Whether the last write came about; where it did not, purchases get a 503 until one does.
    writable: bool,
    /// How many writes wait.
    waiting: usize,
    /// Whether the folders' policies are in force; where not, they do not compile, and the ones before still are.
    policies_current: bool,
    /// The revision in force.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// Cards in the store.
    customers: u64,
    /// Purchases in the store.
    purchases: u64,
}

/// What this is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Version)]
pub struct VersionOut {
    name: &'static str,
    version: &'static str,
    /// The format of the stores it writes.
    store_format: u32,
    /// The editor of the console: `codemirror`, or `plain` where npm was not there when this was built.
    console_editor: &'static str,
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "system", responses((status = 200, description = "alive", body = HealthOut)))]
pub async fn healthz() -> Answer {
    json(StatusCode::OK, &HealthOut { status: "ok" })
}

/// Whether requests can be answered: the store can be read and a policy is in force.
#[utoipa::path(get, path = "/readyz", tag = "system", responses((status = 200, description = "ready", body = ReadyOut), Problems))]
pub async fn readyz(State(app): State<Arc<App>>) -> Answer {
    if app.is_stopping() {
        return Err(Problem::unavailable().because("the server is stopping"));
    }
    let counts = app.store().snapshot().counts()?;
    let (writable, policies_current) = (app.store().is_writable(), app.policy_state()?.failure.is_none());
    let body = ReadyOut {
        status: if writable && policies_current { "ok" } else { "degraded" },
        writable,
        waiting: app.store().waiting(),
        policies_current,
        revision: Shown(app.active().bundle.revision),
        customers: counts.customers,
        purchases: counts.purchases,
    };
    json(StatusCode::OK, &body)
}

/// What this is.
#[utoipa::path(get, path = "/version", tag = "system", responses((status = 200, description = "the version", body = VersionOut)))]
pub async fn version() -> Answer {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let console_editor = env!("TREUE_BUILT_EDITOR");
    json(StatusCode::OK, &VersionOut { name, version, store_format: crate::store::FORMAT, console_editor })
}
