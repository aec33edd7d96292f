//! Asking the HTTP interface, within the process and with the visitor's key.

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

use super::trouble::Trouble;
use super::visitor::{Visitor, code_of};

impl Visitor {
    /// What a call answers.
    pub async fn get<T: DeserializeOwned>(&self, call: &str) -> Result<T, Trouble> {
        read(&self.ask(Method::GET, call, None, &[]).await?)
    }

    /// What a call answers in one of its media types.
    pub async fn get_as<T: DeserializeOwned>(&self, call: &str, kind: &str) -> Result<T, Trouble> {
        read(&self.ask(Method::GET, call, None, &[("accept", kind.to_owned())]).await?)
    }

    /// A text that a call answers.
    pub async fn get_text(&self, call: &str) -> Result<String, Trouble> {
        let bytes = self.ask(Method::GET, call, None, &[]).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// What a call with a body answers.
    pub async fn post<T: DeserializeOwned>(&self, call: &str, body: &impl Serialize) -> Result<T, Trouble> {
        self.post_with(call, body, &[]).await
    }

    /// The same with headers.
    pub async fn post_with<T: DeserializeOwned>(
        &self,
        call: &str,
        body: &impl Serialize,
        headers: &[(&'static str, String)],
    ) -> Result<T, Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| broken("a question", &error))?;
        read(&self.ask(Method::POST, call, Some(body), headers).await?)
    }

    /// Makes a call that puts something in its place.
    pub async fn put(&self, call: &str, body: &impl Serialize) -> Result<(), Trouble> {
        let body = serde_json::to_vec(body).map_err(|error| broken("a question", &error))?;
        self.ask(Method::PUT, call, Some(body), &[]).await.map(drop)
    }

    /// Makes a call that takes something away.
    pub async fn delete(&self, call: &str) -> Result<(), Trouble> {
        self.ask(Method::DELETE, call, None, &[]).await.map(drop)
    }

    /// Makes a call; an answer that is a problem is trouble.
    async fn ask(
        &self,
        method: Method,
        call: &str,
        body: Option<Vec<u8>>,
        headers: &[(&'static str, String)],
    ) -> Result<Bytes, Trouble> {
        let mut request = Request::builder().method(method).uri(call);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if body.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from));
        let response = self.send(request.map_err(|error| broken("a question", &error))?).await?;
        let status = response.status();
        let bytes = response.into_body().collect().await.map_err(|error| broken("an answer", &error))?.to_bytes();
        if status.is_success() { Ok(bytes) } else { Err(Trouble::read(status, &bytes)) }
    }

    /// Sends a request to the interface with the visitor's key.
    pub async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Trouble> {
        request.headers_mut().remove(header::COOKIE);
        request.headers_mut().remove(header::AUTHORIZATION);
        // Reasons come in the language of the page.
        let language = HeaderValue::from_static(code_of(self.language));
        request.headers_mut().insert(header::ACCEPT_LANGUAGE, language);
        if let Some(key) = &self.key
            && let Ok(value) = HeaderValue::from_str(&format!("Bearer {key}"))
        {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        Ok(self.console.calls.clone().oneshot(request).await.unwrap_or_else(|never| match never {}))
    }
}

fn read<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Trouble> {
    serde_json::from_slice(bytes).map_err(|error| broken("an answer", &error))
}

fn broken(what: &str, error: &dyn std::error::Error) -> Trouble {
    tracing::error!(%error, "{what} of the console could not be read");
    Trouble::internal()
}

/// A text as one segment of a path, or as a value of a query.
pub fn encoded(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    // A browser takes these for the folder itself and the one above it, however they are written.
    if out.bytes().all(|byte| byte == b'.') { out.replace('.', "%2E") } else { out }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_into_a_path_stays_one_segment() {
        assert_eq!(encoded("c-17"), "c-17");
        assert_eq!(encoded("a b/c?d#é"), "a%20b%2Fc%3Fd%23%C3%A9");
        assert_eq!(encoded(".."), "%2E%2E");
    }
}
