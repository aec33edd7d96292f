//! Returns: what of a purchase comes back, and what its units were sold for.

use thiserror::Error;

use super::spread::spread;
use crate::model::{Purchase, ReturnLine};
use crate::money::{Money, Quantity};

/// One wish of a return.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Index of the purchase's line, from 0.
    pub line: usize,
    /// How many; absent for all that are left.
    pub quantity: Option<Quantity>,
}

/// Why goods cannot be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TakeBackRefusal {
    /// The purchase has no such line.
    #[error("the purchase has no line {0}")]
    NoSuchLine(usize),
    /// More would come back than was bought and has not come back yet.
    #[error("line {line} has {left} left, {asked} cannot come back")]
    MoreThanLeft {
        /// Which line.
        line: usize,
        /// How many are left.
        left: Quantity,
        /// How many were asked for.
        asked: Quantity,
    },
    /// Nothing would come back.
    #[error("nothing is left to come back")]
    Nothing,
}

/// Takes back what is asked for (everything that is left where `asked` is absent). Units come back in their order, so
/// that unit by unit or at once refunds the same.
pub fn take_back(purchase: &Purchase, asked: Option<&[Asked]>) -> Result<Vec<ReturnLine>, TakeBackRefusal> {
    let everything: Vec<Asked>;
    let asked = match asked {
        Some(asked) => asked,
        None => {
            everything = (0..purchase.lines.len()).map(|line| Asked { line, quantity: None }).collect();
            &everything
        }
    };
    let mut taken: Vec<ReturnLine> = Vec::with_capacity(asked.len());
    for wish in asked {
        let line = purchase.lines.get(wish.line).ok_or(TakeBackRefusal::NoSuchLine(wish.line))?;
        let already: i64 = purchase
            .returns
            .iter()
            .flat_map(|goods| &goods.lines)
            .chain(&taken)
            .filter(|back| back.line as usize == wish.line)
            .map(|back| back.quantity.0)
            .sum();
        let left = Quantity(line.quantity.0 - already);
        let quantity = wish.quantity.unwrap_or(left);
        if quantity > left {
            return Err(TakeBackRefusal::MoreThanLeft { line: wish.line, left, asked: quantity });
        }
        if quantity.0 <= 0 {
            continue;
        }
        let (from, until) = (Quantity(already), Quantity(already + quantity.0));
        let part = |total: Money| spread(total, line.quantity, until) - spread(total, line.quantity, from);
        taken.push(ReturnLine {
            line: wish.line as u32,
            quantity,
            gross: part(line.gross),
            discount: part(line.discount),
            cost: part(line.cost),
        });
    }
    if taken.is_empty() { Err(TakeBackRefusal::Nothing) } else { Ok(taken) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PurchaseLine, Return};
    use crate::money::UnitPrice;
    use crate::time::Instant;

    fn three_at_hundred_less_ten_percent() -> Purchase {
        Purchase {
            id: "p".into(),
            customer: None,
            at: Instant(0),
            recorded_at: Instant(0),
            revision: None,
            lines: vec![PurchaseLine {
                sku: "X".into(),
                category: None,
                tags: vec![],
                quantity: Quantity::units(3),
                unit_price: UnitPrice(1_000_000),
                gross: Money(30_000),
                discount: Money(3_000),
                cost: Money(10_000),
            }],
            returns: vec![],
        }
    }

    #[test]
    fn two_of_three_refund_180() {
        let purchase = three_at_hundred_less_ten_percent();
        let asked = [Asked { line: 0, quantity: Some(Quantity::units(2)) }];
        let back = take_back(&purchase, Some(&asked)).expect("two can come back");
        assert_eq!(back[0].gross - back[0].discount, Money(18_000));
        assert_eq!(back[0].cost, Money(6_667));
    }

    #[test]
    fn no_more_than_was_bought() {
        let mut purchase = three_at_hundred_less_ten_percent();
        let two = take_back(&purchase, Some(&[Asked { line: 0, quantity: Some(Quantity::units(2)) }])).expect("two");
        purchase.returns.push(Return { id: "r".into(), at: Instant(1), lines: two });
        let check = |asked: Option<&[Asked]>, expect: Result<i64, TakeBackRefusal>| {
            let found = take_back(&purchase, asked).map(|lines| lines.iter().map(|line| line.cost.0).sum::<i64>());
            assert_eq!(found, expect);
        };
        let wish = |line, units: i64| [Asked { line, quantity: Some(Quantity::units(units)) }];
        check(None, Ok(3_333));
        check(Some(&wish(0, 1)), Ok(3_333));
        check(
            Some(&wish(0, 2)),
            Err(TakeBackRefusal::MoreThanLeft { line: 0, left: Quantity::ONE, asked: Quantity::units(2) }),
        );
        check(Some(&wish(7, 1)), Err(TakeBackRefusal::NoSuchLine(7)));
        let twice = [wish(0, 1), wish(0, 1)].concat();
        check(Some(&twice), Err(TakeBackRefusal::MoreThanLeft { line: 0, left: Quantity(0), asked: Quantity::ONE }));
        check(Some(&[]), Err(TakeBackRefusal::Nothing));
    }
}
