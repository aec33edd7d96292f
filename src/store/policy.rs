//! Writing what policies need: uses and budgets, revisions and activations, cut-offs, answers, named bytes.

use thiserror::Error;

use super::batch::Batch;
use super::codec::{Activation, Answered, KeptCutoffs, KeptRevision, UnmatchedReturn};
use super::failure::Failure;
use super::key::Key;
use super::read::{Read, named_key};
use super::table::{Rows, Table};
use crate::money::Money;
use crate::time::Instant;

/// Why a use cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpendError {
    /// A count or sum would no longer fit, or fall below zero.
    #[error("the uses or the amount of `{0}` would not fit")]
    OutOfRange(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Batch<'_> {
    /// Counts uses of a discount by a customer in the period that starts then; a negative change gives uses back.
    pub fn use_by_customer(
        &mut self,
        discount: &str,
        customer: &str,
        period: Instant,
        change: i64,
    ) -> Result<u64, SpendError> {
        let uses = self.customer_uses(discount, customer, period)?.checked_add_signed(change);
        let uses = uses.ok_or_else(|| SpendError::OutOfRange(discount.to_owned()))?;
        self.put(Table::CustomerUses, Key::of(customer).text(discount).instant(period), &uses)?;
        Ok(uses)
    }

    /// Counts uses and money of a discount in the period that starts then; negative changes give back.
    pub fn spend(&mut self, discount: &str, period: Instant, uses: i64, amount: Money) -> Result<(), SpendError> {
        let mut spent = self.spent(discount, period)?;
        let after = spent.uses.checked_add_signed(uses).zip(spent.amount.0.checked_add(amount.0));
        let (uses, amount) =
            after.filter(|(_, amount)| *amount >= 0).ok_or_else(|| SpendError::OutOfRange(discount.to_owned()))?;
        (spent.uses, spent.amount) = (uses, Money(amount));
        self.put(Table::Spent, Key::of(discount).instant(period), &spent)?;
        Ok(())
    }

    /// Stores a bundle; one with the same hash stays as it was. Whether it was new.
    pub fn put_revision(&mut self, kept: &KeptRevision) -> Result<bool, Failure> {
        let key = Key::new().bytes(&kept.revision.0);
        if self.get(Table::Revisions, key.as_bytes())?.is_some() {
            return Ok(false);
        }
        self.put(Table::Revisions, key, kept)?;
        Ok(true)
    }

    /// Notes an activation, now or ahead; its sequence is given here.
    pub fn put_activation(&mut self, mut activation: Activation) -> Result<Activation, Failure> {
        activation.sequence = self.next_sequence()?;
        let key = Key::new().instant(activation.at).number(activation.sequence);
        self.put(Table::Activations, key, &activation)?;
        Ok(activation)
    }

    /// Calls an activation off. Whether there was one.
    pub fn remove_activation(&mut self, at: Instant, sequence: u64) -> Result<bool, Failure> {
        Ok(self.remove(Table::Activations, Key::new().instant(at).number(sequence))?.is_some())
    }

    /// Writes the cut-offs of a segment, as the latest and into the history.
    pub fn put_cutoffs(&mut self, segment: u64, kept: &KeptCutoffs) -> Result<(), Failure> {
        self.put(Table::Cutoffs, Key::new().number(segment), kept)?;
        self.put(Table::CutoffHistory, Key::new().number(kept.snapshot).number(segment), kept)
    }

    /// Writes the answer to an idempotency key.
    pub fn put_answered(&mut self, key: &str, answered: &Answered) -> Result<(), Failure> {
        self.put(Table::Answers, Key::of(key), answered)
    }

    /// Writes goods that came back without a known purchase; the same id again is written over.
    pub fn put_unmatched_return(&mut self, goods: &UnmatchedReturn) -> Result<(), Failure> {
        self.put(Table::UnmatchedReturns, Key::of(&goods.id), goods)
    }

    /// Keeps bytes under a name, such as a signing key.
    pub fn put_named(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.put_bytes(Table::Meta, named_key(name), bytes)
    }
}
