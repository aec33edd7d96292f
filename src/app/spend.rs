//! Uses and budgets: what is left of them, and posting what a purchase takes or a return gives back.

use crate::ledger::spread;
use crate::model::{Allowance, Applied, Decision, Purchase};
use crate::money::{Money, Quantity};
use crate::policy::Bundle;
use crate::store::{Batch, Failure, Read, SpendError};
use crate::time::{Instant, Period};

/// The start of the period that a limit counts in; the start of time where it counts for ever.
pub(super) fn period(bundle: &Bundle, per: Option<Period>, at: Instant) -> Instant {
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
pub(super) fn total_key(discount: &str) -> String {
    format!("{discount}#uses")
}

/// One count that a purchase or a return changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count<'a> {
    /// The name it is kept under.
    pub name: Counted<'a>,
    /// The start of the period that it counts in.
    pub period: Instant,
    /// How many uses more.
    pub uses: i64,
    /// How much money more.
    pub amount: Money,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted<'a> {
    /// Uses of a discount by a customer.
    Customer(&'a str, &'a str),
    /// Uses of a discount by everybody.
    Everybody(&'a str),
    /// Money that a discount granted, with its uses.
    Budget(&'a str),
}

/// What a purchase takes of uses and budgets.
pub(super) fn taken<'a>(bundle: &'a Bundle, customer: Option<&'a str>, decision: &Decision) -> Vec<Count<'a>> {
    let of = |applied: &Applied| counts(bundle, applied.discount, customer, decision.at, 1, applied.amount);
    decision.applied.iter().flat_map(of).collect()
}

/// What the last return of a purchase gives back: its share of the budgets, and with the last of the goods the uses.
pub(super) fn given_back<'a>(bundle: &'a Bundle, purchase: &'a Purchase, decision: &Decision) -> Vec<Count<'a>> {
    let whole = purchase.lines.iter().enumerate().all(|(at, line)| returned(purchase, at) >= line.quantity);
    let back = purchase.returns.last().map_or(&[][..], |goods| &goods.lines);
    let uses = if whole { -1 } else { 0 };
    let of = |applied: &Applied| {
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
        counts(bundle, applied.discount, purchase.customer.as_deref(), decision.at, uses, -amount)
    };
    decision.applied.iter().flat_map(of).collect()
}

/// Posts what a purchase takes or a return gives back.
pub(super) fn post(batch: &mut Batch<'_>, counts: &[Count<'_>]) -> Result<(), SpendError> {
    for Count { name, period, uses, amount } in counts {
        match name {
            Counted::Customer(discount, customer) => {
                batch.use_by_customer(discount, customer, *period, *uses)?;
            }
            Counted::Everybody(discount) => batch.spend(&total_key(discount), *period, *uses, *amount)?,
            Counted::Budget(discount) => batch.spend(discount, *period, *uses, *amount)?,
        }
    }
    Ok(())
}

/// How much of a line came back in all.
fn returned(purchase: &Purchase, line: usize) -> Quantity {
    let lines = purchase.returns.iter().flat_map(|goods| &goods.lines);
    Quantity(lines.filter(|back| back.line as usize == line).map(|back| back.quantity.0).sum())
}

fn counts<'a>(
    bundle: &'a Bundle,
    slot: u16,
    customer: Option<&'a str>,
    at: Instant,
    uses: i64,
    amount: Money,
) -> impl Iterator<Item = Count<'a>> {
    let discount = bundle.discounts.get(slot as usize);
    let of_customer = discount.and_then(|discount| {
        let limit = discount.uses_per_customer.filter(|_| uses != 0)?;
        let name = Counted::Customer(&discount.name, customer?);
        Some(Count { name, period: period(bundle, limit.per, at), uses, amount: Money::ZERO })
    });
    let of_everybody = discount.and_then(|discount| {
        let limit = discount.uses_total.filter(|_| uses != 0)?;
        let name = Counted::Everybody(&discount.name);
        Some(Count { name, period: period(bundle, limit.per, at), uses, amount: Money::ZERO })
    });
    let of_budget = discount.and_then(|discount| {
        let budget = discount.budget?;
        Some(Count { name: Counted::Budget(&discount.name), period: period(bundle, budget.per, at), uses, amount })
    });
    of_customer.into_iter().chain(of_everybody).chain(of_budget)
}
