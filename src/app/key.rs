//! A key as its holder has it: `treue_ROLE_ID_SECRET`, the last six digits a checksum over all that stands before.
//!
//! The role is there for whoever finds a key somewhere; what counts is the store's row. The checksum tells a typo from
//! a key that is unknown, and lets a scanner of sources recognise keys for sure.

use thiserror::Error;

use crate::model::Role;

/// Digits that cannot be taken for each other; none of them ends a word when it is clicked on.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const PREFIX: &str = "treue_";
/// 60 bits: two keys never share an id by chance.
const ID_DIGITS: usize = 12;
/// 160 bits: nobody guesses one.
const SECRET_DIGITS: usize = 32;
const CHECK_DIGITS: usize = 6;

/// A text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyTextError {
    /// It looks like something else.
    #[error("a key looks like `treue_ROLE_ID_SECRET`")]
    Form,
    /// Its checksum says that it was not copied right.
    #[error("the key is mistyped")]
    Checksum,
}

/// Writes a new key from random bytes. Its id, and the whole of it.
pub(super) fn mint(role: Role, random: [u8; 44]) -> (String, String) {
    let digits = |bytes: &[u8]| bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect::<String>();
    let (id, secret) = random.split_at(ID_DIGITS);
    let id = digits(id);
    let mut key = format!("{PREFIX}{}_{id}_{}", role.name(), digits(secret));
    key.push_str(&checksum(&key));
    (id, key)
}

/// The id in a key that is written right.
pub(super) fn id_of(key: &str) -> Result<&str, KeyTextError> {
    let rest = key.strip_prefix(PREFIX).ok_or(KeyTextError::Form)?;
    let mut parts = rest.split('_');
    let (Some(_), Some(id), Some(secret), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err(KeyTextError::Form);
    };
    let split = key.len().checked_sub(CHECK_DIGITS).filter(|at| key.is_char_boundary(*at)).ok_or(KeyTextError::Form)?;
    let (before, check) = key.split_at(split);
    let whole = id.len() == ID_DIGITS && secret.len() == SECRET_DIGITS + CHECK_DIGITS;
    if whole && checksum(before) == check { Ok(id) } else { Err(KeyTextError::Checksum) }
}

/// What is kept of a key. The secret is random and long, so a fast hash is as good as a slow one.
pub(super) fn hash(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}

fn checksum(before: &str) -> String {
    let hash = blake3::derive_key("treue 2026 checksum of keys", before.as_bytes());
    hash.iter().take(CHECK_DIGITS).map(|byte| char::from(DIGITS[usize::from(byte % 32)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_key_is_told_from_a_typo_and_from_something_else() {
        let (id, key) = mint(Role::Analyst, std::array::from_fn(|at| at as u8));
        assert_eq!(key, "treue_analyst_0123456789ab_cdefghjkmnpqrstvwxyz0123456789abt381qg");
        assert_eq!(id_of(&key), Ok(id.as_str()));
        let check = |text: &str, expect| assert_eq!(id_of(text), Err(expect), "{text}");
        check("", KeyTextError::Form);
        check("Bearer", KeyTextError::Form);
        check("treue_x", KeyTextError::Form);
        check("ghp_0123456789ab_cdefghjkmn", KeyTextError::Form);
        check(&key[..key.len() - 1], KeyTextError::Checksum);
        check(&key.replace("analyst", "admin"), KeyTextError::Checksum);
        check(&format!("{key}ü"), KeyTextError::Checksum);
        for at in PREFIX.len()..key.len() {
            let mut typed = key.clone().into_bytes();
            typed[at] = if typed[at] == b'q' { b'z' } else { b'q' };
            let typed = String::from_utf8(typed).expect("ASCII");
            assert!(id_of(&typed).is_err(), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(treue_)?[a-zü_]{0,80}") {
            let _ = id_of(&text);
        }
    }
}
