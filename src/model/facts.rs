//! Everything a decision may read besides the basket, as one value.

use crate::model::{Customer, Reason};
use crate::money::{Money, Number};
use crate::time::{Instant, Local};

/// What is left of one discount's uses and budget.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Uses left to this customer; absent without such a limit.
    pub customer_uses: Option<u64>,
    /// Uses left to everybody; absent without such a limit.
    pub total_uses: Option<u64>,
    /// Money left; absent without a budget.
    pub budget: Option<Money>,
}

/// Facts about one customer as of an instant, in the slots of one bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// As of when. Metrics see only events strictly before.
    pub at: Instant,
    /// The same on the wall clock of the bundle's zone.
    pub local: Local,
    /// The card; absent for a guest. An unknown customer has a card with an id only.
    pub customer: Option<Customer>,
    /// One value per metric of the bundle; absent where there is nothing to average or count days from.
    pub metrics: Vec<Option<Number>>,
    /// One class index per segment of the bundle; script segments are left absent and settled by the engine.
    pub classes: Vec<Option<u16>>,
    /// Segments whose script failed, and how.
    pub failures: Vec<(u16, Reason)>,
    /// The cut-off snapshot that rank and score segments were read from; 0 before the first.
    pub snapshot: u64,
    /// What is left, one per discount of the bundle.
    pub allowances: Vec<Allowance>,
    /// Points that can be redeemed.
    pub points: i64,
}
