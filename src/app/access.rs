//! Who asks, and what they may: keys are made, revoked and recognised here.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use subtle::ConstantTimeEq;
use thiserror::Error;

use super::key::{KeyTextError, hash, id_of, mint};
use super::start::{App, lock, random};
use crate::id::{IdError, check_id};
use crate::model::Role;
use crate::store::{AuditAction, AuditEntry, Batch, Failure, KeptKey, Listing, Read, Store, WriteError};
use crate::time::Instant;

/// Who asks for something.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Somebody without a key, while none is defined.
    Anyone,
    /// The holder of a key.
    Key(Arc<KnownKey>),
    /// A change of the folders.
    Folder,
    /// Somebody at the command line.
    CommandLine,
}

/// Names that the audit trail uses for others than keys.
const TAKEN_NAMES: [&str; 3] = ["anyone", "folder", "cli"];

impl Actor {
    /// The name in the audit trail.
    pub fn name(&self) -> &str {
        match self {
            Self::Anyone => TAKEN_NAMES[0],
            Self::Folder => TAKEN_NAMES[1],
            Self::CommandLine => TAKEN_NAMES[2],
            Self::Key(key) => &key.name,
        }
    }

    /// Whether they have one of these roles. Admins may everything, and so does everybody who needs no key.
    pub fn may(&self, roles: &[Role]) -> bool {
        match self {
            Self::Anyone | Self::Folder | Self::CommandLine => true,
            Self::Key(key) => key.role == Role::Admin || roles.contains(&key.role),
        }
    }

    /// An entry of the audit trail.
    pub(super) fn did(
        &self,
        action: AuditAction,
        subject: impl Into<String>,
        detail: impl Into<String>,
        at: Instant,
    ) -> AuditEntry {
        let key = match self {
            Self::Key(key) => Some(key.id.to_string()),
            Self::Anyone | Self::Folder | Self::CommandLine => None,
        };
        let (who, subject, detail) = (self.name().to_owned(), subject.into(), detail.into());
        AuditEntry { at, sequence: 0, who, key, action, subject, detail }
    }
}

/// Who stores or activates a bundle, and why.
#[derive(Debug, Clone)]
pub struct Signature {
    /// Who it is.
    pub actor: Actor,
    /// The name that stands beside the revision.
    pub by: String,
    /// Why, in the author's words.
    pub note: String,
}

impl Signature {
    /// The holder of a key signs with the key's name, everybody else with the name they give, or their own.
    pub fn new(actor: Actor, by: Option<String>, note: Option<String>) -> Self {
        let by = match &actor {
            Actor::Key(key) => key.name.to_string(),
            other => by.filter(|by| !by.is_empty()).unwrap_or_else(|| other.name().to_owned()),
        };
        Self { actor, by, note: note.unwrap_or_default() }
    }
}

