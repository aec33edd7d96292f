//! What came back of which purchase.

use std::collections::HashMap;

use super::write::Came;
use crate::ledger::{Asked, take_back};
use crate::model::{Purchase, Return};
use crate::money::{Quantity, UnitPrice};
use crate::store::UnmatchedLine;

/// How much of a row found a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    All,
    Part,
    Nothing,
}

/// What one return comes to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Matched {
    /// One per row.
    pub rows: Vec<Found>,
    /// The purchases, by their index, that got a return at their end.
    pub purchases: Vec<usize>,
    /// What found no purchase.
    pub unmatched: Vec<UnmatchedLine>,
}

/// A line of a purchase, with what has not come back yet.
#[derive(Debug)]
struct Spot {
    purchase: usize,
    line: usize,
    unit_price: UnitPrice,
    left: i64,
}

/// The lines of a customer's purchases by article.
#[derive(Debug)]
pub(super) struct Spots<'c>(HashMap<&'c str, Vec<Spot>>);

impl<'c> Spots<'c> {
    /// The lines of these purchases with articles that came back.
    pub fn new(purchases: &[Purchase], came: &'c [Came]) -> Self {
        let skus = came.iter().flat_map(|came| &came.lines).map(|line| (&*line.sku, Vec::new()));
        let mut spots: HashMap<&str, Vec<Spot>> = skus.collect();
        for (at, purchase) in purchases.iter().enumerate() {
            for (line_at, line) in purchase.lines.iter().enumerate() {
                let Some(of_sku) = spots.get_mut(&*line.sku) else { continue };
                let returned = purchase.returns.iter().flat_map(|goods| &goods.lines);
                let returned = returned.filter(|back| back.line as usize == line_at).map(|back| back.quantity.0);
                let left = line.quantity.0 - returned.sum::<i64>();
                of_sku.push(Spot { purchase: at, line: line_at, unit_price: line.unit_price, left });
            }
        }
        Self(spots)
    }

    /// Gives each row to lines of its article that were not bought later: those with its price first, the latest
    /// purchase first. The purchases are in order of time, and get the return.
    pub fn match_return(&mut self, purchases: &mut [Purchase], came: &Came) -> Matched {
        let mut taken: Vec<(usize, usize, i64)> = Vec::new();
        let mut rows = Vec::with_capacity(came.lines.len());
        let mut unmatched = Vec::new();
        for row in &came.lines {
            let mut wanted = row.quantity.0;
            let spots = self.0.get_mut(&*row.sku).map(Vec::as_mut_slice).unwrap_or_default();
            for same_price in [true, false] {
                for spot in spots.iter_mut().rev() {
                    let fits = (spot.unit_price == row.unit_price) == same_price && spot.left > 0;
                    if wanted > 0 && fits && purchases[spot.purchase].at <= came.at {
                        let part = wanted.min(spot.left);
                        spot.left -= part;
                        wanted -= part;
                        taken.push((spot.purchase, spot.line, part));
                    }
                }
            }
            rows.push(match wanted {
                0 => Found::All,
                left if left < row.quantity.0 => Found::Part,
                _ => Found::Nothing,
            });
            if wanted > 0 {
                let (sku, unit_price) = (row.sku.clone(), row.unit_price);
                unmatched.push(UnmatchedLine { sku, quantity: Quantity(wanted), unit_price });
            }
        }
        taken.sort_unstable();
        let mut changed = Vec::new();
        for of_purchase in taken.chunk_by(|a, b| a.0 == b.0) {
            let asked: Vec<Asked> = of_purchase
                .chunk_by(|a, b| a.1 == b.1)
                .map(|of_line| Asked {
                    line: of_line[0].1,
                    quantity: Some(Quantity(of_line.iter().map(|(_, _, part)| part).sum())),
                })
                .collect();
            let purchase = &mut purchases[of_purchase[0].0];
            #[expect(clippy::expect_used, reason = "what is taken of a line was measured by what it has left")]
            let lines = take_back(purchase, Some(&asked)).expect("no more is taken of a line than it has left");
            purchase.returns.push(Return { id: came.id.clone(), at: came.at, lines });
            changed.push(of_purchase[0].0);
        }
        Matched { rows, purchases: changed, unmatched }
    }
}
