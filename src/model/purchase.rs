//! Completed sales and goods that came back.

use serde::{Deserialize, Serialize};

use crate::id::Revision;
use crate::money::{Money, Quantity, UnitPrice};
use crate::time::Instant;

/// A line as it was bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseLine {
    /// The shop's article number.
    pub sku: Box<str>,
    /// The article's category.
    pub category: Option<Box<str>>,
    /// Free labels.
    pub tags: Vec<Box<str>>,
    /// How many were bought.
    pub quantity: Quantity,
    /// Price of one.
    pub unit_price: UnitPrice,
    /// Quantity × unit price.
    pub gross: Money,
    /// What was granted.
    pub discount: Money,
    /// Cost of goods of the whole line.
    pub cost: Money,
}

/// A completed sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purchase {
    /// The shop's own id.
    pub id: String,
    /// Who bought; absent for a guest.
    pub customer: Option<String>,
    /// When.
    pub at: Instant,
    /// When Treue wrote it down.
    pub recorded_at: Instant,
    /// The policy it was decided under; absent for an imported one.
    pub revision: Option<Revision>,
    /// What was bought.
    pub lines: Vec<PurchaseLine>,
    /// Goods that came back, in the order they did.
    pub returns: Vec<Return>,
}

/// Goods that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// The shop's own id of the return, or one made for it.
    pub id: String,
    /// When.
    pub at: Instant,
    /// What of which line.
    pub lines: Vec<ReturnLine>,
}

/// Units of one purchase line that came back, and the money of theirs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// Index of the purchase's line, from 0.
    pub line: u32,
    /// How many came back.
    pub quantity: Quantity,
    /// Their share of the line's gross.
    pub gross: Money,
    /// Their share of the line's discount.
    pub discount: Money,
    /// Their share of the line's cost.
    pub cost: Money,
}
