//! What discounts and points cost, and what was bought with them: by discount, and by the class a customer had then.

use std::collections::{BTreeMap, HashMap};

use smallvec::{SmallVec, smallvec};

use super::grants::{grants, points_paid};
use super::names::{ClassIndex, Names, What};
use crate::metric::purchase_adds;
use crate::model::{Decision, Purchase};
use crate::money::Money;
use crate::time::Instant;

/// Which purchases a row is about: what they got, and the class of who got it; absent for all classes.
pub type Row = (What, Option<ClassIndex>);

/// Sums of rows.
pub type Rows = BTreeMap<Row, GotSums>;

/// Purchases that got a discount, or were paid with points. Money in minor units, wide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GotSums {
    /// How many purchases.
    pub purchases: u64,
    /// How many of these came back in full: their use was given back.
    pub returned: u64,
    /// How many of these were bought by guests.
    pub by_guests: u64,
    /// How many customers bought them.
    pub customers: u64,
    /// What was granted.
    pub granted: i128,
    /// What of it was taken back with goods.
    pub taken_back: i128,
    /// Gross of these purchases, less returns.
    pub gross: i128,
    /// All discounts on these purchases, less returns.
    pub discount: i128,
    /// Cost of goods, less returns.
    pub cost_of_goods: i128,
    /// Margin of everything that their customers bought within the time that is looked at.
    pub customers_margin: i128,
}

impl GotSums {
    /// What it cost: granted less taken back.
    pub const fn cost(&self) -> i128 {
        self.granted - self.taken_back
    }

    /// Net of these purchases.
    pub const fn net(&self) -> i128 {
        self.gross - self.discount
    }

    /// Margin of these purchases.
    pub const fn margin(&self) -> i128 {
        self.net() - self.cost_of_goods
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.purchases += other.purchases;
        self.returned += other.returned;
        self.by_guests += other.by_guests;
        self.customers += other.customers;
        self.granted += other.granted;
        self.taken_back += other.taken_back;
        self.gross += other.gross;
        self.discount += other.discount;
        self.cost_of_goods += other.cost_of_goods;
        self.customers_margin += other.customers_margin;
    }
}

/// What a customer got, in which class.
pub type Got = SmallVec<[(What, ClassIndex); 2]>;

/// Sums over purchases, as one thread finds them.
#[derive(Debug, Clone, Default)]
pub struct DiscountTally {
    /// Purchases that were decided here and got something.
    pub rows: Rows,
    /// All purchases that were decided here.
    pub decided: GotSums,
    /// Purchases that were not: what they state as their discount is nobody's.
    pub unattributed: GotSums,
    /// Who got what.
    pub got: HashMap<Box<str>, Got>,
}

impl DiscountTally {
    /// Takes in a purchase with its decision, as of an instant; absent for one that was imported.
    pub fn push(&mut self, names: &Names, purchase: &Purchase, decision: Option<&Decision>, as_of: Instant) {
        let adds = purchase_adds(purchase, None, as_of).unwrap_or_default();
        let bought = GotSums {
            purchases: 1,
            returned: u64::from(adds.purchases == 0),
            by_guests: u64::from(purchase.customer.is_none()),
            gross: i128::from(adds.gross),
            discount: i128::from(adds.discount),
            cost_of_goods: i128::from(adds.cost),
            ..GotSums::default()
        };
        let stated: Money = purchase.lines.iter().map(|line| line.discount).sum();
        let all = |sums: &mut GotSums| {
            let taken_back = stated.wide() - i128::from(adds.discount);
            sums.add(&GotSums { granted: stated.wide(), taken_back, ..bought });
        };
        let Some(decision) = decision else { return all(&mut self.unattributed) };
        all(&mut self.decided);
        let class = names.class(decision.revision, &decision.classes);
        let found = grants(purchase, decision, as_of);
        let mut touched: SmallVec<[(What, Money, Money); 4]> = smallvec![];
        for grant in &found {
            if let Some(discount) = names.discount(decision.revision, grant.discount) {
                touched.push((What::Discount(discount), grant.granted, grant.taken_back));
            }
        }
        if !touched.is_empty() {
            // What returns took back of a line was spread over its units once, not grant by grant: cents may differ.
            let taken_back = stated.0 - adds.discount;
            touched.push((What::Discounts, stated, Money(taken_back)));
        }
        let (paid, given_back) = points_paid(purchase, decision, as_of);
        if paid > Money::ZERO {
            touched.push((What::Points, paid, given_back));
        }
        for (what, granted, taken_back) in &touched {
            let got = GotSums { granted: granted.wide(), taken_back: taken_back.wide(), ..bought };
            for class in [None, Some(class)] {
                self.rows.entry((*what, class)).or_default().add(&got);
            }
        }
        let (Some(customer), false) = (purchase.customer.as_deref(), touched.is_empty()) else { return };
        let got = match self.got.get_mut(customer) {
            Some(got) => got,
            None => self.got.entry(customer.into()).or_default(),
        };
        for (what, ..) in touched {
            if !got.contains(&(what, class)) {
                got.push((what, class));
            }
        }
    }

