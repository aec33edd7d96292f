//! What goes wrong, as RFC 9457 `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A problem. `type` is a URN that names the kind; `title` its sentence; `detail` this occurrence.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// `urn:treue:problem:` and the kind of problem.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened.
    pub detail: String,
    /// Mistakes in the body, by JSON pointer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Invalid>,
    /// A fresh quote, where an old one no longer fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub quote: Option<Value>,
    /// Findings about a bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub diagnostics: Option<Value>,
    /// Seconds after which to try again.
    #[serde(skip)]
    pub retry_after: Option<u32>,
    /// What broke: for the log, never for the caller.
    #[serde(skip)]
    pub cause: Option<String>,
}

/// What a problem leaves with its answer for the log.
#[derive(Debug, Clone)]
pub struct Told {
    /// The kind of problem, without `urn:treue:problem:`.
    pub kind: String,
    /// What broke, where the machine did.
    pub cause: Option<String>,
}

const URN: &str = "urn:treue:problem:";

/// A mistake in a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Invalid {
    /// JSON pointer (RFC 6901) of the offending value.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, kind: &str, title: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("{URN}{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
            quote: None,
            diagnostics: None,
            retry_after: None,
            cause: None,
        }
    }

    /// The same, with what the log says of it.
    pub fn because(self, cause: impl ToString) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// 400: the body is not JSON, or a parameter cannot be read.
    pub fn unreadable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable", "the request cannot be read", detail)
    }

    /// 422: understood, and wrong.
    pub fn invalid(errors: Vec<Invalid>) -> Self {
        let detail = match errors.as_slice() {
            [one] => format!("{}: {}", one.pointer, one.detail),
            many => format!("{} values are invalid", many.len()),
        };
        Self { errors, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "the request is invalid", detail) }
    }

    /// 422 about one value.
    pub fn invalid_at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::invalid(vec![Invalid { pointer: pointer.into(), detail: detail.into() }])
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "the key does not allow this", detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing", detail)
    }

    /// 409.
    pub fn conflict(kind: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, kind, "the request conflicts with what is stored", detail)
    }

    /// 503: the machine cannot, now.
    pub fn unavailable() -> Self {
        let detail = "the store cannot do that now; the same request with the same id can be sent again";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the service is unavailable", detail);
        Self { retry_after: Some(1), ..problem }
    }

    /// 500, which says nothing more.
    pub fn internal() -> Self {
        let detail = "the failure was logged under the request's id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something broke", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        let kind = self.kind.strip_prefix(URN).unwrap_or(&self.kind).to_owned();
        response.extensions_mut().insert(Told { kind, cause: self.cause });
        response
    }
}
