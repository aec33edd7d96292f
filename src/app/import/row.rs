//! Rows, held small: texts that come again are numbers.

use std::collections::HashMap;
use std::sync::Arc;

use crate::money::{Money, Quantity, UnitPrice};
use crate::time::Instant;

/// Texts by number, in the order they were first seen.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    numbers: HashMap<Arc<str>, u32>,
    texts: Vec<Arc<str>>,
    last: u32,
}

impl Symbols {
    /// The number of a known text. Rows next to each other often share theirs.
    pub fn find(&mut self, text: &str) -> Option<u32> {
        if self.texts.get(self.last as usize).is_some_and(|last| **last == *text) {
            return Some(self.last);
        }
        let found = *self.numbers.get(text)?;
        self.last = found;
        Some(found)
    }

    /// The number of a text, a new one if it is not known.
    pub fn intern(&mut self, text: &str) -> u32 {
        if let Some(found) = self.find(text) {
            return found;
        }
        #[expect(
            clippy::expect_used,
            reason = "four billion different texts do not fit the memory of today's machines"
        )]
        let number = u32::try_from(self.texts.len()).expect("fewer than 2^32 different texts");
        let text: Arc<str> = text.into();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        self.last = number;
        number
    }

    /// The text of a number given by this value.
    pub fn text(&self, number: u32) -> &str {
        &self.texts[number as usize]
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// For each number, its place among the sorted texts.
    pub fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<u32> = (0..self.texts.len() as u32).collect();
        sorted.sort_unstable_by(|a, b| self.text(*a).cmp(self.text(*b)));
        let mut ranks = vec![0; sorted.len()];
        for (rank, number) in sorted.into_iter().enumerate() {
            ranks[number as usize] = rank as u32;
        }
        ranks
    }
}

/// The customer number of a guest; sorts behind all others.
pub(super) const GUEST: u32 = u32::MAX;
/// The extras number of a row without category and tags.
pub(super) const PLAIN: u32 = u32::MAX;

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// Line in the file.
    pub line: u64,
    pub purchase: u32,
    /// Or [`GUEST`].
    pub customer: u32,
    pub sku: u32,
    /// Category and tags, or [`PLAIN`].
    pub extras: u32,
    pub at: Instant,
    /// Below zero for goods that came back; zero for a row that was rejected after all.
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub gross: Money,
    pub discount: Money,
    pub cost: Money,
}

/// All rows of a table, and the texts they name.
#[derive(Debug, Default)]
pub(super) struct Table {
    pub rows: Vec<Row>,
    pub purchases: Symbols,
    pub customers: Symbols,
    pub skus: Symbols,
    /// Category and tags: two texts with a line break in between, as in `extras`.
    pub extras: Symbols,
}

impl Table {
    /// How many customers the rows name that are not rejected.
    pub fn customers_seen(&self) -> u64 {
        let mut seen = vec![false; self.customers.len()];
        for row in self.rows.iter().filter(|row| row.quantity.0 != 0) {
            if let Some(seen) = seen.get_mut(row.customer as usize) {
                *seen = true;
            }
        }
        seen.into_iter().filter(|seen| *seen).count() as u64
    }
}

/// Category and tags as one text.
pub(super) fn join_extras(category: &str, tags: &[&str]) -> String {
    let mut text = category.to_owned();
    for tag in tags {
        text.push('\n');
        text.push_str(tag);
    }
    text
}

/// The category and tags of a text made by [`join_extras`].
pub(super) fn split_extras(text: &str) -> (Option<Box<str>>, Vec<Box<str>>) {
    let mut parts = text.split('\n');
    let category = parts.next().filter(|category| !category.is_empty()).map(Into::into);
    (category, parts.map(Into::into).collect())
}
