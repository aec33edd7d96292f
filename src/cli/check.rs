//! `treue check`.

use anyhow::{anyhow, bail};
use serde::Serialize;

use super::args::CheckArgs;
use super::config::Config;
use super::{End, print, simulate};
use crate::app::SimulationReport;
use crate::diagnostic::nearest;
use crate::http::wire::{FindingOut, findings};
use crate::money::Rate;
use crate::policy::{codes, compile, tests};

#[derive(Serialize)]
struct Checked {
    ok: bool,
    revision: Option<String>,
    diagnostics: Vec<FindingOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact: Option<SimulationReport>,
}

pub(super) fn run(args: &CheckArgs, config: &Config) -> anyhow::Result<End> {
    if let Some(code) = &args.explain {
        return explain(code);
    }
    let compiled = compile(config.sources()?);
    let mut found = compiled.diagnostics;
    if let Some(bundle) = &compiled.bundle {
        // Mistakes in tests are mistakes of the folder too, though no part of the revision.
        found.extend(tests(&compiled.sources, bundle).1);
    }
    let warned = args.deny_warnings && !found.is_empty();
    let failed = found.iter().any(|finding| finding.severity == crate::diagnostic::Severity::Error);
    let sound = compiled.bundle.is_some() && !failed && !warned;
    let most = args.max_cost_increase.as_deref();
    let most =
        most.map(|text| Rate::parse(text).map_err(|_| anyhow!("`{text}` is no rate such as `2%`"))).transpose()?;
    let impact = match args.impact && sound {
        true => match simulate::impact(config, compiled.sources.clone())? {
            Ok(report) => Some(report),
            Err(end) => return Ok(end),
        },
        false => None,
    };
    let too_dear = impact.as_ref().is_some_and(|impact| most.is_some_and(|most| impact.cost_rises_above(most)));
    let ok = sound && !too_dear;
    let revision = compiled.bundle.as_ref().map(|bundle| bundle.revision.to_string());
    if args.json {
        print::json(&Checked { ok, revision, diagnostics: findings(&found, &compiled.sources), impact })?;
    } else {
        print::diagnostics(&found, &compiled.sources);
        match (&compiled.bundle, print::tally(&found)) {
            (Some(bundle), tally) if ok => {
                let tally = tally.map(|tally| format!(", {tally}")).unwrap_or_default();
                print::line(&format!(
                    "ok: {}, {}, {}{tally}\nrevision {}",
                    print::plural(bundle.metrics.len(), "metric"),
                    print::plural(bundle.segments.len(), "segment"),
                    print::plural(bundle.discounts.len(), "discount"),
                    bundle.revision
                ))?;
            }
            (_, None) if too_dear => {}
            (_, tally) => anstream::eprintln!("not ok: {}", tally.unwrap_or_default()),
        }
        if let Some(impact) = &impact {
            simulate::print_impact(impact)?;
        }
        if let Some(most) = most.filter(|_| too_dear) {
            anstream::eprintln!("not ok: discounts and points would have cost more than {most} more");
        }
    }
    Ok(if ok { End::Done } else { End::No })
}

fn explain(code: &str) -> anyhow::Result<End> {
    let known = codes();
    match known.iter().find(|(name, _)| *name == code) {
        Some((name, text)) => {
            print::line(&format!("{name}\n\n{text}"))?;
            Ok(End::Done)
        }
        None => match nearest(code, known.iter().map(|(name, _)| *name)) {
            Some(near) => bail!("there is no finding `{code}`: did you mean `{near}`?"),
            None => bail!("there is no finding `{code}`"),
        },
    }
}
