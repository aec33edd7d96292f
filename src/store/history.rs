//! A customer's events from all purchases and interactions: the slow way, exact as of any instant.

use std::ops::Bound;

use super::codec::{KeptInteraction, KeptPurchase};
use super::failure::Failure;
use super::key::Key;
use super::read::{kept_interaction, pointed_purchase};
use super::table::{Rows, Table};
use crate::metric::{Event, History, LineFilter, interaction_adds, purchase_adds, purchase_corrections};
use crate::time::Instant;

/// Everything of a customer that happened before `as_of`, as it was known then.
pub(super) fn history(
    rows: &(impl Rows + ?Sized),
    customer: &str,
    filters: &[LineFilter],
    as_of: Instant,
) -> Result<History, Failure> {
    let (purchases, interactions) = kept(rows, customer, as_of)?;
    let filtered = filters.iter().map(|filter| events(&purchases, &[], Some(filter), as_of)).collect();
    let corrections = |filter| {
        let corrected = |kept: &KeptPurchase| purchase_corrections(&kept.purchase, filter, as_of);
        purchases.iter().flat_map(corrected).collect::<Vec<_>>()
    };
    let corrected = filters.iter().map(|filter| corrections(Some(filter))).collect();
    let history = History::new(events(&purchases, &interactions, None, as_of), filtered);
    Ok(history.with_corrections(corrections(None), corrected))
}

/// What the account of one filter is made of.
pub(super) struct Retold {
    /// Its events, in order.
    pub events: Vec<Event>,
    /// When one was last corrected afterwards.
    pub corrected_at: Option<Instant>,
    /// The purchases that they come from.
    pub purchases: Vec<KeptPurchase>,
}

/// What the account of one filter should be.
///
/// Interactions concern no line, so only the account of all lines has them.
pub(super) fn retold(
    rows: &(impl Rows + ?Sized),
    customer: &str,
    filter: Option<&LineFilter>,
    as_of: Instant,
) -> Result<Retold, Failure> {
    let (purchases, interactions) = kept(rows, customer, as_of)?;
    let interactions = if filter.is_none() { interactions } else { Vec::new() };
    let returns = purchases.iter().flat_map(|kept| &kept.purchase.returns);
    let corrected_at = returns.map(|goods| goods.at).filter(|at| *at < as_of).max();
    Ok(Retold { events: events(&purchases, &interactions, filter, as_of), corrected_at, purchases })
}

fn kept(
    rows: &(impl Rows + ?Sized),
    customer: &str,
    as_of: Instant,
) -> Result<(Vec<KeptPurchase>, Vec<KeptInteraction>), Failure> {
    let purchases = purchases_of(rows, customer, as_of)?;
    let (from, until) = (Key::of(customer), Key::of(customer).instant(as_of));
    let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
    let interactions = rows.between(Table::CustomerInteractions, bounds.0, bounds.1)?;
    let interactions = interactions.map(|row| kept_interaction(rows, row?.1.value()));
    Ok((purchases, interactions.collect::<Result<_, Failure>>()?))
}

/// A customer's purchases before an instant, with all that came back of them.
fn purchases_of(rows: &(impl Rows + ?Sized), customer: &str, until: Instant) -> Result<Vec<KeptPurchase>, Failure> {
    let (from, until) = (Key::of(customer), Key::of(customer).instant(until));
    let range =
        rows.between(Table::CustomerPurchases, Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()))?;
    let start = from.as_bytes().len();
    range.map(|row| pointed_purchase(rows, &row?.0.value()[start..])).collect()
}

fn events(
    purchases: &[KeptPurchase],
    interactions: &[KeptInteraction],
    filter: Option<&LineFilter>,
    as_of: Instant,
) -> Vec<Event> {
    let bought = purchases.iter().filter_map(|kept| {
        let adds = purchase_adds(&kept.purchase, filter, as_of)?;
        Some(Event { at: kept.purchase.at, sequence: kept.sequence, adds })
    });
    let met = interactions.iter().map(|kept| {
        let adds = interaction_adds(&kept.interaction);
        Event { at: kept.interaction.at, sequence: kept.sequence, adds }
    });
    let mut events: Vec<Event> = bought.chain(met).collect();
    events.sort_by_key(|event| (event.at, event.sequence));
    events
}
