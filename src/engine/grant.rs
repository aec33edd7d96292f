//! How much an offer grants on what is left of its lines.

use smallvec::SmallVec;

use super::base::{PerLine, Worth, by_price};
use super::offer::{Kind, Offer};
use super::stack::Asked;
use crate::model::{Cut, LimitKind, Reason};
use crate::money::{Money, Number, Quantity, Rate, UnitPrice, allot, round_div};
use crate::policy::{Bundle, Discount, Grant, Ladder, Stacking};

/// What one discount grants, line by line.
#[derive(Default)]
pub(super) struct Granted {
    pub offer: usize,
    pub amount: Money,
    /// The value each line was granted on, all on one scale.
    pub bases: PerLine,
    /// What each line was granted.
    pub parts: PerLine,
    /// What all of it is worth.
    pub worth: Worth,
    pub cuts: SmallVec<[Cut; 1]>,
}

impl Granted {
    /// Turns into what an offer grants on what is left of its lines, or says why that comes to nothing.
    pub fn compute(
        &mut self,
        Asked { bundle, facts, priced, bases }: Asked<'_>,
        left: &[Money],
        at: usize,
        offer: &Offer,
    ) -> Result<(), Reason> {
        let slot = offer.discount as usize;
        let discount = &bundle.discounts[slot];
        let values: &[Money] = match bundle.stacking {
            Stacking::Remaining => left,
            Stacking::Original => &priced.gross,
        };
        self.offer = at;
        self.cuts.clear();
        let (quantities, worth) = bases.left((bundle, discount, priced), values, &mut self.bases);
        self.worth = worth;
        if worth.total == Money::ZERO {
            return Err(Reason::NothingLeft);
        }
        self.amount = match offer.kind {
            Kind::Rate(rate) => worth.share(i128::from(rate.ppm()), i128::from(Rate::ONE.ppm())),
            Kind::Amount(amount) => worth.at_most_total(amount.wide(), 1),
            Kind::Each(each) => each_unit(each, &quantities, worth),
            Kind::Slices(from) => slices(bundle, discount, from, worth),
            Kind::Free { buy, get } => free_units((buy, get), &priced.prices, (&self.bases, &quantities), worth),
        };
        if self.amount == Money::ZERO {
            return Err(Reason::GrantsNothing);
        }
        if let Some(cap) = discount.cap {
            self.cut_to(cap, LimitKind::Cap);
        }
        if let Some(budget) = &discount.budget {
            let left = facts.allowances.get(slot).and_then(|a| a.budget).unwrap_or(budget.amount);
            if self.amount > left && !budget.partial {
                return Err(Reason::BudgetTooSmall { left });
            }
            self.cut_to(left, LimitKind::Budget);
        }
        if self.amount == Money::ZERO {
            let by = self.cuts.last().map_or(LimitKind::Cap, |cut| cut.by);
            return Err(Reason::CutAway { by });
        }
        allot(self.amount, &self.bases, &mut self.parts);
        if bundle.stacking == Stacking::Original {
            // Earlier discounts may have left less of a line than this one was computed on: none goes below zero.
            for (part, left) in self.parts.iter_mut().zip(left) {
                *part = part.at_most(*left);
            }
            self.amount = self.parts.iter().copied().sum();
            if self.amount == Money::ZERO {
                return Err(Reason::NothingLeft);
            }
        }
        Ok(())
    }

    fn cut_to(&mut self, bound: Money, by: LimitKind) {
        if self.amount > bound {
            self.cuts.push(Cut { by, amount: self.amount - bound });
            self.amount = bound;
        }
    }
}

fn each_unit(each: Money, quantities: &[Quantity], worth: Worth) -> Money {
    let quantity: i128 = quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    worth.at_most_total(each.wide().saturating_mul(quantity), i128::from(Quantity::ONE.0))
}

fn free_units(
    (buy, get): (u32, u32),
    prices: &[UnitPrice],
    (values, quantities): (&[Money], &[Quantity]),
    worth: Worth,
) -> Money {
    let whole: i128 = quantities.iter().map(|quantity| i128::from(quantity.0)).sum();
    let set = i128::from(buy) + i128::from(get);
    let free = whole / (set * i128::from(Quantity::ONE.0)) * i128::from(get);
    let mut open = i64::try_from(free).map_or(i64::MAX, |units| Quantity::units(units).0);
    // Whole lines, and the part of one: `up / down` of the base's scale.
    let (mut up, mut down) = (0i128, 1i128);
    for at in by_price(prices) {
        let all = quantities[at].0;
        let taken = all.min(open);
        open -= taken;
        if taken == all {
            up += values[at].wide() * down;
        } else if taken > 0 {
            up = up * i128::from(all) + values[at].wide() * i128::from(taken);
            down = i128::from(all);
        }
    }
    Money(round_div(up, down * i128::from(worth.scale)) as i64)
}

/// Each step's rate on the part of `from..from + value` above its threshold, rounded once on the sum.
fn slices(bundle: &Bundle, discount: &Discount, from: Number, worth: Worth) -> Money {
    let Grant::Ladder(Ladder { steps, .. }) = &discount.grant else { return Money::ZERO };
    let scaled = |number: Number| Number(number.0.saturating_mul(i128::from(worth.scale)));
    let from = scaled(from);
    let until = from + Number::money(worth.total, bundle.currency);
    let mut exact: i128 = 0;
    for (at, step) in steps.iter().enumerate() {
        let top = steps.get(at + 1).map_or(until, |next| scaled(next.threshold).min(until));
        let bottom = scaled(step.threshold).max(from);
        if top > bottom {
            exact += (top - bottom).0 * i128::from(step.rate.ppm());
        }
    }
    let minor = i128::from(Rate::ONE.ppm()) * Number::of_minor(bundle.currency);
    // Rates are at most 100 %, so this is at most the value.
    Money(round_div(exact, minor * i128::from(worth.scale)) as i64)
}