    /// Takes in what another thread found.
    pub fn merge(mut self, mut other: Self) -> Self {
        if other.got.len() > self.got.len() {
            std::mem::swap(&mut self, &mut other);
        }
        merge_rows(&mut self.rows, &other.rows);
        self.decided.add(&other.decided);
        self.unattributed.add(&other.unattributed);
        for (customer, theirs) in other.got {
            let mine = self.got.entry(customer).or_default();
            for got in theirs {
                if !mine.contains(&got) {
                    mine.push(got);
                }
            }
        }
        self
    }
}

/// Counts a customer who got something, with the margin of everything bought, once in each row.
pub fn count_customer(rows: &mut Rows, got: &Got, margin: i128) {
    let add = GotSums { customers: 1, customers_margin: margin, ..GotSums::default() };
    for (at, (what, class)) in got.iter().enumerate() {
        rows.entry((*what, Some(*class))).or_default().add(&add);
        if got[..at].iter().all(|(known, _)| known != what) {
            rows.entry((*what, None)).or_default().add(&add);
        }
    }
}

/// Adds rows to others.
pub fn merge_rows(rows: &mut Rows, others: &Rows) {
    for (row, sums) in others {
        rows.entry(*row).or_default().add(sums);
    }
}

#[cfg(test)]
mod tests {
    use smallvec::smallvec;

    use super::*;
    use crate::diagnostic::Sources;
    use crate::ledger::{Asked, take_back};
    use crate::model::{Applied, Because, DecidedLine, PurchaseLine, Return, Totals};
    use crate::money::{Quantity, UnitPrice};
    use crate::policy::compile;

    /// Three units at a euro, and two discounts that grant a euro each.
    fn bought() -> (Names, Purchase, Decision) {
        let policy = "currency: EUR\ntimezone: UTC\ndiscounts: { a: { amount: 1 }, b: { amount: 1 } }\n";
        let compiled = compile(Sources::new([("policies/p.yaml".to_owned(), policy.to_owned())]));
        let bundle = compiled.bundle.expect("it compiles");
        let line = PurchaseLine {
            sku: "X".into(),
            category: None,
            tags: Vec::new(),
            quantity: Quantity::units(3),
            unit_price: UnitPrice(10_000),
            gross: Money(300),
            discount: Money(200),
            cost: Money(30),
        };
        let applied = |discount| Applied {
            discount,
            rate: None,
            amount: Money(100),
            because: Because::default(),
            cuts: smallvec![],
        };
        let decision = Decision {
            lines: vec![DecidedLine {
                gross: line.gross,
                discount: line.discount,
                cost: line.cost,
                discounts: smallvec![(0, Money(100)), (1, Money(100))],
            }],
            totals: Totals { gross: line.gross, discount: line.discount, ..Totals::default() },
            applied: vec![applied(0), applied(1)],
            ..Decision::empty(bundle.revision, Instant(0))
        };
        let purchase = Purchase {
            id: "p".to_owned(),
            customer: Some("c".to_owned()),
            at: Instant(0),
            recorded_at: Instant(0),
            revision: Some(bundle.revision),
            lines: vec![line],
            returns: Vec::new(),
        };
        (Names::new(&bundle, None), purchase, decision)
    }

    #[test]
    fn each_grant_gives_back_its_own_and_all_together_what_returns_took() {
        let (names, mut purchase, decision) = bought();
        let check = |purchase: &Purchase, each: i128, all: i128, returned: u64| {
            let mut tally = DiscountTally::default();
            tally.push(&names, purchase, Some(&decision), Instant(100));
            let row = |what| tally.rows[&(what, None)];
            for discount in 0..2 {
                assert_eq!(row(What::Discount(discount)).taken_back, each);
            }
            let total = row(What::Discounts);
            assert_eq!((total.granted, total.taken_back, total.returned, total.purchases), (200, all, returned, 1));
            assert_eq!(total.discount, total.cost(), "what is left of the discount is what it cost");
            assert_eq!(tally.decided.cost(), total.cost());
        };
        check(&purchase, 0, 0, 0);
        for (at, each, all, returned) in [(1, 34, 67, 0), (2, 67, 134, 0), (3, 100, 200, 1)] {
            let lines =
                take_back(&purchase, Some(&[Asked { line: 0, quantity: Some(Quantity::ONE) }])).expect("it is there");
            purchase.returns.push(Return { id: at.to_string(), at: Instant(at), lines });
            check(&purchase, each, all, returned);
        }
        // One that comes back later than is looked at has not come back.
        let lines = purchase.returns[2].lines.clone();
        purchase.returns[2] = Return { id: "3".to_owned(), at: Instant(100), lines };
        check(&purchase, 67, 134, 0);
    }

    #[test]
    fn a_customer_counts_once_in_each_row() {
        let got: Got = smallvec![(What::Discounts, Some(0)), (What::Discounts, Some(1)), (What::Points, None)];
        let mut rows = Rows::new();
        count_customer(&mut rows, &got, 50);
        let mut more = Rows::new();
        count_customer(&mut more, &got, 7);
        merge_rows(&mut rows, &more);
        let seen: Vec<(Row, u64, i128)> =
            rows.iter().map(|(row, sums)| (*row, sums.customers, sums.customers_margin)).collect();
        let row = |what, class| ((what, class), 2, 57);
        let expect = [
            row(What::Discounts, None),
            row(What::Discounts, Some(Some(0))),
            row(What::Discounts, Some(Some(1))),
            row(What::Points, None),
            row(What::Points, Some(None)),
        ];
        assert_eq!(seen, expect);
    }
}
