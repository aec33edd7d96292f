//! A decision made again: from what was known when it was made, under its own policy or another one.

use std::ops::Bound;
use std::sync::Arc;

use super::active::Active;
use super::points::lots_before;
use super::purchase::DecisionRecord;
use super::refresh::{definition, fit_definition};
use super::spend::{Count, Counted, given_back, period, taken};
use super::start::App;
use crate::analytics::needs_cut_offs;
use crate::engine::{CutOffs, Gather, Priced, SegmentCuts, decide, gather, limited_offers};
use crate::ledger::redeemable;
use crate::metric::{
    BaseFit, Event, History, LineFilter, asked_models, interaction_adds, purchase_adds, purchase_corrections,
};
use crate::model::{Allowance, Basket, Customer, Decision, Interaction, Line, Purchase};
use crate::money::{Money, Rate};
use crate::policy::{Bundle, Discount, SegmentRule};
use crate::store::{Failure, Key, Listing, Parts, PurchaseRow, Read, Rows, Table, decode};
use crate::time::{Instant, Period};

/// A decision that was made again.
#[derive(Debug)]
pub struct DecidedAgain {
    /// The purchase.
    pub purchase: Purchase,
    /// The decision as it is kept.
    pub record: DecisionRecord,
    /// The policy that made it.
    pub before: Arc<Bundle>,
    /// The policy under which it was made again.
    pub under: Arc<Bundle>,
    /// What came of it.
    pub decision: Decision,
    /// Whether both are the same, byte for byte.
    pub same: bool,
    /// What is different, in words.
    pub differences: Vec<String>,
    /// What to know about it.
    pub notes: Vec<String>,
}

impl App {
    /// Makes the decision of a purchase again from what was known then: under its own policy, or another one. Absent where
    /// there is no such purchase, it was not decided here, or its policy is not in the store.
    pub fn decide_again(&self, id: &str, under: Option<Arc<Bundle>>) -> Result<Option<DecidedAgain>, Failure> {
        let Some((purchase, Some(record))) = self.purchase_by_id(id)? else { return Ok(None) };
        let Some(before) = self.bundle_of(record.decision.revision)? else { return Ok(None) };
        let under = under.unwrap_or_else(|| Arc::clone(&before));
        let own = under.revision == before.revision;
        let rows = self.store.snapshot();
        let customer = purchase.customer.as_deref();
        let card = match customer {
            Some(id) => {
                Some(rows.customer(id)?.unwrap_or_else(|| Customer { id: id.to_owned(), ..Customer::default() }))
            }
            None => None,
        };
        let mut notes = Vec::new();
        let cut_offs = self.cut_offs_then(&under, &record.decision, own, &mut notes)?;
        let points = match customer {
            Some(id) if under.points.is_some() => {
                let entries = rows.entries_of(id, &Listing { limit: usize::MAX, ..Listing::default() })?.items;
                redeemable(&lots_before(&entries, &purchase), purchase.at, purchase.at)
            }
            _ => 0,
        };
        let given = Gather {
            customer: card,
            allowances: vec![Allowance::default(); under.discounts.len()],
            points: points.max(record.decision.totals.points_redeemed),
            cut_offs: &cut_offs,
            at: purchase.at,
        };
        let mut history = self.history_then(&purchase, &under.filters)?;
        let Ok(mut facts) = gather(&under, given, &mut history);
        let (basket, priced) = as_basket(&under, &purchase, &record);
        let limited = limited_offers(&under, &facts, &basket, &priced);
        if !limited.is_empty() {
            let left = self.allowances_then(&under, &purchase)?;
            limited.into_iter().for_each(|slot| facts.allowances[slot] = left[slot]);
        }
        let mut decision = decide(&under, &Arc::new(facts), &Arc::new(basket), &priced);
        if own {
            decision.snapshot = record.decision.snapshot;
        }
        let same = decision == record.decision;
        let mut differences = differences((&before, &record.decision), (&under, &decision));
        if own && !same && differences.is_empty() {
            differences.push("the same is granted, for other reasons".to_owned());
        }
        if own && !same {
            notes.push(
                "what is known of the time before the purchase, or the customer's card, was changed since".to_owned(),
            );
        }
        Ok(Some(DecidedAgain { purchase, record, before, under, decision, same, differences, notes }))
    }

