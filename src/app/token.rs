//! Quote tokens: the terms of a quote, sealed so that nobody else can make or change them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::model::{Basket, Decision};
use crate::time::Instant;

/// Everything a purchase at a quote's terms needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Until when they are honoured.
    pub expires_at: Instant,
    /// Who was asked for.
    pub customer: Option<String>,
    /// What was asked about.
    pub basket: Basket,
    /// What was decided.
    pub decision: Decision,
}

/// Why a token is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not a token of this store, or changed since.
    #[error("is not a quote of this store")]
    Forged,
    /// No longer honoured; what it promised.
    #[error("expired at {}", .0.expires_at)]
    Expired(Box<Terms>),
}

/// Seals and opens tokens with a key that stays in the store: a keyed BLAKE3 over the content.
#[derive(Clone)]
pub(super) struct Seal {
    key: [u8; 32],
}

/// What goes into a token is told apart from whatever else may be sealed one day.
const KIND: u8 = 1;
const TAG: usize = 16;

impl Seal {
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// A token of [`Terms`] that are spread over their parts: nothing is copied for it.
    pub fn close(&self, expires_at: Instant, customer: Option<&str>, basket: &Basket, decision: &Decision) -> String {
        let mut bytes = Vec::with_capacity(1_024);
        bytes.push(KIND);
        // A tuple is written like a struct of the same fields. Writing plain data into memory cannot fail.
        let mut bytes = postcard::to_extend(&(expires_at, customer, basket, decision), bytes).unwrap_or_default();
        let tag = blake3::keyed_hash(&self.key, &bytes);
        bytes.extend_from_slice(&tag.as_bytes()[..TAG]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub fn open(&self, token: &str, now: Instant) -> Result<Terms, TokenError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| TokenError::Forged)?;
        let content = bytes.len().checked_sub(TAG).ok_or(TokenError::Forged)?;
        let (content, tag) = bytes.split_at(content);
        let expected = blake3::keyed_hash(&self.key, content);
        if !bool::from(expected.as_bytes()[..TAG].ct_eq(tag)) {
            return Err(TokenError::Forged);
        }
        let terms: Terms = match content.split_first() {
            Some((&KIND, rest)) => postcard::from_bytes(rest).map_err(|_| TokenError::Forged)?,
            _ => return Err(TokenError::Forged),
        };
        if now >= terms.expires_at { Err(TokenError::Expired(Box::new(terms))) } else { Ok(terms) }
    }
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal")
    }
}
