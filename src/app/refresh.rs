//! What needs the whole base: cut-offs of rank and score segments, models that metrics ask, and accounts of new filters.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::active::Active;
use super::events::Events;
use super::facts::metric;
use super::fit::is_fit_due;
use super::scan::{Collect, scan};
use super::start::{App, lock};
use crate::analytics::{BaseValues, needs_cut_offs};
use crate::engine::{CutOffs, SegmentCuts};
use crate::id::Revision;
use crate::metric::{BaseFit, History, Metric, asked_models};
use crate::policy::{Bundle, SegmentRule};
use crate::store::{
    AccountError, Failure, FilterHash, KeptCutoffs, Read, Record, Snapshot, WriteError, decode, encode,
};
use crate::time::Instant;

impl Record for SegmentCuts {
    const WHAT: &'static str = "cut-offs";
}

const SNAPSHOTS: &str = "cut-off-snapshots";
/// Customers whose accounts one write builds: other writes come in between.
const BUILT_AT_ONCE: usize = 500;

impl App {
    /// Computes all cut-offs anew, as of now, and puts them in force.
    pub fn refresh_segments(&self) -> Result<Arc<CutOffs>, Failure> {
        let _changing = lock(&self.changing);
        let active = self.active();
        let cut_offs = self.cut_offs(&active, true)?;
        let renewed = Arc::new(active.with_cut_offs(cut_offs));
        self.in_force.store(Arc::clone(&renewed));
        Ok(Arc::clone(&renewed.cut_offs))
    }

    /// After much was written at once: builds what is left of the filters' accounts, then computes cut-offs anew.
    pub fn after_bulk(&self) -> Result<(), Failure> {
        while !self.build_filters()? {}
        self.refresh_segments().map(drop)
    }

    /// Computes cut-offs anew whose period is over.
    pub fn refresh_due(&self) -> Result<(), Failure> {
        let active = self.active();
        if !any_due(&active, self.clock.now()) {
            return Ok(());
        }
        let _changing = lock(&self.changing);
        let active = self.active();
        let cut_offs = self.cut_offs(&active, false)?;
        self.in_force.store(Arc::new(active.with_cut_offs(cut_offs)));
        Ok(())
    }

    /// A stored revision as it would be if it came into force now. Its cut-offs are of the definitions that the store has
    /// or computed for the occasion, and nothing is written.
    pub(super) fn as_if_active(&self, revision: Revision) -> Result<Option<Arc<Active>>, Failure> {
        let active = self.active();
        if active.bundle.revision == revision {
            return Ok(Some(active));
        }
        let Some(bundle) = self.bundle_of(revision)? else { return Ok(None) };
        let empty = CutOffs::empty(&bundle);
        let wanted = Active::new(bundle, empty, self.clock.now(), "", "")?;
        let (cut_offs, _) = self.current_cuts(&wanted, false)?;
        Ok(Some(Arc::new(wanted.with_cut_offs(cut_offs))))
    }

    /// Cut-offs for a bundle: those in the store where they are of its definitions and not due, new ones otherwise, which
    /// are written.
    pub(super) fn cut_offs(&self, active: &Active, anew: bool) -> Result<CutOffs, Failure> {
        let bundle = &active.bundle;
        let (cut_offs, stored) = self.current_cuts(active, anew)?;
        if stored {
            return Ok(cut_offs);
        }
        let CutOffs { segments, fits, .. } = cut_offs;
        // One number for all: decisions name the snapshot, and a snapshot is whole.
        let mut written = Vec::with_capacity(segments.len() + fits.len());
        for fit in &fits {
            let kept = KeptCutoffs { snapshot: 0, taken_at: fit.taken_at, body: encode(fit)? };
            written.push((fit_definition(bundle, fit.filter), kept));
        }
        for (at, cuts) in segments.iter().enumerate() {
            let taken_at = match cuts {
                SegmentCuts::None => continue,
                SegmentCuts::Rank { taken_at, .. } | SegmentCuts::Score { taken_at, .. } => *taken_at,
            };
            let body = encode(cuts)?;
            written.push((definition(bundle, at), KeptCutoffs { snapshot: 0, taken_at, body }));
        }
        let id = self.write(move |batch| {
            let last = batch.named(SNAPSHOTS)?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
            let id = last + 1;
            batch.put_named(SNAPSHOTS, &id.to_be_bytes())?;
            for (segment, kept) in &written {
                batch.put_cutoffs(*segment, &KeptCutoffs { snapshot: id, ..kept.clone() })?;
            }
            Ok(id)
        })?;
        Ok(CutOffs { id, segments, fits })
    }