    /// Everything of the customer before a purchase, as it was known then.
    fn history_then(&self, purchase: &Purchase, filters: &[LineFilter]) -> Result<History, Failure> {
        let Some(customer) = purchase.customer.as_deref() else { return Ok(History::default()) };
        let rows = self.store.snapshot();
        let all = Listing { limit: usize::MAX, ..Listing::default() };
        let at = purchase.at;
        let mut purchases: Vec<Purchase> = rows.purchases_of(customer, &all)?.items;
        // What was written down later was not known.
        purchases.retain(|known| known.at < at && known.recorded_at <= purchase.recorded_at);
        let mut contacts: Vec<Interaction> = rows.interactions_of(customer, &all)?.items;
        contacts.retain(|contact| contact.at < at);
        let events = |filter: Option<&LineFilter>| {
            let bought = purchases.iter().zip(0..).filter_map(|(known, sequence)| {
                Some(Event { at: known.at, sequence, adds: purchase_adds(known, filter, at)? })
            });
            let mut events: Vec<Event> = bought.collect();
            if filter.is_none() {
                let met = contacts.iter().map(|it| Event { at: it.at, sequence: 0, adds: interaction_adds(it) });
                events.extend(met);
            }
            events.sort_by_key(|event| event.at);
            events
        };
        let corrections = |filter: Option<&LineFilter>| {
            purchases.iter().flat_map(|known| purchase_corrections(known, filter, at)).collect::<Vec<_>>()
        };
        let corrected = filters.iter().map(|filter| corrections(Some(filter))).collect();
        let history = History::new(events(None), filters.iter().map(|filter| events(Some(filter))).collect());
        Ok(history.with_corrections(corrections(None), corrected))
    }

    /// The cut-offs that a decision was made with; for another policy those of the time, taken anew where the store does
    /// not have them.
    fn cut_offs_then(
        &self,
        bundle: &Arc<Bundle>,
        decision: &Decision,
        own: bool,
        notes: &mut Vec<String>,
    ) -> Result<CutOffs, Failure> {
        let rows = self.store.snapshot();
        let mut cut_offs = CutOffs::empty(bundle);
        cut_offs.id = decision.snapshot;
        let mut missing = Vec::new();
        for (at, segment) in bundle.segments.iter().enumerate().filter(|(_, it)| needs_cut_offs(&it.rule)) {
            match rows.cutoffs_in(decision.snapshot, definition(bundle, at))? {
                Some(kept) => cut_offs.segments[at] = decode(&kept.body)?,
                None => {
                    notes.push(format!(
                        "the cut-offs of {} were taken anew, as of the start of their period",
                        segment.name
                    ));
                    missing.push(at);
                }
            }
        }
        for filter in asked_models(&bundle.metrics) {
            match rows.cutoffs_in(decision.snapshot, fit_definition(bundle, filter))? {
                Some(kept) => cut_offs.fits.push(BaseFit { filter, ..decode(&kept.body)? }),
                None => {
                    notes.push("the models that metrics ask were fitted anew, as of the start of their day".to_owned());
                    cut_offs.fits = self.fits_at(bundle, decision.at)?;
                    break;
                }
            }
        }
        for at in missing {
            let refresh = match &bundle.segments[at].rule {
                SegmentRule::Rank { refresh, .. } | SegmentRule::Score { refresh, .. } => *refresh,
                SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => continue,
            };
            let taken_at = refresh.start(decision.at, bundle.zone);
            let looking = Active::new(Arc::clone(bundle), CutOffs::empty(bundle), taken_at, "", "")?;
            let mut values = self.scan((&looking, &cut_offs.fits), &[at], taken_at)?;
            cut_offs.segments[at] = values.cuts(&bundle.segments[at].rule, taken_at);
            debug_assert!(!own || cut_offs.segments[at] != SegmentCuts::None, "a segment that needs cut-offs has some");
        }
        Ok(cut_offs)
    }
}

