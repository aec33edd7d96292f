//! `GET /v1/customers/{id}/points`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::card::unknown;
use crate::app::App;
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::body::{Id, Paging, Params};
use crate::http::wire::Shown;
use crate::ledger::PointsStanding;
use crate::model::Entry;
use crate::store::{Listing, Order};
use crate::time::Instant;

/// Points of a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointsBalance)]
pub struct BalanceOut {
    /// All points, pending ones too. Below zero where goods came back whose points were spent already.
    balance: i64,
    /// How many can be redeemed.
    redeemable: i64,
    /// How many cannot be redeemed yet.
    pending: i64,
    /// What expires next; null where nothing does.
    next_expiry: Option<ExpiryOut>,
}

/// Points that expire.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointsExpiry)]
pub struct ExpiryOut {
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// How many of those that are there now.
    points: i64,
}

impl BalanceOut {
    /// Presents where points stand.
    pub fn new(standing: &PointsStanding) -> Self {
        let PointsStanding { balance, redeemable, pending, expiring } = *standing;
        let next_expiry = expiring.map(|(at, points)| ExpiryOut { at: Shown(at), points });
        Self { balance, redeemable, pending, next_expiry }
    }
}

/// A customer's points ledger: where the points stand now, and a page of the entries that made them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointsLedger)]
pub struct LedgerOut {
    customer: String,
    /// As of when the points stand so.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    #[serde(flatten)]
    balance: BalanceOut,
    #[serde(flatten)]
    entries: Listed<EntryOut>,
}

/// An immutable line of the points ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PointsEntry)]
pub struct EntryOut {
    /// Its place in the ledger.
    id: u64,
    /// `earn`, `redeem`, `expire` or `reverse`.
    kind: &'static str,
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// The change.
    points: i64,
    /// The balance after it.
    balance: i64,
    /// The entry that earned the points that changed.
    lot: u64,
    /// The purchase that earned, was paid or came back; null where points expired.
    purchase: Option<String>,
    /// The return; null where nothing came back.
    #[serde(rename = "return")]
    return_id: Option<String>,
    /// From when they can be redeemed, where this earned them.
    #[schema(value_type = Option<String>, format = DateTime)]
    matures_at: Option<Shown<Instant>>,
    /// From when they no longer can, where this earned them; null where they never expire.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Shown<Instant>>,
    /// How many a return did not take back because they had expired before.
    #[serde(skip_serializing_if = "is_zero")]
    lapsed: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl EntryOut {
    fn new(entry: Entry) -> Self {
        Self {
            id: entry.sequence,
            kind: entry.kind.name(),
            at: Shown(entry.at),
            points: entry.points,
            balance: entry.balance,
            lot: entry.lot,
            purchase: entry.purchase,
            return_id: entry.return_id,
            matures_at: entry.matures_at.map(Shown),
            expires_at: entry.expires_at.map(Shown),
            lapsed: entry.lapsed,
        }
    }
}

/// Reads a customer's points ledger, the newest entry first, with the balance.
#[utoipa::path(get, path = "/v1/customers/{id}/points", tag = "customers", params(("id" = String, Path, description = "the shop's own id"), Paging),
    responses((status = 200, description = "the balance and a page of entries", body = LedgerOut), Problems))]
pub async fn list_points(State(app): State<Arc<App>>, Id(id): Id, Params(paging): Params<Paging>) -> Answer {
    let listing = Listing { order: Order::Descending, ..paging.listing()? };
    let ledger = app.points_of(&id, &listing)?.ok_or_else(|| unknown(&id))?;
    let answer = LedgerOut {
        customer: id,
        at: Shown(ledger.at),
        balance: BalanceOut::new(&ledger.standing),
        entries: Listed::new(ledger.entries, EntryOut::new),
    };
    json(StatusCode::OK, &answer)
}
