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
            let sum = |part: fn(&(What, Money, Money)) -> Money| touched.iter().map(part).sum();
            touched.push((What::Discounts, sum(|it| it.1), sum(|it| it.2)));
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
