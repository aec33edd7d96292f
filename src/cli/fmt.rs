//! `treue fmt`.

use std::path::Path;

use anyhow::Context;
use serde::Serialize;

use super::args::FmtArgs;
use super::config::Config;
use super::{End, print};
use crate::diagnostic::Sources;
use crate::policy::format;

#[derive(Serialize)]
struct Formatted {
    ok: bool,
    changed: Vec<String>,
    unreadable: Vec<String>,
}

pub(super) fn run(args: &FmtArgs, config: &Config) -> anyhow::Result<End> {
    let sources = config.sources()?;
    let mut changed = Vec::new();
    let mut unreadable = Vec::new();
    for (_, source) in sources.iter().filter(|(_, source)| source.path.starts_with("policies/")) {
        let formatted = match format(&source.text) {
            Ok(formatted) => formatted,
            Err(found) => {
                let alone = Sources::new([(source.path.to_string(), source.text.to_string())]);
                print::diagnostics(&found, &alone);
                unreadable.push(source.path.to_string());
                continue;
            }
        };
        if formatted == *source.text {
            continue;
        }
        if !args.check {
            write(&config.policies, &source.path, &formatted)?;
        }
        changed.push(source.path.to_string());
    }
    let ok = unreadable.is_empty() && (!args.check || changed.is_empty());
    if args.json {
        print::json(&Formatted { ok, changed, unreadable })?;
    } else {
        let verb = if args.check { "would change" } else { "changed" };
        for path in &changed {
            print::line(&format!("{verb} {path}"))?;
        }
    }
    Ok(if ok { End::Done } else { End::No })
}

/// Writes beside the file and renames, so that nobody ever reads half of it.
fn write(folder: &Path, path: &str, text: &str) -> anyhow::Result<()> {
    let target = folder.join(path.trim_start_matches("policies/"));
    let named = || format!("cannot write {}", target.display());
    let beside = target.with_extension("yaml.new");
    std::fs::write(&beside, text).with_context(named)?;
    std::fs::rename(&beside, &target).with_context(named)
}
