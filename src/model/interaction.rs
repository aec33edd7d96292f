//! A contact with a customer.

use serde::{Deserialize, Serialize};

use crate::money::Money;
use crate::time::Instant;

/// The longest note, in bytes.
pub const MAX_NOTE: usize = 10_000;

/// A call, visit, greeting or complaint: what it cost and how the customer rated it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id, unique in the store.
    pub id: String,
    /// Which customer.
    pub customer: String,
    /// Kind, a key of the policy's `service.costs` or free.
    pub kind: String,
    /// When it happens or happened.
    pub at: Instant,
    /// What it cost.
    pub cost: Money,
    /// 1 (bad) to 5 (good).
    pub rating: Option<u8>,
    /// Free text.
    pub note: Option<String>,
}
