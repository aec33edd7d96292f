//! Uses and budgets: what is left of them, and posting what a purchase takes or a return gives back.

use crate::ledger::spread;
use crate::model::{Allowance, Decision, Purchase, ReturnLine};
use crate::money::{Money, Quantity};
use crate::policy::Bundle;
use crate::store::{Batch, Failure, Read, SpendError};
use crate::time::{Instant, Period};

/// The start of the period that a limit counts in; the start of time where it counts for ever.
fn period(bundle: &Bundle, per: Option<Period>, at: Instant) -> Instant {
    per.map_or(Instant::MIN, |per| per.start(at, bundle.zone))
}

/// What is left of every discount's uses and budget, to one customer as of an instant.
pub(super) fn allowances<R: Read>(
    rows: &R,
    bundle: &Bundle,
    customer: Option<&str>,
    at: Instant,
) -> Result<Vec<Allowance>, Failure> {
    (0..bundle.discounts.len()).map(|slot| allowance(rows, bundle, slot, customer, at)).collect()
}

/// What is left of one discount's uses and budget.
pub(super) fn allowance<R: Read>(
    rows: &R,
    bundle: &Bundle,
    slot: usize,
    customer: Option<&str>,
    at: Instant,
) -> Result<Allowance, Failure> {
    let discount = &bundle.discounts[slot];
    let mut left = Allowance::default();
    if let (Some(limit), Some(customer)) = (discount.uses_per_customer, customer) {
        let used = rows.customer_uses(&discount.name, customer, period(bundle, limit.per, at))?;
        left.customer_uses = Some(limit.count.saturating_sub(used));
    }
    if let Some(limit) = discount.uses_total {
        let used = rows.spent(&total_key(&discount.name), period(bundle, limit.per, at))?.uses;
        left.total_uses = Some(limit.count.saturating_sub(used));
    }
    if let Some(budget) = discount.budget {
        let spent = rows.spent(&discount.name, period(bundle, budget.per, at))?.amount;
        left.budget = Some((budget.amount - spent).max(Money::ZERO));
    }
    Ok(left)
}

/// Total uses may count in another period than the budget, so they are kept under a name of their own.
fn total_key(discount: &str) -> String {
    format!("{discount}#uses")
}

/// Posts what a purchase takes of uses and budgets.
pub(super) fn spend(
    batch: &mut Batch<'_>,
    bundle: &Bundle,
    customer: Option<&str>,
    decision: &Decision,
) -> Result<(), SpendError> {
    for applied in &decision.applied {
        post(batch, bundle, applied.discount, customer, decision.at, 1, applied.amount)?;
    }
    Ok(())
}

/// Posts what a return gives back: its share of the budgets, and with the last of the goods the uses.
pub(super) fn give_back(
    batch: &mut Batch<'_>,
    bundle: &Bundle,
    purchase: &Purchase,
    decision: &Decision,
    back: &[ReturnLine],
) -> Result<(), SpendError> {
    let whole = purchase.lines.iter().enumerate().all(|(at, line)| returned(purchase, at) >= line.quantity);
    for applied in &decision.applied {
        let mut amount = Money::ZERO;
        for line in back {
            let at = line.line as usize;
            let shares = decision.lines.get(at).map_or(&[][..], |line| &line.discounts);
            let granted = shares.iter().find(|(discount, _)| *discount == applied.discount).map(|(_, amount)| *amount);
            if let (Some(granted), Some(bought)) = (granted, purchase.lines.get(at)) {
                // The purchase holds this return already, and a return holds a line once.
                let until = returned(purchase, at);
                let from = Quantity(until.0 - line.quantity.0);
                amount += spread(granted, bought.quantity, until) - spread(granted, bought.quantity, from);
            }
        }
        let uses = if whole { -1 } else { 0 };
        post(batch, bundle, applied.discount, purchase.customer.as_deref(), decision.at, uses, -amount)?;
    }
    Ok(())
}

/// How much of a line came back in all.
fn returned(purchase: &Purchase, line: usize) -> Quantity {
    let lines = purchase.returns.iter().flat_map(|goods| &goods.lines);
    Quantity(lines.filter(|back| back.line as usize == line).map(|back| back.quantity.0).sum())
}

fn post(
    batch: &mut Batch<'_>,
    bundle: &Bundle,
    slot: u16,
    customer: Option<&str>,
    at: Instant,
    uses: i64,
    amount: Money,
) -> Result<(), SpendError> {
    let Some(discount) = bundle.discounts.get(slot as usize) else { return Ok(()) };
    if let (Some(limit), Some(customer)) = (discount.uses_per_customer, customer)
        && uses != 0
    {
        batch.use_by_customer(&discount.name, customer, period(bundle, limit.per, at), uses)?;
    }
    if let Some(limit) = discount.uses_total
        && uses != 0
    {
        batch.spend(&total_key(&discount.name), period(bundle, limit.per, at), uses, Money::ZERO)?;
    }
    if let Some(budget) = discount.budget {
        batch.spend(&discount.name, period(bundle, budget.per, at), uses, amount)?;
    }
    Ok(())
}
