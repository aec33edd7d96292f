//! A key as it is shown, and why one is not made or revoked.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::KeyError;
use crate::http::problem::Problem;
use crate::http::wire::Shown;
use crate::store::KeptKey;
use crate::time::Instant;

/// A key, without the secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyOut {
    /// Its public part.
    id: String,
    /// What people call it; the audit trail names it so.
    name: String,
    /// `checkout`, `marketing`, `analyst` or `admin`.
    role: &'static str,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Shown<Instant>,
    /// The hour in which it was last used; null where it never was.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used: Option<Shown<Instant>>,
    /// Since when it is refused; null where it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Shown<Instant>>,
}

impl KeyOut {
    /// Presents a key.
    pub fn new(kept: KeptKey) -> Self {
        Self {
            id: kept.id,
            name: kept.name,
            role: kept.role.name(),
            created_at: Shown(kept.created_at),
            last_used: kept.used_at.map(Shown),
            revoked_at: kept.revoked_at.map(Shown),
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let detail = error.to_string();
        match error {
            KeyError::Name(_) | KeyError::TakenName(_) => Self::invalid_at("/name", detail),
            KeyError::Exists(_) => Self::conflict("exists", detail),
            KeyError::FirstIsAdmin => Self::conflict("first-key", detail),
            KeyError::LastAdmin(_) => Self::conflict("last-key", detail),
            KeyError::Unknown(_) => Self::not_found(detail),
            KeyError::Failed(failure) => failure.into(),
        }
    }
}
