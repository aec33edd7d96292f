//! Composite keys as bytes that sort like their parts, so that ranges of a part are ranges of bytes.

use smallvec::SmallVec;

use crate::time::Instant;

/// A key, built part by part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Key(SmallVec<[u8; 64]>);

/// Ends a text. Identifiers hold no control characters; a text with some is still kept apart by escaping.
const END: u8 = 0;
const ESCAPE: u8 = 1;

impl Key {
    /// Nothing yet: the prefix of every key.
    pub fn new() -> Self {
        Self::default()
    }

    /// A key that starts with a text.
    pub fn of(text: &str) -> Self {
        Self::new().text(text)
    }

    /// Adds a text; a longer text with the same beginning sorts after it.
    pub fn text(mut self, text: &str) -> Self {
        if text.bytes().any(|byte| byte <= ESCAPE) {
            for byte in text.bytes() {
                if byte <= ESCAPE {
                    self.0.extend([ESCAPE, byte + 1]);
                } else {
                    self.0.push(byte);
                }
            }
        } else {
            self.0.extend_from_slice(text.as_bytes());
        }
        self.0.push(END);
        self
    }

    /// Adds an instant.
    pub fn instant(mut self, at: Instant) -> Self {
        self.0.extend_from_slice(&((at.0 as u64) ^ (1 << 63)).to_be_bytes());
        self
    }

    /// Adds a number.
    pub fn number(mut self, number: u64) -> Self {
        self.0.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Adds bytes of a known length.
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The first key after all that start with this one; absent where there is none.
    pub fn after(&self) -> Option<Self> {
        let mut bytes = self.0.clone();
        while let Some(last) = bytes.pop() {
            if last < u8::MAX {
                bytes.push(last + 1);
                return Some(Self(bytes));
            }
        }
        None
    }
}

/// Reads a key part by part. `None` where the bytes are not such a key.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a>(pub &'a [u8]);

impl Parts<'_> {
    /// The next part, a text.
    pub fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|byte| *byte == END)?;
        let (text, rest) = self.0.split_at(end);
        self.0 = &rest[1..];
        let mut bytes = Vec::with_capacity(text.len());
        let mut raw = text.iter();
        while let Some(byte) = raw.next() {
            bytes.push(if *byte == ESCAPE { raw.next()?.checked_sub(1)? } else { *byte });
        }
        String::from_utf8(bytes).ok()
    }

    /// The next part, an instant.
    pub fn instant(&mut self) -> Option<Instant> {
        self.number().map(|number| Instant((number ^ (1 << 63)) as i64))
    }

    /// The next part, a number.
    pub fn number(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_be_bytes(*number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_sort_like_their_parts(
            a in ("[\0\u{1}\u{2}ab]{0,4}", any::<i64>(), any::<u64>()),
            b in ("[\0\u{1}\u{2}ab]{0,4}", any::<i64>(), any::<u64>()),
        ) {
            let key = |parts: &(String, i64, u64)| Key::of(&parts.0).instant(Instant(parts.1)).number(parts.2);
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            let built = key(&a);
            let mut read = Parts(built.as_bytes());
            prop_assert_eq!((read.text(), read.instant(), read.number()), (Some(a.0), Some(Instant(a.1)), Some(a.2)));
        }
    }

    #[test]
    fn the_key_after_ends_a_prefix() {
        let prefix = Key::of("a");
        let after = prefix.after().expect("a key after");
        assert!(prefix.clone().number(u64::MAX) < after);
        assert!(Key::of("a ") > after && Key::of("b") > after);
        assert_eq!(Key::new().after(), None);
        assert_eq!(Key::new().bytes(&[0, 255]).after(), Some(Key::new().bytes(&[1])));
    }
}
