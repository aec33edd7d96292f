//! Goods that come back while a part is replayed.

use super::base::{Back, BackLine, Base, GUEST, Part};
use super::figures::Figures;
use super::known::TakenBack;
use super::limits::period;
use super::part::{Running, Shared};
use super::plan::What;
use super::side::{Grants, Side, as_purchase};
use crate::ledger::spread;
use crate::money::{Money, Quantity};
use crate::time::Period;

impl Running {
    /// Takes goods back on all sides; `false` where others look at what comes back to a common limit.
    pub(super) fn take_back(&mut self, shared: &Shared<'_>, part: &Part, back: &Back, alone: bool) -> bool {
        let place = back.purchase;
        if !alone {
            let scarce = |(side, scarce): (&Side, &Vec<bool>)| {
                let applied = side.kept.get(&place).map_or(&[][..], |kept| &kept.applied);
                applied.iter().any(|(discount, _)| scarce.get(*discount as usize).copied().unwrap_or(false))
            };
            if self.sides.iter().zip(shared.scarce).any(scarce) {
                return false;
            }
        }
        let bought = part.purchases[place as usize];
        let customer = (bought.customer != GUEST).then_some(bought.customer);
        let decided = bought.at >= shared.window.0;
        for at in 0..self.sides.len() {
            let grants = shared.policies[at].grants;
            let kept = self.sides[at].kept.get(&place);
            let granted = &mut self.granted[at];
            granted.clear();
            granted.extend(back.lines.iter().map(|line| match grants {
                Grants::Nothing => Money::ZERO,
                Grants::Decide if decided => {
                    let whole = kept.and_then(|kept| kept.lines.get(line.line as usize)).map_or(Money::ZERO, |it| it.0);
                    share_of(shared.base, part, place, line, whole)
                }
                Grants::Decide | Grants::Recorded => line.discount,
            }));
        }
        if let Some(customer) = customer {
            self.correct_rows(shared, part, back, customer);
        }
        if !decided {
            return true;
        }
        let whole = comes_back_whole(shared.base, part, back);
        for at in 0..self.sides.len() {
            self.post_return(shared, part, at, back, customer, whole);
        }
        true
    }

    /// Takes what came back out of the sums, from its purchase on.
    fn correct_rows(&mut self, shared: &Shared<'_>, part: &Part, back: &Back, customer: u32) {
        let plan = shared.plan;
        let stride = plan.stride();
        let place = back.purchase as usize;
        let mut took = vec![0; stride].into_boxed_slice();
        let before = left_before(shared.base, part, back);
        for (at, column) in plan.columns.iter().enumerate() {
            let counts = &plan.counts[column.track];
            let counting =
                |line: u32| part.articles_of(place).get(line as usize).is_some_and(|it| counts[*it as usize]);
            if let What::Purchases = column.what {
                let any = |left: &[i64]| left.iter().enumerate().any(|(line, left)| *left > 0 && counting(line as u32));
                let mut after = before.clone();
                for line in &back.lines {
                    if let Some(left) = after.get_mut(line.line as usize) {
                        *left -= line.until.0 - line.from.0;
                    }
                }
                took[at] = i64::from(any(&before)) - i64::from(any(&after));
                continue;
            }
            for (nth, line) in back.lines.iter().enumerate().filter(|(_, line)| counting(line.line)) {
                took[at] += match column.what {
                    What::Quantity => line.until.0 - line.from.0,
                    What::Gross => line.gross.0,
                    What::Cost => line.cost.0,
                    What::Discount { side } => self.granted[side][nth].0,
                    What::At | What::Purchases | What::Kept { .. } => 0,
                };
            }
        }
        let range = part.purchases_of(customer);
        let seen = range.start + part.purchases[range.clone()].partition_point(|bought| bought.at <= back.at);
        for row in place + 1..=seen {
            let start = (row + customer as usize) * stride;
            self.past.rows[start..start + stride].iter_mut().zip(&took).for_each(|(sum, took)| *sum -= took);
        }
        self.touch(customer);
        if plan.sides.iter().any(|side| side.keeps.iter().any(Option::is_some)) {
            let event_at = part.purchases[place].at;
            let known = TakenBack { at: back.at, event_at, took };
            self.past.taken_back[customer as usize].push(known);
            // What came back in the very instant of a purchase is not there right after it.
            let same = range.start + part.purchases[range].partition_point(|bought| bought.at < back.at);
            for place in same..seen {
                self.write_kept(shared, part, place as u32, customer);
            }
        }
    }