/// The basket of a purchase, priced as it was.
fn as_basket(bundle: &Bundle, purchase: &Purchase, record: &DecisionRecord) -> (Basket, Priced) {
    let mut priced = Priced::default();
    let mut lines = Vec::with_capacity(purchase.lines.len());
    for line in &purchase.lines {
        let (gross, cost) = (line.gross, line.cost);
        let line = Line {
            sku: line.sku.clone(),
            quantity: line.quantity,
            unit_price: line.unit_price,
            unit_cost: None,
            category: line.category.clone(),
            tags: line.tags.clone(),
        };
        priced.push(bundle, &line, gross, cost);
        lines.push(line);
    }
    let redeem_points = record.decision.totals.points_redeemed;
    (Basket { lines, codes: record.codes.clone(), redeem_points }, priced)
}

impl App {
    /// What was left of a policy's uses and budgets when a purchase was written down, from all that was decided before.
    fn allowances_then(&self, under: &Bundle, purchase: &Purchase) -> Result<Vec<Allowance>, Failure> {
        let at = purchase.at;
        let per = |limit: Option<Option<Period>>| limit.map(|per| period(under, per, at));
        let limits = under.discounts.iter().map(|discount| {
            let customer = per(discount.uses_per_customer.map(|limit| limit.per));
            let total = per(discount.uses_total.map(|limit| limit.per));
            (customer, total, per(discount.budget.map(|budget| budget.per)))
        });
        let limits: Vec<_> = limits.collect();
        let first = limits.iter().flat_map(|(a, b, c)| [*a, *b, *c]).flatten().min();
        let mut used = vec![(0i64, 0i64, Money::ZERO); limits.len()];
        if let Some(first) = first {
            let mut counts: Vec<(u64, usize, Counts)> = Vec::new();
            let mut own = u64::MAX;
            let rows = self.store.snapshot();
            let (from, until) = (Key::new().instant(first), Key::new().instant(at.plus_micros(1)));
            let bounds = (Bound::Included(from.as_bytes()), Bound::Excluded(until.as_bytes()));
            for row in rows.between(Table::Purchases, bounds.0, bounds.1)? {
                let (place, value) = row?;
                let mut parts = Parts(place.value());
                let sequence = parts.instant().and_then(|_| parts.number()).unwrap_or(0);
                let PurchaseRow { purchase: known, decision, .. } = decode(value.value())?;
                if known.id == purchase.id {
                    own = sequence;
                    continue;
                }
                let Some(decision) = decision.filter(|_| known.recorded_at <= purchase.recorded_at) else { continue };
                let DecisionRecord { decision, .. } = decode(&decision)?;
                if let Some(bundle) = self.bundle_of(decision.revision)? {
                    count_limits(&bundle, &known, &decision, (under, purchase), &limits, |slot, count| {
                        counts.push((sequence, slot, count));
                    });
                }
            }
            for (_, slot, count) in counts.iter().filter(|(sequence, ..)| *sequence < own) {
                let used = &mut used[*slot];
                *used = (used.0 + count.0, used.1 + count.1, used.2 + count.2);
            }
        }
        let left = |limit: u64, used: i64| limit.saturating_sub(u64::try_from(used).unwrap_or(0));
        let allowance = |(discount, used): (&Discount, &Counts)| Allowance {
            customer_uses: discount
                .uses_per_customer
                .filter(|_| purchase.customer.is_some())
                .map(|limit| left(limit.count, used.0)),
            total_uses: discount.uses_total.map(|limit| left(limit.count, used.1)),
            budget: discount.budget.map(|budget| (budget.amount - used.2).max(Money::ZERO)),
        };
        Ok(under.discounts.iter().zip(&used).map(allowance).collect())
    }
}

