//! Quotes: what a checkout should do. Nothing is written.

use std::sync::Arc;

use thiserror::Error;

use super::active::Active;
use super::facts::facts_for;
use super::shadow::Quote;
use super::spend::allowances;
use super::start::App;
use crate::engine::{PointsShort, PriceError, decide, points_short, price};
use crate::id::Revision;
use crate::model::{Allowance, Basket, Decision};
use crate::policy::Bundle;
use crate::store::Failure;
use crate::time::Instant;

/// An answer to a basket.
#[derive(Debug)]
pub struct Quoted {
    /// Who was asked for.
    pub customer: Option<String>,
    /// The basket.
    pub basket: Arc<Basket>,
    /// What was decided.
    pub decision: Decision,
    /// Why fewer points pay than were asked for; empty where all do.
    pub points_short: Vec<PointsShort>,
    /// The bundle that decided.
    pub active: Arc<Active>,
    /// The sealed terms.
    pub token: String,
    /// Until when they are honoured.
    pub expires_at: Instant,
}

/// Why there is no quote.
#[derive(Debug, Error)]
pub enum QuoteError {
    /// The basket cannot be priced.
    #[error(transparent)]
    Price(#[from] PriceError),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// How long a quote is honoured, in microseconds.
pub(super) const HONOURED: i64 = 15 * 60 * 1_000_000;

/// What a stored revision would decide.
#[derive(Debug)]
pub struct Tried {
    /// The basket.
    pub basket: Arc<Basket>,
    /// What was decided.
    pub decision: Decision,
    /// Why fewer points pay than were asked for; empty where all do.
    pub points_short: Vec<PointsShort>,
    /// The revision's bundle.
    pub bundle: Arc<Bundle>,
}

impl App {
    /// Decides on a basket under a stored revision, as of now where no instant is given: without sealed terms, and not
    /// counted. Absent where there is no such revision.
    pub fn decide_under(
        &self,
        revision: Revision,
        customer: Option<&str>,
        at: Option<Instant>,
        basket: Basket,
    ) -> Result<Option<Tried>, QuoteError> {
        let Some(active) = self.as_if_active(revision)? else { return Ok(None) };
        let basket = Arc::new(basket);
        let at = at.unwrap_or_else(|| self.clock.now());
        let (decision, points_short) = self.decide_on(&active, customer, at, &basket)?;
        Ok(Some(Tried { basket, decision, points_short, bundle: Arc::clone(&active.bundle) }))
    }

    /// What a policy decides on a basket as of an instant, and why fewer points pay than were asked for.
    pub(super) fn decide_on(
        &self,
        active: &Active,
        customer: Option<&str>,
        at: Instant,
        basket: &Arc<Basket>,
    ) -> Result<(Decision, Vec<PointsShort>), QuoteError> {
        let priced = price(&active.bundle, basket)?;
        let rows = self.store.snapshot();
        let facts = Arc::new(facts_for(&*rows, active, customer, at, (basket, &priced))?);
        let decision = decide(&active.bundle, &facts, basket, &priced);
        let points_short = points_short(&active.bundle, &facts, basket, decision.totals.net());
        Ok((decision, points_short))
    }

    /// What is left now of every discount's uses and budget, to everybody together, under what is in force.
    pub fn uses_left(&self) -> Result<(Arc<Active>, Instant, Vec<Allowance>), Failure> {
        let (active, now) = (self.active(), self.clock.now());
        let left = allowances(&*self.store.snapshot(), &active.bundle, None, now)?;
        Ok((active, now, left))
    }

    /// Decides on a basket, as of now where no instant is given.
    pub fn quote(&self, customer: Option<String>, at: Option<Instant>, basket: Basket) -> Result<Quoted, QuoteError> {
        let active = self.active();
        let now = self.clock.now();
        let basket = Arc::new(basket);
        let (decision, points_short) = self.decide_on(&active, customer.as_deref(), at.unwrap_or(now), &basket)?;
        self.counters.decided(&decision);
        if let Some(shadow) = &*self.shadow.load() {
            shadow.ask(Quote {
                customer: customer.clone(),
                basket: Arc::clone(&basket),
                decision: decision.clone(),
                bundle: Arc::clone(&active.bundle),
            });
        }
        let expires_at = now.plus_micros(HONOURED);
        let token = self.seal.close(expires_at, customer.as_deref(), &basket, &decision);
        Ok(Quoted { customer, basket, decision, points_short, active, token, expires_at })
    }
}
