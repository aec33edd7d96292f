//! Writing much of one customer at once: an account is written once, not once per event.

use super::base::{PutError, purchase_rows};
use super::batch::Batch;
use super::codec::encode_interaction;
use super::filters::FilterHash;
use super::key::Key;
use super::read::Read;
use super::table::Table;
use crate::metric::{Event, LineFilter, interaction_adds, purchase_adds};
use crate::model::{Interaction, Purchase};
use crate::time::Instant;

impl Batch<'_> {
    /// Writes new purchases (with their returns) and new interactions of one customer, or guests' purchases, and what
    /// the customer's accounts get from them.
    ///
    /// All of them are of `customer`. An error leaves them half written, so the job must refuse with it.
    pub fn put_history(
        &mut self,
        customer: Option<&str>,
        purchases: &[Purchase],
        interactions: &[Interaction],
    ) -> Result<(), PutError> {
        let count = (purchases.len() + interactions.len()) as u64;
        if count == 0 {
            return Ok(());
        }
        let first = self.next_sequences(count)?;
        for (purchase, sequence) in purchases.iter().zip(first..) {
            debug_assert_eq!(purchase.customer.as_deref(), customer, "the purchases are of this customer");
            self.put_new_purchase(sequence, purchase)?;
        }
        let first_met = first + purchases.len() as u64;
        for (interaction, sequence) in interactions.iter().zip(first_met..) {
            self.put_new_interaction(sequence, interaction)?;
        }
        let Some(customer) = customer else { return Ok(()) };
        let new = self.account(FilterHash::ALL, customer)?.is_none();
        let corrected_at = purchases.iter().flat_map(|purchase| &purchase.returns).map(|goods| goods.at).max();
        let known = self.known_filters()?;
        let filtered = known.iter().map(|(hash, filter)| (*hash, Some(filter)));
        for (hash, filter) in std::iter::once((FilterHash::ALL, None)).chain(filtered) {
            let mut events = bought(purchases, first, filter);
            if filter.is_none() {
                events.extend(interactions.iter().zip(first_met..).map(|(interaction, sequence)| Event {
                    at: interaction.at,
                    sequence,
                    adds: interaction_adds(interaction),
                }));
            }
            events.sort_unstable_by_key(|event| (event.at, event.sequence));
            if new {
                self.put_account(hash, customer, &events, corrected_at)?;
            } else {
                for event in events {
                    self.put_event(hash, customer, event, corrected_at)?;
                }
            }
            self.note_came_back(customer, (hash, filter), (first..).zip(purchases))?;
        }
        Ok(())
    }

    fn put_new_purchase(&mut self, sequence: u64, purchase: &Purchase) -> Result<(), PutError> {
        for (table, key, value) in purchase_rows(sequence, purchase)? {
            let new = self.put_new(table, key, &value)?;
            if !new {
                return Err(PutError::Exists(purchase.id.clone()));
            }
        }
        Ok(())
    }

    fn put_new_interaction(&mut self, sequence: u64, interaction: &Interaction) -> Result<(), PutError> {
        let key = Key::of(&interaction.id);
        let by_time = Key::new().instant(interaction.at).number(sequence);
        self.put_bytes(Table::InteractionsByTime, by_time, key.as_bytes())?;
        let by_customer = Key::of(&interaction.customer).instant(interaction.at).number(sequence);
        self.put_bytes(Table::CustomerInteractions, by_customer, key.as_bytes())?;
        let new = self.put_new(Table::Interactions, key, &encode_interaction(sequence, interaction)?)?;
        if new { Ok(()) } else { Err(PutError::Exists(interaction.id.clone())) }
    }
}

fn bought(purchases: &[Purchase], first: u64, filter: Option<&LineFilter>) -> Vec<Event> {
    let events = purchases.iter().zip(first..).filter_map(|(purchase, sequence)| {
        let adds = purchase_adds(purchase, filter, Instant(i64::MAX))?;
        Some(Event { at: purchase.at, sequence, adds })
    });
    events.collect()
}
