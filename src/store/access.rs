//! Keys as they are kept (their hashes, never the keys), and the trail of who changed what.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::codec::{Record, decode};
use super::failure::Failure;
use super::key::{Key, Parts};
use super::page::{Listing, Page, page};
use super::read::{damaged_key, record};
use super::table::{Rows, Table};
use crate::model::Role;
use crate::time::Instant;

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptKey {
    /// The public part of the key, by which it is found.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// BLAKE3 of the whole key.
    pub hash: [u8; 32],
    /// When it was made.
    pub created_at: Instant,
    /// The hour in which it was last seen to be used.
    pub used_at: Option<Instant>,
    /// Since when it is refused.
    pub revoked_at: Option<Instant>,
}

impl Record for KeptKey {
    const WHAT: &'static str = "key";
}

/// What was done. Rows hold the position: a new one goes to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AuditAction {
    /// A revision was stored.
    StoreRevision,
    /// A revision was brought into force, or planned to be.
    Activate,
    /// A key was made.
    MakeKey,
    /// A key was revoked.
    RevokeKey,
    /// A card was written.
    PutCustomer,
    /// A card was changed.
    ChangeCustomer,
    /// A person was erased.
    EraseCustomer,
    /// Rows were imported.
    Import,
    /// A copy of everything was taken.
    Backup,
    /// A contact with a customer was removed.
    RemoveInteraction,
    /// Cut-offs were computed anew on request.
    RefreshSegments,
}

impl AuditAction {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreRevision => "store_revision",
            Self::Activate => "activate",
            Self::MakeKey => "make_key",
            Self::RevokeKey => "revoke_key",
            Self::PutCustomer => "put_customer",
            Self::ChangeCustomer => "change_customer",
            Self::EraseCustomer => "erase_customer",
            Self::Import => "import",
            Self::Backup => "backup",
            Self::RemoveInteraction => "remove_interaction",
            Self::RefreshSegments => "refresh_segments",
        }
    }

    /// Whether the subject is a customer.
    pub const fn is_about_a_customer(self) -> bool {
        matches!(self, Self::PutCustomer | Self::ChangeCustomer | Self::EraseCustomer | Self::RemoveInteraction)
    }
}

/// An entry of the audit trail. Entries are only ever added; erasing a person puts another name in place of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Instant,
    /// Its place in the trail, and among all events of the store.
    pub sequence: u64,
    /// Who: a key's name, `anyone`, `folder` or `cli`.
    pub who: String,
    /// The key's id, where one was used.
    pub key: Option<String>,
    /// Did what.
    pub action: AuditAction,
    /// To what: a revision, a key's id, a customer, a table.
    pub subject: String,
    /// What else there is to say; never anything personal.
    pub detail: String,
}

impl Record for AuditEntry {
    const WHAT: &'static str = "audit entry";
}

impl Batch<'_> {
    /// Writes a key, new or changed.
    pub fn put_key(&mut self, key: &KeptKey) -> Result<(), Failure> {
        self.put(Table::Keys, Key::of(&key.id), key)
    }

    /// Adds an entry to the audit trail; its sequence is given here.
    pub fn put_audit(&mut self, mut entry: AuditEntry) -> Result<AuditEntry, Failure> {
        entry.sequence = self.next_sequence()?;
        if entry.action.is_about_a_customer() {
            self.put_bytes(Table::AuditByCustomer, Key::of(&entry.subject).number(entry.sequence), &[])?;
        }
        self.put(Table::Audit, Key::new().number(entry.sequence), &entry)?;
        Ok(entry)
    }

    /// Puts another name in place of a customer's, wherever the trail says it.
    pub(super) fn rename_in_audit(&mut self, id: &str, anonymous: &str) -> Result<(), Failure> {
        let old = Key::of(id);
        for key in self.keys(Table::AuditByCustomer, &old)? {
            let sequence = sequence_of(&key.as_bytes()[old.as_bytes().len()..])?;
            let place = Key::new().number(sequence);
            if let Some(mut entry) = record::<AuditEntry>(self, Table::Audit, &place)? {
                entry.subject = anonymous.to_owned();
                self.put(Table::Audit, place, &entry)?;
            }
            self.move_row(Table::AuditByCustomer, key, Key::of(anonymous).number(sequence))?;
        }
        Ok(())
    }
}