/// Uses by one customer, uses by all, money.
type Counts = (i64, i64, Money);
/// The periods in which a discount's limits count, where it has them.
type Periods = (Option<Instant>, Option<Instant>, Option<Instant>);

/// Tells what a purchase took of limits of the same name and period, less what it gave back by then.
fn count_limits(
    bundle: &Bundle,
    known: &Purchase,
    decision: &Decision,
    (under, purchase): (&Bundle, &Purchase),
    limits: &[Periods],
    mut count: impl FnMut(usize, Counts),
) {
    let mut note = |counts: &[Count<'_>]| {
        for Count { name, period, uses, amount } in counts {
            let (Counted::Customer(discount, _) | Counted::Everybody(discount) | Counted::Budget(discount)) = name;
            let Some(slot) = under.discount(discount).map(usize::from) else { continue };
            let (customer, total, budget) = &limits[slot];
            match name {
                Counted::Customer(_, who) if Some(*who) == purchase.customer.as_deref() => {
                    if *customer == Some(*period) {
                        count(slot, (*uses, 0, Money::ZERO));
                    }
                }
                Counted::Everybody(_) if *total == Some(*period) => count(slot, (0, *uses, Money::ZERO)),
                Counted::Budget(_) if *budget == Some(*period) => count(slot, (0, 0, *amount)),
                Counted::Customer(..) | Counted::Everybody(_) | Counted::Budget(_) => {}
            }
        }
    };
    note(&taken(bundle, known.customer.as_deref(), decision));
    for back in 1..=known.returns.len() {
        if known.returns[back - 1].at <= purchase.at {
            let until = Purchase { returns: known.returns[..back].to_vec(), ..known.clone() };
            note(&given_back(bundle, &until, decision));
        }
    }
}

/// What differs between two decisions about one purchase, in words.
pub(super) fn differences((a, first): (&Bundle, &Decision), (b, second): (&Bundle, &Decision)) -> Vec<String> {
    let mut found = Vec::new();
    let money = |amount: Money| amount.format(a.currency);
    let mut differ = |what: &str, one: String, other: String| {
        if one != other {
            found.push(format!("{what}: {one} became {other}"));
        }
    };
    differ("discount", money(first.totals.discount), money(second.totals.discount));
    let points = |decision: &Decision| decision.totals.points_earned.to_string();
    differ("points earned", points(first), points(second));
    let redeemed = |decision: &Decision| decision.totals.points_redeemed.to_string();
    differ("points redeemed", redeemed(first), redeemed(second));
    let granted = |bundle: &Bundle, decision: &Decision, name: &str| {
        let slot = bundle.discount(name);
        let applied = decision.applied.iter().find(|applied| Some(applied.discount) == slot);
        applied.map_or_else(
            || if slot.is_some() { "nothing".to_owned() } else { "not there".to_owned() },
            |applied| {
                let rate = applied.rate.map_or_else(String::new, |rate: Rate| format!(" ({rate})"));
                format!("{}{rate}", money(applied.amount))
            },
        )
    };
    let theirs = b.discounts.iter().filter(|discount| a.discount(&discount.name).is_none());
    for discount in a.discounts.iter().chain(theirs) {
        let (one, other) = (granted(a, first, &discount.name), granted(b, second, &discount.name));
        let nothing = |text: &str| text == "nothing" || text == "not there";
        if !(nothing(&one) && nothing(&other)) {
            differ(&discount.name, one, other);
        }
    }
    for (at, segment) in a.segments.iter().enumerate() {
        let Some(place) = b.segment(&segment.name) else { continue };
        let name = |bundle: &Bundle, slot: usize, class: Option<u16>| {
            class
                .and_then(|class| bundle.segments[slot].classes.get(usize::from(class)).cloned())
                .map_or_else(|| "no class".to_owned(), |name| name.to_string())
        };
        let one = name(a, at, first.classes.get(at).copied().flatten());
        let other = name(b, usize::from(place), second.classes.get(usize::from(place)).copied().flatten());
        differ(&segment.name, one, other);
    }
    found
}
