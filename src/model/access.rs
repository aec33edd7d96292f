//! Roles: what a key may do.

use serde::{Deserialize, Serialize};

/// What a key is for.
///
/// Rows of the store hold the position: a new role goes to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// A checkout: quotes, purchases, returns, decisions, standing.
    Checkout,
    /// Who writes policies: checks, stores and activates them.
    Marketing,
    /// Who reads: the base, reports, exports.
    Analyst,
    /// Everything, keys and erasure among it.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: &'static [Self] = &[Self::Checkout, Self::Marketing, Self::Analyst, Self::Admin];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Marketing => "marketing",
            Self::Analyst => "analyst",
            Self::Admin => "admin",
        }
    }

    /// Reads what [`Role::name`] wrote.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}