    /// Cut-offs and models for a bundle, and whether all of them are from one stored snapshot; if not, it has no number.
    fn current_cuts(&self, active: &Active, anew: bool) -> Result<(CutOffs, bool), Failure> {
        let bundle = &active.bundle;
        let wanted: Vec<usize> =
            (0..bundle.segments.len()).filter(|at| needs_cut_offs(&bundle.segments[*at].rule)).collect();
        let mut segments = vec![SegmentCuts::None; bundle.segments.len()];
        let asked = asked_models(&bundle.metrics);
        if wanted.is_empty() && asked.is_empty() {
            return Ok((CutOffs::empty(bundle), true));
        }
        let rows = self.store.snapshot();
        let now = self.clock.now();
        let mut snapshots = BTreeSet::new();
        let (mut fits, mut unfitted) = (Vec::new(), Vec::new());
        for filter in asked {
            let kept = if anew { None } else { rows.cutoffs(fit_definition(bundle, filter))? };
            match kept {
                Some(kept) if !is_fit_due(bundle, kept.taken_at, now) => {
                    fits.push(BaseFit { filter, ..decode(&kept.body)? });
                    snapshots.insert(kept.snapshot);
                }
                _ => unfitted.push(filter),
            }
        }
        let mut missing = Vec::new();
        for &at in &wanted {
            // Cut-offs of what a model says go by the model they were taken with.
            let stale = !unfitted.is_empty() && metrics_of(bundle, at).any(Metric::asks_model);
            let kept = if anew || stale { None } else { rows.cutoffs(definition(bundle, at))? };
            match kept {
                Some(kept) if !is_due(&bundle.segments[at].rule, kept.taken_at, now, bundle) => {
                    segments[at] = decode(&kept.body)?;
                    snapshots.insert(kept.snapshot);
                }
                _ => missing.push(at),
            }
        }
        if missing.is_empty() && unfitted.is_empty() && snapshots.len() == 1 {
            return Ok((CutOffs { id: snapshots.pop_first().unwrap_or(0), segments, fits }, true));
        }
        if !unfitted.is_empty() {
            fits.extend(self.fit(active, &unfitted, now)?);
        }
        if !missing.is_empty() {
            let mut values = self.scan((active, &fits), &missing, now)?;
            for &at in &missing {
                segments[at] = values.cuts(&bundle.segments[at].rule, now);
            }
        }
        Ok((CutOffs { id: 0, segments, fits }, false))
    }

    /// Reads the metrics that some segments need, over the whole base as of an instant, on all processors.
    pub(super) fn scan(
        &self,
        (active, fits): (&Active, &[BaseFit]),
        segments: &[usize],
        at: Instant,
    ) -> Result<BaseValues, Failure> {
        let rows = &*self.store.snapshot();
        let empty = Values { active, fits, at, found: BaseValues::new(&active.bundle, segments) };
        let mut values = scan(rows, active, &empty, at)?.found;
        // Customers with a card who did nothing yet have sums of nothing, and those are values too.
        let idle: Vec<_> = values
            .slots()
            .iter()
            .map(|slot| {
                metric((active, fits), *slot, &mut History::default(), at).unwrap_or_else(|never| match never {})
            })
            .collect();
        for _ in 0..rows.idle_customers()? {
            idle.iter().enumerate().for_each(|(at, value)| values.push(at, *value));
        }
        Ok(values)
    }

