//! The whole: facts and basket to decision.

use std::cell::Cell;
use std::sync::Arc;

use super::base::Bases;
use super::condition::Trace;
use super::grant::Granted;
use super::offer::{Kind, Offer, Shown, next_step, offer};
use super::points;
use super::price::Priced;
use super::stack::{Asked, Outcome, settle};
use crate::id::Revision;
use crate::model::{Applied, Basket, DecidedLine, Decision, Facts, Reason, Rejected, Totals};
use crate::money::{Money, Rate};
use crate::policy::Bundle;
use crate::time::Instant;

/// Decides on a basket that [`super::price()`] priced under the same bundle.
///
/// Total and deterministic: the same bundle, facts and basket give the same decision, byte for byte.
pub fn decide(bundle: &Bundle, facts: &Arc<Facts>, basket: &Arc<Basket>, priced: &Priced) -> Decision {
    let count = bundle.discounts.len();
    let mut decision = Decision::empty(bundle.revision, facts.at);
    decision.rejected.reserve(count);
    decide_into(&mut decision, bundle, facts, basket, priced, Trace::new(count));
    decision
}

thread_local! {
    /// What a thread laid out when it decided last. Nothing of it is read again: it is room, and making it took a tenth
    /// of a decision.
    static WORKING: Cell<Option<Box<Working>>> = const { Cell::new(None) };
}

/// Fills in a decision in which nothing is decided, or what does not matter any more.
fn decide_into(
    decision: &mut Decision,
    bundle: &Bundle,
    facts: &Arc<Facts>,
    basket: &Arc<Basket>,
    priced: &Priced,
    trace: Trace,
) {
    let mut working = WORKING.take().unwrap_or_default();
    working.decide(bundle, facts, basket, priced, trace, decision);
    WORKING.set(Some(working));
}

/// Where somebody decides over and over without being asked for reasons: the lists of a decision are kept for the next.
#[derive(Debug)]
pub struct Desk {
    decision: Decision,
}

impl Default for Desk {
    fn default() -> Self {
        Self { decision: Decision::empty(Revision([0; 16]), Instant::MIN) }
    }
}

impl Desk {
    /// The same lines, totals and discounts that apply, for whom nothing else matters: no reasons but of scripts that
    /// failed, nothing on what does not apply, no classes and no next steps.
    pub fn decide_briefly(
        &mut self,
        bundle: &Bundle,
        facts: &Arc<Facts>,
        basket: &Arc<Basket>,
        priced: &Priced,
    ) -> &Decision {
        let mut kept = std::mem::take(&mut self.decision.trace);
        kept.clear();
        decide_into(&mut self.decision, bundle, facts, basket, priced, Trace::brief(kept));
        &self.decision
    }
}

/// What deciding lays out on its way.
#[derive(Default)]
struct Working {
    bases: Bases,
    offers: Vec<Offer>,
    outcome: Outcome,
}

impl Working {
    /// See [`decide_into`].
    fn decide(
        &mut self,
        bundle: &Bundle,
        facts: &Arc<Facts>,
        basket: &Arc<Basket>,
        priced: &Priced,
        mut trace: Trace,
        decision: &mut Decision,
    ) {
        let Self { bases, offers, outcome } = self;
        let brief = trace.is_brief();
        let mut shown = Shown::new(bundle, facts, basket, priced);
        bases.clear(bundle);
        offers.clear();
        for &slot in &bundle.order {
            let kind = offer(slot as usize, &mut shown, bases, &mut trace);
            let because = trace.end();
            match kind {
                Some(kind) => offers.push(Offer { discount: slot, kind, because }),
                None if !brief => decision.rejected.push(Rejected { discount: slot, because }),
                None => {}
            }
        }
        settle(Asked { bundle, facts, priced, bases }, offers, outcome);
        decision.revision = bundle.revision;
        decision.at = facts.at;
        decision.snapshot = facts.snapshot;
        decision.failures.clone_from(&facts.failures);
        lines(priced, offers, outcome.grants.as_slice(), &mut decision.lines);
        decision.totals = Totals { gross: priced.total, discount: outcome.total, ..Totals::default() };
        points::settle(bundle, facts, basket, priced, &mut decision.totals);
        if !brief {
            for (at, reason) in outcome.refused.drain(..) {
                decision.rejected.push(Rejected { discount: offers[at].discount, because: trace.refuse(reason) });
            }
            decision.rejected.sort_unstable_by_key(|rejected| rejected.discount);
        }
        decision.applied.clear();
        decision.applied.extend(outcome.grants.as_mut_slice().iter_mut().map(|grant| {
            let offer = &offers[grant.offer];
            if let Kind::Slices(from) = offer.kind {
                trace.sliced(offer.because, from + grant.worth.value(bundle.currency));
            }
            let mut because = offer.because;
            if let Some((alone, together)) = outcome.exclusive {
                because = trace.extended(because, Reason::ExclusiveWon { alone, together });
            }
            let rate = rate_of(offer.kind);
            Applied {
                discount: offer.discount,
                rate,
                amount: grant.amount,
                because,
                cuts: std::mem::take(&mut grant.cuts),
            }
        }));
        if !brief {
            decision.classes.clone_from(&facts.classes);
            let mut step = |slot| next_step(bundle, slot, facts, priced, bases);
            decision.next_steps.extend((0..bundle.discounts.len()).filter_map(&mut step));
        }
        decision.trace = trace.kept;
    }
}

fn rate_of(kind: Kind) -> Option<Rate> {
    match kind {
        Kind::Rate(rate) => Some(rate),
        Kind::Amount(_) | Kind::Each(_) | Kind::Slices(_) | Kind::Free { .. } => None,
    }
}

/// Lines with what was granted on each, in the places of those that a decision had.
fn lines(priced: &Priced, offers: &[Offer], grants: &[Granted], lines: &mut Vec<DecidedLine>) {
    lines.resize_with(priced.gross.len(), DecidedLine::default);
    for (at, (line, (gross, cost))) in lines.iter_mut().zip(priced.gross.iter().zip(&priced.cost)).enumerate() {
        (line.gross, line.cost) = (*gross, *cost);
        line.discounts.clear();
        let mut discount = Money::ZERO;
        for grant in grants {
            let part = grant.parts[at];
            if part > Money::ZERO {
                discount += part;
                line.discounts.push((offers[grant.offer].discount, part));
            }
        }
        line.discount = discount;
    }
}
