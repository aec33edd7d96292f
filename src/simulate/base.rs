//! The history of a base in memory, small: what a replay reads, and nothing of it changes.
//!
//! It is cut into parts by customer. All that happened to a customer is in one part, so that parts can be replayed
//! beside each other.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

pub(super) use super::contact::{Contact, ContactSums};
use crate::id::Name;
use crate::model::{Attribute, Line};
use crate::money::{Money, Quantity, Rate, UnitPrice};
use crate::time::Instant;

/// Stands for a customer where a guest bought.
pub(super) const GUEST: u32 = u32::MAX;

/// Everything that happened, as a replay reads it.
#[derive(Debug, Default)]
pub struct Base {
    pub(super) articles: Vec<Article>,
    pub(super) attributes: Vec<BTreeMap<String, Attribute>>,
    pub(super) parts: Vec<Part>,
    /// Names of the discounts that recorded decisions granted.
    pub(super) names: Vec<Name>,
    /// The first and the last instant at which something happened.
    pub(super) span: Option<(Instant, Instant)>,
}

/// A line as it was bought; the same lines are kept once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Article {
    pub line: ArticleLine,
    pub gross: Money,
    pub cost: Money,
}

/// What of a line makes it the same as another one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ArticleLine {
    pub sku: Box<str>,
    pub category: Option<Box<str>>,
    pub tags: Vec<Box<str>>,
    pub quantity: i64,
    pub unit_price: i64,
}

impl Article {
    /// The line of a basket.
    pub fn to_line(&self) -> Line {
        Line {
            sku: self.line.sku.clone(),
            quantity: Quantity(self.line.quantity),
            unit_price: UnitPrice(self.line.unit_price),
            unit_cost: None,
            category: self.line.category.clone(),
            tags: self.line.tags.clone(),
        }
    }
}

/// Some customers with everything they did.
#[derive(Debug, Default)]
pub(super) struct Part {
    pub customers: Vec<Card>,
    /// By customer, then by time; guests' come last.
    pub purchases: Vec<Bought>,
    /// Where each customer's purchases begin; one more than there are customers.
    pub starts: Vec<u32>,
    /// Articles, purchase by purchase.
    pub lines: Vec<u32>,
    /// What was granted on each line; empty where nothing ever was.
    pub discounts: Vec<Money>,
    /// Ends of the purchases' ids in their one text.
    pub id_ends: Vec<u32>,
    pub ids: String,
    pub extras: HashMap<u32, Extra>,
    pub points: HashMap<u32, RecordedPoints>,
    /// What recorded decisions granted, by purchase.
    pub granted: HashMap<u32, Vec<Granted>>,
    /// The same line by line, of purchases of which something came back: name and amount.
    pub granted_lines: HashMap<u32, Vec<Vec<(u32, Money)>>>,
    /// By purchase, in the order they were written down.
    pub returns: Vec<Back>,
    /// Contacts by customer, then by time.
    pub contacts: Vec<Contact>,
    pub contact_starts: Vec<u32>,
    /// Sums of the customer's contacts before each, and behind the last: of customer `c` from `contact_starts[c] + c` on.
    pub contact_sums: Vec<ContactSums>,
    /// Contacts in order of time.
    pub contact_order: Vec<u32>,
    /// Customers in the order in which they came into the base.
    pub arrivals: Vec<u32>,
    /// What happened in order of time: a purchase, or a return where [`RETURN`] is set.
    pub order: Vec<u32>,
}

/// Marks a return in the order of what happened.
pub(super) const RETURN: u32 = 1 << 31;

/// A customer's card, as far as decisions look at it.
#[derive(Debug, Clone)]
pub(super) struct Card {
    pub id: Box<str>,
    pub birthday: Option<NaiveDate>,
    /// Place among the base's sets of attributes.
    pub attributes: u32,
    /// From when the customer is in the base.
    pub since: Instant,
    /// Whether points paid for something: only then it matters which of them are left.
    pub redeems: bool,
}

/// A purchase.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bought {
    pub at: Instant,
    pub sequence: u64,
    pub customer: u32,
    /// With [`RETURN`] set where something came back of it.
    pub first_line: u32,
}

impl Bought {
    fn first_line(self) -> usize {
        (self.first_line & !RETURN) as usize
    }

    /// Whether something came back of it.
    pub const fn comes_back(self) -> bool {
        self.first_line & RETURN != 0
    }
}

/// What a basket brought besides lines.
#[derive(Debug, Clone, Default)]
pub(super) struct Extra {
    pub codes: Vec<Box<str>>,
    pub redeem_points: i64,
}

/// What a purchase did to points, as it was recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RecordedPoints {
    /// Earned.
    pub earned: i64,
    /// Redeemed.
    pub redeemed: i64,
    /// What these paid.
    pub paid: Money,
}

