//! `treue test`.

use serde::Serialize;

use super::args::TestArgs;
use super::config::Config;
use super::{End, print};
use crate::app::Clock;
use crate::engine::{Unreached, run_tests};
use crate::http::wire::{FindingOut, findings};
use crate::policy::{compile, tests};

#[derive(Serialize)]
struct Tested {
    ok: bool,
    passed: usize,
    failed: usize,
    tests: Vec<OneTested>,
    unreached: UnreachedOut,
}

#[derive(Serialize)]
struct OneTested {
    test: String,
    passed: bool,
    failures: Vec<FindingOut>,
}

#[derive(Serialize)]
struct UnreachedOut {
    discounts: Vec<String>,
    steps: Vec<String>,
    classes: Vec<String>,
    limits: Vec<String>,
}

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
    let run = run_tests(bundle, &cases, Clock::System.now());
    let failed = run.results.iter().filter(|result| !result.failures.is_empty()).count();
    let passed = run.results.len() - failed;
    // Of a part of the tests nothing can be said about what none of them reaches.
    let unreached = if args.filter.is_some() { Unreached::default() } else { run.unreached };
    let ok = failed == 0 && (!args.require_coverage || unreached.is_empty());
    if args.json {
        let tests = run.results.iter().map(|result| OneTested {
            test: result.name.clone(),
            passed: result.failures.is_empty(),
            failures: findings(&result.failures, &compiled.sources),
        });
        let Unreached { discounts, steps, classes, limits } = unreached;
        let unreached = UnreachedOut { discounts, steps, classes, limits };
        print::json(&Tested { ok, passed, failed, tests: tests.collect(), unreached })?;
    } else {
        for result in &run.results {
            let mark = if result.failures.is_empty() { "ok    " } else { "FAILED" };
            print::line(&format!("{mark} {}", result.name))?;
            print::diagnostics(&result.failures, &compiled.sources);
        }
        print::line(&format!("\n{passed} passed, {failed} failed"))?;
        print_unreached(&unreached)?;
    }
    Ok(if ok { End::Done } else { End::No })
}

fn print_unreached(unreached: &Unreached) -> anyhow::Result<()> {
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
