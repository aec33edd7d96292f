//! What revisions that were in force call things.

use std::collections::HashSet;

use crate::analytics::Names;
use crate::app::active::Active;
use crate::app::start::App;
use crate::store::{Failure, Listing, Read, Snapshot};

impl App {
    /// Names of discounts, and of the classes of one segment, in all bundles that were in force: decisions are made by
    /// one of them.
    pub(super) fn names(&self, rows: &Snapshot, active: &Active, segment: Option<u16>) -> Result<Names, Failure> {
        let mut names = Names::new(&active.bundle, segment);
        let all = Listing { limit: usize::MAX, ..Listing::default() };
        let revisions = rows.activations(&all)?.items.into_iter().map(|activation| activation.revision);
        for revision in revisions.collect::<HashSet<_>>() {
            if !names.knows(revision)
                && let Some(bundle) = self.bundle_of(revision)?
            {
                names.learn(&bundle);
            }
        }
        Ok(names)
    }
}