/// A discount that a recorded decision granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Granted {
    /// Place among the base's names.
    pub name: u32,
    pub rate: Option<Rate>,
    pub amount: Money,
}

/// Goods that came back.
#[derive(Debug, Clone)]
pub(super) struct Back {
    pub purchase: u32,
    /// Which of the purchase's returns it is, from 0.
    pub nth: u32,
    pub at: Instant,
    pub lines: Vec<BackLine>,
}

/// Units of a line that came back.
#[derive(Debug, Clone, Copy)]
pub(super) struct BackLine {
    pub line: u32,
    /// Units that came back before.
    pub from: Quantity,
    /// The same with these.
    pub until: Quantity,
    pub gross: Money,
    pub cost: Money,
    /// Their share of what was really granted.
    pub discount: Money,
}

impl Part {
    /// The places of a purchase's lines.
    pub fn lines_of(&self, purchase: usize) -> std::ops::Range<usize> {
        let end = self.purchases.get(purchase + 1).map_or(self.lines.len(), |next| next.first_line());
        self.purchases[purchase].first_line()..end
    }

    /// The articles of a purchase.
    pub fn articles_of(&self, purchase: usize) -> &[u32] {
        &self.lines[self.lines_of(purchase)]
    }

    /// The shop's id of a purchase.
    pub fn id_of(&self, purchase: usize) -> &str {
        let start = purchase.checked_sub(1).map_or(0, |before| self.id_ends[before] as usize);
        &self.ids[start..self.id_ends[purchase] as usize]
    }

    /// What was really granted on a line.
    pub fn recorded_discount(&self, line: usize) -> Money {
        self.discounts.get(line).copied().unwrap_or_default()
    }

    /// How many purchases are not guests'.
    pub fn purchases_of_customers(&self) -> usize {
        self.starts.last().map_or(0, |end| *end as usize)
    }

    /// When something of the order happened.
    pub fn at(&self, what: u32) -> Instant {
        match what & RETURN {
            0 => self.purchases[what as usize].at,
            _ => self.returns[(what & !RETURN) as usize].at,
        }
    }

    /// The purchase that something of the order is, or that comes back with it.
    pub fn purchase_of(&self, what: u32) -> u32 {
        match what & RETURN {
            0 => what,
            _ => self.returns[(what & !RETURN) as usize].purchase,
        }
    }

    /// What happened, in order of time, as it happened to one customer after the other. Guests come last.
    pub fn by_customer(&self, order: &[u32]) -> Vec<u32> {
        let customer = |what: u32| {
            let bought = &self.purchases[self.purchase_of(what) as usize];
            (bought.customer as usize).min(self.customers.len())
        };
        let mut places = vec![0; self.customers.len() + 2];
        order.iter().for_each(|what| places[customer(*what) + 1] += 1);
        for customer in 1..places.len() {
            places[customer] += places[customer - 1];
        }
        let mut sorted = vec![0; order.len()];
        for what in order {
            let place = &mut places[customer(*what)];
            sorted[*place] = *what;
            *place += 1;
        }
        sorted
    }

    /// The purchases of a customer.
    pub fn purchases_of(&self, customer: u32) -> std::ops::Range<usize> {
        self.starts[customer as usize] as usize..self.starts[customer as usize + 1] as usize
    }

    /// The returns of a purchase.
    pub fn returns_of(&self, purchase: u32) -> &[Back] {
        let from = self.returns.partition_point(|back| back.purchase < purchase);
        let count = self.returns[from..].iter().take_while(|back| back.purchase == purchase).count();
        &self.returns[from..from + count]
    }

    /// The sums of a customer's contacts before the one with this place.
    pub fn contact_sums(&self, customer: u32, place: usize) -> ContactSums {
        self.contact_sums[self.contact_starts[customer as usize] as usize + customer as usize + place]
    }

    /// The contacts of a customer.
    pub fn contacts_of(&self, customer: u32) -> &[Contact] {
        let from = self.contact_starts[customer as usize] as usize;
        &self.contacts[from..self.contact_starts[customer as usize + 1] as usize]
    }
}

impl Base {
    /// How many purchases there are.
    pub fn purchases(&self) -> u64 {
        self.parts.iter().map(|part| part.purchases.len() as u64).sum()
    }

    /// How many customers there are.
    pub fn customers(&self) -> u64 {
        self.parts.iter().map(|part| part.customers.len() as u64).sum()
    }

    /// Whether anything was bought from the first instant to before the second.
    pub fn bought_within(&self, window: (Instant, Instant)) -> bool {
        let within = |bought: &Bought| (window.0..window.1).contains(&bought.at);
        self.parts.iter().any(|part| part.purchases.iter().any(within))
    }

    /// When the first and the last thing happened; absent where nothing did.
    pub const fn span(&self) -> Option<(Instant, Instant)> {
        self.span
    }
}
