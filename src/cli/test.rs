//! `treue test`.

use super::args::TestArgs;
use super::config::Config;
use super::{End, print};
use crate::app::Clock;
use crate::engine::{Unreached, run_tests};
use crate::http::wire::{TestedOut, UnreachedOut};
use crate::policy::{compile, tests};

pub(super) fn run(args: &TestArgs, config: &Config) -> anyhow::Result<End> {
    let compiled = compile(config.sources()?);
    let Some(bundle) = &compiled.bundle else {
        print::diagnostics(&compiled.diagnostics, &compiled.sources);
        anstream::eprintln!("not ok: {}", print::tally(&compiled.diagnostics).unwrap_or_default());
        return Ok(End::No);
    };
    let (mut cases, wrong) = tests(&compiled.sources, bundle);
    if !wrong.is_empty() {
        print::diagnostics(&wrong, &compiled.sources);
        anstream::eprintln!("not ok: {} in the tests", print::tally(&wrong).unwrap_or_default());
        return Ok(End::No);
    }
    if let Some(filter) = &args.filter {
        cases.retain(|case| case.name.value.contains(filter.as_str()));
    }
    let mut run = run_tests(bundle, &cases, Clock::System.now());
    // Of a part of the tests nothing can be said about what none of them reaches.
    if args.filter.is_some() {
        run.unreached = Unreached::default();
    }
    if args.json {
        let tested = TestedOut::new(run, &compiled.sources, args.require_coverage);
        print::json(&tested)?;
        return Ok(if tested.ok { End::Done } else { End::No });
    }
    for result in &run.results {
        let mark = if result.failures.is_empty() { "ok    " } else { "FAILED" };
        print::line(&format!("{mark} {}", result.name))?;
        print::diagnostics(&result.failures, &compiled.sources);
    }
    let tested = TestedOut::new(run, &compiled.sources, args.require_coverage);
    print::line(&format!("\n{} passed, {} failed", tested.passed, tested.failed))?;
    print_unreached(&tested.unreached)?;
    Ok(if tested.ok { End::Done } else { End::No })
}

fn print_unreached(unreached: &UnreachedOut) -> anyhow::Result<()> {
    let kinds = [
        ("discounts", &unreached.discounts),
        ("steps", &unreached.steps),
        ("classes", &unreached.classes),
        ("limits", &unreached.limits),
    ];
    for (kind, names) in kinds.into_iter().filter(|(_, names)| !names.is_empty()) {
        print::line(&format!("{kind} that no test reached: {}", names.join(", ")))?;
    }
    Ok(())
}
