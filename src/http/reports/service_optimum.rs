//! `POST /v1/reports/service-optimum`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::show::{Query, Shown, present};
use crate::analytics::ServiceOptimum;
use crate::app::{App, OptimumError};
use crate::diagnostic::{Diagnostic, Sources};
use crate::http::answer::{Answer, Problems};
use crate::http::blocking;
use crate::http::body::{Body, Params};
use crate::http::problem::Problem;
use crate::http::wire::findings;

/// A question of a strategist.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Question)]
pub struct QuestionIn {
    /// The text of the file that asks.
    question: String,
}

/// What is wanted of the report.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "says in the OpenAPI document what the query may hold")]
pub struct ShownParams {
    /// A table of the report, by its name: answered as CSV.
    table: Option<String>,
    /// A picture of the report, by its name: answered as SVG.
    chart: Option<String>,
}

/// What is best spent on serving each class, so that customers stay and the base is worth most. A file asks, and is checked like a
/// policy; what it does not state is measured on the base.
#[utoipa::path(post, path = "/v1/reports/service-optimum", tag = "reports", params(ShownParams),
    request_body = QuestionIn,
    responses((status = 200, description = "the best spends, with what they hang on",
        content((ServiceOptimum = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))), Problems))]
pub async fn read_service_optimum(
    State(app): State<Arc<App>>,
    Params(query): Params<Query>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let (shown, rest) = Shown::split(query);
    if let Some((name, _)) = rest.first() {
        let short: String = name.chars().take(40).collect();
        return Err(Problem::unreadable(format!("the query takes `table` and `chart`, not `{short}`")));
    }
    let QuestionIn { question } = body.read()?;
    let report = blocking(move || app.service_optimum("question.yaml".to_owned(), question)).await??;
    present(&report, &shown, &headers)
}

impl From<OptimumError> for Problem {
    fn from(error: OptimumError) -> Self {
        match error {
            OptimumError::Question { sources, diagnostics } => wrong_question(&diagnostics, &sources),
            OptimumError::Refused(refusal) => Self::invalid_at("/question", refusal.to_string()),
            OptimumError::Report(error) => error.into(),
        }
    }
}

/// 422: a file that asks has mistakes.
pub fn wrong_question(diagnostics: &[Diagnostic], sources: &Sources) -> Problem {
    let detail = match diagnostics {
        [one] => one.message.clone(),
        many => format!("{} mistakes were found", many.len()),
    };
    let title = "the question has mistakes";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "question", title, detail);
    Problem { diagnostics: serde_json::to_value(findings(diagnostics, sources)).ok(), ..problem }
}
