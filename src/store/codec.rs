//! Rows as bytes: a version, then postcard. The one place that knows how rows are written.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use crate::id::Revision;
use crate::metric::{Event, LineFilter, Mark};
use crate::model::{Customer, Interaction, Purchase};
use crate::money::{Money, Quantity, UnitPrice};
use crate::time::Instant;

/// The version that is written.
const VERSION: u8 = 1;

/// Something that is kept as a row.
pub trait Record: Serialize + DeserializeOwned {
    /// What it is, for messages.
    const WHAT: &'static str;
}

/// Bytes of a row.
pub fn encode<T: Record>(record: &T) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(128);
    bytes.push(VERSION);
    postcard::to_extend(record, bytes).map_err(|error| damaged::<T>(error.to_string()))
}

/// Bytes of a [`KeptPurchase`] of a borrowed purchase.
pub(super) fn encode_purchase(sequence: u64, purchase: &Purchase) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(64 + 32 * purchase.lines.len());
    bytes.push(VERSION);
    // A tuple is written like a struct of the same fields.
    postcard::to_extend(&(sequence, purchase), bytes).map_err(|error| damaged::<KeptPurchase>(error.to_string()))
}

/// Bytes of a [`KeptInteraction`] of a borrowed interaction.
pub(super) fn encode_interaction(sequence: u64, interaction: &Interaction) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(64);
    bytes.push(VERSION);
    postcard::to_extend(&(sequence, interaction), bytes).map_err(|error| damaged::<KeptInteraction>(error.to_string()))
}

/// The record in a row.
pub fn decode<T: Record>(bytes: &[u8]) -> Result<T, Failure> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => {
            let (record, rest) = postcard::take_from_bytes(rest).map_err(|error| damaged::<T>(error.to_string()))?;
            if rest.is_empty() { Ok(record) } else { Err(damaged::<T>(format!("{} bytes too many", rest.len()))) }
        }
        Some((version, _)) => Err(damaged::<T>(format!("version {version} is unknown"))),
        None => Err(damaged::<T>("it is empty".to_owned())),
    }
}

fn damaged<T: Record>(why: String) -> Failure {
    Failure::Damaged { what: T::WHAT, why }
}

/// A purchase as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPurchase {
    /// Its place among all events of the store.
    pub sequence: u64,
    /// The purchase.
    pub purchase: Purchase,
}

/// An interaction as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptInteraction {
    /// Its place among all events of the store.
    pub sequence: u64,
    /// The interaction.
    pub interaction: Interaction,
}

/// One customer's events that pass one filter: sums of the older ones, and the newest in full.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// When an event was last corrected afterwards, by a return or a change of an interaction.
    pub corrected_at: Option<Instant>,
    /// The first purchase that was not fully returned.
    pub first_purchase: Option<Instant>,
    /// How many events the chunks hold.
    pub older: u64,
    /// Everything before the tail: the sums of what the chunks hold.
    pub spilled: Mark,
    /// The newest events, in order.
    pub tail: Vec<Event>,
}

/// A stretch of older events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Everything before it.
    pub before: Mark,
    /// Its events, in order; never empty.
    pub events: Vec<Event>,
}

/// A line filter whose accounts are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFilter {
    /// What it chooses.
    pub filter: LineFilter,
    /// Whether the accounts of all customers are built, so that reading them is exact.
    pub complete: bool,
    /// The last customer whose account was built from history.
    pub built_until: Option<String>,
}

/// What was used of a discount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// How often.
    pub uses: u64,
    /// How much it granted.
    pub amount: Money,
}

/// A stored bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptRevision {
    /// Its hash.
    pub revision: Revision,
    /// Paths and texts.
    pub sources: Vec<(String, String)>,
    /// When it was stored.
    pub stored_at: Instant,
    /// Who stored it.
    pub by: String,
    /// Why, in the author's words.
    pub note: String,
}

/// A revision comes into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// From when; may lie ahead.
    pub at: Instant,
    /// Tells activations of one instant apart; the later one counts.
    pub sequence: u64,
    /// Which revision.
    pub revision: Revision,
    /// Who activated it.
    pub by: String,
    /// Why, in the author's words.
    pub note: String,
    /// When it was asked for.
    pub recorded_at: Instant,
}

/// Cut-offs of a segment over the whole base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCutoffs {
    /// The snapshot they were computed in.
    pub snapshot: u64,
    /// As of when.
    pub taken_at: Instant,
    /// The cut-offs, as the engine writes them.
    pub body: Vec<u8>,
}

/// The answer to an idempotent request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Hash of the request.
    pub request: [u8; 32],
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// When.
    pub at: Instant,
}

/// Goods that came back without a purchase they could be matched with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedReturn {
    /// Its id.
    pub id: String,
    /// Who brought them back, where known.
    pub customer: Option<String>,
    /// When.
    pub at: Instant,
    /// What.
    pub lines: Vec<UnmatchedLine>,
    /// Why no purchase was found.
    pub reason: String,
}

/// A row of an unmatched return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmatchedLine {
    /// The shop's article number.
    pub sku: Box<str>,
    /// How many came back, above zero.
    pub quantity: Quantity,
    /// Price of one.
    pub unit_price: UnitPrice,
}

macro_rules! records {
    ($($kind:ty = $what:literal,)+) => { $(impl Record for $kind { const WHAT: &'static str = $what; })+ };
}

records! {
    Customer = "customer",
    KeptPurchase = "purchase",
    KeptInteraction = "interaction",
    Account = "account",
    Chunk = "chunk",
    KeptFilter = "filter",
    Spent = "budget",
    u64 = "number",
    KeptRevision = "revision",
    Activation = "activation",
    KeptCutoffs = "cut-offs",
    Answered = "answer",
    UnmatchedReturn = "unmatched return",
}
