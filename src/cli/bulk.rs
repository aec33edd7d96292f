//! `treue import`, `treue export` and `treue demo`.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, anyhow};
use serde::Serialize;
use thiserror::Error;

use super::args::{DemoArgs, ExportArgs, Format, ImportArgs, What};
use super::config::Config;
use super::print::Unit;
use super::{End, print};
use crate::app::{
    self, Actor, App, DemoOptions, DemoReport, Export, ExportFormat, ExportTable, Import, ImportError, ImportReport,
    Mapping, MappingError, Progress, RowFormat,
};
use crate::time::Zone;

#[derive(Serialize)]
struct Imported<'a> {
    #[serde(flatten)]
    report: &'a ImportReport,
    seconds: f64,
    rejects: Option<&'a Path>,
}

pub(super) fn import(args: &ImportArgs, config: &Config) -> anyhow::Result<End> {
    let wanted = wanted(args)?;
    let (input, size) = open(&args.file)?;
    let app = config.open_app(config.open_store()?)?;
    let started = Instant::now();
    let bar = print::bar(size, Unit::Bytes);
    let mut writing = None;
    let outcome = app.import(&Actor::CommandLine, &wanted, input, |progress| match progress {
        Progress::Reading { bytes } => bar.set_position(bytes),
        Progress::Writing { rows, of } => {
            let bar = writing.get_or_insert_with(|| {
                bar.finish_and_clear();
                print::bar(Some(of), Unit::Items)
            });
            bar.set_position(rows);
        }
    });
    bar.finish_and_clear();
    if let Some(bar) = writing {
        bar.finish_and_clear();
    }
    let report = match outcome {
        Ok(report) => report,
        Err(ImportError::Rejected(report)) => {
            for rejected in report.rejected.iter().take(20) {
                anstream::eprintln!("{}:{}: {}", args.file.display(), rejected.line, rejected.reason);
            }
            anstream::eprintln!(
                "{} of {} rows are invalid; nothing was written. Pass --skip-invalid to import the others",
                report.rows.rejected,
                report.rows.read
            );
            return Ok(End::No);
        }
        Err(error) => return Err(error).with_context(|| format!("cannot import {}", args.file.display())),
    };
    // What is read from the whole base is read anew: yesterday's cut-offs know nothing of these purchases.
    app.after_bulk()?;
    let seconds = started.elapsed().as_secs_f64();
    let rejects = (!report.rejected.is_empty()).then(|| rejects_file(args));
    if let Some(path) = &rejects {
        let named = || format!("cannot write {}", path.display());
        let file = File::create(path).with_context(named)?;
        report.write_rejected(io::BufWriter::new(file)).with_context(named)?;
    }
    if args.json {
        print::json(&Imported { report: &report, seconds, rejects: rejects.as_deref() })?;
    } else {
        print::line(report.to_string().trim_end())?;
        if let Some(path) = &rejects {
            print::line(&format!("rejected rows are in {}", path.display()))?;
        }
        #[expect(clippy::float_arithmetic, reason = "a rate of rows, and no money")]
        let rate = report.rows.read as f64 / seconds.max(0.001);
        print::line(&format!("{seconds:.1} s, {rate:.0} rows/s"))?;
    }
    Ok(End::Done)
}

fn wanted(args: &ImportArgs) -> anyhow::Result<Import> {
    let name = args.file.to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let json = name.ends_with(".jsonl") || name.ends_with(".ndjson");
    let format = match args.format {
        Some(Format::Csv) => RowFormat::Csv,
        Some(Format::Jsonl) => RowFormat::JsonLines,
        None if json => RowFormat::JsonLines,
        None => RowFormat::Csv,
    };
    let zone = args.timezone.as_ref().map(|name| Zone::from_name(name).ok_or_else(|| anyhow!("no time zone `{name}`")));
    Ok(Import {
        format,
        what: match args.what {
            What::Purchases => app::What::Purchases,
            What::Customers => app::What::Customers,
            What::Interactions => app::What::Interactions,
        },
        mapping: args.map.as_deref().map(Mapping::parse).transpose()?.unwrap_or_default(),
        delimiter: u8::try_from(args.delimiter).context("the delimiter must be one byte")?,
        zone: zone.transpose()?,
        skip_invalid: args.skip_invalid,
    })
}

