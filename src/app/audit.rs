//! The trail of who changed what.

use std::fs::File;
use std::sync::Arc;

use super::access::Actor;
use super::import::{ImportError, ImportReport, What};
use super::start::App;
use crate::engine::CutOffs;
use crate::store::{AuditAction, AuditEntry, BackupError, Failure, Listing, Page, Read};

impl App {
    /// The audit trail; of one customer where one is given.
    pub fn audit(&self, customer: Option<&str>, listing: &Listing) -> Result<Page<AuditEntry>, Failure> {
        self.store.snapshot().audit(customer, listing)
    }

    /// A copy of everything, for whoever asks; that it was taken is in the trail, but not in the copy.
    pub fn backup(&self, actor: &Actor) -> Result<File, BackupError> {
        let copy = self.store.backup()?;
        let entry = actor.did(AuditAction::Backup, "store", String::new(), self.clock.now());
        self.write(move |batch| batch.put_audit(entry.clone()).map(drop))?;
        Ok(copy)
    }

    /// Computes cut-offs anew because somebody asked for it.
    pub fn refresh_segments_for(&self, actor: &Actor) -> Result<Arc<CutOffs>, Failure> {
        let cut_offs = self.refresh_segments()?;
        let detail = format!("snapshot {}", cut_offs.id);
        let entry = actor.did(AuditAction::RefreshSegments, "segments", detail, self.clock.now());
        self.write(move |batch| batch.put_audit(entry.clone()).map(drop))?;
        Ok(cut_offs)
    }

    /// Notes how an import went, one that broke off too: some of its rows may be there.
    pub(super) fn note_import(
        &self,
        actor: &Actor,
        what: What,
        outcome: &Result<ImportReport, ImportError>,
    ) -> Result<(), Failure> {
        let detail = match outcome {
            Ok(report) => format!("{} rows read, {} rejected", report.rows.read, report.rows.rejected),
            Err(ImportError::Changed(_) | ImportError::OutOfRange(_) | ImportError::Failed(_)) => {
                "broke off".to_owned()
            }
            // Nothing was written.
            Err(ImportError::Mapping(_) | ImportError::Read { .. } | ImportError::Rejected(_)) => return Ok(()),
        };
        let what = match what {
            What::Purchases => "purchases",
            What::Customers => "customers",
            What::Interactions => "interactions",
        };
        let entry = actor.did(AuditAction::Import, what, detail, self.clock.now());
        self.write(move |batch| batch.put_audit(entry.clone()).map(drop))
    }
}
