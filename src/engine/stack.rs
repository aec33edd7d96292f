//! In which order offers apply, which of a group, and whether one applies alone.

use smallvec::SmallVec;

use super::base::{Bases, PerLine};
use super::grant::{Granted, compute};
use super::limit;
use super::offer::Offer;
use super::price::Priced;
use crate::model::{Basket, Facts, LimitKind, Reason};
use crate::money::Money;
use crate::policy::Bundle;

/// What everything is computed from.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub bundle: &'a Bundle,
    pub facts: &'a Facts,
    pub basket: &'a Basket,
    pub priced: &'a Priced,
    pub bases: &'a Bases,
}

/// What applies, and which offers do not after all.
#[derive(Default)]
pub(super) struct Outcome {
    pub grants: SmallVec<[Granted; 4]>,
    /// Index of the offer, and why not.
    pub refused: Vec<(usize, Reason)>,
    pub total: Money,
    /// Set where an exclusive discount won: what it grants, and what the others would have.
    pub exclusive: Option<(Money, Money)>,
}

/// Settles all offers, which come in the order they apply.
pub(super) fn settle(asked: Asked<'_>, offers: &[Offer], outcome: &mut Outcome) {
    let exclusive = |at: &usize| asked.bundle.discounts[offers[*at].discount as usize].exclusive;
    if !(0..offers.len()).any(|at| exclusive(&at)) {
        let all: SmallVec<[usize; 16]> = (0..offers.len()).collect();
        return stack(asked, offers, &all, outcome);
    }
    let (alone, together): (Vec<usize>, Vec<usize>) = (0..offers.len()).partition(exclusive);
    stack(asked, offers, &together, outcome);
    let mut best: Option<Outcome> = None;
    let mut lost = Vec::new();
    for at in alone {
        let mut candidate = Outcome::default();
        stack(asked, offers, &[at], &mut candidate);
        if candidate.grants.is_empty() {
            lost.extend(candidate.refused);
        } else if candidate.total <= outcome.total {
            lost.push((at, Reason::ExclusiveLost { alone: candidate.total, together: outcome.total }));
        } else {
            let (better, worse) = match best.take() {
                Some(known) if known.total >= candidate.total => (known, Some(candidate)),
                known => (candidate, known),
            };
            let winner = offers[better.grants[0].offer].discount;
            lost.extend(worse.map(|worse| (worse.grants[0].offer, Reason::ExclusiveElsewhere { winner })));
            best = Some(better);
        }
    }
    if let Some(best) = best {
        let winner = offers[best.grants[0].offer].discount;
        let others = std::mem::replace(outcome, best);
        outcome.exclusive = Some((outcome.total, others.total));
        let elsewhere = |grant: &Granted| (grant.offer, Reason::ExclusiveElsewhere { winner });
        outcome.refused.extend(others.grants.iter().map(elsewhere));
        outcome.refused.extend(others.refused);
    }
    outcome.refused.extend(lost);
}

/// Applies the chosen offers one after another and cuts them to the limits.
fn stack(asked: Asked<'_>, offers: &[Offer], chosen: &[usize], outcome: &mut Outcome) {
    let Outcome { grants, refused, total, exclusive } = outcome;
    grants.clear();
    refused.clear();
    *exclusive = None;
    let mut left = PerLine::from_slice(&asked.priced.gross);
    // Groups that were settled, with the offer that won.
    let mut settled: SmallVec<[(u16, Option<usize>); 4]> = SmallVec::new();
    let grant = |at: usize, left: &PerLine| compute(asked, left, at, &offers[at]);
    for &at in chosen {
        let group = asked.bundle.discounts[offers[at].discount as usize].group;
        let computed = match group {
            None => grant(at, &left),
            Some(group) => match settled.iter().find(|(known, _)| *known == group) {
                Some((_, winner)) if *winner == Some(at) => grant(at, &left),
                Some(_) => continue,
                None => {
                    let members = chosen
                        .iter()
                        .copied()
                        .filter(|other| asked.bundle.discounts[offers[*other].discount as usize].group == Some(group));
                    let winner = best_of(members, offers, refused, |other| grant(other, &left));
                    settled.push((group, winner.as_ref().map(|granted| granted.offer)));
                    match winner {
                        Some(granted) if granted.offer == at => Ok(granted),
                        _ => continue,
                    }
                }
            },
        };
        match computed {
            Ok(granted) => {
                left.iter_mut().zip(&granted.parts).for_each(|(left, part)| *left -= *part);
                grants.push(granted);
            }
            Err(reason) => refused.push((at, reason)),
        }
    }
    limit::apply(&asked.bundle.limits, asked.priced, grants);
    grants.retain(|grant| {
        let kept = grant.amount > Money::ZERO;
        if !kept {
            let by = grant.cuts.last().map_or(LimitKind::MaxRate, |cut| cut.by);
            refused.push((grant.offer, Reason::CutAway { by }));
        }
        kept
    });
    *total = grants.iter().map(|grant| grant.amount).sum();
}

/// Of a group the one that grants most, of equals the first; the others are refused.
fn best_of(
    members: impl Iterator<Item = usize>,
    offers: &[Offer],
    refused: &mut Vec<(usize, Reason)>,
    grant: impl Fn(usize) -> Result<Granted, Reason>,
) -> Option<Granted> {
    let mut best: Option<Granted> = None;
    let mut losers = Vec::new();
    for at in members {
        match grant(at) {
            Err(reason) => refused.push((at, reason)),
            Ok(granted) if best.as_ref().is_none_or(|known| granted.amount > known.amount) => {
                losers.extend(best.replace(granted).map(|worse| worse.offer));
            }
            Ok(granted) => losers.push(granted.offer),
        }
    }
    let winner = offers[best.as_ref()?.offer].discount;
    refused.extend(losers.into_iter().map(|at| (at, Reason::GroupLost { winner })));
    best
}