fn open(path: &Path) -> anyhow::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if path == Path::new("-") {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let size = file.metadata().ok().map(|file| file.len());
    Ok((Box::new(file), size))
}

fn rejects_file(args: &ImportArgs) -> PathBuf {
    args.rejects.clone().unwrap_or_else(|| {
        let name = args.file.file_name().map_or_else(|| "import".into(), |name| name.to_string_lossy());
        PathBuf::from(format!("{name}.rejects.csv"))
    })
}

/// A table to export that there is not.
#[derive(Debug, Error)]
#[error("{0}")]
struct NoSuchTable(String);

/// Whether what was to be imported or exported cannot be meant, rather than something having failed.
pub(super) fn is_wrong_usage(error: &anyhow::Error) -> bool {
    let mapping = matches!(error.downcast_ref(), Some(ImportError::Mapping(_)));
    mapping || error.is::<MappingError>() || error.is::<NoSuchTable>()
}

pub(super) fn export(args: &ExportArgs, config: &Config) -> anyhow::Result<End> {
    anyhow::ensure!(config.store.exists(), "there is no store at {}", config.store.display());
    let table: ExportTable = args.table.parse().map_err(NoSuchTable)?;
    let format = match args.format {
        Format::Csv => ExportFormat::Csv,
        Format::Jsonl => ExportFormat::JsonLines,
    };
    let app = config.open_app(config.open_store()?)?;
    let Some(path) = &args.output else {
        app.export(Export { table, format, gzip: false }, io::stdout().lock())?;
        return Ok(End::Done);
    };
    let named = || format!("cannot write {}", path.display());
    let gzip = path.extension().is_some_and(|ending| ending == "gz");
    let file = File::create(path).with_context(named)?;
    let rows = app.export(Export { table, format, gzip }, file).with_context(named)?;
    anstream::eprintln!("{rows} {} in {}", table.name(), path.display());
    Ok(End::Done)
}

#[derive(Serialize)]
struct Made {
    customers: u64,
    purchases: u64,
    returns: u64,
    interactions: u64,
    seconds: f64,
}

pub(super) fn demo(args: &DemoArgs, config: &Config) -> anyhow::Result<End> {
    let app = config.open_app(config.open_store()?)?;
    let started = Instant::now();
    let options = DemoOptions {
        seed: args.seed,
        customers: args.customers,
        mean_purchases: args.mean_purchases,
        ..DemoOptions::default()
    };
    let report = fill(&app, &options)?;
    let seconds = started.elapsed().as_secs_f64();
    let DemoReport { customers, purchases, returns, interactions } = report;
    if args.json {
        return print::json(&Made { customers, purchases, returns, interactions, seconds });
    }
    print::line(&format!(
        "made up {customers} customers, {purchases} purchases, {returns} returns, {interactions} interactions in {seconds:.1} s"
    ))?;
    Ok(End::Done)
}

/// Fills an empty store before `serve --demo` answers.
pub(super) fn fill_for_serve(app: &App) -> anyhow::Result<()> {
    let report = fill(app, &DemoOptions::default())?;
    tracing::info!(customers = report.customers, purchases = report.purchases, "filled the store with a made-up base");
    Ok(())
}

fn fill(app: &App, options: &DemoOptions) -> anyhow::Result<DemoReport> {
    let bar = print::bar(Some(options.customers), Unit::Items);
    let report = app.fill_demo(options, |customers| bar.set_position(customers))?;
    bar.finish_and_clear();
    app.after_bulk()?;
    Ok(report)
}
