//! Rows that share an id are one purchase, or one return.

use super::report::Rejects;
use super::row::{GUEST, PLAIN, Row, Table, split_extras};
use super::write::{Came, CameLine, Work};
use crate::engine::MAX_BASKET;
use crate::model::{Purchase, PurchaseLine};
use crate::money::{Money, Quantity};
use crate::time::Instant;

/// The rows of one id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Invoice {
    pub purchase: u32,
    pub customer: u32,
    /// The earliest instant of its rows.
    pub at: Instant,
    /// Its first line in the file.
    line: u64,
    start: usize,
    /// Where the bought rows end and the returned ones begin.
    middle: usize,
    end: usize,
    /// Whether what was bought is in the store already.
    pub there: bool,
}

impl Table {
    /// Orders the rows by id, and finds what belongs together.
    pub fn group(&mut self, rejects: &mut Rejects) -> Vec<Invoice> {
        self.rows.sort_unstable_by_key(|row| (row.purchase, row.quantity.0 < 0, row.line));
        let mut invoices = Vec::new();
        let mut start = 0;
        let (purchases, customers) = (&self.purchases, &self.customers);
        for rows in self.rows.chunk_by_mut(|a, b| a.purchase == b.purchase) {
            let Some(first) = rows.iter().min_by_key(|row| row.line).copied() else { continue };
            for row in rows.iter_mut().filter(|row| row.customer != first.customer) {
                let name = |customer: u32| match customer {
                    GUEST => "a guest".to_owned(),
                    number => format!("`{}`", customers.text(number)),
                };
                let id = purchases.text(row.purchase);
                let (other, known) = (name(row.customer), name(first.customer));
                reject(row, format!("customer is {other}, but `{id}` is of {known} in line {}", first.line), rejects);
            }
            let (mut gross, mut cost) = (Money::ZERO, Money::ZERO);
            for row in rows.iter_mut().filter(|row| row.quantity.0 > 0) {
                // No row is above the limit, so two of them fit.
                if gross + row.gross > MAX_BASKET || cost + row.cost > MAX_BASKET {
                    reject(row, "the amount of the purchase is out of range".to_owned(), rejects);
                } else {
                    gross += row.gross;
                    cost += row.cost;
                }
            }
            let at = rows.iter().filter(|row| row.quantity.0 != 0).map(|row| row.at).min().unwrap_or(first.at);
            // Rejected rows stay where they are.
            let bought = rows.iter().position(|row| row.quantity.0 < 0).unwrap_or(rows.len());
            let (purchase, customer, line) = (first.purchase, first.customer, first.line);
            let (middle, end) = (start + bought, start + rows.len());
            invoices.push(Invoice { purchase, customer, at, line, start, middle, end, there: false });
            start = end;
        }
        invoices
    }

    /// The rows of an invoice that were bought and not rejected.
    pub fn bought(&self, invoice: &Invoice) -> impl Iterator<Item = &Row> {
        self.rows[invoice.start..invoice.end].iter().filter(|row| row.quantity.0 > 0)
    }

    /// The rows of an invoice that came back and were not rejected.
    pub fn returned(&self, invoice: &Invoice) -> impl Iterator<Item = &Row> {
        self.rows[invoice.middle..invoice.end].iter().filter(|row| row.quantity.0 < 0)
    }

    /// Rejects the bought or the returned rows of an invoice.
    pub fn reject(&mut self, invoice: &Invoice, bought: bool, reason: &str, rejects: &mut Rejects) {
        let rows = &mut self.rows[invoice.start..invoice.end];
        for row in rows.iter_mut().filter(|row| row.quantity.0 != 0 && (row.quantity.0 > 0) == bought) {
            reject(row, reason.to_owned(), rejects);
        }
    }

    /// The purchase of an invoice; absent where nothing was bought.
    pub fn purchase(&self, invoice: &Invoice, now: Instant) -> Option<Purchase> {
        let lines: Vec<PurchaseLine> = self.bought(invoice).map(|row| self.line(row)).collect();
        (!lines.is_empty()).then(|| Purchase {
            id: self.purchases.text(invoice.purchase).to_owned(),
            customer: self.customer(invoice.customer).map(str::to_owned),
            at: invoice.at,
            recorded_at: now,
            revision: None,
            lines,
            returns: Vec::new(),
        })
    }

    fn line(&self, row: &Row) -> PurchaseLine {
        let (category, tags) = match row.extras {
            PLAIN => (None, Vec::new()),
            number => split_extras(self.extras.text(number)),
        };
        PurchaseLine {
            sku: self.skus.text(row.sku).into(),
            category,
            tags,
            quantity: row.quantity,
            unit_price: row.unit_price,
            gross: row.gross,
            discount: row.discount,
            cost: row.cost,
        }
    }

    /// A customer's id; absent for guests.
    pub fn customer(&self, number: u32) -> Option<&str> {
        (number != GUEST).then(|| self.customers.text(number))
    }

    /// What came back with an invoice; absent where nothing did.
    fn came(&self, invoice: &Invoice) -> Option<Came> {
        let line = |row: &Row| CameLine {
            sku: self.skus.text(row.sku).into(),
            quantity: Quantity(-row.quantity.0),
            unit_price: row.unit_price,
        };
        let lines: Vec<CameLine> = self.returned(invoice).map(line).collect();
        let id = || self.purchases.text(invoice.purchase).to_owned();
        (!lines.is_empty()).then(|| Came { id: id(), at: invoice.at, lines })
    }

    /// Everything that is to be written, customer by customer in the order of their ids, guests last.
    pub fn work(&self, mut invoices: Vec<Invoice>, now: Instant) -> impl Iterator<Item = Work> {
        let ranks = self.customers.ranks();
        let rank = |invoice: &Invoice| ranks.get(invoice.customer as usize).copied().unwrap_or(GUEST);
        invoices.sort_unstable_by_key(|invoice| (rank(invoice), invoice.at, invoice.line));
        let mut next = 0;
        std::iter::from_fn(move || {
            let first = invoices.get(next)?;
            let same = invoices[next..].iter().take_while(|invoice| invoice.customer == first.customer).count();
            // Guests' purchases have nothing to do with each other.
            let take = if first.customer == GUEST { 1 } else { same };
            let of_customer = &invoices[next..next + take];
            next += take;
            let new = of_customer.iter().filter(|invoice| !invoice.there);
            let purchases: Vec<Purchase> = new.filter_map(|invoice| self.purchase(invoice, now)).collect();
            Some(Work {
                customer: self.customer(first.customer).map(Into::into),
                rows_bought: purchases.iter().map(|purchase| purchase.lines.len() as u64).sum(),
                purchases,
                came: of_customer.iter().filter_map(|invoice| self.came(invoice)).collect(),
            })
        })
    }
}

fn reject(row: &mut Row, reason: String, rejects: &mut Rejects) {
    row.quantity = Quantity(0);
    rejects.add(row.line, reason, || None);
}
