//! Purchases: decide and post, in one store transaction.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::facts::facts_for;
use super::foresee::{Foreseen, foresee};
use super::points::{post_points, redeemable_points};
use super::quote::{HONOURED, QuoteError, Quoted};
use super::spend::{allowances, post, taken};
use super::start::App;
use super::token::Terms;
use crate::engine::{PointsShort, PriceError, decide, points_short, price};
use crate::id::Name;
use crate::model::{Basket, Decision, LimitKind, Purchase, PurchaseLine};
use crate::policy::Bundle;
use crate::store::{Batch, Failure, PointsError, PutError, Read, Record, SpendError, WriteError, decode, encode};
use crate::time::Instant;

/// A purchase to commit.
#[derive(Debug, Clone)]
pub struct Purchasing {
    /// The shop's own id.
    pub id: String,
    /// Tells the same request from another one with the same id.
    pub request: [u8; 16],
    /// Who buys.
    pub customer: Option<String>,
    /// When; now where it is absent.
    pub at: Option<Instant>,
    /// What is bought. Empty at a quote's terms.
    pub basket: Basket,
    /// A quote's terms.
    pub terms: Option<Terms>,
}

/// A committed purchase.
#[derive(Debug)]
pub struct Purchased {
    /// The purchase as it stands.
    pub purchase: Purchase,
    /// How it was decided.
    pub record: DecisionRecord,
    /// The bundle of the decision's revision.
    pub bundle: Arc<Bundle>,
    /// Whether this very request was committed before.
    pub again: bool,
}

/// A decision as it is kept with its purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// Tells the same request from another one with the same id.
    pub request: [u8; 16],
    /// Codes that were presented.
    pub codes: Vec<Box<str>>,
    /// The decision with its trace.
    pub decision: Decision,
}

impl Record for DecisionRecord {
    const WHAT: &'static str = "decision";
}

/// What a quote promised and is no longer there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spent {
    /// The discount.
    pub discount: Name,
    /// What of it.
    pub what: &'static str,
}