/// A page of the trail.
pub(super) fn audit(
    rows: &(impl Rows + ?Sized),
    customer: Option<&str>,
    listing: &Listing,
) -> Result<Page<AuditEntry>, Failure> {
    let Some(customer) = customer else {
        return page(rows, Table::Audit, &Key::new(), listing, |_, value| decode(value));
    };
    let prefix = Key::of(customer);
    let start = prefix.as_bytes().len();
    page(rows, Table::AuditByCustomer, &prefix, listing, |key, _| {
        let place = Key::new().number(sequence_of(&key[start..])?);
        let entry = record(rows, Table::Audit, &place)?;
        entry.ok_or_else(|| Failure::Damaged { what: AuditEntry::WHAT, why: "an index points at nothing".to_owned() })
    })
}

fn sequence_of(key: &[u8]) -> Result<u64, Failure> {
    Parts(key).number().ok_or_else(|| damaged_key(AuditEntry::WHAT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::card;
    use crate::store::{Flaw, Order, Read, Store, encode, verify};

    fn entry(action: AuditAction, subject: &str) -> AuditEntry {
        AuditEntry {
            at: Instant(5),
            sequence: 0,
            who: "till".to_owned(),
            key: Some("k1".to_owned()),
            action,
            subject: subject.to_owned(),
            detail: String::new(),
        }
    }

    #[test]
    fn rows_stay_what_they_are() {
        fn check<T: Record + PartialEq + std::fmt::Debug>(record: &T, expect: &str) {
            let bytes = encode(record).expect("bytes");
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hex, expect, "{}", T::WHAT);
            assert_eq!(decode::<T>(&bytes).as_ref(), Ok(record));
        }
        let key = KeptKey {
            id: "k1".to_owned(),
            name: "till".to_owned(),
            role: Role::Admin,
            hash: [7; 32],
            created_at: Instant(5),
            used_at: None,
            revoked_at: Some(Instant(6)),
        };
        check(&key, &format!("01026b310474696c6c03{}0a00010c", "07".repeat(32)));
        check(&entry(AuditAction::Import, "c"), "010a000474696c6c01026b3107016300");
    }

    #[test]
    fn the_trail_is_in_order_and_forgets_the_erased() {
        let store = Store::in_memory().expect("a store");
        let write = |action, subject: &'static str| {
            store.write_blocking(move |batch| batch.put_audit(entry(action, subject))).expect("an entry")
        };
        store.write_blocking(|batch| batch.put_customer(&card("c"))).expect("a card");
        write(AuditAction::PutCustomer, "c");
        write(AuditAction::Activate, "c");
        write(AuditAction::PutCustomer, "cc");
        write(AuditAction::ChangeCustomer, "c");
        let subjects = |customer: Option<&str>, order| {
            let listing = Listing { limit: 9, order, ..Listing::default() };
            let page = store.snapshot().audit(customer, &listing).expect("a page");
            page.items.into_iter().map(|entry| format!("{} {}", entry.action.name(), entry.subject)).collect::<Vec<_>>()
        };
        assert_eq!(subjects(Some("c"), Order::Descending), ["change_customer c", "put_customer c"]);
        store.write_blocking(|batch| batch.erase_customer("c", "erased-1")).expect("erased");
        assert_eq!(
            subjects(None, Order::Ascending),
            ["put_customer erased-1", "activate c", "put_customer cc", "change_customer erased-1"]
        );
        assert_eq!(subjects(Some("c"), Order::Ascending), [""; 0]);
        assert_eq!(subjects(Some("erased-1"), Order::Ascending).len(), 2);
        let mut flaws: Vec<Flaw> = Vec::new();
        verify(&*store.snapshot(), &mut |flaw| flaws.push(flaw)).expect("a store that reads");
        assert_eq!(flaws, []);
    }
}
