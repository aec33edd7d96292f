//! `treue verify`, `treue backup` and `treue restore`.

use std::path::Path;

use anyhow::{Context, bail};
use serde::Serialize;

use super::args::{CopyArgs, RestoreArgs, VerifyArgs};
use super::config::Config;
use super::{End, print};
use crate::app::verify;
use crate::store::{Counts, OpenError, Read, Store};

#[derive(Serialize)]
struct Verified {
    ok: bool,
    customers: u64,
    purchases: u64,
    interactions: u64,
    flaws: Vec<FlawOut>,
}

#[derive(Serialize)]
struct FlawOut {
    table: String,
    row: String,
    what: String,
}

pub(super) fn run_verify(args: &VerifyArgs, config: &Config) -> anyhow::Result<End> {
    let store = open_existing(&config.store, config)?;
    let rows = store.snapshot();
    let mut flaws = Vec::new();
    verify(&rows, &mut |flaw| {
        flaws.push(FlawOut { table: format!("{:?}", flaw.table), row: flaw.row, what: flaw.what });
    })?;
    let Counts { customers, purchases, interactions } = rows.counts()?;
    let ok = flaws.is_empty();
    if args.json {
        print::json(&Verified { ok, customers, purchases, interactions, flaws })?;
    } else {
        for flaw in &flaws {
            print::line(&format!("{} {}: {}", flaw.table, flaw.row, flaw.what))?;
        }
        let flaws = if ok { "no flaws".to_owned() } else { print::plural(flaws.len(), "flaw") };
        print::line(&format!("{customers} cards, {purchases} purchases, {interactions} interactions: {flaws}"))?;
    }
    Ok(if ok { End::Done } else { End::No })
}

pub(super) fn backup(args: &CopyArgs, config: &Config) -> anyhow::Result<End> {
    let store = open_existing(&config.store, config).map_err(|error| match error.downcast_ref() {
        Some(OpenError::InUse) => error.context(format!(
            "a server has the store, so take the copy from it: curl --fail --output {} \
             --header \"Authorization: Bearer $KEY\" http://127.0.0.1:8080/v1/backup",
            args.file.display()
        )),
        _ => error,
    })?;
    store.snapshot().copy_to(&args.file).with_context(|| format!("cannot back up to {}", args.file.display()))?;
    print::line(&format!("wrote {}", args.file.display()))?;
    Ok(End::Done)
}

pub(super) fn restore(args: &RestoreArgs, config: &Config) -> anyhow::Result<End> {
    if config.store.exists() {
        bail!("{} is there already: move it away first", config.store.display());
    }
    let backup = open_existing(&args.file, config)?;
    let rows = backup.snapshot();
    if !args.unverified {
        let mut flaws = 0;
        verify(&rows, &mut |flaw| {
            flaws += 1;
            anstream::eprintln!("{:?} {}: {}", flaw.table, flaw.row, flaw.what);
        })?;
        if flaws > 0 {
            let flaws = print::plural(flaws, "flaw");
            anstream::eprintln!(
                "the backup has {flaws}; nothing was written. Pass --unverified to restore it all the same"
            );
            return Ok(End::No);
        }
    }
    rows.copy_to(&config.store).with_context(|| format!("cannot restore {}", config.store.display()))?;
    print::line(&format!("wrote {}", config.store.display()))?;
    Ok(End::Done)
}

fn open_existing(path: &Path, config: &Config) -> anyhow::Result<Store> {
    if !path.exists() {
        bail!("there is no store at {}", path.display());
    }
    Store::open(path, config.cache_bytes).with_context(|| format!("cannot open {}", path.display()))
}
