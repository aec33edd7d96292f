//! `treue keys`: on the store's file, while no server has it open.

use serde::Serialize;

use super::args::KeysCommand;
use super::config::Config;
use super::{End, print};
use crate::app::{Actor, Clock, KeyError, make_key, revoke_key};
use crate::model::Role;
use crate::store::{KeptKey, Listing, Read};

#[derive(Serialize)]
struct Shown {
    id: String,
    name: String,
    role: &'static str,
    created_at: String,
    last_used: Option<String>,
    revoked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl Shown {
    fn new(kept: KeptKey) -> Self {
        Self {
            id: kept.id,
            name: kept.name,
            role: kept.role.name(),
            created_at: kept.created_at.to_string(),
            last_used: kept.used_at.map(|at| at.to_string()),
            revoked_at: kept.revoked_at.map(|at| at.to_string()),
            key: None,
        }
    }
}

pub(super) fn run(command: &KeysCommand, config: &Config) -> anyhow::Result<End> {
    match command {
        KeysCommand::Make { name, role, json } => make(name, (*role).into(), *json, config),
        KeysCommand::List { json } => list(*json, config),
        KeysCommand::Revoke { id, json } => revoke(id, *json, config),
    }
}

fn make(name: &str, role: Role, json: bool, config: &Config) -> anyhow::Result<End> {
    let store = config.open_store()?;
    let made = match make_key(&store, Clock::System.now(), &Actor::CommandLine, name, role) {
        Ok(made) => made,
        Err(error) => return refused(error),
    };
    if json {
        return print::json(&Shown { key: Some(made.key), ..Shown::new(made.kept) });
    }
    // Only the key goes to standard output, so that it can be caught in a variable.
    anstream::eprintln!("key {} for {}, shown this once:", made.kept.id, role.name());
    print::line(&made.key)?;
    Ok(End::Done)
}

fn list(json: bool, config: &Config) -> anyhow::Result<End> {
    let store = config.open_existing_store()?;
    let rows = store.snapshot();
    let mut listing = Listing { limit: 1_000, ..Listing::default() };
    let mut keys = Vec::new();
    loop {
        let page = rows.access_keys(&listing)?;
        keys.extend(page.items.into_iter().map(Shown::new));
        match page.next {
            Some(next) => listing.after = Some(next),
            None => break,
        }
    }
    if json {
        return print::json(&keys);
    }
    if keys.is_empty() {
        print::line("there are no keys: the server answers everyone, on loopback addresses only")?;
        return Ok(End::Done);
    }
    let mut table = comfy_table::Table::new();
    table.load_preset(comfy_table::presets::NOTHING).set_header(["ID", "NAME", "ROLE", "MADE", "LAST USED", "REVOKED"]);
    for key in keys {
        let or_never = |at: Option<String>| at.unwrap_or_else(|| "–".to_owned());
        let role = key.role.to_owned();
        table.add_row([key.id, key.name, role, key.created_at, or_never(key.last_used), or_never(key.revoked_at)]);
    }
    print::line(&table.trim_fmt())?;
    Ok(End::Done)
}

fn revoke(id: &str, json: bool, config: &Config) -> anyhow::Result<End> {
    let store = config.open_existing_store()?;
    match revoke_key(&store, Clock::System.now(), &Actor::CommandLine, id) {
        Ok(kept) if json => print::json(&Shown::new(kept)),
        Ok(kept) => {
            print::line(&format!("revoked key {} of {}", kept.id, kept.name))?;
            Ok(End::Done)
        }
        Err(error) => refused(error),
    }
}

/// A lawful no is an answer; what broke is an error.
fn refused(error: KeyError) -> anyhow::Result<End> {
    match error {
        KeyError::Failed(failure) => Err(failure.into()),
        refusal => {
            anstream::eprintln!("{refusal}");
            Ok(End::No)
        }
    }
}
