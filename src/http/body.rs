//! Reading what a request brings: bodies, path segments, query parameters, headers; whatever is wrong is a problem.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::Segment;

use super::problem::{Invalid, Problem};
use crate::engine::Language;
use crate::http::wire::Object;
use crate::id::check_id;
use crate::store::{Cursor, Listing};

/// The largest JSON body.
pub const MAX_BODY: usize = 2 * 1024 * 1024;
/// How long a JSON body, or the next piece of a longer one, may take to come in.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body, not yet read.
pub struct Body(Bytes);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media-type",
                "the media type is not supported",
                "send `content-type: application/json`",
            ));
        }
        let collected = tokio::time::timeout(PATIENCE, Limited::new(request.into_body(), MAX_BODY).collect()).await;
        match collected {
            Ok(Ok(body)) => Ok(Self(body.to_bytes())),
            Ok(Err(error)) if error.downcast_ref::<LengthLimitError>().is_some() => Err(too_large(MAX_BODY)),
            Ok(Err(_)) => Err(Problem::unreadable("the body broke off")),
            Err(_) => Err(too_slow()),
        }
    }
}

/// 413.
pub fn too_large(limit: usize) -> Problem {
    let detail = format!("the body is larger than {limit} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large", detail)
}

/// 408.
pub fn too_slow() -> Problem {
    let detail = format!("the body took longer than {} seconds to come in", PATIENCE.as_secs());
    Problem::new(StatusCode::REQUEST_TIMEOUT, "too-slow", "the request took too long", detail)
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else { return true };
    let essence = kind.to_str().unwrap_or("").split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/json") || essence.to_ascii_lowercase().ends_with("+json")
}

impl Body {
    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads the body as JSON.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Problem> {
        serde_json::from_slice::<Object<T>>(&self.0).map(|object| object.0).map_err(|error| match error.classify() {
            Category::Data => self.invalid::<T>(),
            Category::Syntax | Category::Eof | Category::Io => {
                Problem::unreadable(format!("the body is not JSON: {error}"))
            }
        })
    }

    /// Reads once more, slower, to learn where the mistake is.
    fn invalid<'a, T: Deserialize<'a>>(&'a self) -> Problem {
        let mut deserializer = serde_json::Deserializer::from_slice(&self.0);
        match serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer) {
            Ok(_) => Problem::unreadable("the body is not JSON: text after its end"),
            Err(error) => {
                let pointer = error.path().iter().filter_map(pointer_segment).collect();
                let detail = error.inner().to_string();
                // The place in the text is of no use beside the pointer.
                let detail = detail.split(" at line ").next().unwrap_or(&detail).to_owned();
                Problem::invalid(vec![Invalid { pointer, detail }])
            }
        }
    }
}

fn pointer_segment(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// What stands in the path in place of its parameters.
pub struct PathParts<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParts<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(parts_read) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::unreadable("the path cannot be read"))?;
        Ok(Self(parts_read))
    }
}

/// An identifier in the path.
pub struct Id(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let PathParts(id) = PathParts::<String>::from_request_parts(parts, state).await?;
        match check_id(&id) {
            Ok(()) => Ok(Self(id)),
            Err(error) => Err(Problem::invalid_at("/id", format!("the id {error}"))),
        }
    }
}

/// Identifiers in the path, in its order.
pub struct Ids<const N: usize>(pub [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for Ids<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let unreadable = || Problem::unreadable("the path cannot be read");
        let Path(named) =
            Path::<Vec<(String, String)>>::from_request_parts(parts, state).await.map_err(|_| unreadable())?;
        for (name, id) in &named {
            check_id(id).map_err(|error| Problem::invalid_at(format!("/{name}"), format!("the id {error}")))?;
        }
        let ids: Vec<String> = named.into_iter().map(|(_, id)| id).collect();
        ids.try_into().map(Self).map_err(|_| unreadable())
    }
}

/// Query parameters; unknown ones are a problem.
pub struct Params<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(params) = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::unreadable(error.body_text()))?;
        Ok(Self(params))
    }
}

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The most items, 1 to 1000; 100 where it is absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub cursor: Option<String>,
}

impl Paging {
    /// The listing it asks for.
    pub fn listing(&self) -> Result<Listing, Problem> {
        let limit = self.limit.unwrap_or(100);
        if !(1..=1_000).contains(&limit) {
            return Err(Problem::invalid_at("/limit", "must be between 1 and 1000"));
        }
        let read = |text: &String| Cursor::parse(text).ok_or_else(|| Problem::unreadable("the cursor cannot be read"));
        Ok(Listing { after: self.cursor.as_ref().map(read).transpose()?, limit, ..Listing::default() })
    }
}

/// The language that a request wants reasons in (`Accept-Language`, RFC 9110, 12.5.4): of those that there are, the one with
/// the highest weight, the earlier of equal ones.
pub fn language(headers: &HeaderMap) -> Option<Language> {
    let ranges = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(u32, Language)> = None;
    for range in ranges.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let language = match parts.next().and_then(|tag| tag.split('-').next()) {
            Some(tag) if tag.eq_ignore_ascii_case("en") => Language::English,
            Some(tag) if tag.eq_ignore_ascii_case("de") => Language::German,
            _ => continue,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1_000, thousandths);
        if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
            best = Some((weight, language));
        }
    }
    best.map(|(_, language)| language)
}

/// A weight from 0 to 1 with up to three decimals.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let decimals = format!("{decimals:0<3}").get(..3).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
    if whole == "0" { decimals } else { 1_000 }
}

/// The `Idempotency-Key` of a request.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().map_err(|_| Problem::unreadable("the idempotency key is not plain text"))?;
    match check_id(key) {
        Ok(()) => Ok(Some(key.to_owned())),
        Err(error) => Err(Problem::unreadable(format!("the idempotency key {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_counts() {
        let check = |ranges: &str, expect| {
            let headers = [(header::ACCEPT_LANGUAGE, ranges.parse().expect("a header"))].into_iter().collect();
            assert_eq!(language(&headers), expect, "{ranges}");
        };
        check("de-DE,de;q=0.9,en;q=0.8", Some(Language::German));
        check("fr, en-GB;q=0.5, de;q=0.4", Some(Language::English));
        check("en;q=0.1, de;q=0.25", Some(Language::German));
        check("en;q=0, de;q=0.001", Some(Language::German));
        check("fr", None);
        check("", None);
    }
}
