//! Interactions: contacts that happened or are planned, and the budget that they are taken from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::access::Actor;
use super::active::Active;
use super::customer::known;
use super::service::{ServiceState, standing};
use super::start::App;
use crate::diagnostic::nearest;
use crate::engine::ServiceStanding;
use crate::id::Revision;
use crate::model::Interaction;
use crate::money::Money;
use crate::policy::Bundle;
use crate::store::{
    Answered, AuditAction, Batch, Failure, Listing, Page, PutError, Read, Record, WriteError, decode, encode,
};
use crate::time::Instant;

/// An interaction to write.
#[derive(Debug, Clone)]
pub struct Interacting {
    /// Whom it is with.
    pub customer: String,
    /// Its id, or the request's idempotency key; made where it is absent.
    pub id: Option<String>,
    /// Tells the same request from another one with the same id.
    pub request: [u8; 32],
    /// A key of the policy's `service.costs`, or free.
    pub kind: String,
    /// When; it is planned where this lies ahead.
    pub at: Option<Instant>,
    /// What it cost; the policy's standard cost of the kind where it is absent.
    pub cost: Option<Money>,
    /// 1 (bad) to 5 (good).
    pub rating: Option<u8>,
    /// Free text.
    pub note: Option<String>,
}

/// A written interaction.
#[derive(Debug)]
pub struct Interacted {
    /// The interaction.
    pub interaction: Interaction,
    /// How the customer's service stands with it.
    pub service: ServiceState,
    /// Whether it went beyond the budget.
    pub beyond: bool,
    /// Whether it is new; the same request again is as new as it was.
    pub new: bool,
}

/// Why an interaction was not written.
#[derive(Debug, Error)]
pub enum InteractionError {
    /// Nothing is known under this id.
    #[error("there is no customer `{0}`")]
    NoCustomer(String),
    /// The customer has no such interaction.
    #[error("there is no interaction `{0}` with this customer")]
    NoInteraction(String),
    /// Another interaction has this id.
    #[error("interaction `{0}` exists with other content")]
    Exists(String),
    /// The policy states no cost for this kind, and neither does the request.
    #[error("the policy has no standard cost for `{kind}`, so state one{}", did_you_mean(.nearest))]
    NoCost {
        /// The kind.
        kind: String,
        /// The nearest kind that has a standard cost.
        nearest: Option<String>,
    },
    /// The policy blocks what goes beyond a budget.
    #[error("{0}")]
    Blocked(String),
    /// The customer's sums would no longer fit.
    #[error("{0}")]
    OutOfRange(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|kind| format!("; did you mean `{kind}`?")).unwrap_or_default()
}

impl From<PutError> for InteractionError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Exists(id) => Self::Exists(id),
            PutError::Failed(failure) => Self::Failed(failure),
            other => Self::OutOfRange(other.to_string()),
        }
    }
}

/// What was answered to a request besides what the request said itself; nothing personal is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FirstAnswer {
    revision: Revision,
    now: Instant,
    at: Instant,
    cost: Money,
    standing: ServiceStanding,
    beyond: bool,
}

impl Record for FirstAnswer {
    const WHAT: &'static str = "answer";
}

/// What a job leaves.
struct Done {
    interaction: Interaction,
    first: FirstAnswer,
    new: bool,
}

impl App {
    /// Interactions with a customer; absent where nothing is known under this id.
    pub fn interactions_of(&self, customer: &str, listing: &Listing) -> Result<Option<Page<Interaction>>, Failure> {
        let rows = self.store.snapshot();
        if !known(&*rows, customer)? {
            return Ok(None);
        }
        rows.interactions_of(customer, listing).map(Some)
    }

    /// One interaction with a customer.
    pub fn interaction(&self, customer: &str, id: &str) -> Result<Option<Interaction>, Failure> {
        let found = self.store.snapshot().interaction(id)?;
        Ok(found.filter(|interaction| interaction.customer == customer))
    }

