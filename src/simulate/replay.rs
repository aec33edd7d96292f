//! The whole: every purchase of a base in order of time, on all sides at once.
//!
//! Customers are independent of each other but for two things. Cut-offs compare them: so all parts stop where cut-offs
//! are due. And common limits are shared: where a budget or total uses might run out before the next stop, the purchases
//! that look at them wait, with all that their customers do after it, until the parts are as far, and follow one by one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use rayon::prelude::*;

use super::base::{Base, RETURN};
use super::cuts;
use super::figures::Tally;
use super::limits::{Ledger, is_common, may_run_out};
use super::models;
use super::outcome::{Outcome, outcome};
use super::part::{Running, Shared, Watch};
use super::plan::Plan;
use super::side::{Grants, Policy};
use crate::engine::CutOffs;
use crate::metric::asked_models;
use crate::money::Money;
use crate::time::{Instant, Period};

/// How far a run is; whoever waits for it may end it.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Says that so many steps are to come.
    pub fn expect(&self, steps: u64) {
        self.total.fetch_add(steps, Ordering::Relaxed);
    }

    /// Says that so many steps are done.
    pub fn step(&self, steps: u64) {
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    /// Steps that are done, and how many there are.
    pub fn read(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Ends the replay soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody ended it.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Replays a base under several policies, of which the first is the baseline. Decisions are made within `from..until`;
/// what was before stands as it was recorded. `None` where it was cancelled. Each purchase is a step of the progress.
pub fn replay(
    base: &Base,
    policies: &[Policy],
    window: (Instant, Instant),
    watch: Option<&dyn Watch>,
    progress: &Progress,
) -> Option<Outcome> {
    let bundles: Vec<_> = policies.iter().map(|policy| &*policy.bundle).collect();
    let plan = Plan::new(base, &bundles, window.1);
    let calendar = |side: usize| &plan.calendars[plan.sides[side].calendar];
    let month = |side: usize, at: Instant| calendar(side).month(&calendar(side).moment(at));
    let months: Vec<i32> = (0..policies.len()).map(|side| month(side, window.0)).collect();
    let tallies: Vec<Tally> = policies
        .iter()
        .enumerate()
        .map(|(side, policy)| {
            let count = month(side, window.1.plus_micros(-1)) - months[side] + 1;
            let classes: Vec<usize> = policy.bundle.segments.iter().map(|segment| segment.classes.len()).collect();
            let discounts = match policy.grants {
                Grants::Recorded => base.names.len(),
                Grants::Decide | Grants::Nothing => policy.bundle.discounts.len(),
            };
            Tally::new(usize::try_from(count).unwrap_or(0), &classes, discounts)
        })
        .collect();
    let mut cut_offs: Vec<CutOffs> = policies.iter().map(|policy| CutOffs::empty(&policy.bundle)).collect();
    let mut ledgers: Vec<Ledger> = vec![Ledger::default(); policies.len()];
    let mut scarce: Vec<Vec<bool>> = vec![Vec::new(); policies.len()];
    let bare = Shared {
        base,
        plan: &plan,
        policies,
        window,
        months: &months,
        cut_offs: &[],
        ledgers: &[],
        scarce: &[],
        watch,
        progress,
    };
    let mut parts: Vec<Running> = base.parts.par_iter().map(|part| Running::new(&bare, part, &tallies)).collect();
    let mut bases: Vec<cuts::Base> = (0..policies.len()).map(|side| cuts::Base::new(&bare, side)).collect();
    let mut at = window.0;
    for (nth, stop) in std::iter::once(window.0).chain(stops(&periods(policies), window)).enumerate() {
        if nth > 0 {
            note_scarce(&bare, &parts, &ledgers, (at, stop), &mut scarce);
        }
        let shared = Shared { cut_offs: &cut_offs, ledgers: &ledgers, scarce: &scarce, ..bare };
        let advance = |(running, part): (&mut Running, _)| {
            let count = running.advance(&shared, part, stop, &|| progress.is_cancelled());
            progress.step(count);
        };
        parts.par_iter_mut().zip(&base.parts).for_each(advance);
        if progress.is_cancelled() {
            return None;
        }
        let collect = |parts: &mut [Running], ledgers: &mut [Ledger]| {
            for running in parts {
                running.sides.iter_mut().zip(&mut *ledgers).for_each(|(side, ledger)| ledger.drain(&mut side.spent));
            }
        };
        collect(&mut parts, &mut ledgers);
        if parts.iter().any(|running| !running.waiting.is_empty()) {
            for (place, what) in in_order(base, &parts) {
                let shared = Shared { cut_offs: &cut_offs, ledgers: &ledgers, scarce: &scarce, ..bare };
                let running = &mut parts[place];
                running.catch_up(&shared, &base.parts[place], what);
                running.sides.iter_mut().zip(&mut ledgers).for_each(|(side, ledger)| ledger.drain(&mut side.spent));
                if progress.is_cancelled() {
                    return None;
                }
            }
            parts.iter_mut().for_each(Running::release);
        }
        if nth == 0 {
            parts.par_iter_mut().flat_map(|part| part.sides.par_iter_mut()).for_each(|side| side.open_window(stop));
        }
        if stop < window.1 {
            // Cut-offs of what a model expects go by the model.
            for (side, cut_offs) in cut_offs.iter_mut().enumerate() {
                models::take(&bare, &parts, side, stop, nth == 0, &mut cut_offs.fits);
            }
            cuts::take(&bare, &mut parts, &mut bases, stop, nth == 0, &mut cut_offs);
            if progress.is_cancelled() {
                return None;
            }
        }
        at = stop;
    }
    let shared = Shared { cut_offs: &cut_offs, ledgers: &ledgers, scarce: &scarce, ..bare };
    let outcome = outcome(&shared, parts);
    (!progress.is_cancelled()).then_some(outcome)
}

fn periods(policies: &[Policy]) -> Vec<(crate::time::Zone, Vec<Period>)> {
    policies
        .iter()
        .map(|policy| {
            let mut periods = cuts::refreshes(&policy.bundle);
            let common = policy.grants == Grants::Decide && policy.bundle.discounts.iter().any(is_common);
            if common && !periods.contains(&Period::Month) {
                // Whether a limit may run out is looked at now and then: the shorter the stretch, the less waits.
                periods.push(Period::Month);
            }
            if !asked_models(&policy.bundle.metrics).is_empty() && !periods.contains(&models::REFIT) {
                periods.push(models::REFIT);
            }
            (policy.bundle.zone, periods)
        })
        .collect()
}

/// Where all parts stop: at the starts of periods, and at the end.
fn stops(periods: &[(crate::time::Zone, Vec<Period>)], window: (Instant, Instant)) -> Vec<Instant> {
    let mut stops = vec![window.1];
    for (zone, periods) in periods {
        for period in periods {
            let mut at = period.next(window.0, *zone);
            while at < window.1 {
                stops.push(at);
                at = period.next(at, *zone);
            }
        }
    }
    stops.sort_unstable();
    stops.dedup();
    stops
}

/// Notes which common limits may run out before the next stop.
fn note_scarce(
    shared: &Shared<'_>,
    parts: &[Running],
    ledgers: &[Ledger],
    (from, until): (Instant, Instant),
    scarce: &mut [Vec<bool>],
) {
    let decides = |policy: &Policy| policy.grants == Grants::Decide && policy.bundle.discounts.iter().any(is_common);
    if !shared.policies.iter().any(decides) {
        return;
    }
    let of_part = |(running, part): (&Running, &super::base::Part)| {
        let ahead = &part.order[running.next..];
        let ahead = &ahead[..ahead.partition_point(|what| part.at(*what) < until)];
        let purchases = ahead.iter().filter(|what| **what & RETURN == 0);
        let gross = |what: &u32| {
            let articles = part.articles_of(*what as usize).iter();
            articles.map(|article| shared.base.articles[*article as usize].gross).sum::<Money>()
        };
        purchases.fold((0i64, Money::ZERO), |(count, sum), what| (count + 1, sum + gross(what)))
    };
    let (count, gross) = parts
        .par_iter()
        .zip(&shared.base.parts)
        .map(of_part)
        .reduce(|| (0, Money::ZERO), |a, b| (a.0 + b.0, a.1 + b.1));
    for ((policy, ledger), scarce) in shared.policies.iter().zip(ledgers).zip(scarce) {
        let bundle = &policy.bundle;
        let may = |slot| is_common(&bundle.discounts[slot]) && may_run_out(bundle, slot, ledger, from, count, gross);
        *scarce = (0..bundle.discounts.len()).map(may).collect();
    }
}

/// What waits in all parts, in order of time.
fn in_order(base: &Base, parts: &[Running]) -> Vec<(usize, u32)> {
    let mut waiting = Vec::new();
    for (place, running) in parts.iter().enumerate() {
        let part = &base.parts[place];
        waiting.extend(running.waiting.iter().map(|what| {
            let sequence = part.purchases[part.purchase_of(*what) as usize].sequence;
            (part.at(*what), what & RETURN != 0, sequence, place, *what)
        }));
    }
    waiting.par_sort_unstable();
    waiting.into_iter().map(|(.., place, what)| (place, what)).collect()
}
