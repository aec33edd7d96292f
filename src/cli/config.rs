//! Flags, then `TREUE_*`, then `treue.toml`, then defaults.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use super::args::{Common, LogFormat};
use crate::app::{App, Clock, Settings, StartError};
use crate::diagnostic::Sources;
use crate::store::Store;

/// Settings of this run.
#[derive(Debug)]
pub(super) struct Config {
    pub store: PathBuf,
    pub policies: PathBuf,
    pub scripts: PathBuf,
    pub cache_bytes: usize,
    /// From `treue.toml` only; `serve` has a flag and a variable that win.
    pub listen: Option<SocketAddr>,
    /// The same.
    pub tls_cert: Option<PathBuf>,
    /// The same.
    pub tls_key: Option<PathBuf>,
    /// The same.
    pub rate_limit: Option<NonZeroU32>,
    /// The same.
    pub log_format: Option<LogFormat>,
}

/// What `treue.toml` may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    store: Option<PathBuf>,
    policies: Option<PathBuf>,
    scripts: Option<PathBuf>,
    cache_mib: Option<usize>,
    listen: Option<SocketAddr>,
    tls_cert: Option<PathBuf>,
    tls_key: Option<PathBuf>,
    rate_limit: Option<NonZeroU32>,
    log_format: Option<LogFormat>,
}

/// The store where nobody names one.
pub(super) const DEFAULT_STORE: &str = "treue.redb";

const FILE: &str = "treue.toml";

impl Config {
    pub fn load(common: &Common) -> anyhow::Result<Self> {
        let file = match &common.config {
            Some(path) => read(path)?,
            None if Path::new(FILE).exists() => read(Path::new(FILE))?,
            None => File::default(),
        };
        let pick = |flag: &Option<PathBuf>, file: Option<PathBuf>, default: &str| {
            flag.clone().or(file).unwrap_or_else(|| default.into())
        };
        let cache_mib = common.cache_mib.or(file.cache_mib).unwrap_or(1_024);
        Ok(Self {
            store: pick(&common.store, file.store, DEFAULT_STORE),
            policies: pick(&common.policies, file.policies, "policies"),
            scripts: pick(&common.scripts, file.scripts, "scripts"),
            cache_bytes: cache_mib.saturating_mul(1024 * 1024),
            listen: file.listen,
            tls_cert: file.tls_cert,
            tls_key: file.tls_key,
            rate_limit: file.rate_limit,
            log_format: file.log_format,
        })
    }

    pub fn settings(&self) -> Settings {
        Settings { policies: self.policies.clone(), scripts: self.scripts.clone() }
    }

    pub fn sources(&self) -> anyhow::Result<Sources> {
        crate::app::read_folders(&self.policies, &self.scripts)
            .map_err(|(path, error)| anyhow::Error::new(error).context(format!("cannot read {}", path.display())))
    }

    pub fn open_store(&self) -> anyhow::Result<Store> {
        let named = || format!("cannot open {}", self.store.display());
        Store::open(&self.store, self.cache_bytes).with_context(named)
    }

    /// The store, where there is one.
    pub fn open_existing_store(&self) -> anyhow::Result<Store> {
        anyhow::ensure!(self.store.exists(), "there is no store at {}", self.store.display());
        self.open_store()
    }

    /// The app over the store. Policies that do not compile are drawn before the error.
    pub fn open_app(&self, store: Store) -> anyhow::Result<App> {
        App::open(store, Clock::System, self.settings()).map_err(drawn)
    }

    /// The same for a look: policies in the folder do not come into force.
    pub fn open_app_to_look(&self, store: Store) -> anyhow::Result<App> {
        App::open_to_look(store, Clock::System, self.settings()).map_err(drawn)
    }
}

/// Policies that do not compile are drawn before the error.
fn drawn(error: StartError) -> anyhow::Error {
    if let StartError::Policies { sources, diagnostics } = &error {
        super::print::diagnostics(diagnostics, sources);
    }
    anyhow::Error::new(error)
}

fn read(path: &Path) -> anyhow::Result<File> {
    let named = || format!("cannot read {}", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    toml::from_str(&text).with_context(named)
}
