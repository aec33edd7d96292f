//! Texts that name things.

use std::sync::Arc;

use thiserror::Error;

/// A name that policies give: of a metric, segment, class or discount. Cheap to clone.
pub type Name = Arc<str>;

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
}
