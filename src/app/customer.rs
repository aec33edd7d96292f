//! The customer card, and where a customer stands.

use std::sync::Arc;

use thiserror::Error;

use super::access::Actor;
use super::active::Active;
use super::facts::facts;
use super::purchase::DecisionRecord;
use super::start::App;
use crate::engine::{next_classes, next_steps};
use crate::ledger::{PointsStanding, points_standing};
use crate::model::{Customer, Facts, NextClass, NextStep, Purchase, Reason};
use crate::store::{Answered, AuditAction, Batch, Failure, Listing, Page, PutError, Read, WriteError, decode, encode};
use crate::time::Instant;

/// Where a customer stands.
#[derive(Debug)]
pub struct Standing {
    /// The bundle that says so.
    pub active: Arc<Active>,
    /// Metrics, classes, what is left of uses and budgets.
    pub facts: Facts,
    /// Where the points stand.
    pub points: PointsStanding,
    /// What is missing to the next step of each ladder.
    pub next_steps: Vec<NextStep>,
    /// What is missing to the next better class of each segment with thresholds.
    pub next_classes: Vec<NextClass>,
}

/// Why a customer was not erased.
#[derive(Debug, Error)]
pub enum EraseError {
    /// There is no card and no purchase under this id.
    #[error("there is no customer `{0}`")]
    Unknown(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl App {
    /// Where a customer stands as of an instant, now where none is given; absent where nothing is known under this id.
    pub fn standing(&self, customer: &str, at: Option<Instant>) -> Result<Option<Standing>, Failure> {
        let active = self.active();
        let rows = self.store.snapshot();
        if !known(&*rows, customer)? {
            return Ok(None);
        }
        let facts = facts(&*rows, &active, Some(customer), at.unwrap_or_else(|| self.clock.now()))?;
        let points = points_standing(&rows.points_account(customer)?.unwrap_or_default(), facts.at);
        let next_steps = next_steps(&active.bundle, &facts);
        let next_classes = next_classes(&active.bundle, &facts);
        Ok(Some(Standing { active, facts, points, next_steps, next_classes }))
    }

    /// A card; one with an id only for a customer who bought but has no card.
    pub fn customer(&self, id: &str) -> Result<Option<Customer>, Failure> {
        let rows = self.store.snapshot();
        if let Some(card) = rows.customer(id)? {
            return Ok(Some(card));
        }
        Ok(known(&*rows, id)?.then(|| Customer { id: id.to_owned(), ..Customer::default() }))
    }

    /// Cards in order of their ids.
    pub fn customers(&self, listing: &Listing) -> Result<Page<Customer>, Failure> {
        self.store.snapshot().customers(listing)
    }

    /// Cards whose id, name, electronic mail address or telephone number contains a text, upper and lower case alike, in
    /// order of their ids.
    pub fn find_customers(&self, text: &str, listing: &Listing) -> Result<Page<Customer>, Failure> {
        let wanted = text.to_lowercase();
        let holds = |field: &str| field.to_lowercase().contains(&wanted);
        self.store.snapshot().customers_where(listing, |card| {
            let fields = [&card.name, &card.email, &card.phone];
            holds(&card.id) || fields.into_iter().flatten().any(|field| holds(field))
        })
    }

    /// A customer's purchases; absent where nothing is known under this id.
    pub fn purchases_of(&self, customer: &str, listing: &Listing) -> Result<Option<Page<Purchase>>, Failure> {
        let rows = self.store.snapshot();
        if !known(&*rows, customer)? {
            return Ok(None);
        }
        rows.purchases_of(customer, listing).map(Some)
    }

    /// Writes a card, over the one there was. The card, and whether it is new.
    pub async fn put_customer(&self, card: Customer, actor: &Actor) -> Result<(Customer, bool), Failure> {
        let now = self.clock.now();
        let entry = actor.did(AuditAction::PutCustomer, &card.id, "", now);
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let before = batch.customer(&card.id)?;
            let new = before.is_none();
            let created_at = before.map_or(now, |before| before.created_at);
            let card = Customer { created_at, updated_at: now, ..card.clone() };
            batch.put_customer(&card)?;
            batch.put_audit(entry.clone())?;
            Ok((card, new))
        });
        written.await.map_err(only_failure)
    }

    /// Changes a card; absent where there is none.
    pub async fn change_customer(
        &self,
        id: String,
        change: impl Fn(&mut Customer) + Send + 'static,
        actor: &Actor,
    ) -> Result<Option<Customer>, Failure> {
        let now = self.clock.now();
        let entry = actor.did(AuditAction::ChangeCustomer, &id, "", now);
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let Some(mut card) = batch.customer(&id)? else { return Ok(None) };
            change(&mut card);
            card.updated_at = now;
            batch.put_customer(&card)?;
            batch.put_audit(entry.clone())?;
            Ok(Some(card))
        });
        written.await.map_err(only_failure)
    }

    /// Erases a person: the card goes, everything else stays under a name that says nothing. Again is as good as once.
    pub async fn erase_customer(&self, id: String, actor: &Actor) -> Result<(), EraseError> {
        let anonymous = self.fresh_id(ERASED);
        let now = self.clock.now();
        // The trail says that somebody was erased, and under which name the sums stay; not who it was.
        let entry = actor.did(AuditAction::EraseCustomer, &anonymous, "", now);
        let hash = *blake3::hash(id.as_bytes()).as_bytes();
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let key = format!("erased:{}", blake3::Hash::from_bytes(hash).to_hex());
            if !known(batch, &id)? {
                let again = batch.answered(&key)?.is_some();
                return if again { Ok(()) } else { Err(EraseError::Unknown(id.clone())) };
            }
            let erased = batch.erase_customer(&id, &anonymous).map_err(|error| match error {
                PutError::Failed(failure) => failure,
                other => Failure::Damaged { what: "customer", why: other.to_string() },
            })?;
            for purchase in &erased.purchases {
                forget_attributes(batch, purchase)?;
            }
            let answered = Answered { request: hash, status: 204, body: Vec::new(), at: now };
            batch.put_answered(&key, &answered)?;
            batch.put_audit(entry.clone())?;
            Ok(())
        });
        written.await.map_err(|error| match error {
            WriteError::Refused(error) => error,
            WriteError::Failed(failure) => failure.into(),
        })
    }
}

/// What ids begin with that erasure leaves.
const ERASED: &str = "erased";

/// Whether an id is one that erasure left.
pub(super) fn is_erased(id: &str) -> bool {
    let digits = id.strip_prefix(ERASED).and_then(|rest| rest.strip_prefix('-'));
    digits.is_some_and(|digits| digits.len() == 24 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Attributes of the card may stand in the trace of a decision.
fn forget_attributes(batch: &mut Batch<'_>, purchase: &str) -> Result<(), Failure> {
    let Some(bytes) = batch.decision(purchase)? else { return Ok(()) };
    let mut record: DecisionRecord = decode(&bytes)?;
    let mut found = false;
    for reason in &mut record.decision.trace {
        if let Reason::Attribute { value, .. } = reason {
            found |= value.take().is_some();
        }
    }
    if found { batch.put_decision(purchase, encode(&record)?) } else { Ok(()) }
}

/// Whether there is a card or anything else under this id.
pub(super) fn known<R: Read>(rows: &R, id: &str) -> Result<bool, Failure> {
    Ok(rows.customer(id)?.is_some() || rows.account(crate::store::FilterHash::ALL, id)?.is_some())
}

fn only_failure(error: WriteError<Failure>) -> Failure {
    match error {
        WriteError::Refused(failure) | WriteError::Failed(failure) => failure,
    }
}
