//! `treue optimize`.

use std::path::Path;

use anyhow::bail;

use super::args::{OptimizeCommand, OptimizePolicyArgs, OptimizeServiceArgs};
use super::config::Config;
use super::quote::read;
use super::report::present;
use super::simulate::{refused, watched, write_page};
use super::{End, print};
use crate::app::OptimumError;
use crate::engine::Language;

pub(super) fn run(command: &OptimizeCommand, config: &Config) -> anyhow::Result<End> {
    match command {
        OptimizeCommand::Service(args) => service(args, config),
        OptimizeCommand::Policy(args) => policy(args, config),
    }
}

fn service(args: &OptimizeServiceArgs, config: &Config) -> anyhow::Result<End> {
    let (name, text) = question(&args.file)?;
    let app = config.open_app(config.open_existing_store()?)?;
    match app.service_optimum(name, text) {
        Ok(report) => {
            present(&report, &args.show)?;
            Ok(if report.reachable { End::Done } else { End::No })
        }
        Err(OptimumError::Question { sources, diagnostics }) => {
            print::diagnostics(&diagnostics, &sources);
            anstream::eprintln!("not ok: {}", print::tally(&diagnostics).unwrap_or_default());
            Ok(End::No)
        }
        Err(OptimumError::Refused(refusal)) => {
            anstream::eprintln!("error: {refusal}");
            Ok(End::No)
        }
        Err(OptimumError::Report(error)) => Err(error.into()),
    }
}

fn policy(args: &OptimizePolicyArgs, config: &Config) -> anyhow::Result<End> {
    let (name, text) = question(&args.file)?;
    let app = config.open_app_to_look(config.open_existing_store()?)?;
    let found = app
        .prepare_search(&name, &text, Some(config.sources()?))
        .and_then(|prepared| watched(|progress| app.search(&prepared, progress)));
    let report = match found {
        Ok(report) => report,
        Err(error) => return refused(error),
    };
    if let Some(file) = &args.html {
        write_page(file, &report.page(Language::English))?;
    }
    let end = if report.points.is_empty() { End::No } else { End::Done };
    match args.point.map(|point| report.points.iter().find(|found| found.point == point)) {
        Some(Some(point)) => print::line(point.diff.trim_end())?,
        Some(None) => bail!("there are {} points", report.points.len()),
        None => {
            present(&report, &args.show)?;
        }
    }
    Ok(end)
}

/// The name and the text of a file that asks.
fn question(file: &Path) -> anyhow::Result<(String, String)> {
    let name = if file == Path::new("-") { "question.yaml".to_owned() } else { file.display().to_string() };
    Ok((name, String::from_utf8(read(file)?)?))
}
