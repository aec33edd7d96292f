//! A revision that runs beside the one in force: it decides on the same live quotes, off the way of those who wait for an
//! answer, and what it would have granted is counted and sampled. Nothing of it is kept over a restart.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::active::Active;
use super::again::differences;
use super::quote::QuoteError;
use super::refresh::any_due;
use super::start::{App, lock};
use crate::engine::CutOffs;
use crate::id::Revision;
use crate::model::{Basket, Decision};
use crate::money::Money;
use crate::policy::Bundle;
use crate::store::Failure;
use crate::time::Instant;

/// Quotes that wait for the shadow; more are left out and counted.
const WAITING: usize = 1_024;
/// The most differing quotes that are kept.
const SAMPLES: usize = 50;

/// A revision beside the one in force.
#[derive(Debug)]
pub struct Shadow {
    /// The revision.
    pub revision: Revision,
    /// Since when.
    pub since: Instant,
    quotes: SyncSender<Quote>,
    seen: AtomicU64,
    left_out: AtomicU64,
    failed: AtomicU64,
    differing: AtomicU64,
    granted: [AtomicI64; 2],
    samples: Mutex<VecDeque<ShadowSample>>,
}

/// What a shadow saw so far.
#[derive(Debug, Clone)]
pub struct ShadowCounts {
    /// Quotes that both decided on.
    pub seen: u64,
    /// Quotes that came too fast to be looked at.
    pub left_out: u64,
    /// Quotes on which the shadow could not decide.
    pub failed: u64,
    /// Quotes on which discount, points or what applies differ.
    pub differing: u64,
    /// What the policy in force granted on them, and what the shadow would have.
    pub granted: (Money, Money),
    /// The last quotes that differ, the newest first.
    pub samples: Vec<ShadowSample>,
}

/// A quote on which both differ.
#[derive(Debug, Clone)]
pub struct ShadowSample {
    /// As of when.
    pub at: Instant,
    /// Who was asked for.
    pub customer: Option<String>,
    /// What the policy in force granted, and what the shadow would have.
    pub granted: (Money, Money),
    /// What differs, in words.
    pub differences: Vec<String>,
}

/// A quote as it was answered.
#[derive(Debug)]
pub(super) struct Quote {
    pub customer: Option<String>,
    pub basket: Arc<Basket>,
    pub decision: Decision,
    pub bundle: Arc<Bundle>,
}

impl Shadow {
    /// What it saw so far.
    pub fn counts(&self) -> ShadowCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let money = |at: usize| Money(self.granted[at].load(Ordering::Relaxed));
        ShadowCounts {
            seen: read(&self.seen),
            left_out: read(&self.left_out),
            failed: read(&self.failed),
            differing: read(&self.differing),
            granted: (money(0), money(1)),
            samples: lock(&self.samples).iter().rev().cloned().collect(),
        }
    }

    /// Takes a quote in, or counts that there was no room for it.
    pub(super) fn ask(&self, quote: Quote) {
        if let Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) = self.quotes.try_send(quote) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn compare(&self, quote: &Quote, other: (&Bundle, &Decision)) {
        let (first, second) = (quote.decision.totals.discount, other.1.totals.discount);
        self.seen.fetch_add(1, Ordering::Relaxed);
        self.granted[0].fetch_add(first.0, Ordering::Relaxed);
        self.granted[1].fetch_add(second.0, Ordering::Relaxed);
        let differences = differences((&quote.bundle, &quote.decision), other);
        if differences.is_empty() {
            return;
        }
        self.differing.fetch_add(1, Ordering::Relaxed);
        let mut samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        if samples.len() == SAMPLES {
            samples.pop_front();
        }
        let at = quote.decision.at;
        samples.push_back(ShadowSample { at, customer: quote.customer.clone(), granted: (first, second), differences });
    }
}

impl App {
    /// Runs a revision beside the one in force from now on, in place of any other. Absent where the store does not have it.
    pub fn start_shadow(self: &Arc<Self>, revision: Revision) -> Result<Option<Arc<Shadow>>, Failure> {
        let Some(bundle) = self.bundle_of(revision)? else { return Ok(None) };
        let since = self.clock.now();
        let looking = Active::new(Arc::clone(&bundle), CutOffs::empty(&bundle), since, "shadow", "")?;
        // Its cut-offs are kept like those of the policy in force: equal definitions share them.
        let cut_offs = self.cut_offs(&looking, false)?;
        let active = looking.with_cut_offs(cut_offs);
        if self.filters_complete(&active)? {
            active.set_ready();
        }
        let (quotes, waiting) = sync_channel(WAITING);
        let shadow = Arc::new(Shadow {
            revision,
            since,
            quotes,
            seen: AtomicU64::new(0),
            left_out: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            differing: AtomicU64::new(0),
            granted: [AtomicI64::new(0), AtomicI64::new(0)],
            samples: Mutex::default(),
        });
        self.shadow.store(Some(Arc::clone(&shadow)));
        let (app, counted) = (Arc::downgrade(self), Arc::downgrade(&shadow));
        std::thread::spawn(move || follow(&app, &counted, active, &waiting));
        Ok(Some(shadow))
    }

    /// The revision that runs beside the one in force.
    pub fn shadow(&self) -> Option<Arc<Shadow>> {
        self.shadow.load_full()
    }

    /// Ends it. Whether there was one.
    pub fn stop_shadow(&self) -> bool {
        self.shadow.swap(None).is_some()
    }

    /// Decides on a quote once more.
    fn decide_beside(&self, active: &Active, quote: &Quote) -> Result<Option<Decision>, Failure> {
        match self.decide_on(active, quote.customer.as_deref(), quote.decision.at, &quote.basket) {
            Ok((decision, _)) => Ok(Some(decision)),
            Err(QuoteError::Price(_)) => Ok(None),
            Err(QuoteError::Failed(failure)) => Err(failure),
        }
    }
}

/// Decides on quotes until nobody has the shadow any more.
fn follow(app: &std::sync::Weak<App>, shadow: &std::sync::Weak<Shadow>, mut active: Active, quotes: &Receiver<Quote>) {
    while let Ok(quote) = quotes.recv() {
        let (Some(app), Some(shadow)) = (app.upgrade(), shadow.upgrade()) else { return };
        if any_due(&active, app.clock.now()) {
            match app.cut_offs(&active, false) {
                Ok(cut_offs) => active = active.with_cut_offs(cut_offs),
                Err(failure) => tracing::error!(%failure, "the cut-offs of a shadow were not taken"),
            }
        }
        match app.decide_beside(&active, &quote) {
            Ok(Some(decision)) => shadow.compare(&quote, (&active.bundle, &decision)),
            Ok(None) => _ = shadow.failed.fetch_add(1, Ordering::Relaxed),
            Err(failure) => {
                tracing::error!(%failure, "a shadow could not decide");
                shadow.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