    /// Whether the accounts of all filters of a bundle are built.
    pub(super) fn filters_complete(&self, active: &Active) -> Result<bool, Failure> {
        let rows = self.store.snapshot();
        for hash in active.filters.iter().filter(|hash| **hash != FilterHash::ALL) {
            if !rows.filter(*hash)?.is_some_and(|kept| kept.complete) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Builds accounts of the filters in force, some customers at a time. Whether nothing is left to build.
    pub fn build_filters(&self) -> Result<bool, Failure> {
        let active = self.active();
        if active.ready() {
            return Ok(true);
        }
        for hash in active.filters.iter().copied().filter(|hash| *hash != FilterHash::ALL) {
            let built = self.store.write_blocking(move |batch| batch.build_accounts(hash, BUILT_AT_ONCE));
            match built {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(WriteError::Refused(AccountError::Failed(failure)) | WriteError::Failed(failure)) => {
                    return Err(failure);
                }
                Err(WriteError::Refused(error @ AccountError::OutOfRange)) => {
                    return Err(Failure::Damaged { what: "account", why: error.to_string() });
                }
            }
        }
        active.set_ready();
        Ok(true)
    }
}

/// The values that a scan finds.
#[derive(Clone)]
struct Values<'a> {
    active: &'a Active,
    fits: &'a [BaseFit],
    at: Instant,
    found: BaseValues,
}

impl Collect for Values<'_> {
    fn take(&mut self, _: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        for at in 0..self.found.slots().len() {
            let value = metric((self.active, self.fits), self.found.slots()[at], events, self.at)?;
            self.found.push(at, value);
        }
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        Self { found: self.found.merge(other.found), ..self }
    }
}

/// The metrics that the cut-offs of a segment are taken of.
fn metrics_of(bundle: &Bundle, segment: usize) -> impl Iterator<Item = &Metric> {
    bundle.segments[segment].rule.metrics().into_iter().filter_map(|slot| bundle.metrics.get(slot as usize))
}

/// A hash of everything that models depend on, besides the base.
pub(super) fn fit_definition(bundle: &Bundle, filter: Option<u16>) -> u64 {
    let filter = filter.map(|filter| &bundle.filters[filter as usize]);
    hashed(&format!("{}|{}|models {filter:?}", bundle.currency, bundle.zone))
}

fn hashed(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// Whether some cut-offs or models of a policy are due.
pub(super) fn any_due(active: &Active, now: Instant) -> bool {
    active.cut_offs.segments.iter().zip(&active.bundle.segments).any(|(cuts, segment)| {
        let taken_at = match cuts {
            SegmentCuts::None => return false,
            SegmentCuts::Rank { taken_at, .. } | SegmentCuts::Score { taken_at, .. } => *taken_at,
        };
        is_due(&segment.rule, taken_at, now, &active.bundle)
    }) || active.cut_offs.fits.iter().any(|fit| is_fit_due(&active.bundle, fit.taken_at, now))
}

/// Whether cut-offs taken at one instant are due by another.
fn is_due(rule: &SegmentRule, taken_at: Instant, now: Instant, bundle: &Bundle) -> bool {
    match rule {
        SegmentRule::Rank { refresh, .. } | SegmentRule::Score { refresh, .. } => {
            refresh.next(taken_at, bundle.zone) <= now
        }
        SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => false,
    }
}

/// A hash of everything that cut-offs of a segment depend on, besides the base.
pub(super) fn definition(bundle: &Bundle, segment: usize) -> u64 {
    let rule = &bundle.segments[segment].rule;
    let mut text = format!("{}|{}", bundle.currency, bundle.zone);
    match rule {
        SegmentRule::Rank { bounds, .. } => text.push_str(&format!("|rank {bounds:?}")),
        SegmentRule::Score { parts, .. } => {
            let parts: Vec<u8> = parts.iter().map(|part| part.parts).collect();
            text.push_str(&format!("|score {parts:?}"));
        }
        SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => {}
    }
    for metric in metrics_of(bundle, segment) {
        let filter = metric.filter.map(|filter| &bundle.filters[filter as usize]);
        text.push_str(&format!("|{:?} {:?} {filter:?}", metric.measure, metric.window));
    }
    hashed(&text)
}
