//! Models that metrics of a policy ask, fitted to the base.

use std::sync::Arc;

use super::active::Active;
use super::events::Events;
use super::scan::{Collect, scan};
use super::start::App;
use crate::analytics::value::BaseSample;
use crate::engine::CutOffs;
use crate::metric::{BaseFit, Buyer, Reader, Timelines, asked_models};
use crate::money::Money;
use crate::policy::Bundle;
use crate::store::{Failure, Record, Snapshot};
use crate::time::{Instant, Period};

impl Record for BaseFit {
    const WHAT: &'static str = "fitted models";
}

/// How often models are fitted anew.
const REFIT: Period = Period::Day;

/// Whether models fitted at one instant are due by another.
pub(super) fn is_fit_due(bundle: &Bundle, taken_at: Instant, now: Instant) -> bool {
    REFIT.next(taken_at, bundle.zone) <= now
}

impl App {
    /// Fits models to what the base bought of some lines as of an instant.
    pub(super) fn fit(&self, active: &Active, filters: &[Option<u16>], at: Instant) -> Result<Vec<BaseFit>, Failure> {
        let rows = &*self.store.snapshot();
        let empty = Buyers { active, at, filters, found: vec![BaseSample::default(); filters.len()] };
        let found = scan(rows, active, &empty, at)?.found;
        let currency = active.bundle.currency;
        Ok(filters.iter().zip(found).map(|(filter, sample)| sample.fit(*filter, at, currency)).collect())
    }

    /// The models that a bundle asks which is not in force, as of the start of their period; none where it asks none.
    pub(super) fn fits_at(&self, bundle: &Arc<Bundle>, at: Instant) -> Result<Vec<BaseFit>, Failure> {
        let asked = asked_models(&bundle.metrics);
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let at = REFIT.start(at, bundle.zone);
        self.fit(&Active::new(Arc::clone(bundle), CutOffs::empty(bundle), at, "", "")?, &asked, at)
    }
}

/// What customers bought, for models.
#[derive(Clone)]
struct Buyers<'a> {
    active: &'a Active,
    at: Instant,
    filters: &'a [Option<u16>],
    found: Vec<BaseSample>,
}

impl Collect for Buyers<'_> {
    fn take(&mut self, _: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let bundle = &self.active.bundle;
        for (filter, sample) in self.filters.iter().zip(&mut self.found) {
            let buyer = Reader::new(&mut *events, bundle.zone, bundle.currency).buyer(*filter, self.at)?;
            if let Some(buyer) = buyer {
                let totals = events.mark(*filter, self.at)?.totals;
                let net = Money(totals.gross.saturating_sub(totals.discount));
                sample.push(Buyer { rhythm: buyer.0, spend: buyer.1, purchases: totals.purchases, net });
            }
        }
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        let found = self.found.into_iter().zip(other.found).map(|(mine, theirs)| mine.merge(theirs)).collect();
        Self { found, ..self }
    }
}
