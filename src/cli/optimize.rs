//! `treue optimize`.

use std::path::Path;

use super::args::{OptimizeCommand, OptimizeServiceArgs};
use super::config::Config;
use super::quote::read;
use super::report::present;
use super::{End, print};
use crate::app::OptimumError;

pub(super) fn run(command: &OptimizeCommand, config: &Config) -> anyhow::Result<End> {
    match command {
        OptimizeCommand::Service(args) => service(args, config),
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

/// The name and the text of a file that asks.
fn question(file: &Path) -> anyhow::Result<(String, String)> {
    let name = if file == Path::new("-") { "question.yaml".to_owned() } else { file.display().to_string() };
    Ok((name, String::from_utf8(read(file)?)?))
}
