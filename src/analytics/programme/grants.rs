//! What one purchase got: by discount, and what came back of it.

use smallvec::SmallVec;

use crate::ledger::{points_share, spread};
use crate::model::{Decision, Purchase, PurchasePoints};
use crate::money::{Money, Quantity};
use crate::time::Instant;

/// What a discount granted on a purchase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Its place in the bundle of the decision.
    pub discount: u16,
    /// What was granted.
    pub granted: Money,
    /// Which part of that went back with goods, by an instant.
    pub taken_back: Money,
}

/// What each discount granted on a purchase, and what of it was taken back strictly before an instant. Together they are
/// the purchase's discount to the cent: a return takes back of each grant what lies on the units that came back.
pub fn grants(purchase: &Purchase, decision: &Decision, as_of: Instant) -> SmallVec<[Grant; 4]> {
    let mut found: SmallVec<[Grant; 4]> = SmallVec::new();
    for (at, (line, bought)) in decision.lines.iter().zip(&purchase.lines).enumerate() {
        let returned = returned(purchase, at, as_of);
        for (discount, granted) in &line.discounts {
            let taken_back = spread(*granted, bought.quantity, returned);
            match found.iter_mut().find(|grant| grant.discount == *discount) {
                Some(grant) => {
                    grant.granted += *granted;
                    grant.taken_back += taken_back;
                }
                None => found.push(Grant { discount: *discount, granted: *granted, taken_back }),
            }
        }
    }
    found
}

/// What points paid of a purchase, and what of that was given back strictly before an instant.
pub fn points_paid(purchase: &Purchase, decision: &Decision, as_of: Instant) -> (Money, Money) {
    let paid = decision.totals.points_paid;
    // Returns are kept in the order they came in, which need not be the order of their instants.
    let earlier = purchase.returns.iter().filter(|goods| goods.at < as_of).cloned().collect::<Vec<_>>();
    if paid == Money::ZERO || earlier.is_empty() {
        return (paid, Money::ZERO);
    }
    let count = earlier.len();
    let purchase = Purchase { returns: earlier, ..purchase.clone() };
    let points = PurchasePoints { paid, ..PurchasePoints::default() };
    (paid, points_share(&purchase, &points, count).paid)
}

/// How much of a line came back strictly before an instant.
fn returned(purchase: &Purchase, line: usize, as_of: Instant) -> Quantity {
    let earlier = purchase.returns.iter().filter(|goods| goods.at < as_of);
    let lines = earlier.flat_map(|goods| &goods.lines).filter(|back| back.line as usize == line);
    Quantity(lines.map(|back| back.quantity.0).sum())
}
