//! Writing the customer base: cards, purchases, returns, interactions, with all that follows from them.

use std::collections::HashSet;

use thiserror::Error;

use super::account::AccountError;
use super::batch::Batch;
use super::codec::{KeptInteraction, KeptPurchase, PurchaseRow, decode, encode_purchase, sequence_of};
use super::failure::Failure;
use super::filters::FilterHash;
use super::key::Key;
use super::read::place_of;
use super::table::Table;
use crate::metric::{Event, Totals, interaction_adds, purchase_adds};
use crate::model::{Customer, Interaction, Purchase, Return};
use crate::time::Instant;

/// Why a purchase, a return or an interaction is not written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PutError {
    /// There is one with this id.
    #[error("`{0}` is there already")]
    Exists(String),
    /// There is no purchase with this id.
    #[error("there is no purchase `{0}`")]
    NoPurchase(String),
    /// A sum over the customer's events would no longer fit.
    #[error("the customer's sums would be too large")]
    OutOfRange,
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<AccountError> for PutError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::OutOfRange => Self::OutOfRange,
            AccountError::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl Batch<'_> {
    /// Writes a card, new or changed.
    pub fn put_customer(&mut self, customer: &Customer) -> Result<(), Failure> {
        self.put(Table::Customers, Key::of(&customer.id), customer)
    }

    /// Writes a new purchase and what its customer's accounts get from it. Its sequence.
    pub fn put_purchase(&mut self, purchase: Purchase) -> Result<u64, PutError> {
        let sequence = self.next_sequence()?;
        let kept = KeptPurchase { sequence, purchase };
        self.put_purchase_events(std::slice::from_ref(&kept))?;
        let purchase = kept.purchase;
        let place = Key::new().instant(purchase.at).number(sequence);
        if !self.put_new(Table::PurchaseIds, Key::of(&purchase.id), place.as_bytes())? {
            return Err(PutError::Exists(purchase.id));
        }
        if let Some(customer) = &purchase.customer {
            self.put_bytes(Table::CustomerPurchases, Key::of(customer).bytes(place.as_bytes()), &[])?;
        }
        self.new_purchase_row(place, PurchaseRow { purchase, points: None, decision: None });
        Ok(sequence)
    }

    /// Writes many purchases, as an import does: rows in the order of their keys, and each account once. Those whose
    /// id is taken are left out. The ids left out.
    pub fn put_purchases(&mut self, purchases: Vec<Purchase>) -> Result<Vec<String>, PutError> {
        let mut ids = HashSet::new();
        let (mut new, mut left_out) = (Vec::with_capacity(purchases.len()), Vec::new());
        for purchase in purchases {
            if place_of(self, &purchase.id)?.is_some() || !ids.insert(purchase.id.clone()) {
                left_out.push(purchase.id);
            } else {
                new.push(purchase);
            }
        }
        // What happened earlier is counted earlier, too.
        new.sort_by_key(|purchase| purchase.at);
        let first = self.next_sequences(new.len() as u64)?;
        let mut kept: Vec<_> =
            (first..).zip(new).map(|(sequence, purchase)| KeptPurchase { sequence, purchase }).collect();
        let mut rows = Vec::with_capacity(3 * kept.len());
        for kept in &kept {
            rows.extend(purchase_rows(kept.sequence, &kept.purchase)?);
        }
        rows.sort_by(|(table, key, _), (other, after, _)| (*table as u8, key).cmp(&(*other as u8, after)));
        for (table, key, value) in rows {
            self.put_bytes(table, key, &value)?;
        }
        kept.sort_by(|kept, other| kept.purchase.customer.cmp(&other.purchase.customer));
        for theirs in kept.chunk_by(|kept, next| kept.purchase.customer == next.purchase.customer) {
            self.put_purchase_events(theirs)?;
        }
        Ok(left_out)
    }

    /// Writes goods that came back, corrects the customer's accounts, and takes back and gives back points. The purchase
    /// after it.
    ///
    /// Whether the purchase has what comes back is for the caller to know.
    pub fn add_return(&mut self, purchase: &str, goods: Return) -> Result<Purchase, PutError> {
        let place = place_of(self, purchase)?;
        let Some(place) = place else { return Err(PutError::NoPurchase(purchase.to_owned())) };
        let sequence = sequence_of(place.as_bytes())?;
        let row = self.known_purchase_mut(purchase)?;
        if row.purchase.returns.iter().any(|known| known.id == goods.id) {
            return Err(PutError::Exists(goods.id));
        }
        row.purchase.returns.push(goods);
        let kept = KeptPurchase { sequence, purchase: row.purchase.clone() };
        self.put_purchase_events(std::slice::from_ref(&kept))?;
        self.post_returned_points(&kept.purchase)?;
        Ok(kept.purchase)
    }

    /// Puts what purchases of one customer add into the accounts.
    fn put_purchase_events(&mut self, theirs: &[KeptPurchase]) -> Result<(), PutError> {
        let Some(customer) = theirs.first().and_then(|kept| kept.purchase.customer.as_deref()) else { return Ok(()) };
        let corrected_at = theirs.iter().flat_map(|kept| &kept.purchase.returns).map(|goods| goods.at).max();
        let known = self.known_filters()?;
        let filtered = known.iter().map(|(hash, filter)| (*hash, Some(filter)));
        for (hash, filter) in std::iter::once((FilterHash::ALL, None)).chain(filtered) {
            let events = theirs.iter().filter_map(|kept| {
                let adds = purchase_adds(&kept.purchase, filter, Instant(i64::MAX))?;
                Some(Event { at: kept.purchase.at, sequence: kept.sequence, adds })
            });
            let events: Vec<Event> = events.collect();
            if !events.is_empty() {
                self.put_events(hash, customer, &events, corrected_at)?;
            }
            let purchases = theirs.iter().map(|kept| (kept.sequence, &kept.purchase));
            self.note_came_back(customer, (hash, filter), purchases)?;
        }
        Ok(())
    }

    /// Writes the decision of a purchase.
    pub fn put_decision(&mut self, purchase: &str, decision: Vec<u8>) -> Result<(), Failure> {
        self.known_purchase_mut(purchase)?.decision = Some(decision);
        Ok(())
    }

    /// A purchase that is there, to change it.
    pub(super) fn known_purchase_mut(&mut self, id: &str) -> Result<&mut PurchaseRow, Failure> {
        let place = place_of(self, id)?;
        let row = place.map(|place| self.purchase_row_mut(&place)).transpose()?.flatten();
        row.ok_or_else(|| Failure::Damaged { what: "purchase", why: format!("`{id}` is not there") })
    }

    /// Writes an interaction, new or changed, and what its customer's account gets from it.
    ///
    /// `changed_at` is when a known one was changed: metrics as of before then are no longer read from the account.
    pub fn put_interaction(&mut self, interaction: Interaction, changed_at: Instant) -> Result<(), PutError> {
        let known = self.remove_interaction(&interaction.id, changed_at)?;
        let corrected_at = known.is_some().then_some(changed_at);
        let sequence = self.next_sequence()?;
        let key = Key::of(&interaction.id);
        let by_time = Key::new().instant(interaction.at).number(sequence);
        self.put_bytes(Table::InteractionsByTime, by_time, key.as_bytes())?;
        let by_customer = Key::of(&interaction.customer).instant(interaction.at).number(sequence);
        self.put_bytes(Table::CustomerInteractions, by_customer, key.as_bytes())?;
        let event = Event { at: interaction.at, sequence, adds: interaction_adds(&interaction) };
        self.put_event(FilterHash::ALL, &interaction.customer, event, corrected_at)?;
        self.put(Table::Interactions, key, &KeptInteraction { sequence, interaction })?;
        Ok(())
    }

    /// Removes an interaction and what it added. The interaction, if there was one.
    pub fn remove_interaction(&mut self, id: &str, removed_at: Instant) -> Result<Option<Interaction>, PutError> {
        let Some(row) = self.remove(Table::Interactions, Key::of(id))? else { return Ok(None) };
        let KeptInteraction { sequence, interaction } = decode(&row)?;
        self.remove(Table::InteractionsByTime, Key::new().instant(interaction.at).number(sequence))?;
        let by_customer = Key::of(&interaction.customer).instant(interaction.at).number(sequence);
        self.remove(Table::CustomerInteractions, by_customer)?;
        let event = Event { at: interaction.at, sequence, adds: Totals::default() };
        self.put_event(FilterHash::ALL, &interaction.customer, event, Some(removed_at))?;
        Ok(Some(interaction))
    }
}

/// The rows of a purchase that was not decided here: itself, and where it is found by id and by customer.
pub(super) fn purchase_rows(sequence: u64, purchase: &Purchase) -> Result<Vec<(Table, Key, Vec<u8>)>, Failure> {
    let place = Key::new().instant(purchase.at).number(sequence);
    let by_customer = purchase
        .customer
        .as_deref()
        .map(|customer| (Table::CustomerPurchases, Key::of(customer).bytes(place.as_bytes()), Vec::new()));
    let by_id = (Table::PurchaseIds, Key::of(&purchase.id), place.as_bytes().to_vec());
    let row = (Table::Purchases, place, encode_purchase(purchase)?);
    Ok([row, by_id].into_iter().chain(by_customer).collect())
}
