//! In which order offers apply, which of a group, and whether one applies alone.

use smallvec::SmallVec;

use super::base::{Bases, PerLine};
use super::grant::Granted;
use super::limit;
use super::offer::Offer;
use super::price::Priced;
use crate::model::{Facts, LimitKind, Reason};
use crate::money::Money;
use crate::policy::Bundle;

/// What everything is computed from.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub bundle: &'a Bundle,
    pub facts: &'a Facts,
    pub priced: &'a Priced,
    pub bases: &'a Bases,
}

/// What applies, and which offers do not after all.
#[derive(Default)]
pub(super) struct Outcome {
    pub grants: Grants,
    pub refused: Refused,
    pub total: Money,
    /// Set where an exclusive discount won: what it grants, and what the others would have.
    pub exclusive: Option<(Money, Money)>,
}

/// Index of an offer, and why it does not apply after all.
type Refused = Vec<(usize, Reason)>;

/// Grants one behind another. Their places are kept for the next basket, so that none is ever moved or made anew.
#[derive(Default)]
pub(super) struct Grants {
    places: Vec<Granted>,
    count: usize,
}

impl Grants {
    pub fn as_slice(&self) -> &[Granted] {
        &self.places[..self.count]
    }

    pub fn as_mut_slice(&mut self) -> &mut [Granted] {
        &mut self.places[..self.count]
    }

    /// A place behind the last grant: the next one, or some further on.
    fn place(&mut self, further: usize) -> &mut Granted {
        let at = self.count + further;
        if at >= self.places.len() {
            self.places.resize_with(at + 1, Granted::default);
        }
        &mut self.places[at]
    }

    /// What is in the next place comes to the grants.
    const fn keep(&mut self) {
        self.count += 1;
    }

    const fn clear(&mut self) {
        self.count = 0;
    }

    /// Leaves out those of which nothing is left.
    fn retain(&mut self, mut refuse: impl FnMut(&Granted)) {
        let mut kept = 0;
        for at in 0..self.count {
            if self.places[at].amount > Money::ZERO {
                self.places.swap(kept, at);
                kept += 1;
            } else {
                refuse(&self.places[at]);
            }
        }
        self.count = kept;
    }
}

/// Settles all offers, which come in the order they apply.
pub(super) fn settle(asked: Asked<'_>, offers: &[Offer], outcome: &mut Outcome) {
    let exclusive = |at: usize| asked.bundle.discounts[offers[at].discount as usize].exclusive;
    stack(asked, offers, |at| !exclusive(at), outcome);
    if !(0..offers.len()).any(exclusive) {
        return;
    }
    let mut best: Option<Outcome> = None;
    let mut lost = Vec::new();
    for at in (0..offers.len()).filter(|at| exclusive(*at)) {
        let mut candidate = Outcome::default();
        stack(asked, offers, |other| other == at, &mut candidate);
        if candidate.grants.as_slice().is_empty() {
            lost.extend(candidate.refused);
        } else if candidate.total <= outcome.total {
            lost.push((at, Reason::ExclusiveLost { alone: candidate.total, together: outcome.total }));
        } else {
            let (better, worse) = match best.take() {
                Some(known) if known.total >= candidate.total => (known, Some(candidate)),
                known => (candidate, known),
            };
            let offer = |outcome: &Outcome| outcome.grants.as_slice()[0].offer;
            let winner = offers[offer(&better)].discount;
            lost.extend(worse.map(|worse| (offer(&worse), Reason::ExclusiveElsewhere { winner })));
            best = Some(better);
        }
    }
    if let Some(best) = best {
        let winner = offers[best.grants.as_slice()[0].offer].discount;
        let others = std::mem::replace(outcome, best);
        outcome.exclusive = Some((outcome.total, others.total));
        let elsewhere = |grant: &Granted| (grant.offer, Reason::ExclusiveElsewhere { winner });
        outcome.refused.extend(others.grants.as_slice().iter().map(elsewhere));
        outcome.refused.extend(others.refused);
    }
    outcome.refused.extend(lost);
}

/// Applies the chosen offers one after another and cuts them to the limits.
fn stack(asked: Asked<'_>, offers: &[Offer], chosen: impl Fn(usize) -> bool, outcome: &mut Outcome) {
    let Outcome { grants, refused, total, exclusive } = outcome;
    grants.clear();
    refused.clear();
    *exclusive = None;
    let mut left = PerLine::from_slice(&asked.priced.gross);
    // Groups that were settled, with the offer that won.
    let mut settled: SmallVec<[(u16, Option<usize>); 4]> = SmallVec::new();
    let group_of = |at: usize| asked.bundle.discounts[offers[at].discount as usize].group;
    for at in (0..offers.len()).filter(|at| chosen(*at)) {
        let mut computed = None;
        if let Some(group) = group_of(at) {
            let winner = match settled.iter().find(|(known, _)| *known == group) {
                Some((_, winner)) => *winner,
                None => {
                    let members = (at..offers.len()).filter(|other| chosen(*other) && group_of(*other) == Some(group));
                    let winner = best_of(asked, members, offers, &left, grants, refused);
                    settled.push((group, winner));
                    computed = Some(Ok(()));
                    winner
                }
            };
            if winner != Some(at) {
                continue;
            }
        }
        match computed.unwrap_or_else(|| grants.place(0).compute(asked, &left, at, &offers[at])) {
            Ok(()) => {
                left.iter_mut().zip(&grants.place(0).parts).for_each(|(left, part)| *left -= *part);
                grants.keep();
            }
            Err(reason) => refused.push((at, reason)),
        }
    }
    limit::apply(&asked.bundle.limits, asked.priced, grants.as_mut_slice());
    grants.retain(|grant| {
        let by = grant.cuts.last().map_or(LimitKind::MaxRate, |cut| cut.by);
        refused.push((grant.offer, Reason::CutAway { by }));
    });
    *total = grants.as_slice().iter().map(|grant| grant.amount).sum();
}

/// Of a group the one that grants most, of equals the first, which then is in the next place; the others are refused.
fn best_of(
    asked: Asked<'_>,
    members: impl Iterator<Item = usize>,
    offers: &[Offer],
    left: &[Money],
    grants: &mut Grants,
    refused: &mut Refused,
) -> Option<usize> {
    let mut best: Option<(usize, Money)> = None;
    let mut losers = SmallVec::<[usize; 4]>::new();
    for at in members {
        let place = grants.place(usize::from(best.is_some()));
        if let Err(reason) = place.compute(asked, left, at, &offers[at]) {
            refused.push((at, reason));
            continue;
        }
        let amount = place.amount;
        match best {
            Some((_, known)) if amount <= known => losers.push(at),
            known => {
                if let Some((worse, _)) = known {
                    losers.push(worse);
                    let next = grants.count;
                    grants.places.swap(next, next + 1);
                }
                best = Some((at, amount));
            }
        }
    }
    let (at, _) = best?;
    let winner = offers[at].discount;
    refused.extend(losers.into_iter().map(|at| (at, Reason::GroupLost { winner })));
    Some(at)
}
