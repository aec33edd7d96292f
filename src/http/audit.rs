//! `GET /v1/audit`: who changed what.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Listed, Problems, json};
use super::body::{Paging, Params};
use super::wire::Shown;
use crate::app::App;
use crate::store::{AuditEntry, Listing, Order};
use crate::time::Instant;

/// An entry of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct EntryOut {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// Who: a key's name, `anyone` while there are no keys, `folder`, or `cli`.
    who: String,
    /// The key's id; null where none was used.
    key: Option<String>,
    /// `store_revision`, `activate`, `make_key`, `revoke_key`, `put_customer`, `change_customer`, `erase_customer` or
    /// `import`.
    action: &'static str,
    /// A revision, a key's id, a customer (under another name once erased) or a table.
    subject: String,
    /// What else there is to say.
    detail: String,
}

impl EntryOut {
    fn new(entry: AuditEntry) -> Self {
        let AuditEntry { at, who, key, action, subject, detail, .. } = entry;
        Self { at: Shown(at), who, key, action: action.name(), subject, detail }
    }
}

/// Which part of the trail is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditParams {
    /// The most items, 1 to 1000; 100 where it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Only what was done to this customer's card.
    customer: Option<String>,
}

/// Lists who changed policies, keys and customers, and who imported, the latest first.
#[utoipa::path(get, path = "/v1/audit", tag = "keys", params(AuditParams),
    responses((status = 200, description = "a page of the audit trail", body = Listed<EntryOut>), Problems))]
pub async fn read_audit(State(app): State<Arc<App>>, Params(params): Params<AuditParams>) -> Answer {
    let AuditParams { limit, cursor, customer } = params;
    let listing = Listing { order: Order::Descending, ..Paging { limit, cursor }.listing()? };
    json(StatusCode::OK, &Listed::new(app.audit(customer.as_deref(), &listing)?, EntryOut::new))
}
