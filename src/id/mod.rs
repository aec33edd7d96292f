//! Identifiers that shops and Treue give to things.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text cannot be an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Longer than [`MAX_ID`] bytes.
    #[error("is longer than {MAX_ID} bytes")]
    TooLong,
    /// Holds a control character.
    #[error("holds a control character")]
    Control,
}

/// The longest identifier, in bytes.
pub const MAX_ID: usize = 200;

/// Whether `text` can be an identifier of a customer, purchase or the like.
pub fn check_id(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        Err(IdError::Empty)
    } else if text.len() > MAX_ID {
        Err(IdError::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(IdError::Control)
    } else {
        Ok(())
    }
}

/// The hash of a bundle's content: 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision(pub [u8; 16]);

impl Revision {
    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 32 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 16];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        (Self(bytes).to_string() == text).then_some(Self(bytes))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A name that policies give: of a metric, segment, class or discount. Cheap to clone.
pub type Name = Arc<str>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        assert_eq!(check_id("c-17"), Ok(()));
        assert_eq!(check_id(""), Err(IdError::Empty));
        assert_eq!(check_id("a\nb"), Err(IdError::Control));
        assert_eq!(check_id(&"x".repeat(201)), Err(IdError::TooLong));
    }

    #[test]
    fn revisions_read_back() {
        let revision = Revision([0xab; 16]);
        assert_eq!(Revision::parse(&revision.to_string()), Some(revision));
        assert_eq!(Revision::parse("AB"), None);
        assert_eq!(Revision::parse(&"AB".repeat(16)), None);
    }
}
