//! `/reports/{name}`: a report with its filters, pictures and tables.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use super::shown::{Shown, ask};
use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

/// The reports that there are.
#[derive(Deserialize)]
pub struct Reports {
    pub reports: Vec<Known>,
}

/// A report that there is.
#[derive(Deserialize)]
pub struct Known {
    pub name: String,
    takes: Vec<Takes>,
}

#[derive(Deserialize)]
struct Takes {
    name: String,
    says: String,
}

/// A field of the form.
struct Field {
    name: String,
    says: String,
    value: String,
    /// What may be chosen; empty for anything.
    choices: Vec<String>,
}

#[derive(Template)]
#[template(path = "report.html", config = "src/console/askama.toml")]
struct ReportPage {
    p: Page,
    name: String,
    names: Vec<String>,
    fields: Vec<Field>,
    /// What was asked for, as a query.
    query: String,
    shown: Result<Shown, Trouble>,
}

impl ReportPage {
    /// What a report is called.
    fn called(&self, name: &str) -> String {
        let words = &self.p.w.reports;
        let known = match name {
            "abc" => words.abc,
            "budgets" => words.budgets,
            "rfm" => words.rfm,
            "cohorts" => words.cohorts,
            "segments" => words.segments,
            "discounts" => words.discounts,
            "points" => words.points,
            "clv" => words.clv,
            "experiments" => words.experiments,
            "next" => words.next,
            other => other,
        };
        known.to_owned()
    }

    /// Where the tables and pictures are asked for as files.
    fn call(&self) -> String {
        format!("/console/api/reports/{}?{}&", encoded(&self.name), self.query)
    }

    /// What a filter is called.
    fn label(&self, name: &str) -> String {
        let words = &self.p.w.reports;
        let known = match name {
            "as_of" => words.as_of,
            "window" => words.window,
            "from" => words.from,
            "segment" => words.segment,
            "metric" => words.metric,
            "since" => words.since,
            "period" => words.period,
            "limit" => words.limit,
            "class" => words.class,
            "level" => words.level,
            other => other,
        };
        known.to_owned()
    }
}

/// The first report.
pub async fn first(visitor: Visitor) -> Answer {
    let known: Reports = visitor.get("/v1/reports").await?;
    let name = known.reports.first().map_or("budgets", |report| report.name.as_str());
    Ok(Redirect::to(&format!("/reports/{}", encoded(name))).into_response())
}

/// The page.
pub async fn read(visitor: Visitor, Path(name): Path<String>, Query(asked): Query<Vec<(String, String)>>) -> Answer {
    let known: Reports = visitor.get("/v1/reports").await?;
    let names: Vec<String> = known.reports.iter().map(|report| report.name.clone()).collect();
    let takes = known.reports.into_iter().find(|report| report.name == name).map(|report| report.takes);
    let Some(takes) = takes else { return Err(Trouble::new(StatusCode::NOT_FOUND, visitor.words().trouble.not_found)) };
    let bundle = &visitor.console.app.active().bundle;
    let fields: Vec<Field> = takes
        .into_iter()
        .map(|taken| {
            let choices = match taken.name.as_str() {
                "segment" => bundle.segments.iter().map(|segment| segment.name.to_string()).collect(),
                "metric" => bundle.metrics.iter().map(|metric| metric.name.to_string()).collect(),
                "period" => crate::time::Period::ALL.iter().map(|period| period.name().to_owned()).collect(),
                _ => Vec::new(),
            };
            let value = asked.iter().find(|(name, _)| *name == taken.name).map(|(_, value)| value.trim().to_owned());
            Field { name: taken.name, says: taken.says, value: value.unwrap_or_default(), choices }
        })
        .collect();
    let stated = fields.iter().filter(|field| !field.value.is_empty());
    let query =
        stated.map(|field| format!("{}={}", encoded(&field.name), encoded(&field.value))).collect::<Vec<_>>().join("&");
    let shown = ask(&visitor, &format!("/v1/reports/{}?{query}", encoded(&name))).await;
    let status = shown.as_ref().map_or_else(Trouble::status, |_| StatusCode::OK);
    let p = Page::new(&visitor, Desk::Reports, "");
    let mut page = ReportPage { p, name, names, fields, query, shown };
    page.p.title = page.called(&page.name);
    html(status, &page)
}
