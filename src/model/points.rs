//! Points: lots with what is left of them, and the entries that say how it came about.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Instant;

/// Points that one purchase earned, and what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// The sequence of the entry that earned it.
    pub id: u64,
    /// When it was earned.
    pub earned_at: Instant,
    /// From when it can be redeemed.
    pub matures_at: Instant,
    /// From when it no longer can; absent where it never expires.
    pub expires_at: Option<Instant>,
    /// The sum of its entries. Below zero where a return took back points that were redeemed before.
    pub left: i64,
    /// How many of it expired and would otherwise be there.
    pub expired: i64,
}

/// The lots of one customer of which something is left, or missing, in the order they were earned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsAccount {
    /// The lots.
    pub lots: Vec<Lot>,
}

/// So many points of one lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotPart {
    /// The lot.
    pub lot: u64,
    /// How many, above zero.
    pub points: i64,
}

/// What one purchase did to its customer's points; kept so that returns can undo their share.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchasePoints {
    /// How many it earned.
    pub earned: i64,
    /// The lot of these; 0 where it earned none.
    pub lot: u64,
    /// What paid for it, in the order it was taken: what expires first comes first.
    pub taken: Vec<LotPart>,
    /// What these were worth.
    pub paid: Money,
}

impl PurchasePoints {
    /// How many points paid for it.
    pub fn redeemed(&self) -> i64 {
        self.taken.iter().map(|part| part.points).sum()
    }
}

/// Why a balance changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EntryKind {
    /// A purchase earned them.
    Earn,
    /// They paid for a part of a purchase.
    Redeem,
    /// Nobody redeemed them in time.
    Expire,
    /// Goods came back: points that they earned go, points that paid for them come back.
    Reverse,
}

impl EntryKind {
    /// The name in answers and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Earn => "earn",
            Self::Redeem => "redeem",
            Self::Expire => "expire",
            Self::Reverse => "reverse",
        }
    }
}

/// An immutable line of a customer's points ledger. The balance is the sum of all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place among everything that was written; entries are in this order whatever the clock did.
    pub sequence: u64,
    /// Why.
    pub kind: EntryKind,
    /// The change.
    pub points: i64,
    /// The balance after it.
    pub balance: i64,
    /// The lot that changed.
    pub lot: u64,
    /// When it came about.
    pub at: Instant,
    /// The purchase that earned, was paid or came back.
    pub purchase: Option<String>,
    /// The return.
    pub return_id: Option<String>,
    /// From when the points of the lot can be redeemed, where this earned them.
    pub matures_at: Option<Instant>,
    /// From when they no longer can, where this earned them and they expire.
    pub expires_at: Option<Instant>,
    /// How many a return did not take back because they had expired before.
    pub lapsed: i64,
}
