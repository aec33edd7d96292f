//! The bundle in force.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::CutOffs;
use crate::policy::Bundle;
use crate::store::{Failure, FilterHash};
use crate::time::Instant;

/// The bundle in force with all that decisions need of it; swapped whole, between requests.
#[derive(Debug)]
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
}

impl Active {
    /// A bundle in force from an instant.
    pub fn new(bundle: Arc<Bundle>, cut_offs: CutOffs, since: Instant, by: &str, note: &str) -> Result<Self, Failure> {
        let filters: Arc<[FilterHash]> = bundle.filters.iter().map(FilterHash::of).collect::<Result<_, _>>()?;
        let ready = Arc::new(AtomicBool::new(filters.is_empty()));
        Ok(Self {
            bundle,
            cut_offs: Arc::new(cut_offs),
            filters,
            since,
            by: by.to_owned(),
            note: note.to_owned(),
            ready,
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
        }
    }

    /// Whether filtered metrics can be read from accounts.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Notes that they can.
    pub(super) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }
}
