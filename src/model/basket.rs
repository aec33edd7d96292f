//! What a checkout asks about.

use serde::{Deserialize, Serialize};

use crate::money::{Quantity, UnitPrice};

/// The most lines a basket may have.
pub const MAX_LINES: usize = 5_000;

/// One row of a basket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The shop's article number.
    pub sku: Box<str>,
    /// How many, above zero.
    pub quantity: Quantity,
    /// Price of one, not below zero.
    pub unit_price: UnitPrice,
    /// Cost of one; the bundle's default margin stands in where it is absent.
    pub unit_cost: Option<UnitPrice>,
    /// The article's category.
    pub category: Option<Box<str>>,
    /// Free labels.
    pub tags: Vec<Box<str>>,
}

/// The lines, and what the customer presents with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    /// One to [`MAX_LINES`] lines.
    pub lines: Vec<Line>,
    /// Codes that the customer presents.
    pub codes: Vec<Box<str>>,
    /// Points that the customer wants to pay with.
    pub redeem_points: i64,
}
