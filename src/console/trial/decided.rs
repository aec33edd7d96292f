//! A decision as the interface words it.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::console::customers::card::NextStep;

/// A decision, explained.
#[derive(Deserialize)]
pub struct Decided {
    pub revision: String,
    pub customer: Option<String>,
    pub at: String,
    pub currency: String,
    pub lines: Vec<Line>,
    pub totals: Totals,
    pub applied: Vec<Applied>,
    pub rejected: Vec<Rejected>,
    pub segments: BTreeMap<String, Option<String>>,
    pub points: Points,
    pub next_steps: Vec<NextStep>,
    #[serde(default)]
    pub failures: Vec<Rejected>,
}

/// A line with what was granted on it.
#[derive(Deserialize)]
pub struct Line {
    pub sku: String,
    pub quantity: serde_json::Number,
    pub gross: String,
    pub discount: String,
    pub net: String,
    pub discounts: Vec<Share>,
}

/// A discount's share of a line.
#[derive(Deserialize)]
pub struct Share {
    pub name: String,
    pub amount: String,
}

/// Sums.
#[derive(Deserialize)]
pub struct Totals {
    pub gross: String,
    pub discount: String,
    pub net: String,
    pub points_paid: String,
    pub to_pay: String,
}

/// A discount that applies.
#[derive(Deserialize)]
pub struct Applied {
    pub name: String,
    pub rate: Option<String>,
    pub amount: String,
    pub because: Vec<String>,
}

/// A discount that does not, or a segment whose script failed.
#[derive(Deserialize)]
pub struct Rejected {
    pub name: String,
    pub because: Vec<String>,
}

/// Points.
#[derive(Deserialize)]
pub struct Points {
    pub earned: i64,
    pub redeemed: i64,
    #[serde(default)]
    pub because: Vec<String>,
}
