//! Models that metrics ask, within a replay: fitted at the start of the window and of every month, to what was known there.

use rayon::prelude::*;

use super::base::Part;
use super::part::{Running, Shared};
use crate::metric::{BaseFit, Buyer, Reader, Window, asked_models};
use crate::money::{Currency, Money};
use crate::time::{Instant, Period};

/// Fits models to what customers bought of some lines, in any order, as of an instant.
pub type Fit = fn(Vec<Buyer>, Option<u16>, Instant, Currency) -> BaseFit;

/// How often models are fitted anew. Serving does so every day; from one day to the next they hardly move.
pub(super) const REFIT: Period = Period::Month;

/// Fits the models of one side anew, where it asks any and they are due.
pub(super) fn take(
    shared: &Shared<'_>,
    parts: &[Running],
    side: usize,
    at: Instant,
    first: bool,
    fits: &mut Vec<BaseFit>,
) {
    let policy = &shared.policies[side];
    let bundle = &policy.bundle;
    let Some(fit) = policy.fit.filter(|_| first || REFIT.start(at, bundle.zone) == at) else { return };
    let asked = asked_models(&bundle.metrics);
    let of_filter = |filter: Option<u16>| {
        let of_part = |(running, part): (&Running, &Part)| -> Vec<Buyer> {
            let there = part.customers.iter().enumerate().filter(|(_, card)| card.since <= at);
            there.filter_map(|(customer, _)| buyer(shared, (running, part), (side, customer), filter, at)).collect()
        };
        let parts = parts.par_iter().zip(&shared.base.parts).filter(|_| !shared.progress.is_cancelled());
        let buyers: Vec<Buyer> = parts.flat_map_iter(of_part).collect();
        fit(buyers, filter, at, bundle.currency)
    };
    *fits = asked.into_iter().map(of_filter).collect();
}

fn buyer(
    shared: &Shared<'_>,
    (running, part): (&Running, &Part),
    (side, customer): (usize, usize),
    filter: Option<u16>,
    at: Instant,
) -> Option<Buyer> {
    let bundle = &shared.policies[side].bundle;
    let mut known = running.past.known(shared, part, side, customer as u32);
    let mut reader = Reader::new(&mut known, bundle.zone, bundle.currency);
    let Ok(found) = reader.buyer(filter, at);
    let (rhythm, spend) = found?;
    let Ok(totals) = reader.totals(filter, Window::Lifetime, at);
    let net = Money(totals.gross.saturating_sub(totals.discount));
    Some(Buyer { rhythm, spend, purchases: totals.purchases, net })
}
