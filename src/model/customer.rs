//! The customer card.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::money::Number;
use crate::time::Instant;

/// A free fact on the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attribute {
    /// Text.
    Text(String),
    /// A decimal with up to six decimals.
    Number(Number),
    /// Yes or no.
    Bool(bool),
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Bool(flag) => write!(f, "{flag}"),
        }
    }
}

/// Who buys. Everything but the id is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// The shop's own id.
    pub id: String,
    /// Full name.
    pub name: Option<String>,
    /// Electronic mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Postal address, one text.
    pub address: Option<String>,
    /// Date of birth.
    pub birthday: Option<NaiveDate>,
    /// Free facts by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// What the customer agreed to, by purpose (`newsletter: true`).
    pub consent: BTreeMap<String, bool>,
    /// When the card was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}
