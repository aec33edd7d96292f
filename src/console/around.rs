//! Around every page: who visits, that forms come from our own pages, and what every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::ask::encoded;
use super::trouble::Trouble;
use super::visitor::{Console, Visitor};
use crate::http::origin;

/// Nothing but what this server sends runs or is shown; `script` is what else may run.
pub fn content_policy(script: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'{script}; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Lets a visitor in, or to the door; puts what went wrong on a page of its own.
pub async fn around(State(console): State<Console>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::of(&console, &parts);
    let open = ["/console/login", "/console/settings", "/console/assets/", "/console/editor/"];
    let path = parts.uri.path();
    let known = origin::check(&parts.method, &parts.uri, &parts.headers, !console.app.has_keys());
    let answered = if parts.method != Method::GET && parts.method != Method::HEAD && !from_here(&parts.headers) {
        Trouble::new(StatusCode::FORBIDDEN, visitor.words().trouble.foreign_form).into_response()
    } else if let Err(problem) = known {
        Trouble::from(problem).into_response()
    } else if visitor.actor.is_none() && !open.iter().any(|open| path.starts_with(open)) {
        if path.starts_with("/console/api/") {
            Trouble::new(StatusCode::UNAUTHORIZED, visitor.words().trouble.needs_key).into_response()
        } else {
            let back = if parts.method == Method::GET { visitor.here.as_str() } else { "/" };
            Redirect::to(&format!("/console/login?back={}", encoded(back))).into_response()
        }
    } else {
        parts.extensions.insert(visitor.clone());
        next.run(Request::from_parts(parts, body)).await
    };
    let mut response = match answered.extensions().get::<Trouble>() {
        Some(trouble) => trouble.clone().page(&visitor),
        None => answered,
    };
    guard(response.headers_mut());
    response
}

fn guard(headers: &mut HeaderMap) {
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(value) = HeaderValue::from_str(&content_policy(""))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    // Customers' data is for whoever holds the key, not for the browser's disk.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// Whether a request that may change something was sent by a page of this very server.
fn from_here(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin",
        // Browsers without that header name the page's origin with every form.
        None => {
            let origin = text(header::ORIGIN).and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
            origin.is_some() && origin == text(header::HOST)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_pages_are_refused() {
        let check = |given: &[(&'static str, &'static str)], expect: bool| {
            let headers =
                given.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            assert_eq!(from_here(&headers.collect()), expect, "{given:?}");
        };
        check(&[("sec-fetch-site", "same-origin")], true);
        check(&[("sec-fetch-site", "cross-site")], false);
        check(&[("sec-fetch-site", "same-site"), ("origin", "http://h:1"), ("host", "h:1")], false);
        check(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true);
        check(&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")], false);
        check(&[("origin", "null"), ("host", "127.0.0.1:8080")], false);
        check(&[("host", "127.0.0.1:8080")], false);
        check(&[], false);
    }
}
