//! What came back lately of a customer's purchases: accounts say what is left, and a class that is kept asks what was there.

use serde::{Deserialize, Serialize};

use super::batch::Batch;
use super::codec::CustomerRow;
use super::failure::Failure;
use super::filters::FilterHash;
use crate::metric::{Correction, LineFilter, purchase_corrections};
use crate::model::Purchase;
use crate::time::Instant;

/// The most of them that are kept in a customer's row.
const MOST: usize = 32;

/// What came back lately.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameBack {
    /// What came back then or before may be missing here.
    pub missing_until: Option<Instant>,
    /// What is known, in order of when it came back.
    pub known: Vec<TookBack>,
}

/// What one return took from one event of one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TookBack {
    /// The account.
    pub filter: FilterHash,
    /// The event.
    pub sequence: u64,
    /// What it took.
    pub correction: Correction,
}

impl CameBack {
    /// What came back at an instant or later, to the account of a filter; absent where something may be missing.
    pub fn since(&self, filter: FilterHash, from: Instant) -> Option<Vec<Correction>> {
        if self.missing_until.is_some_and(|until| until >= from) {
            return None;
        }
        let wanted = self.known.iter().filter(|took| took.filter == filter && took.correction.at >= from);
        Some(wanted.map(|took| took.correction).collect())
    }

    /// Replaces what came back of a purchase.
    fn put(&mut self, filter: FilterHash, sequence: u64, corrections: Vec<Correction>) {
        self.known.retain(|took| (took.filter, took.sequence) != (filter, sequence));
        let missing = self.missing_until;
        let new = corrections
            .into_iter()
            .filter(|correction| !correction.took.is_zero() && missing.is_none_or(|until| until < correction.at));
        self.known.extend(new.map(|correction| TookBack { filter, sequence, correction }));
        self.known.sort_by_key(|took| (took.correction.at, took.sequence, took.filter));
        if let Some(over) = self.known.len().checked_sub(MOST + 1) {
            self.forget_until(self.known[over].correction.at);
        }
    }

    /// Says that what came back then or before may be missing.
    pub(super) fn forget_until(&mut self, until: Instant) {
        self.missing_until = self.missing_until.max(Some(until));
        self.known.retain(|took| took.correction.at > until);
    }
}

impl CustomerRow {
    /// A row as it was written before what came back was kept in it.
    pub(super) fn without_came_back(self) -> Self {
        let missing_until = self.account(FilterHash::ALL).and_then(|account| account.corrected_at);
        Self { came_back: CameBack { missing_until, known: Vec::new() }, ..self }
    }
}

impl Batch<'_> {
    /// Notes what came back of a customer's purchases, as far as a filter lets it pass.
    pub(super) fn note_came_back<'p>(
        &mut self,
        customer: &str,
        (hash, filter): (FilterHash, Option<&LineFilter>),
        purchases: impl Iterator<Item = (u64, &'p Purchase)>,
    ) -> Result<(), Failure> {
        for (sequence, purchase) in purchases.filter(|(_, purchase)| !purchase.returns.is_empty()) {
            let corrections = purchase_corrections(purchase, filter, Instant(i64::MAX));
            self.customer_row_mut(customer)?.came_back.put(hash, sequence, corrections);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Totals;

    fn correction(at: i64, gross: i64) -> Correction {
        Correction { at: Instant(at), event_at: Instant(1), took: Totals { gross, ..Totals::default() } }
    }

    #[test]
    fn the_latest_are_kept_and_it_is_known_from_when() {
        let mut came_back = CameBack::default();
        let (filter, other) = (FilterHash(1), FilterHash(2));
        came_back.put(filter, 7, vec![correction(5, 100), correction(9, 0)]);
        came_back.put(other, 7, vec![correction(5, 40)]);
        assert_eq!(
            came_back.since(filter, Instant(0)),
            Some(vec![correction(5, 100)]),
            "what took nothing is left out"
        );
        came_back.put(filter, 7, vec![correction(5, 100), correction(8, 30)]);
        assert_eq!(came_back.since(filter, Instant(6)), Some(vec![correction(8, 30)]));
        assert_eq!(came_back.since(filter, Instant(0)).map(|all| all.len()), Some(2), "replaced, not added");
        for at in 10..10 + MOST as i64 {
            came_back.put(filter, at as u64, vec![correction(at, 1)]);
        }
        assert!(came_back.known.len() <= MOST);
        let until = came_back.missing_until.expect("some were forgotten");
        assert_eq!(came_back.since(filter, until), None);
        assert_eq!(came_back.since(filter, until.plus_micros(1)).map(|all| all.len()), Some(came_back.known.len()));
        came_back.put(filter, 99, vec![correction(until.0, 3)]);
        assert_eq!(came_back.since(filter, until), None, "what is written late and lies before stays out");
        assert!(came_back.known.iter().all(|took| took.sequence != 99));
    }
}
