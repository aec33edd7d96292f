//! Forgetting a person: the card goes, the sums stay under a key that says nothing.

use super::base::PutError;
use super::batch::Batch;
use super::codec::{KeptInteraction, UnmatchedReturn, decode};
use super::key::{Key, Parts};
use super::read::{damaged_key, record};
use super::table::{Rows, Table};

/// What was moved to the anonymous customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Erased {
    /// Whether there was a card.
    pub card: bool,
    /// Ids of the customer's purchases, whose decisions the caller may want to clear of personal data.
    pub purchases: Vec<String>,
    /// How many interactions.
    pub interactions: usize,
}

impl Batch<'_> {
    /// Removes the card and gives everything else of the customer to `anonymous`, without free text.
    ///
    /// `anonymous` is a customer id that nobody has; [`PutError::Exists`] otherwise.
    pub fn erase_customer(&mut self, id: &str, anonymous: &str) -> Result<Erased, PutError> {
        let (old, new) = (Key::of(id), Key::of(anonymous));
        let taken = self.get(Table::Customers, new.as_bytes())?.is_some() || self.customer_row(anonymous)?.is_some();
        if taken || id == anonymous {
            return Err(PutError::Exists(anonymous.to_owned()));
        }
        let mut erased = Erased { card: self.remove(Table::Customers, old.clone())?.is_some(), ..Erased::default() };
        for key in self.keys(Table::CustomerPurchases, &old)? {
            let place = Key::new().bytes(&key.as_bytes()[old.as_bytes().len()..]);
            self.move_index(Table::CustomerPurchases, key, &old, &new)?;
            if let Some(row) = self.purchase_row_mut(&place)? {
                row.purchase.customer = Some(anonymous.to_owned());
                erased.purchases.push(row.purchase.id.clone());
            }
        }
        for key in self.keys(Table::CustomerInteractions, &old)? {
            let Some(interaction) = self.move_index(Table::CustomerInteractions, key, &old, &new)? else { continue };
            if let Some(mut kept) = record::<KeptInteraction>(self, Table::Interactions, &interaction)? {
                kept.interaction.customer = anonymous.to_owned();
                kept.interaction.note = None;
                self.put(Table::Interactions, interaction, &kept)?;
                erased.interactions += 1;
            }
        }
        for key in self.keys(Table::CustomerUses, &old)? {
            self.move_index(Table::CustomerUses, key, &old, &new)?;
        }
        self.move_points(id, anonymous)?;
        self.move_accounts(id, anonymous)?;
        self.rename_unmatched(id, anonymous)?;
        self.rename_in_audit(id, anonymous)?;
        Ok(erased)
    }

    /// Moves a row from one prefix to another; the key that its value is.
    fn move_index(&mut self, table: Table, key: Key, old: &Key, new: &Key) -> Result<Option<Key>, PutError> {
        let moved = new.clone().bytes(&key.as_bytes()[old.as_bytes().len()..]);
        let Some(value) = self.remove(table, key)? else { return Ok(None) };
        self.put_bytes(table, moved, &value)?;
        Ok(Some(Key::new().bytes(&value)))
    }

    fn rename_unmatched(&mut self, id: &str, anonymous: &str) -> Result<(), PutError> {
        let mut theirs = Vec::new();
        for row in self.starting(Table::UnmatchedReturns, &Key::new())? {
            let (key, value) = row.map_err(super::failure::Failure::from)?;
            let goods: UnmatchedReturn = decode(value.value())?;
            if goods.customer.as_deref() == Some(id) {
                let id = Parts(key.value()).text().ok_or_else(|| damaged_key("unmatched return"))?;
                theirs.push((id, goods));
            }
        }
        for (id, mut goods) in theirs {
            goods.customer = Some(anonymous.to_owned());
            self.put(Table::UnmatchedReturns, Key::of(&id), &goods)?;
        }
        Ok(())
    }
}
