//! The store against what it is meant to keep: [`timeline`], [`base`], [`policy`], [`points`], read in one [`pass`], and its [`writer`] on a [`disk`]
//! that fails when told to.

mod base;
mod disk;
mod pass;
mod points;
mod policy;
mod timeline;
mod writer;

use crate::model::{Customer, Interaction, Purchase, PurchaseLine, Return, ReturnLine};
use crate::money::{Money, Quantity, UnitPrice};
use crate::time::Instant;

/// A card with nothing but an id and a name.
pub(super) fn card(id: &str) -> Customer {
    Customer { id: id.to_owned(), name: Some(format!("Name of {id}")), ..Customer::default() }
}

/// A purchase of one pair of shoes for 100.00 and of two hats for 20.00 each.
pub(super) fn purchase(id: &str, customer: Option<&str>, at: i64) -> Purchase {
    let line = |sku: &str, units: i64, price: i64| PurchaseLine {
        sku: sku.into(),
        category: Some(if sku == "shoe" { "shoes" } else { "hats" }.into()),
        tags: vec![],
        quantity: Quantity(units * 1_000),
        unit_price: UnitPrice(price * 10_000),
        gross: Money(units * price * 100),
        discount: Money(units * price * 10),
        cost: Money(units * price * 50),
    };
    Purchase {
        id: id.to_owned(),
        customer: customer.map(str::to_owned),
        at: Instant(at),
        recorded_at: Instant(at),
        revision: None,
        lines: vec![line("shoe", 1, 100), line("hat", 2, 20)],
        returns: vec![],
    }
}

/// One unit of a line of [`purchase`] comes back.
pub(super) fn unit_back(id: &str, line: u32, at: i64) -> Return {
    let price = if line == 0 { 100 } else { 20 };
    let back = ReturnLine {
        line,
        quantity: Quantity(1_000),
        gross: Money(price * 100),
        discount: Money(price * 10),
        cost: Money(price * 50),
    };
    Return { id: id.to_owned(), at: Instant(at), lines: vec![back] }
}

pub(super) fn interaction(id: &str, customer: &str, at: i64, rating: Option<u8>) -> Interaction {
    Interaction {
        id: id.to_owned(),
        customer: customer.to_owned(),
        kind: "call".to_owned(),
        at: Instant(at),
        cost: Money(450),
        rating,
        note: Some("was friendly".to_owned()),
    }
}
