//! Lists in pages: each page says where the next one starts.

use std::fmt;
use std::ops::Bound;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::failure::Failure;
use super::key::Key;
use super::table::{Rows, Table};

/// Where a page ends: opaque, and of use only to the list it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// Reads what [`fmt::Display`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok().map(Self)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// In which order a list is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As the keys sort: by id, or the oldest first.
    #[default]
    Ascending,
    /// The other way round: the newest first.
    Descending,
}

/// Which part of a list is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// The most items.
    pub limit: usize,
    /// In which order.
    pub order: Order,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where it ends, if more follow.
    pub next: Option<Cursor>,
}

/// Reads a page of the rows whose keys start with `prefix`.
pub(super) fn page<T>(
    rows: &(impl Rows + ?Sized),
    table: Table,
    prefix: &Key,
    listing: &Listing,
    mut read: impl FnMut(&[u8], &[u8]) -> Result<T, Failure>,
) -> Result<Page<T>, Failure> {
    page_where(rows, table, prefix, listing, |key, value| read(key, value).map(Some))
}

/// The same of the rows for which `read` finds something.
pub(super) fn page_where<T>(
    rows: &(impl Rows + ?Sized),
    table: Table,
    prefix: &Key,
    listing: &Listing,
    mut read: impl FnMut(&[u8], &[u8]) -> Result<Option<T>, Failure>,
) -> Result<Page<T>, Failure> {
    let start = prefix.as_bytes();
    let last = listing.after.as_ref().map(|after| [start, &after.0].concat());
    let end = prefix.after();
    let mut from = Bound::Included(start);
    let mut until = end.as_ref().map_or(Bound::Unbounded, |end| Bound::Excluded(end.as_bytes()));
    match (&last, listing.order) {
        (Some(last), Order::Ascending) => from = Bound::Excluded(last),
        (Some(last), Order::Descending) => until = Bound::Excluded(last),
        (None, _) => {}
    }
    let mut range = rows.between(table, from, until)?;
    let mut step = || match listing.order {
        Order::Ascending => range.next(),
        Order::Descending => range.next_back(),
    };
    let mut items = Vec::new();
    let mut next = None;
    while let Some(row) = step() {
        let (key, value) = row?;
        let Some(item) = read(key.value(), value.value())? else { continue };
        if items.len() == listing.limit {
            return Ok(Page { items, next });
        }
        items.push(item);
        next = Some(Cursor(key.value()[start.len()..].to_vec()));
    }
    Ok(Page { items, next: None })
}
