//! Who looks at a page: with which key, in which language, in which light.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::trouble::Trouble;
use super::words::Words;
use crate::app::{Actor, App};
use crate::engine::Language;
use crate::http::access;
use crate::http::body::language as accepted;

/// What pages are made from.
#[derive(Clone)]
pub struct Console {
    /// For the zone and the currency that things are shown in, and for recognising keys.
    pub app: Arc<App>,
    /// The HTTP interface, asked within the process.
    pub calls: Router,
    /// Whether browsers come over TLS.
    pub secure: bool,
}

/// Who looks at a page.
#[derive(Clone)]
pub struct Visitor(Arc<Inner>);

/// What is known of a visitor.
pub struct Inner {
    pub console: Console,
    pub key: Option<String>,
    /// Absent: they have to sign in first.
    pub actor: Option<Actor>,
    pub language: Language,
    pub theme: Theme,
    /// Path and query of the page, to come back to.
    pub here: String,
}

/// Light or dark, or what the browser wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

/// Names of cookies.
pub const KEY_COOKIE: &str = "treue_key";
pub const LANGUAGE_COOKIE: &str = "treue_language";
pub const THEME_COOKIE: &str = "treue_theme";

/// A language by its code (ISO 639).
pub fn language_of(code: &str) -> Option<Language> {
    match code {
        "en" => Some(Language::English),
        "de" => Some(Language::German),
        _ => None,
    }
}

/// The code of a language.
pub const fn code_of(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::German => "de",
    }
}

impl Theme {
    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "auto" => Some(Self::Auto),
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';')).find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

impl Visitor {
    /// Reads who comes from the head of a request.
    pub fn of(console: &Console, parts: &Parts) -> Self {
        let headers = &parts.headers;
        let key = cookie(headers, KEY_COOKIE).filter(|key| !key.is_empty()).map(str::to_owned);
        let language = cookie(headers, LANGUAGE_COOKIE).and_then(language_of).or_else(|| accepted(headers));
        let actor = console.app.admit(key.as_deref()).ok().map(|admitted| admitted.actor);
        Self(Arc::new(Inner {
            console: console.clone(),
            key,
            actor,
            language: language.unwrap_or_default(),
            theme: cookie(headers, THEME_COOKIE).and_then(Theme::from_name).unwrap_or(Theme::Auto),
            here: parts.uri.path_and_query().map_or("/", |here| here.as_str()).to_owned(),
        }))
    }

    /// The words of their language.
    pub fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// Whether the HTTP interface would let them make this call.
    pub fn may(&self, method: &Method, call: &str) -> bool {
        self.actor.as_ref().is_some_and(|actor| access::allows(actor, method, call))
    }
}

impl std::ops::Deref for Visitor {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Trouble::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "xtreue_key=1; treue_key=2".parse().expect("a header"));
        headers.append(header::COOKIE, "treue_theme=dark".parse().expect("a header"));
        assert_eq!(cookie(&headers, KEY_COOKIE), Some("2"));
        assert_eq!(cookie(&headers, THEME_COOKIE), Some("dark"));
        assert_eq!(cookie(&headers, "treue"), None);
    }
}
