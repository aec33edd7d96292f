//! `/console/api/…`: what scripts and downloads of our pages ask of the interface, with the key that the browser keeps
//! out of their reach.

use axum::extract::{Path, Request};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};

use super::page::Answer;
use super::visitor::Visitor;

/// Passes a request on to `/v1/…` and its answer back.
pub async fn relay(visitor: Visitor, Path(_): Path<String>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    let asked = parts.uri.path_and_query().map_or("", |asked| asked.as_str());
    let call = format!("/v1/{}", asked.trim_start_matches("/console/api/"));
    let mut request = Request::new(body);
    *request.method_mut() = parts.method;
    *request.uri_mut() = call.parse().unwrap_or(Uri::from_static("/"));
    *request.headers_mut() = parts.headers;
    let answered: Response = visitor.send(request).await?.into_response();
    Ok(answered)
}