/// Why a purchase was not committed.
#[derive(Debug, Error)]
pub enum PurchaseError {
    /// Another purchase has this id.
    #[error("purchase `{0}` exists with other content")]
    Exists(String),
    /// The basket cannot be priced.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// It lies ahead.
    #[error("a purchase cannot lie ahead: it is {now} now")]
    Ahead {
        /// What the time is.
        now: Instant,
    },
    /// What the quote promised is spent by now.
    #[error("no longer available: {}", spent_in_words(.spent))]
    Spent {
        /// What is spent.
        spent: Vec<Spent>,
        /// What could be had now.
        fresh: Option<Box<Quoted>>,
    },
    /// Fewer points can pay than were asked for.
    #[error("not all of these points can pay: {}", in_words(.short))]
    Points {
        /// Why.
        short: Vec<PointsShort>,
        /// What could be had.
        fresh: Option<Box<Quoted>>,
    },
    /// The customer's sums, or a budget's, would no longer fit.
    #[error("{0}")]
    OutOfRange(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

fn spent_in_words(spent: &[Spent]) -> String {
    spent.iter().map(|spent| format!("{} of {}", spent.what, spent.discount)).collect::<Vec<_>>().join(", ")
}

fn in_words(short: &[PointsShort]) -> String {
    short.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl From<PointsError> for PurchaseError {
    fn from(error: PointsError) -> Self {
        match error {
            PointsError::Refused(refusal) => Self::OutOfRange(refusal.to_string()),
            PointsError::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<PutError> for PurchaseError {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Exists(id) => Self::Exists(id),
            PutError::Failed(failure) => Self::Failed(failure),
            other => Self::OutOfRange(other.to_string()),
        }
    }
}

impl From<SpendError> for PurchaseError {
    fn from(error: SpendError) -> Self {
        match error {
            SpendError::Failed(failure) => Self::Failed(failure),
            other => Self::OutOfRange(other.to_string()),
        }
    }
}

impl From<QuoteError> for PurchaseError {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Price(error) => Self::Price(error),
            QuoteError::Failed(failure) => Self::Failed(failure),
        }
    }
}

/// Clocks of two machines may differ by so much, in microseconds.
const CLOCK_SKEW: i64 = 60 * 1_000_000;

impl App {
    /// Opens a quote's token.
    pub fn open_quote(&self, token: &str) -> Result<Terms, super::token::TokenError> {
        self.seal.open(token, self.clock.now())
    }

    /// Commits a purchase and answers when it is durable. The same request again gives the first answer again.
    pub async fn purchase(&self, wanted: Purchasing) -> Result<Purchased, PurchaseError> {
        let active = self.active();
        let bundle = match &wanted.terms {
            // A quote is honoured under the policy that made it, whatever is in force by now.
            Some(terms) => self.bundle_of(terms.decision.revision)?.unwrap_or_else(|| Arc::clone(&active.bundle)),
            None => Arc::clone(&active.bundle),
        };
        let on_the_spot = wanted.terms.is_none();
        // Points that pay depend on what expires until the writer comes to it; a quote is decided already.
        let foreseen = if on_the_spot && wanted.at.is_none() && wanted.basket.redeem_points == 0 {
            let (rows, now) = (self.store.snapshot(), self.clock.now());
            foresee(&*rows, &active, wanted.customer.as_deref(), &Arc::new(wanted.basket.clone()), now)?
        } else {
            None
        };
        let job = Job { wanted, foreseen, active: Arc::clone(&active), bundle, clock: self.clock.clone() };
        let asks_points = job.wanted.basket.redeem_points > 0;
        let fresh = (job.wanted.terms.is_some() || asks_points).then(|| job.wanted.clone());
        let committed = self.store.write(move |batch| job.run(batch)).await;
        let (purchase, record, again) = match committed {
            Ok(done) => done,
            Err(WriteError::Failed(failure)) => return Err(failure.into()),
            Err(WriteError::Refused(PurchaseError::Spent { spent, .. })) => {
                let terms = fresh.and_then(|wanted| wanted.terms);
                let fresh = match terms {
                    Some(terms) => Some(Box::new(self.quote(terms.customer, None, terms.basket)?)),
                    None => None,
                };
                return Err(PurchaseError::Spent { spent, fresh });
            }
            Err(WriteError::Refused(PurchaseError::Points { short, .. })) => {
                let fresh = fresh.map(|wanted| self.quote(wanted.customer, wanted.at, wanted.basket)).transpose()?;
                return Err(PurchaseError::Points { short, fresh: fresh.map(Box::new) });
            }
            Err(WriteError::Refused(error)) => return Err(error),
        };
        let bundle = self.bundle_of(record.decision.revision)?.ok_or_else(|| missing_revision(&purchase.id))?;
        if !again {
            if on_the_spot {
                self.counters.decided(&record.decision);
            }
            self.counters.committed(&active, &bundle, &record.decision);
        }
        Ok(Purchased { purchase, record, bundle, again })
    }

    /// Whether a purchase would lie further back than the clocks of two machines differ, on its own or by what it was
    /// quoted for.
    pub fn lies_back(&self, at: Option<Instant>, terms: Option<&Terms>) -> bool {
        let (at, asked_at) = asked(at, terms, self.clock.now());
        at.is_some_and(|at| at < asked_at.plus_micros(-CLOCK_SKEW))
    }

    /// A committed purchase with its decision; the decision of an imported one is absent.
    pub fn purchase_by_id(&self, id: &str) -> Result<Option<(Purchase, Option<DecisionRecord>)>, Failure> {
        let rows = self.store.snapshot();
        let Some(purchase) = rows.purchase(id)? else { return Ok(None) };
        let record = rows.decision(id)?.map(|bytes| decode(&bytes)).transpose()?;
        Ok(Some((purchase, record)))
    }
}

/// The instant that a purchase is stated for, by itself or by its quote, and when that was asked.
fn asked(at: Option<Instant>, terms: Option<&Terms>, now: Instant) -> (Option<Instant>, Instant) {
    match terms {
        Some(terms) => (Some(terms.decision.at), terms.expires_at.plus_micros(-HONOURED)),
        None => (at, now),
    }
}

pub(super) fn missing_revision(purchase: &str) -> Failure {
    Failure::Damaged { what: "revision", why: format!("the policy that decided `{purchase}` is not in the store") }
}

/// Commits a purchase in a transaction as a checkout would have done at an instant that is over, with the cut-offs of now.
pub(super) fn commit_then(
    batch: &mut Batch<'_>,
    active: &Arc<super::active::Active>,
    wanted: Purchasing,
    then: Instant,
) -> Result<(), PurchaseError> {
    let (bundle, clock) = (Arc::clone(&active.bundle), super::clock::Clock::fixed(then));
    Job { wanted, foreseen: None, active: Arc::clone(active), bundle, clock }.run(batch).map(drop)
}

struct Job {
    wanted: Purchasing,
    foreseen: Option<Foreseen>,
    active: Arc<super::active::Active>,
    bundle: Arc<Bundle>,
    clock: super::clock::Clock,
}

type Done = (Purchase, DecisionRecord, bool);

impl Job {
    fn run(&self, batch: &mut Batch<'_>) -> Result<Done, PurchaseError> {
        let wanted = &self.wanted;
        if let Some(known) = batch.purchase(&wanted.id)? {
            let record: Option<DecisionRecord> = batch.decision(&wanted.id)?.map(|bytes| decode(&bytes)).transpose()?;
            return match record {
                Some(record) if record.request == wanted.request => Ok((known, record, true)),
                _ => Err(PurchaseError::Exists(wanted.id.clone())),
            };
        }
        let now = self.clock.now();
        let (at, asked_at) = asked(wanted.at, wanted.terms.as_ref(), now);
        if at.is_some_and(|at| at > asked_at.plus_micros(CLOCK_SKEW)) {
            return Err(PurchaseError::Ahead { now });
        }
        let (customer, basket, decision) = match &wanted.terms {
            Some(terms) => {
                self.check_terms(batch, terms, now)?;
                (&terms.customer, Arc::new(terms.basket.clone()), terms.decision.clone())
            }
            None if let Some(decision) = self.foreseen(batch, now)? => {
                (&wanted.customer, Arc::new(wanted.basket.clone()), decision)
            }
            None => {
                let basket = Arc::new(wanted.basket.clone());
                let priced = price(&self.bundle, &basket)?;
                let at = wanted.at.unwrap_or(now);
                let mut facts = facts_for(batch, &self.active, wanted.customer.as_deref(), at, (&basket, &priced))?;
                if let (true, Some(customer)) = (at < now, &wanted.customer) {
                    // Points that are gone by now pay for nothing, also not for what was bought before.
                    facts.points = facts.points.min(redeemable_points(batch, customer, at, now)?);
                }
                let facts = Arc::new(facts);
                let decision = decide(&self.bundle, &facts, &basket, &priced);
                if decision.totals.points_redeemed < basket.redeem_points {
                    let short = points_short(&self.bundle, &facts, &basket, decision.totals.net());
                    return Err(PurchaseError::Points { short, fresh: None });
                }
                (&wanted.customer, basket, decision)
            }
        };
        let lines = basket.lines.iter().zip(&decision.lines).map(|(line, decided)| PurchaseLine {
            sku: line.sku.clone(),
            category: line.category.clone(),
            tags: line.tags.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            gross: decided.gross,
            discount: decided.discount,
            cost: decided.cost,
        });
        let purchase = Purchase {
            id: wanted.id.clone(),
            customer: customer.clone(),
            at: decision.at,
            recorded_at: now,
            revision: Some(decision.revision),
            lines: lines.collect(),
            returns: Vec::new(),
        };
        post(batch, &taken(&self.bundle, customer.as_deref(), &decision))?;
        batch.put_purchase(purchase.clone())?;
        post_points(batch, &self.bundle, &purchase, &decision, now)?;
        let record = DecisionRecord { request: wanted.request, codes: basket.codes.clone(), decision };
        batch.put_decision(&wanted.id, encode(&record)?)?;
        Ok((purchase, record, false))
    }

    /// The decision that was made before, if nothing changed since.
    fn foreseen(&self, batch: &Batch<'_>, now: Instant) -> Result<Option<Decision>, Failure> {
        let Some(foreseen) = &self.foreseen else { return Ok(None) };
        let stands =
            foreseen.decision.at <= now && foreseen.stands(batch, &self.bundle, self.wanted.customer.as_deref())?;
        Ok(stands.then(|| foreseen.decision.clone()))
    }

    /// Whether uses, budgets and points still hold what the quote promised.
    fn check_terms(&self, batch: &Batch<'_>, terms: &Terms, now: Instant) -> Result<(), PurchaseError> {
        let decision = &terms.decision;
        let left = allowances(batch, &self.bundle, terms.customer.as_deref(), decision.at)?;
        let mut spent = Vec::new();
        for applied in &decision.applied {
            let slot = applied.discount as usize;
            let (Some(discount), Some(left)) = (self.bundle.discounts.get(slot), left.get(slot)) else { continue };
            let mut note = |gone: bool, what: &'static str| {
                if gone {
                    spent.push(Spent { discount: Name::clone(&discount.name), what });
                }
            };
            note(left.customer_uses == Some(0), "uses per customer");
            note(left.total_uses == Some(0), "uses");
            let cut = applied.cuts.iter().any(|cut| cut.by == LimitKind::Budget);
            let budget = if cut { "the rest of the budget" } else { "budget" };
            note(left.budget.is_some_and(|left| left < applied.amount), budget);
        }
        if let Some(customer) = &terms.customer
            && decision.totals.points_redeemed > redeemable_points(batch, customer, decision.at, now)?
        {
            spent.push(Spent { discount: "points".into(), what: "the balance" });
        }
        if spent.is_empty() { Ok(()) } else { Err(PurchaseError::Spent { spent, fresh: None }) }
    }
}
