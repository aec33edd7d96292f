//! Writing the customer base: cards, purchases, returns, interactions, with all that follows from them.

use std::collections::HashSet;

use thiserror::Error;

use super::account::AccountError;
use super::batch::Batch;
use super::codec::{KeptInteraction, KeptPurchase, decode, encode};
use super::failure::Failure;
use super::filters::FilterHash;
use super::key::Key;
use super::read::kept_purchase;
use super::table::{Rows, Table};
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
        let key = Key::of(&purchase.id);
        if self.get(Table::Purchases, key.as_bytes())?.is_some() {
            return Err(PutError::Exists(purchase.id));
        }
        let sequence = self.next_sequence()?;
        let kept = KeptPurchase { sequence, purchase };
        for (table, key, value) in purchase_rows(&kept)? {
            self.put_bytes(table, key, &value)?;
        }
        self.put_purchase_events(std::slice::from_ref(&kept))?;
        Ok(sequence)
    }

    /// Writes many purchases, as an import does: rows in the order of their keys, and each account once. Those whose
    /// id is taken are left out. The ids left out.
    pub fn put_purchases(&mut self, purchases: Vec<Purchase>) -> Result<Vec<String>, PutError> {
        let mut ids = HashSet::new();
        let (mut new, mut left_out) = (Vec::with_capacity(purchases.len()), Vec::new());
        for purchase in purchases {
            let key = Key::of(&purchase.id);
            if self.get(Table::Purchases, key.as_bytes())?.is_some() || !ids.insert(purchase.id.clone()) {
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
            rows.extend(purchase_rows(kept)?);
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
        let Some(mut kept) = kept_purchase(self, purchase)? else {
            return Err(PutError::NoPurchase(purchase.to_owned()));
        };
        if kept.purchase.returns.iter().any(|known| known.id == goods.id) {
            return Err(PutError::Exists(goods.id));
        }
        kept.purchase.returns.push(goods);
        self.put(Table::Purchases, Key::of(purchase), &kept)?;
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
        }
        Ok(())
    }

    /// Writes the decision of a purchase.
    pub fn put_decision(&mut self, purchase: &str, decision: &[u8]) -> Result<(), Failure> {
        self.put_bytes(Table::Decisions, Key::of(purchase), decision)
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

/// The rows of a purchase: itself, and where it is found by customer and by time.
fn purchase_rows(kept: &KeptPurchase) -> Result<Vec<(Table, Key, Vec<u8>)>, Failure> {
    let (id, at) = (Key::of(&kept.purchase.id), kept.purchase.at);
    let pointer = id.as_bytes().to_vec();
    let by_customer = kept.purchase.customer.as_deref().map(|customer| {
        let key = Key::of(customer).instant(at).number(kept.sequence);
        (Table::CustomerPurchases, key, pointer.clone())
    });
    let by_time = (Table::PurchasesByTime, Key::new().instant(at).number(kept.sequence), pointer);
    let row = (Table::Purchases, id, encode(kept)?);
    Ok([row, by_time].into_iter().chain(by_customer).collect())
}