/// A key as it is known while serving.
#[derive(Debug)]
pub struct KnownKey {
    /// Its public part.
    pub id: Box<str>,
    /// What people call it.
    pub name: Box<str>,
    /// What it may do.
    pub role: Role,
    hash: [u8; 32],
    revoked: bool,
    /// The hour of the last use that the store knows or is told of, in microseconds.
    used_at: AtomicI64,
    pace: Option<DefaultDirectRateLimiter>,
}

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Denied {
    /// It brings no key.
    #[error("a key is needed: send `Authorization: Bearer KEY`")]
    Missing,
    /// What it brings is no key.
    #[error(transparent)]
    Unreadable(#[from] KeyTextError),
    /// The key is written right, and not of this store.
    #[error("the key is unknown")]
    Unknown,
    /// The key was revoked.
    #[error("the key was revoked")]
    Revoked,
    /// The key is used too often.
    #[error("the key is used more often than {per_second} times a second")]
    TooFast {
        /// How often it may be.
        per_second: NonZeroU32,
        /// When it may be used again, in seconds, rounded up.
        wait: u32,
    },
}

/// Somebody who is let in.
#[derive(Debug)]
pub struct Admitted {
    /// Who.
    pub actor: Actor,
    /// The hour of this use, where the store should be told with [`App::note_use`].
    pub first_in: Option<Instant>,
}

/// The keys of a store, in memory.
#[derive(Debug, Default)]
pub(super) struct Access {
    ring: ArcSwap<Ring>,
    /// Held by whoever changes keys, so that the ring never falls back behind the store.
    changing: Mutex<()>,
    per_second: Mutex<Option<NonZeroU32>>,
}

type Ring = HashMap<Box<str>, Arc<KnownKey>>;

/// Last uses are kept by the hour: that costs a write an hour and key, and tells enough.
const HOUR: i64 = 3_600 * 1_000_000;

impl Access {
    pub fn read(store: &Store) -> Result<Self, Failure> {
        let access = Self::default();
        access.refresh(store, true)?;
        Ok(access)
    }

    /// Takes over what the store says. Keys that stay keep their pace, unless all are to begin anew.
    fn refresh(&self, store: &Store, keep: bool) -> Result<(), Failure> {
        let before = self.ring.load();
        let per_second = *lock(&self.per_second);
        let known = all_keys(&*store.snapshot())?.into_iter().map(|kept| {
            let revoked = kept.revoked_at.is_some();
            let same = before.get(kept.id.as_str()).filter(|known| keep && known.revoked == revoked);
            let known = same.cloned().unwrap_or_else(|| {
                let pace = per_second.map(|per_second| RateLimiter::direct(Quota::per_second(per_second)));
                Arc::new(KnownKey {
                    id: kept.id.as_str().into(),
                    name: kept.name.as_str().into(),
                    role: kept.role,
                    hash: kept.hash,
                    revoked,
                    used_at: AtomicI64::new(kept.used_at.unwrap_or(Instant::MIN).0),
                    pace,
                })
            });
            (kept.id.into(), known)
        });
        self.ring.store(Arc::new(known.collect()));
        Ok(())
    }

    fn admit(&self, presented: Option<&str>, now: Instant) -> Result<Admitted, Denied> {
        let ring = self.ring.load();
        if ring.is_empty() {
            return Ok(Admitted { actor: Actor::Anyone, first_in: None });
        }
        let presented = presented.ok_or(Denied::Missing)?;
        // The id is no secret; what is compared in constant time is the hash of the whole.
        let known = ring.get(id_of(presented)?).ok_or(Denied::Unknown)?;
        if !bool::from(known.hash.ct_eq(&hash(presented))) {
            return Err(Denied::Unknown);
        }
        if known.revoked {
            return Err(Denied::Revoked);
        }
        if let Some(pace) = &known.pace
            && let Err(until) = pace.check()
        {
            let wait = until.wait_time_from(DefaultClock::default().now());
            let wait = u32::try_from(wait.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX).max(1);
            let per_second = until.quota().burst_size();
            return Err(Denied::TooFast { per_second, wait });
        }
        let hour = now.0 - now.0.rem_euclid(HOUR);
        let first =
            known.used_at.load(Ordering::Relaxed) < hour && known.used_at.fetch_max(hour, Ordering::Relaxed) < hour;
        Ok(Admitted { actor: Actor::Key(Arc::clone(known)), first_in: first.then_some(Instant(hour)) })
    }
}

/// A key that was just made: the only time that the whole of it is there.
#[derive(Debug)]
pub struct MadeKey {
    /// What is kept of it.
    pub kept: KeptKey,
    /// The key.
    pub key: String,
}

/// Why a key is not made or revoked.
#[derive(Debug, Error)]
pub enum KeyError {
    /// The name cannot be one.
    #[error("the name {0}")]
    Name(#[from] IdError),
    /// The audit trail uses the name for others.
    #[error("`{0}` is what the audit trail calls those without a key")]
    TakenName(String),
    /// A key has the name.
    #[error("there is a key `{0}` already: its holder has it, and it is shown once")]
    Exists(String),
    /// With a key defined every call needs one, and nobody could make others.
    #[error("the first key must be one for admins: with it, every call needs a key")]
    FirstIsAdmin,
    /// No key has this id.
    #[error("there is no key `{0}`")]
    Unknown(String),
    /// Nobody could make keys any more.
    #[error("`{0}` is the last key for admins: make another first")]
    LastAdmin(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

fn broke(error: WriteError<KeyError>) -> KeyError {
    match error {
        WriteError::Refused(error) => error,
        WriteError::Failed(failure) => failure.into(),
    }
}

fn all_keys(rows: &impl Read) -> Result<Vec<KeptKey>, Failure> {
    let mut listing = Listing { limit: 1_000, ..Listing::default() };
    let mut keys = Vec::new();
    loop {
        let page = rows.access_keys(&listing)?;
        keys.extend(page.items);
        match page.next {
            Some(next) => listing.after = Some(next),
            None => return Ok(keys),
        }
    }
}

/// Makes a key. Blocks: not for a thread that drives tasks.
pub fn make_key(store: &Store, now: Instant, actor: &Actor, name: &str, role: Role) -> Result<MadeKey, KeyError> {
    check_id(name)?;
    if TAKEN_NAMES.contains(&name) {
        return Err(KeyError::TakenName(name.to_owned()));
    }
    let (id, key) = mint(role, random());
    let (name, hash) = (name.to_owned(), hash(&key));
    let kept = KeptKey { id, name, role, hash, created_at: now, used_at: None, revoked_at: None };
    let entry = actor.did(AuditAction::MakeKey, &kept.id, format!("{} for {}", kept.name, role.name()), now);
    let written = store.write_blocking(move |batch: &mut Batch<'_>| {
        let known = all_keys(batch)?;
        if known.is_empty() && role != Role::Admin {
            return Err(KeyError::FirstIsAdmin);
        }
        if known.iter().any(|known| known.revoked_at.is_none() && known.name == kept.name) {
            return Err(KeyError::Exists(kept.name.clone()));
        }
        batch.put_key(&kept)?;
        batch.put_audit(entry.clone())?;
        Ok(kept.clone())
    });
    Ok(MadeKey { kept: written.map_err(broke)?, key })
}

/// Revokes a key; again is as good as once. The key. Blocks: not for a thread that drives tasks.
pub fn revoke_key(store: &Store, now: Instant, actor: &Actor, id: &str) -> Result<KeptKey, KeyError> {
    let (id, actor) = (id.to_owned(), actor.clone());
    let written = store.write_blocking(move |batch: &mut Batch<'_>| {
        let known = all_keys(batch)?;
        let Some(kept) = known.iter().find(|known| known.id == id) else {
            return Err(KeyError::Unknown(id.clone()));
        };
        let mut kept = kept.clone();
        if kept.revoked_at.is_some() {
            return Ok(kept);
        }
        let is_admin = |key: &&KeptKey| key.role == Role::Admin && key.revoked_at.is_none();
        if is_admin(&&kept) && known.iter().filter(is_admin).count() == 1 {
            return Err(KeyError::LastAdmin(kept.name));
        }
        kept.revoked_at = Some(now);
        batch.put_key(&kept)?;
        batch.put_audit(actor.did(AuditAction::RevokeKey, &kept.id, &kept.name, now))?;
        Ok(kept)
    });
    written.map_err(broke)
}

impl App {
    /// Lets a request in, or says why not. While no key is defined everybody is let in.
    pub fn admit(&self, presented: Option<&str>) -> Result<Admitted, Denied> {
        self.access.admit(presented, self.clock.now())
    }

    /// Whether a key was ever made. Then each call needs one, even if all were revoked.
    pub fn has_keys(&self) -> bool {
        !self.access.ring.load().is_empty()
    }

    /// Makes a key. Blocks: not for a thread that drives tasks.
    pub fn make_key(&self, actor: &Actor, name: &str, role: Role) -> Result<MadeKey, KeyError> {
        let _changing = lock(&self.access.changing);
        let made = make_key(&self.store, self.clock.now(), actor, name, role)?;
        self.access.refresh(&self.store, true)?;
        Ok(made)
    }

    /// Revokes a key; again is as good as once. Blocks: not for a thread that drives tasks.
    pub fn revoke_key(&self, actor: &Actor, id: &str) -> Result<KeptKey, KeyError> {
        let _changing = lock(&self.access.changing);
        let revoked = revoke_key(&self.store, self.clock.now(), actor, id)?;
        self.access.refresh(&self.store, true)?;
        Ok(revoked)
    }

    /// How often each key may be used; no limit where it is absent. For the time before requests come.
    pub fn limit_keys(&self, per_second: Option<NonZeroU32>) -> Result<(), Failure> {
        let _changing = lock(&self.access.changing);
        *lock(&self.access.per_second) = per_second;
        self.access.refresh(&self.store, false)
    }

    /// Keeps the hour in which a key was used.
    pub async fn note_use(&self, id: String, hour: Instant) -> Result<(), Failure> {
        let written = self.store.write(move |batch: &mut Batch<'_>| {
            let Some(mut kept) = batch.access_key(&id)? else { return Ok(()) };
            kept.used_at = kept.used_at.max(Some(hour));
            batch.put_key(&kept)
        });
        written.await.map_err(|error| match error {
            WriteError::Refused(failure) | WriteError::Failed(failure) => failure,
        })
    }
}