    fn post_return(
        &mut self,
        shared: &Shared<'_>,
        part: &Part,
        at: usize,
        back: &Back,
        customer: Option<u32>,
        whole: bool,
    ) {
        let policy = &shared.policies[at];
        let place = back.purchase;
        let bought = part.purchases[place as usize];
        let side = &mut self.sides[at];
        let Some(kept) = side.kept.remove(&place) else { return };
        let mut figures = Figures {
            gross: back.lines.iter().map(|line| line.gross).sum(),
            discount: self.granted[at].iter().copied().sum(),
            cost: back.lines.iter().map(|line| line.cost).sum(),
            ..Figures::default()
        };
        if let Some(customer) = customer
            && (kept.points.earned > 0 || !kept.points.taken.is_empty())
        {
            let purchase = as_purchase(shared.base, part, place, &kept);
            let which = (back.nth as usize, customer, back.at);
            let share = side.take_points_back(&policy.bundle, part, &purchase, &kept.points, which);
            figures.points_issued = share.earned;
            figures.points_redeemed = share.redeemed;
            figures.points_paid = share.paid;
        }
        side.tally.add(-figures, kept.month, &kept.classes, customer.is_none());
        for (discount, rate) in &kept.applied {
            let share = |line: &BackLine| {
                let parts = kept.lines.get(line.line as usize).map_or(&[][..], |(_, parts)| parts);
                let granted =
                    parts.iter().find(|(known, _)| known == discount).map_or(Money::ZERO, |(_, amount)| *amount);
                share_of(shared.base, part, place, line, granted)
            };
            let amount: Money = back.lines.iter().map(share).sum();
            if let Some(known) = side.tally.discounts.get_mut(*discount as usize) {
                known.amount -= amount;
            }
            if let Some(known) = rate.and_then(|rate| side.tally.steps.get_mut(&(*discount, rate))) {
                known.amount -= amount;
            }
            if let Some(customer) = customer {
                side.got[customer as usize].add(*discount, -amount);
            }
            if policy.grants == Grants::Decide {
                if policy.bundle.discounts[*discount as usize].budget.is_some() {
                    let day = period(&policy.bundle, Some(Period::Day), bought.at);
                    *side.tally.burned.entry((*discount, day)).or_default() -= amount;
                }
                let uses = if whole { -1 } else { 0 };
                side.post_limits(&policy.bundle, *discount, customer, bought.at, uses, -amount);
            }
        }
        if let Some(customer) = customer {
            let got = &mut side.got[customer as usize];
            got.discount -= figures.discount;
            got.points -= figures.points_issued;
        }
        // Behind its last return nobody asks for it any more.
        let when = |back: &Back| (back.at, back.nth);
        if part.returns_of(place).iter().any(|other| when(other) > when(back)) {
            side.kept.insert(place, kept);
        }
    }
}

/// A line's share of what units hold that came back.
pub(super) fn share_of(base: &Base, part: &Part, place: u32, line: &BackLine, total: Money) -> Money {
    let Some(article) = part.articles_of(place as usize).get(line.line as usize) else { return Money::ZERO };
    let quantity = Quantity(base.articles[*article as usize].line.quantity);
    let inside = |taken: Quantity| Quantity(taken.0.clamp(0, quantity.0));
    if quantity.0 <= 0 {
        return Money::ZERO;
    }
    spread(total, quantity, inside(line.until)) - spread(total, quantity, inside(line.from))
}

/// What of each line was still there right before a return.
fn left_before(base: &Base, part: &Part, back: &Back) -> Vec<i64> {
    let articles = part.articles_of(back.purchase as usize);
    let mut left: Vec<i64> = articles.iter().map(|it| base.articles[*it as usize].line.quantity).collect();
    for earlier in part.returns_of(back.purchase) {
        if (earlier.at, earlier.nth) < (back.at, back.nth) {
            for line in &earlier.lines {
                if let Some(left) = left.get_mut(line.line as usize) {
                    *left -= line.until.0 - line.from.0;
                }
            }
        }
    }
    left
}

/// Whether nothing of the purchase is left after a return.
fn comes_back_whole(base: &Base, part: &Part, back: &Back) -> bool {
    let mut left = left_before(base, part, back);
    for line in &back.lines {
        if let Some(left) = left.get_mut(line.line as usize) {
            *left -= line.until.0 - line.from.0;
        }
    }
    left.iter().all(|left| *left <= 0)
}
