//! Revisions and what is in force: reading the folders, storing, activating, going back.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use super::access::{Actor, Signature};
use super::active::Active;
use super::start::{App, StartError, has_errors, lock};
use crate::diagnostic::{Diagnostic, Sources};
use crate::engine::{CutOffs, TestRun, run_tests};
use crate::id::Revision;
use crate::money::Currency;
use crate::policy::{Bundle, Compiled, compile, is_test, revision, tests};
use crate::store::{
    Activation, Answered, AuditAction, Batch, Failure, KeptRevision, Listing, Page, Read, WriteError, decode, encode,
};
use crate::time::Instant;

/// A reload that was refused; what was in force still is.
#[derive(Debug, Clone)]
pub struct ReloadFailure {
    /// When.
    pub at: Instant,
    /// The files.
    pub sources: Sources,
    /// What is wrong with them; empty where the folder could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// In words, where the folder could not be read, or what it holds may not come into force.
    pub failure: Option<String>,
}

/// What is in force, and how the last reload went.
#[derive(Debug)]
pub struct PolicyState {
    /// What is in force.
    pub active: Arc<Active>,
    /// The last reload that was refused, if nothing was loaded since.
    pub failure: Option<ReloadFailure>,
    /// The next activation that is planned.
    pub planned: Option<Activation>,
}

/// A bundle after it was handed in.
#[derive(Debug)]
pub struct StoredRevision {
    /// Its hash.
    pub revision: Revision,
    /// Whether it was stored before.
    pub known: bool,
    /// Warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Its files.
    pub sources: Sources,
}

/// An activation to make.
#[derive(Debug, Clone)]
pub struct Activating {
    /// A stored revision.
    pub revision: Revision,
    /// From when; now where it is absent or over.
    pub at: Option<Instant>,
    /// What the caller believes to be in force; if it is not, nothing happens.
    pub expected: Option<Revision>,
    /// Who, and why.
    pub signature: Signature,
    /// The request's idempotency key, with what tells the same request from another one with the same key.
    pub key: Option<(String, [u8; 32])>,
}

