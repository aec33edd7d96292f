//! What every report is answered with: JSON, a table as CSV, or a picture as SVG.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::{Parameter as Documented, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{ContentBuilder, ObjectBuilder, OpenApi, Ref, RefOr};

use super::shown::ShownReport;
use crate::analytics::report::{Parameter, Report, said};
use crate::analytics::value::ClvReport;
use crate::analytics::{
    AbcReport, BudgetReport, CohortReport, DiscountReport, ExperimentReport, NextReport, PointsReport, RfmReport,
    SegmentReport,
};
use crate::app::{App, Asked, ReportError};
use crate::engine::Language;
use crate::http::answer::{Answer, json};
use crate::http::blocking;
use crate::http::body::language;
use crate::http::problem::Problem;

/// Each report with what may be asked of it.
const REPORTS: &[(&str, &[Parameter])] = &[
    (AbcReport::NAME, AbcReport::TAKES),
    (BudgetReport::NAME, BudgetReport::TAKES),
    (ClvReport::NAME, ClvReport::TAKES),
    (CohortReport::NAME, CohortReport::TAKES),
    (RfmReport::NAME, RfmReport::TAKES),
    (SegmentReport::NAME, SegmentReport::TAKES),
    (DiscountReport::NAME, DiscountReport::TAKES),
    (ExperimentReport::NAME, ExperimentReport::TAKES),
    (NextReport::NAME, NextReport::TAKES),
    (PointsReport::NAME, PointsReport::TAKES),
];

const TABLE: Parameter = Parameter { name: "table", says: "A table of the report, by its name: answered as CSV." };
const CHART: Parameter = Parameter { name: "chart", says: "A picture of the report, by its name: answered as SVG." };

/// The media type of a report as it is shown to people.
const SHOWN: &str = "application/vnd.treue.shown+json";

/// A query: names and values, as they came.
pub type Query = Vec<(String, String)>;

/// Makes a report and answers with what is wanted of it.
pub async fn show<R: Report + Send + 'static>(
    app: Arc<App>,
    query: Query,
    headers: HeaderMap,
    make: impl FnOnce(&App, Asked) -> Result<R, ReportError> + Send + 'static,
) -> Answer {
    let (shown, given) = Shown::split(query);
    let report = blocking(move || make(&app, Asked::read::<R>(&app, given)?)).await??;
    present(&report, &shown, &headers)
}

/// What is wanted of a report besides its content.
#[derive(Debug, Default)]
pub struct Shown {
    chart: Option<String>,
    table: Option<String>,
}

impl Shown {
    /// Takes what is meant for it out of a query.
    pub fn split(query: Query) -> (Self, Query) {
        let (mut shown, mut rest) = (Self::default(), Query::new());
        for (name, value) in query {
            match name.as_str() {
                "chart" => shown.chart = Some(value),
                "table" => shown.table = Some(value),
                _ => rest.push((name, value)),
            }
        }
        (shown, rest)
    }

    /// Whether anything but the content as JSON is wanted.
    pub fn is_wanted(&self, headers: &HeaderMap) -> bool {
        let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
        let kinds = [SHOWN, "text/csv", "image/svg+xml"];
        self.chart.is_some() || self.table.is_some() || kinds.iter().any(|kind| accept.contains(kind))
    }
}

/// Answers with what is wanted of a report.
pub fn present<R: Report>(report: &R, Shown { chart, table }: &Shown, headers: &HeaderMap) -> Answer {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or("");
    let language = language(headers).unwrap_or_default();
    if chart.is_some() || accept.contains("image/svg+xml") {
        return picture(report, chart.as_deref(), language);
    }
    if table.is_some() || accept.contains("text/csv") {
        return csv(report, table.as_deref());
    }
    if accept.contains(SHOWN) {
        let mut response = json(StatusCode::OK, &ShownReport::new(report, language))?;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(SHOWN));
        return Ok(response);
    }
    json(StatusCode::OK, report)
}

/// The reports that there are, with what may be asked of each.
pub(super) fn known() -> impl Iterator<Item = (&'static str, &'static [Parameter])> {
    REPORTS.iter().copied()
}

fn csv<R: Report>(report: &R, table: Option<&str>) -> Answer {
    let sheets = report.sheets();
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.name).collect();
    let sheet = &sheets[wanted(TABLE.name, table, &names)?];
    let bytes = sheet.csv().map_err(|error| {
        tracing::error!(%error, "a report could not be written");
        Problem::internal()
    })?;
    Ok(with_kind(bytes, "text/csv; charset=utf-8"))
}

fn picture<R: Report>(report: &R, chart: Option<&str>, language: Language) -> Answer {
    let pictures = report.pictures();
    let names: Vec<&str> = pictures.iter().map(|(name, _)| *name).collect();
    let (_, picture) = &pictures[wanted(CHART.name, chart, &names)?];
    Ok(with_kind(picture.svg_file(&|text| said(language, text)).into_bytes(), "image/svg+xml"))
}

/// The place of a name; the first where none is given.
fn wanted(parameter: &str, name: Option<&str>, known: &[&str]) -> Result<usize, Problem> {
    let found = name.map_or((!known.is_empty()).then_some(0), |name| known.iter().position(|known| *known == name));
    found.ok_or_else(|| {
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Problem::invalid_at(format!("/{parameter}"), format!("this report has these: {known}"))
    })
}

fn with_kind(bytes: Vec<u8>, kind: &'static str) -> Response {
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Unknown(detail) => Self::unreadable(detail),
            ReportError::Invalid { name, why } => Self::invalid_at(format!("/{name}"), why),
            ReportError::Failed(failure) => failure.into(),
        }
    }
}

/// Writes into the OpenAPI document what each report takes.
pub fn document(document: &mut OpenApi) {
    for (name, takes) in REPORTS {
        let path = document.paths.paths.get_mut(&format!("/v1/reports/{name}"));
        if let Some(operation) = path.and_then(|item| item.get.as_mut()) {
            let all = takes.iter().chain([&TABLE, &CHART]).map(documented);
            operation.parameters.get_or_insert_default().extend(all);
            if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") {
                let shown = ContentBuilder::new().schema(Some(Ref::from_schema_name("ShownReport"))).build();
                answer.content.insert(SHOWN.to_owned(), RefOr::T(shown));
            }
        }
    }
}

fn documented(parameter: &Parameter) -> RefOr<Documented> {
    let schema = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
    let built = ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(ParameterIn::Query)
        .description(Some(parameter.says))
        .schema(Some(schema));
    RefOr::T(built.build())
}
