//! `treue simulate`, and the impact of `treue check --impact`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::args::SimulateArgs;
use super::config::Config;
use super::{End, print, report};
use crate::analytics::report::Report;
use crate::app::{Candidates, SimulationError, SimulationReport, read_folders};
use crate::diagnostic::Sources;
use crate::engine::Language;
use crate::policy::{Scenario, Side};
use crate::simulate::Progress;

pub(super) fn run(args: &SimulateArgs, config: &Config) -> anyhow::Result<End> {
    let text = read(&args.scenario)?;
    let app = config.open_app_to_look(config.open_existing_store()?)?;
    let beside = args.scenario.parent().filter(|_| args.scenario != Path::new("-")).unwrap_or(Path::new(""));
    let folder = |name: &str| read_side(&beside.join(name), config);
    let candidates = Candidates { sent: None, folder: Some(&folder) };
    let path = args.scenario.to_string_lossy();
    let prepared = match app.prepare_simulation(&path, &text, &candidates) {
        Ok(prepared) => prepared,
        Err(error) => return refused(error),
    };
    let report = match watched(|progress| app.simulate(&prepared, progress)) {
        Ok(report) => report,
        Err(error) => return refused(error),
    };
    if let Some(file) = &args.html {
        write_page(file, &report.page(Language::English))?;
    }
    if args.json {
        return print::json(&report);
    }
    if args.csv || args.table.is_some() {
        return report::print_table(&report, args.table.as_deref(), args.csv);
    }
    if args.html.is_some() {
        return Ok(End::Done);
    }
    report::print_whole(&report)
}

/// Runs with a bar that shows rate and time left.
pub(super) fn watched<T: Send>(
    work: impl FnOnce(&Progress) -> Result<T, SimulationError> + Send,
) -> Result<T, SimulationError> {
    let progress = Progress::default();
    let bar = print::bar(Some(1), print::Unit::Items);
    std::thread::scope(|scope| {
        let running = scope.spawn(|| work(&progress));
        while !running.is_finished() {
            let (done, total) = progress.read();
            bar.set_length(total.max(1));
            bar.set_position(done);
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        bar.finish_and_clear();
        running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A folder of policies: `policies` and `scripts` in it, or the policies themselves, which use the shop's scripts where
/// they have none.
pub(super) fn read_side(folder: &Path, config: &Config) -> Result<Sources, (PathBuf, std::io::Error)> {
    let inner = folder.join("policies");
    if inner.is_dir() {
        return read_folders(&inner, &folder.join("scripts"));
    }
    let scripts = folder.join("scripts");
    read_folders(folder, if scripts.is_dir() { &scripts } else { &config.scripts })
}

/// Writes a report as one HTML file.
pub(super) fn write_page(file: &Path, page: &str) -> anyhow::Result<()> {
    std::fs::write(file, page).with_context(|| format!("cannot write {}", file.display()))?;
    anstream::eprintln!("written to {}", file.display());
    Ok(())
}

/// Draws what is wrong with texts; anything else is an error.
pub(super) fn refused(error: SimulationError) -> anyhow::Result<End> {
    match &error {
        SimulationError::Scenario { sources, diagnostics } | SimulationError::Policies { sources, diagnostics, .. } => {
            print::diagnostics(diagnostics, sources);
        }
        SimulationError::Failed(_) | SimulationError::Folder { .. } => return Err(error.into()),
        _ => {}
    }
    anstream::eprintln!("error: {error}");
    Ok(End::No)
}

fn read(file: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    Ok(text)
}

/// What policies would have changed over the last twelve months, beside what is in force in the store.
pub(super) fn impact(config: &Config, sources: Sources) -> anyhow::Result<Result<SimulationReport, End>> {
    let app = config.open_app_to_look(config.open_existing_store()?)?;
    let candidates = Candidates { sent: Some(sources), folder: None };
    let prepared = app.prepare_scenario(Scenario::impact(Side::Sent), &candidates);
    match prepared.and_then(|prepared| watched(|progress| app.simulate(&prepared, progress))) {
        Ok(report) => Ok(Ok(report)),
        Err(error) => refused(error).map(Err),
    }
}

/// Prints an impact.
pub(super) fn print_impact(report: &SimulationReport) -> anyhow::Result<()> {
    print::line(&format!("\n{}", report.head().in_words()))?;
    for text in report.says() {
        print::line(&text)?;
    }
    let (before, after) = (report.sides[0].programme_cost, report.sides[1].programme_cost);
    let change = report.compared[0].cost_change;
    let change = change.map_or_else(String::new, |change| format!(" ({})", change.percent()));
    print::line(&format!("discounts and points cost {after} in place of {before}{change}"))
}
