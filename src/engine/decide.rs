//! The whole: facts and basket to decision.

use std::sync::Arc;

use smallvec::SmallVec;

use super::base::Bases;
use super::condition::Trace;
use super::offer::{Shown, next_step, offer};
use super::points;
use super::price::Priced;
use super::stack::{Asked, Outcome, settle};
use crate::model::{Applied, Basket, DecidedLine, Decision, Facts, Reason, Rejected, Totals};
use crate::money::{Money, Rate};
use crate::policy::Bundle;

use super::offer::{Kind, Offer};

/// Decides on a basket that [`super::price()`] priced under the same bundle.
///
/// Total and deterministic: the same bundle, facts and basket give the same decision, byte for byte.
pub fn decide(bundle: &Bundle, facts: &Arc<Facts>, basket: &Arc<Basket>, priced: &Priced) -> Decision {
    run(bundle, facts, basket, priced, Trace::new(bundle.discounts.len()))
}

/// The same lines, totals and discounts that apply, for whom nothing else matters: no reasons but of scripts that failed,
/// nothing on what does not apply, no classes and no next steps.
pub fn decide_briefly(bundle: &Bundle, facts: &Arc<Facts>, basket: &Arc<Basket>, priced: &Priced) -> Decision {
    run(bundle, facts, basket, priced, Trace::brief())
}

fn run(bundle: &Bundle, facts: &Arc<Facts>, basket: &Arc<Basket>, priced: &Priced, mut trace: Trace) -> Decision {
    let mut shown = Shown::new(bundle, facts, basket, priced);
    let mut bases = Bases::new(bundle);
    let brief = trace.is_brief();
    let mut offers: Vec<Offer> = Vec::with_capacity(if brief { 0 } else { bundle.discounts.len() });
    let mut rejected: Vec<Rejected> = Vec::with_capacity(if brief { 0 } else { bundle.discounts.len() });
    for &slot in &bundle.order {
        match offer(slot as usize, &mut shown, &mut bases, &mut trace) {
            Ok(offer) => offers.push(offer),
            Err(because) if !brief => rejected.push(Rejected { discount: slot, because }),
            Err(_) => {}
        }
    }
    let outcome = settle(Asked { bundle, facts, basket, priced, bases: &bases }, &offers);
    let lines = lines(priced, &offers, &outcome);
    let mut totals = Totals { gross: priced.total, discount: outcome.total, ..Totals::default() };
    points::settle(bundle, facts, basket, priced, &mut totals);
    for (at, reason) in outcome.refused.into_iter().filter(|_| !brief) {
        rejected.push(Rejected { discount: offers[at].discount, because: trace.refuse(reason) });
    }
    rejected.sort_unstable_by_key(|rejected| rejected.discount);
    let applied: Vec<Applied> = outcome
        .grants
        .into_iter()
        .map(|grant| {
            let mut because = offers[grant.offer].because;
            if let Some((alone, together)) = outcome.exclusive {
                because = trace.extended(because, Reason::ExclusiveWon { alone, together });
            }
            let rate = rate_of(offers[grant.offer].kind);
            Applied { discount: offers[grant.offer].discount, rate, amount: grant.amount, because, cuts: grant.cuts }
        })
        .collect();
    Decision {
        revision: bundle.revision,
        at: facts.at,
        lines,
        totals,
        applied,
        rejected,
        classes: if brief { Vec::new() } else { facts.classes.clone() },
        snapshot: facts.snapshot,
        next_steps: if brief {
            Vec::new()
        } else {
            let mut step = |slot| next_step(bundle, slot, facts, basket, priced, &mut bases);
            (0..bundle.discounts.len()).filter_map(&mut step).collect()
        },
        failures: facts.failures.clone(),
        trace: trace.kept,
    }
}

fn rate_of(kind: Kind) -> Option<Rate> {
    match kind {
        Kind::Rate(rate) => Some(rate),
        Kind::Amount(_) | Kind::Each(_) | Kind::Slices(_) | Kind::Free { .. } => None,
    }
}

fn lines(priced: &Priced, offers: &[Offer], outcome: &Outcome) -> Vec<DecidedLine> {
    let line = |at: usize| {
        let mut line = DecidedLine {
            gross: priced.gross[at],
            discount: Money::ZERO,
            cost: priced.cost[at],
            discounts: SmallVec::new(),
        };
        for grant in &outcome.grants {
            if grant.parts[at] > Money::ZERO {
                line.discount += grant.parts[at];
                line.discounts.push((offers[grant.offer].discount, grant.parts[at]));
            }
        }
        line
    };
    (0..priced.gross.len()).map(line).collect()
}