/// Why a revision was not stored or activated.
#[derive(Debug, Error)]
pub enum ActivateError {
    /// It does not compile.
    #[error("the bundle does not compile")]
    Invalid {
        /// The files.
        sources: Sources,
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// The store does not have it.
    #[error("there is no revision {0}")]
    Unknown(Revision),
    /// Somebody else activated another one meanwhile.
    #[error("revision {0} is in force")]
    Stale(Revision),
    /// What is stored is in another currency.
    #[error("the policies are in {found}, and what was bought is in {kept}")]
    Currency {
        /// Theirs.
        found: Currency,
        /// That of the purchases.
        kept: Currency,
    },
    /// Another request has this idempotency key.
    #[error("the idempotency key `{0}` was used with other content")]
    Exists(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// The last bundle that came from the folders.
const FOLDER_REVISION: &str = "folder-revision";

fn answer_key(key: &str) -> String {
    format!("activation:{key}")
}

/// Reads a bundle's files. Their paths in it are `policies/…` and `scripts/…` wherever the folders are, so that the
/// revision does not depend on the machine. A missing folder of scripts is an empty one.
pub fn read_folders(policies: &Path, scripts: &Path) -> Result<Sources, (PathBuf, io::Error)> {
    let mut files = Vec::new();
    read_folder(policies, "policies", &["yaml", "yml"], &mut files)?;
    if scripts.exists() {
        read_folder(scripts, "scripts", &["rhai"], &mut files)?;
    }
    Ok(Sources::new(files))
}

fn read_folder(
    folder: &Path,
    name: &str,
    endings: &[&str],
    files: &mut Vec<(String, String)>,
) -> Result<(), (PathBuf, io::Error)> {
    let hidden = |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_entry(|entry| !hidden(entry)) {
        let entry = entry.map_err(|error| {
            let path = error.path().unwrap_or(folder).to_owned();
            (path, error.into_io_error().unwrap_or_else(|| io::Error::other("a loop of links")))
        })?;
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        if !path.is_file() || !ending.is_some_and(|ending| endings.contains(&ending)) {
            continue;
        }
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            // An editor that saves by renaming may take a file away while it is being read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err((path.to_owned(), error)),
        };
        let below = path.strip_prefix(folder).unwrap_or(path);
        let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        files.push((format!("{name}/{}", parts.join("/")), String::from_utf8_lossy(&bytes).into_owned()));
    }
    Ok(())
}

impl App {
    /// What is in force, and how the last reload went.
    pub fn policy_state(&self) -> Result<PolicyState, Failure> {
        let planned = self.store.snapshot().next_activation(self.clock.now())?;
        Ok(PolicyState { active: self.active(), failure: lock(&self.reload).clone(), planned })
    }

    /// Reads the folders again; a bundle that compiles and is new comes into force. Whether one did.
    pub fn reload(&self) -> Result<bool, StartError> {
        let sources = match read_folders(&self.settings.policies, &self.settings.scripts) {
            Ok(sources) => sources,
            Err((path, error)) => {
                let failure = ReloadFailure {
                    at: self.clock.now(),
                    sources: Sources::default(),
                    diagnostics: Vec::new(),
                    failure: Some(format!("{}: {error}", path.display())),
                };
                *lock(&self.reload) = Some(failure);
                return Err(StartError::Folder { path, error });
            }
        };
        let same = lock(&self.reload).as_ref().is_some_and(|failure| failure.sources == sources);
        if same {
            return Ok(false);
        }
        let seen = self.folder_revision()?;
        if seen == Some(revision(&sources)) && lock(&self.reload).is_none() {
            return Ok(false);
        }
        self.adopt(compile(sources), true)
    }

    fn folder_revision(&self) -> Result<Option<Revision>, Failure> {
        let kept = self.store.snapshot().named(FOLDER_REVISION)?;
        Ok(kept.and_then(|bytes| bytes.try_into().ok()).map(Revision))
    }

    /// Takes over what the folders hold: brings it into force if it is new, or notes why not. Whether it did.
    pub(super) fn adopt(&self, compiled: Compiled, something_in_force: bool) -> Result<bool, StartError> {
        let Compiled { bundle, diagnostics, sources, .. } = compiled;
        let Some(bundle) = bundle else {
            tracing::warn!(findings = diagnostics.len(), "the policies do not compile; what was in force stays");
            return Ok(self.refuse_reload(sources, diagnostics, None));
        };
        if let Some(error) = self.other_currency(&bundle)? {
            tracing::warn!(%error, "what was in force stays");
            return Ok(self.refuse_reload(sources, diagnostics, Some(error.to_string())));
        }
        *lock(&self.reload) = None;
        let revision = bundle.revision;
        if something_in_force && self.folder_revision()? == Some(revision) {
            // The folders did not change; going back by hand outlives a restart.
            let _changing = lock(&self.changing);
            self.finish_activation(Arc::clone(&self.active().bundle), None)?;
            return Ok(false);
        }
        let signature = Signature::new(Actor::Folder, None, None);
        self.store_bundle(&bundle, &signature, true)?;
        let activation = self.plan(revision, self.clock.now(), &signature, None)?;
        let _changing = lock(&self.changing);
        self.finish_activation(Arc::new(bundle), Some(&activation))?;
        tracing::info!(%revision, "policies from the folder are in force");
        Ok(true)
    }

    /// Notes why what the folders hold does not come into force; that nothing did.
    fn refuse_reload(&self, sources: Sources, diagnostics: Vec<Diagnostic>, failure: Option<String>) -> bool {
        metrics::counter!("treue_reload_failures_total").increment(1);
        *lock(&self.reload) = Some(ReloadFailure { at: self.clock.now(), sources, diagnostics, failure });
        false
    }

    /// Checks a bundle and stores it.
    pub fn store_revision(&self, sources: Sources, signature: &Signature) -> Result<StoredRevision, ActivateError> {
        let Compiled { bundle, diagnostics, sources, .. } = compile(sources);
        let Some(bundle) = bundle.filter(|_| !has_errors(&diagnostics)) else {
            return Err(ActivateError::Invalid { sources, diagnostics });
        };
        let known = !self.store_bundle(&bundle, signature, false)?;
        Ok(StoredRevision { revision: bundle.revision, known, diagnostics, sources })
    }

    /// Runs the policy tests of a bundle: its own or, where it has none, those of the folder. The results with the files
    /// that they refer to.
    pub fn test(&self, sources: Sources) -> Result<(TestRun, Sources), ActivateError> {
        let own = sources.iter().any(|(_, source)| is_test(&source.path));
        let mut files: Vec<(String, String)> =
            sources.iter().map(|(_, source)| (source.path.to_string(), source.text.to_string())).collect();
        if !own {
            // Without the folder there is nothing to test.
            let folder = read_folders(&self.settings.policies, &self.settings.scripts).unwrap_or_default();
            let tests = folder.iter().filter(|(_, source)| is_test(&source.path));
            files.extend(tests.map(|(_, source)| (source.path.to_string(), source.text.to_string())));
        }
        let Compiled { bundle, diagnostics, sources, .. } = compile(Sources::new(files));
        let Some(bundle) = bundle else { return Err(ActivateError::Invalid { sources, diagnostics }) };
        let (cases, wrong) = tests(&sources, &bundle);
        if !wrong.is_empty() {
            return Err(ActivateError::Invalid { sources, diagnostics: wrong });
        }
        Ok((run_tests(&bundle, &cases, self.clock.now()), sources))
    }

    /// Brings a stored revision into force, now or at an instant that lies ahead. The same request again, by its key,
    /// gives the first answer again.
    pub fn activate(&self, asked: Activating) -> Result<Activation, ActivateError> {
        let _changing = lock(&self.changing);
        if let Some((key, request)) = &asked.key
            && let Some(known) = self.store.snapshot().answered(&answer_key(key))?
        {
            let same = known.request == *request;
            return if same { Ok(decode(&known.body)?) } else { Err(ActivateError::Exists(key.clone())) };
        }
        let bundle = self.bundle_of(asked.revision)?.ok_or(ActivateError::Unknown(asked.revision))?;
        if let Some(error) = self.other_currency(&bundle)? {
            return Err(error);
        }
        let in_force = self.active().bundle.revision;
        if asked.expected.is_some_and(|expected| expected != in_force) {
            return Err(ActivateError::Stale(in_force));
        }
        let now = self.clock.now();
        let at = asked.at.unwrap_or(now).max(now);
        let activation = self.plan(asked.revision, at, &asked.signature, asked.key)?;
        if activation.at <= now {
            self.finish_activation(bundle, Some(&activation))?;
        }
        Ok(activation)
    }

    /// Brings a planned activation into force whose time has come.
    pub fn activate_due(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        let Some(due) = self.store.snapshot().active_at(now)? else { return Ok(()) };
        let active = self.active();
        if due.revision == active.bundle.revision || due.at < active.since {
            return Ok(());
        }
        let Some(bundle) = self.bundle_of(due.revision)? else { return Ok(()) };
        if self.other_currency(&bundle)?.is_some() {
            return Ok(());
        }
        let _changing = lock(&self.changing);
        self.finish_activation(bundle, Some(&due))
    }

    /// What stands against a bundle in another currency than what was bought: amounts are stored in minor units, which would
    /// then be read as others.
    fn other_currency(&self, bundle: &Bundle) -> Result<Option<ActivateError>, Failure> {
        let (found, kept) = (bundle.currency, self.active().bundle.currency);
        let differ = found != kept && self.store.snapshot().counts()?.purchases > 0;
        Ok(differ.then_some(ActivateError::Currency { found, kept }))
    }

    /// Stored revisions.
    pub fn revisions(&self, listing: &Listing) -> Result<Page<KeptRevision>, Failure> {
        self.store.snapshot().revisions(listing)
    }

    /// One stored revision.
    pub fn revision(&self, revision: Revision) -> Result<Option<KeptRevision>, Failure> {
        self.store.snapshot().revision(revision)
    }

    /// Activations, the latest first.
    pub fn activations(&self, listing: &Listing) -> Result<Page<Activation>, Failure> {
        self.store.snapshot().activations(listing)
    }

    /// Stores a compiled bundle with the filters it needs. Whether it is new.
    fn store_bundle(&self, bundle: &Bundle, signature: &Signature, from_folder: bool) -> Result<bool, Failure> {
        let kept = KeptRevision {
            revision: bundle.revision,
            sources: bundle
                .sources
                .iter()
                .map(|(_, source)| (source.path.to_string(), source.text.to_string()))
                .collect(),
            stored_at: self.clock.now(),
            by: signature.by.clone(),
            note: signature.note.clone(),
        };
        let revision = kept.revision.to_string();
        let entry = signature.actor.did(AuditAction::StoreRevision, revision, &*signature.note, kept.stored_at);
        let filters = bundle.filters.clone();
        self.write(move |batch| {
            for filter in &filters {
                batch.add_filter(filter)?;
            }
            if from_folder {
                batch.put_named(FOLDER_REVISION, &kept.revision.0)?;
            }
            let new = batch.put_revision(&kept)?;
            if new {
                batch.put_audit(entry.clone())?;
            }
            Ok(new)
        })
    }

    fn plan(
        &self,
        revision: Revision,
        at: Instant,
        signature: &Signature,
        key: Option<(String, [u8; 32])>,
    ) -> Result<Activation, Failure> {
        let recorded_at = self.clock.now();
        let Signature { actor, by, note } = signature.clone();
        let entry = actor.did(AuditAction::Activate, revision.to_string(), format!("from {at}"), recorded_at);
        self.write(move |batch| {
            batch.put_audit(entry.clone())?;
            let (by, note) = (by.clone(), note.clone());
            let activation = batch.put_activation(Activation { at, sequence: 0, revision, by, note, recorded_at })?;
            if let Some((key, request)) = &key {
                let body = encode(&activation)?;
                let answered = Answered { request: *request, status: 200, body, at: recorded_at };
                batch.put_answered(&answer_key(key), &answered)?;
            }
            Ok(activation)
        })
    }

    /// Swaps a stored bundle in, with cut-offs. The caller holds the lock on changes.
    fn finish_activation(&self, bundle: Arc<Bundle>, activation: Option<&Activation>) -> Result<(), Failure> {
        let before = self.active();
        let (since, by, note) = match activation {
            Some(activation) => (activation.at, activation.by.as_str(), activation.note.as_str()),
            None => (before.since, before.by.as_str(), before.note.as_str()),
        };
        let empty = CutOffs::empty(&bundle);
        let active = Active::new(bundle, empty, since, by, note)?;
        if self.filters_complete(&active)? {
            active.set_ready();
        }
        let cut_offs = self.cut_offs(&active, false)?;
        self.in_force.store(Arc::new(active.with_cut_offs(cut_offs)));
        Ok(())
    }

    /// A write that only the machine can keep from happening. Blocks: asynchronous callers go through a thread for it.
    pub(super) fn write<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnMut(&mut Batch<'_>) -> Result<T, Failure> + Send + 'static,
    {
        self.store.write_blocking(work).map_err(|error| match error {
            WriteError::Refused(failure) | WriteError::Failed(failure) => failure,
        })
    }
}
