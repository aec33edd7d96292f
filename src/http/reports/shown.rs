//! A report as it is shown to people, in one answer: sentences, tables and pictures.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::report::{Cell, Head, Report, said, spoken};
use crate::engine::Language;

/// A report as it is shown to people: the same for every report, in English or German as `Accept-Language` says.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownReport<'a> {
    /// What it says about itself.
    head: Cow<'a, Head>,
    /// What it says, in sentences.
    says: Vec<String>,
    /// Its tables, the main one first.
    tables: Vec<ShownTable>,
    /// Its pictures, the main one first.
    charts: Vec<ShownChart>,
}

/// A table.
#[derive(Debug, Serialize, ToSchema)]
struct ShownTable {
    /// Its name, by which it is asked for as CSV.
    name: &'static str,
    title: String,
    columns: Vec<String>,
    /// Each row with a cell per column.
    rows: Vec<Vec<ShownCell>>,
}

/// A cell.
#[derive(Debug, Serialize, ToSchema)]
struct ShownCell {
    /// `none`, `text`, `count`, `share`, `figure`, `instant` or `series`.
    kind: &'static str,
    /// As CSV has it.
    value: String,
}

/// A picture.
#[derive(Debug, Serialize, ToSchema)]
struct ShownChart {
    /// Its name, by which it is asked for as a file.
    name: &'static str,
    title: String,
    /// What is to be seen in it.
    describes: String,
    /// SVG whose colours are the CSS variables `--chart-…` of the page it stands in.
    svg: String,
}

impl<'a> ShownReport<'a> {
    /// Shows a report in a language.
    pub fn new<R: Report>(report: &'a R, language: Language) -> Self {
        let say = |text: &str| said(language, text);
        let tables = report.sheets().into_iter().map(|sheet| sheet.said(language)).map(|sheet| ShownTable {
            rows: sheet.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
            name: sheet.name,
            title: sheet.title,
            columns: sheet.columns,
        });
        let charts = report.pictures().into_iter().filter(|(_, picture)| picture.has_something());
        let charts = charts.map(|(name, picture)| ShownChart {
            name,
            svg: picture.svg(&say),
            title: say(&picture.title),
            describes: say(&picture.describes),
        });
        Self {
            head: report.head().said(language),
            says: report.says().iter().map(|says| spoken(language, says)).collect(),
            tables: tables.collect(),
            charts: charts.collect(),
        }
    }
}

fn cell(cell: &Cell) -> ShownCell {
    let kind = match cell {
        Cell::None => "none",
        Cell::Text(_) => "text",
        Cell::Count(_) => "count",
        Cell::Share(_) => "share",
        Cell::Figure(_) => "figure",
        Cell::At(_) => "instant",
        Cell::Series(_) => "series",
    };
    let value = match cell {
        // Only a spreadsheet has to be told that a text is one.
        Cell::Text(text) => text.clone(),
        other => other.plain(),
    };
    ShownCell { kind, value }
}
