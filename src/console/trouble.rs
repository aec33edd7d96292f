//! When the HTTP interface says no: its problem, put on a page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::page::{Desk, Page};
use super::policies::texts::Finding;
use super::visitor::Visitor;
use crate::http::problem::Problem;

/// Why a page cannot be shown, or a form not be taken.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Trouble {
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    #[serde(default)]
    pub detail: String,
    /// Mistakes in what was sent.
    #[serde(default)]
    pub errors: Vec<Invalid>,
    /// Findings about a bundle or a scenario.
    #[serde(default)]
    pub diagnostics: Vec<Finding>,
}

/// A mistake in what was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Invalid {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub detail: String,
}

#[derive(Template)]
#[template(path = "trouble.html", config = "src/console/askama.toml")]
struct TroublePage<'a> {
    p: Page,
    trouble: &'a Trouble,
}

impl Trouble {
    /// Trouble with a reason in words.
    pub fn new(status: StatusCode, detail: &str) -> Self {
        Self { status: status.as_u16(), detail: detail.to_owned(), ..Self::default() }
    }

    /// Something broke, and the log says what.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "")
    }

    /// Reads a problem of the interface.
    pub fn read(status: StatusCode, problem: &[u8]) -> Self {
        serde_json::from_slice(problem).unwrap_or_else(|_| Self::new(status, ""))
    }

    /// The status, whatever it was read from.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether it is of this status.
    pub fn is(&self, status: StatusCode) -> bool {
        self.status == status.as_u16()
    }

    /// As a page in the visitor's language.
    pub fn page(self, visitor: &Visitor) -> Response {
        let status = self.status();
        let words = &visitor.words().trouble;
        let title = match status {
            StatusCode::NOT_FOUND => words.not_found,
            StatusCode::FORBIDDEN => words.forbidden,
            StatusCode::UNAUTHORIZED => words.needs_key,
            _ if status.is_server_error() => words.broke,
            _ => words.refused,
        };
        let p = Page::new(visitor, Desk::None, title);
        super::page::html(status, &TroublePage { p, trouble: &self })
            .unwrap_or_else(|_| Problem::internal().into_response())
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self { status: problem.status, detail: problem.detail, ..Self::default() }
    }
}

impl IntoResponse for Trouble {
    /// What goes around every page makes a page of it.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}
