//! `treue report`.

use anyhow::{anyhow, bail};
use comfy_table::{CellAlignment, Table, presets};

use super::args::{ReportArgs, ReportFormat, ReportName};
use super::config::Config;
use super::{End, print};
use crate::app::App;
use crate::http::reports::budgets::budgets_csv;
use crate::http::wire::BudgetReportOut;

pub(super) fn run(args: &ReportArgs, config: &Config) -> anyhow::Result<End> {
    if !config.store.exists() {
        bail!("there is no store at {}", config.store.display());
    }
    let app = config.open_app(config.open_store()?)?;
    match args.name {
        ReportName::Budgets => budgets(args, &app),
    }
}

fn budgets(args: &ReportArgs, app: &App) -> anyhow::Result<End> {
    let active = app.active();
    let zone = active.bundle.zone;
    let read = |text: &String| zone.parse_instant(text).ok_or_else(|| anyhow!("`{text}` is no instant"));
    let as_of = args.as_of.as_ref().map(read).transpose()?;
    let base = app.service_report(as_of)?;
    let report = BudgetReportOut::new(&base);
    let bundle = &base.active.bundle;
    match args.format() {
        ReportFormat::Json => return print::json(&report),
        ReportFormat::Csv => {
            let text = String::from_utf8(budgets_csv(&report)?)?;
            return print::line(text.trim_end()).map(|()| End::Done);
        }
        ReportFormat::Table => {}
    }
    let money = |amount: crate::money::Money| amount.format(bundle.currency);
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header([
        "class",
        "customers",
        "granted",
        "used",
        "planned",
        "left",
        "net",
        "margin",
        "profit",
        "margin %",
        "profit %",
        "service %",
        "earned per 1",
        "each cost",
        "at most",
        "rating",
        "at a loss",
    ]);
    let rows = base.report.classes.iter().zip(&report.classes).chain([(&base.report.total, &report.total)]);
    for (at, (row, shown)) in rows.enumerate() {
        let name = shown.class.as_deref().unwrap_or(if at < report.classes.len() { "(none)" } else { "total" });
        table.add_row([
            name.to_owned(),
            row.customers.to_string(),
            or_none(row.granted.map(money)),
            money(row.used),
            money(row.planned),
            or_none(row.left.map(money)),
            money(row.net),
            money(row.margin),
            money(row.profit),
            or_none(row.share_of_margin.map(|share| share.to_string())),
            or_none(row.share_of_profit.map(|share| share.to_string())),
            or_none(row.share_of_service_cost.map(|share| share.to_string())),
            or_none(row.margin_per_cost.map(|earned| earned.to_string())),
            money(row.used_per_customer),
            money(row.break_even_per_customer),
            or_none(row.satisfaction.map(|rating| rating.to_string())),
            row.losing.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    print::line(&table.to_string())?;
    print::line("")?;
    for row in report.classes.iter().chain([&report.total]) {
        print::line(&row.says)?;
    }
    Ok(End::Done)
}
