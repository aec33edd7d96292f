//! `treue report`.

use std::fs;

use anyhow::{Context, bail};
use comfy_table::{CellAlignment, Table, presets};

use super::args::{ReportArgs, ReportName, ShowArgs};
use super::config::Config;
use super::{End, print};
use crate::analytics::report::{Report, Sheet};
use crate::app::{App, Asked, ReportError};

pub(super) fn run(args: &ReportArgs, config: &Config) -> anyhow::Result<End> {
    if !config.store.exists() {
        bail!("there is no store at {}", config.store.display());
    }
    let app = config.open_app(config.open_store()?)?;
    match args.name {
        ReportName::Abc => show(args, &app, App::abc_report),
        ReportName::Budgets => show(args, &app, App::budget_report),
        ReportName::Clv => show(args, &app, App::clv_report),
        ReportName::Cohorts => show(args, &app, App::cohort_report),
        ReportName::Rfm => show(args, &app, App::rfm_report),
        ReportName::Segments => show(args, &app, App::segment_report),
        ReportName::Discounts => show(args, &app, App::discount_report),
        ReportName::Experiments => show(args, &app, App::experiment_report),
        ReportName::Next => show(args, &app, App::next_report),
        ReportName::Points => show(args, &app, App::points_report),
    }
}

fn show<R: Report>(
    args: &ReportArgs,
    app: &App,
    make: impl FnOnce(&App, Asked) -> Result<R, ReportError>,
) -> anyhow::Result<End> {
    present(&make(app, Asked::read::<R>(app, args.given())?)?, &args.show)
}

/// Prints a report as it is wanted.
pub(super) fn present<R: Report>(report: &R, args: &ShowArgs) -> anyhow::Result<End> {
    if let Some(file) = &args.svg {
        let pictures = report.pictures();
        let names: Vec<&str> = pictures.iter().map(|(name, _)| *name).collect();
        let (_, picture) = &pictures[wanted("chart", args.chart.as_deref(), &names)?];
        fs::write(file, picture.svg_file(&str::to_owned))
            .with_context(|| format!("cannot write {}", file.display()))?;
        return Ok(End::Done);
    }
    if args.json {
        return print::json(report);
    }
    if args.csv || args.table.is_some() {
        return print_table(report, args.table.as_deref(), args.csv);
    }
    print_whole(report)
}

/// Prints one table of a report, the main one where none is named.
pub(super) fn print_table<R: Report>(report: &R, table: Option<&str>, csv: bool) -> anyhow::Result<End> {
    let sheets = report.sheets();
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name).collect();
    let sheet = &sheets[wanted("table", table, &names)?];
    if csv {
        let text = String::from_utf8(sheet.csv()?)?;
        return print::line(text.trim_end()).map(|()| End::Done);
    }
    print_sheet(sheet).map(|()| End::Done)
}

/// Prints all of a report that fits on a terminal.
pub(super) fn print_whole<R: Report>(report: &R) -> anyhow::Result<End> {
    let sheets = report.sheets();
    print::line(&report.head().in_words())?;
    for sheet in sheets.iter().filter(|sheet| !sheet.long) {
        print_sheet(sheet)?;
    }
    print::line("")?;
    for text in report.says() {
        print::line(&text)?;
    }
    for note in &report.head().notes {
        print::line(&format!("note: {note}"))?;
    }
    Ok(End::Done)
}

/// The place of a name; the first where none is given.
fn wanted(part: &'static str, name: Option<&str>, known: &[&str]) -> Result<usize, ReportError> {
    let found = name.map_or((!known.is_empty()).then_some(0), |name| known.iter().position(|known| *known == name));
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    found.ok_or_else(|| ReportError::Invalid { name: part, why: format!("this report has these: {known}") })
}

/// Whether what was asked of a report cannot be meant, rather than something having failed.
pub(super) fn is_wrong_usage(error: &anyhow::Error) -> bool {
    let wrong = |error: &ReportError| matches!(error, ReportError::Unknown(_) | ReportError::Invalid { .. });
    error.downcast_ref().is_some_and(wrong)
}

fn print_sheet(sheet: &Sheet) -> anyhow::Result<()> {
    let mut table = Table::new();
    let header = sheet.columns.iter().map(|column| column.replace('_', " "));
    table.load_preset(presets::NOTHING).set_header(header);
    for row in &sheet.rows {
        table.add_row(row.iter().map(|cell| cell.shown()));
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        if sheet.rows.iter().any(|row| row[at].is_number()) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    print::line("")?;
    print::line(&sheet.title)?;
    print::line(&table.to_string())
}
