//! The bundle in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::CutOffs;
use crate::policy::{Bundle, Discount};
use crate::store::{Failure, FilterHash};
use crate::time::Instant;

/// The bundle in force with all that decisions need of it; swapped whole, between requests.
pub struct Active {
    /// The bundle.
    pub bundle: Arc<Bundle>,
    /// Cut-offs of its rank and score segments.
    pub cut_offs: Arc<CutOffs>,
    /// Hashes of its filters, in their order.
    pub filters: Arc<[FilterHash]>,
    /// Since when it is in force.
    pub since: Instant,
    /// Who activated it.
    pub by: String,
    /// Why.
    pub note: String,
    /// Whether the accounts of all its filters are built. Until then, filtered metrics are read from whole histories.
    ready: Arc<AtomicBool>,
    /// How often each discount was granted, by its place in the bundle.
    grants: Arc<[metrics::Counter]>,
}

impl Active {
    /// A bundle in force from an instant.
    pub fn new(bundle: Arc<Bundle>, cut_offs: CutOffs, since: Instant, by: &str, note: &str) -> Result<Self, Failure> {
        let filters: Arc<[FilterHash]> = bundle.filters.iter().map(FilterHash::of).collect::<Result<_, _>>()?;
        let ready = Arc::new(AtomicBool::new(filters.is_empty()));
        let grant =
            |discount: &Discount| metrics::counter!("treue_grants_total", "discount" => discount.name.to_string());
        let grants = bundle.discounts.iter().map(grant).collect();
        Ok(Self {
            bundle,
            cut_offs: Arc::new(cut_offs),
            filters,
            since,
            by: by.to_owned(),
            note: note.to_owned(),
            ready,
            grants,
        })
    }

    /// The same bundle with newer cut-offs.
    pub fn with_cut_offs(&self, cut_offs: CutOffs) -> Self {
        Self {
            bundle: Arc::clone(&self.bundle),
            cut_offs: Arc::new(cut_offs),
            filters: Arc::clone(&self.filters),
            since: self.since,
            by: self.by.clone(),
            note: self.note.clone(),
            ready: Arc::clone(&self.ready),
            grants: Arc::clone(&self.grants),
        }
    }

    /// Whether filtered metrics can be read from accounts.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Counts a grant of the discount at this place of the bundle.
    pub(super) fn granted(&self, discount: u16) {
        if let Some(counter) = self.grants.get(discount as usize) {
            counter.increment(1);
        }
    }

    /// Notes that they can.
    pub(super) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for Active {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let revision = self.bundle.revision;
        f.debug_struct("Active").field("revision", &revision).field("since", &self.since).finish_non_exhaustive()
    }
}
