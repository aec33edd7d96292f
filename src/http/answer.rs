//! Answers that are no problem.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::Problem;
use crate::store::{Failure, Page};

/// What a handler returns.
pub type Answer = Result<Response, Problem>;

/// A JSON answer.
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    // Capacity for a usual answer, so that it grows once at most.
    let mut bytes = Vec::with_capacity(4096);
    serde_json::to_writer(&mut bytes, body).map_err(|error| Problem::internal().because(error))?;
    let mut response = (status, bytes).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    /// Its items.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last.
    pub next: Option<String>,
}

impl<T> Listed<T> {
    /// Presents a page.
    pub fn new<U>(page: Page<U>, present: impl FnMut(U) -> T) -> Self {
        let next = page.next.map(|next| next.to_string());
        Self { items: page.items.into_iter().map(present).collect(), next }
    }
}

/// The machine broke: answered without detail, and logged once, with the request.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        let problem = match failure {
            Failure::Storage(_) | Failure::Closed => Self::unavailable(),
            Failure::Damaged { .. } | Failure::Panicked(_) => Self::internal(),
        };
        problem.because(failure)
    }
}

/// Problems that any call may answer with, for the OpenAPI document.
pub struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::response::Response>> {
        use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
        const KINDS: [(&str, &str); 15] = [
            ("400", "unreadable"),
            ("401", "a key is needed"),
            ("403", "the key's role does not allow this, or a page of another site made a browser send it"),
            ("404", "there is no such thing"),
            ("405", "the method is not allowed here"),
            ("408", "the body came in too slowly"),
            ("409", "conflicts with what is stored"),
            ("412", "`If-Match` is stale"),
            ("413", "the body is too large"),
            ("415", "the media type is not supported"),
            ("421", "without keys: for another host than this machine's own"),
            ("422", "understood, and invalid"),
            ("429", "the key is used too often"),
            ("500", "something broke"),
            ("503", "cannot write now, or shutting down"),
        ];
        let response = |text: &str| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            RefOr::T(ResponseBuilder::new().description(text).content("application/problem+json", content).build())
        };
        KINDS.iter().map(|(status, text)| ((*status).to_owned(), response(text))).collect()
    }
}