    /// Writes a new interaction and answers when it is durable. The same request again gives the first answer again.
    ///
    /// The standard cost, the budget and what is left of it are read in the write's own transaction, so however many
    /// are written at once, a budget that blocks is never overspent.
    pub async fn interact(&self, wanted: Interacting) -> Result<Interacted, InteractionError> {
        let (active, clock) = (self.active(), self.clock.clone());
        let fallback = self.fresh_id("i");
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let id = wanted.id.as_ref().unwrap_or(&fallback);
            let key = format!("interaction:{id}");
            if let Some(answered) = batch.answered(&key)? {
                if answered.request != wanted.request {
                    return Err(InteractionError::Exists(id.clone()));
                }
                let first: FirstAnswer = decode(&answered.body)?;
                return Ok(Done { interaction: stated(&wanted, id, first.at, first.cost), first, new: true });
            }
            if batch.interaction(id)?.is_some() {
                return Err(InteractionError::Exists(id.clone()));
            }
            if !known(batch, &wanted.customer)? {
                return Err(InteractionError::NoCustomer(wanted.customer.clone()));
            }
            let now = clock.now();
            let cost = cost(&active.bundle, &wanted)?;
            let interaction = stated(&wanted, id, wanted.at.unwrap_or(now), cost);
            let first = write(batch, &active, &interaction, now)?;
            let answered = Answered { request: wanted.request, status: 201, body: encode(&first)?, at: now };
            batch.put_answered(&key, &answered)?;
            Ok(Done { interaction, first, new: true })
        });
        self.finish(written.await)
    }

    /// Writes an interaction over the one with its id, as when it is moved or done, or as a new one.
    ///
    /// Where nothing is said of them, the instant stays, and so does the cost as long as the kind does.
    pub async fn put_interaction(&self, id: String, wanted: Interacting) -> Result<Interacted, InteractionError> {
        let (active, clock) = (self.active(), self.clock.clone());
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let before = batch.interaction(&id)?;
            if before.as_ref().is_some_and(|before| before.customer != wanted.customer) {
                return Err(InteractionError::Exists(id.clone()));
            }
            if before.is_none() && !known(batch, &wanted.customer)? {
                return Err(InteractionError::NoCustomer(wanted.customer.clone()));
            }
            let now = clock.now();
            let (at, kept) = match &before {
                Some(before) => (before.at, (before.kind == wanted.kind).then_some(before.cost)),
                None => (now, None),
            };
            let cost = match wanted.cost.or(kept) {
                Some(cost) => cost,
                None => cost(&active.bundle, &wanted)?,
            };
            let interaction = stated(&wanted, &id, wanted.at.unwrap_or(at), cost);
            let first = if before.as_ref() == Some(&interaction) {
                let standing = standing(batch, &active, &wanted.customer, now)?;
                answer(&active, &interaction, standing, now, false)
            } else {
                write(batch, &active, &interaction, now)?
            };
            Ok(Done { interaction, first, new: before.is_none() })
        });
        self.finish(written.await)
    }

    /// Removes an interaction, as when a planned one is cancelled. Again is as good as once.
    pub async fn remove_interaction(&self, actor: Actor, customer: String, id: String) -> Result<(), InteractionError> {
        let clock = self.clock.clone();
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let request = *blake3::hash(customer.as_bytes()).as_bytes();
            let key = format!("interaction-removed:{}:{id}", blake3::Hash::from_bytes(request).to_hex());
            let now = clock.now();
            match batch.interaction(&id)? {
                Some(interaction) if interaction.customer == customer => {}
                Some(_) => return Err(InteractionError::NoInteraction(id.clone())),
                None => {
                    let again = batch.answered(&key)?.is_some();
                    return if again { Ok(()) } else { Err(InteractionError::NoInteraction(id.clone())) };
                }
            }
            batch.remove_interaction(&id, now)?;
            batch.put_audit(actor.did(AuditAction::RemoveInteraction, customer.as_str(), id.as_str(), now))?;
            if batch.answered(&key)?.is_none() {
                batch.put_answered(&key, &Answered { request, status: 204, body: Vec::new(), at: now })?;
            }
            Ok(())
        });
        written.await.map_err(refused)
    }

    fn finish(&self, written: Result<Done, WriteError<InteractionError>>) -> Result<Interacted, InteractionError> {
        let Done { interaction, first, new } = written.map_err(refused)?;
        let bundle = self.bundle_of(first.revision)?.unwrap_or_else(|| Arc::clone(&self.active().bundle));
        let service = ServiceState { bundle, at: first.now, standing: first.standing };
        Ok(Interacted { interaction, service, beyond: first.beyond, new })
    }
}

fn refused(error: WriteError<InteractionError>) -> InteractionError {
    match error {
        WriteError::Refused(error) => error,
        WriteError::Failed(failure) => failure.into(),
    }
}

/// The interaction that a request states.
fn stated(wanted: &Interacting, id: &str, at: Instant, cost: Money) -> Interaction {
    Interaction {
        id: id.to_owned(),
        customer: wanted.customer.clone(),
        kind: wanted.kind.clone(),
        at,
        cost,
        rating: wanted.rating,
        note: wanted.note.clone(),
    }
}

fn cost(bundle: &Bundle, wanted: &Interacting) -> Result<Money, InteractionError> {
    if let Some(cost) = wanted.cost {
        return Ok(cost);
    }
    let costs = bundle.service.as_ref().map_or(&[][..], |service| &service.costs);
    let known = costs.iter().find(|(kind, _)| kind.as_ref() == wanted.kind);
    known.map(|(_, cost)| *cost).ok_or_else(|| InteractionError::NoCost {
        kind: wanted.kind.clone(),
        nearest: nearest(&wanted.kind, costs.iter().map(|(kind, _)| kind.as_ref())).map(str::to_owned),
    })
}

/// Writes an interaction and looks at the budget after it: an error takes the write back.
fn write(
    batch: &mut Batch<'_>,
    active: &Active,
    interaction: &Interaction,
    now: Instant,
) -> Result<FirstAnswer, InteractionError> {
    let before = standing(batch, active, &interaction.customer, now)?;
    batch.put_interaction(interaction.clone(), now)?;
    let after = standing(batch, active, &interaction.customer, now)?;
    // A correction that takes less than before goes through, however much is overspent.
    let beyond = after.taken() > before.taken() && after.left().is_some_and(|left| left < Money::ZERO);
    if beyond && active.bundle.service.as_ref().is_some_and(|service| service.block) {
        let money = |amount: Money| amount.format(active.bundle.currency);
        let granted = after.granted.map_or(Money::ZERO, |granted| granted.amount);
        return Err(InteractionError::Blocked(format!(
            "the service budget of `{}` is {}: {} are used and {} planned, so {} are left, and this takes {} more",
            interaction.customer,
            money(granted),
            money(before.used()),
            money(before.planned),
            money((granted - before.taken()).max(Money::ZERO)),
            money(after.taken() - before.taken()),
        )));
    }
    Ok(answer(active, interaction, after, now, beyond))
}

fn answer(
    active: &Active,
    interaction: &Interaction,
    standing: ServiceStanding,
    now: Instant,
    beyond: bool,
) -> FirstAnswer {
    let (at, cost) = (interaction.at, interaction.cost);
    FirstAnswer { revision: active.bundle.revision, now, at, cost, standing, beyond }
}
