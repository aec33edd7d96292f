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
    let mut shown = Shown::new(bundle, facts, basket, priced);
    let (mut bases, mut trace) = (Bases::new(bundle), Trace::new(bundle.discounts.len()));
    let mut offers: Vec<Offer> = Vec::with_capacity(bundle.discounts.len());
    let mut rejected: Vec<Rejected> = Vec::with_capacity(bundle.discounts.len());
    for &slot in &bundle.order {
        match offer(slot as usize, &mut shown, &mut bases, &mut trace) {
            Ok(offer) => offers.push(offer),
            Err(because) => rejected.push(Rejected { discount: slot, because }),
        }
    }
    let outcome = settle(Asked { bundle, facts, basket, priced, bases: &bases }, &offers);
    let lines = lines(priced, &offers, &outcome);
    let mut totals = Totals { gross: priced.total, discount: outcome.total, ..Totals::default() };
    points::settle(bundle, facts, basket, priced, &mut totals);
    for (at, reason) in outcome.refused {
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
        classes: facts.classes.clone(),
        snapshot: facts.snapshot,
        next_steps: (0..bundle.discounts.len())
            .filter_map(|slot| next_step(bundle, slot, facts, basket, priced, &mut bases))
            .collect(),
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
