//! Who looks at a page: with which key, in which language, in which light.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};

use super::trouble::Trouble;
use super::words::Words;
use crate::app::{Actor, App};
use crate::http::access;

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

/// A language of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
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

impl Language {
    /// By its code.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::English),
            "de" => Some(Self::German),
            _ => None,
        }
    }

    /// ISO 639.
    pub const fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The first language of the browser's list that the console speaks (RFC 9110, 12.5.4), by weight.
    fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().unwrap_or_default();
            let Some(language) = Self::from_code(tag.split('-').next().unwrap_or_default()) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1_000, thousandths);
            if weight > 0 && best.is_none_or(|(known, _)| weight > known) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// A weight from 0 to 1 with up to three decimals.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let whole: u32 = whole.parse().unwrap_or(0);
    let decimals: u32 = format!("{decimals:0<3}").get(..3).and_then(|text| text.parse().ok()).unwrap_or(0);
    (whole * 1_000 + decimals).min(1_000)
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
        let accepted = || headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok().and_then(Language::accepted);
        let language = cookie(headers, LANGUAGE_COOKIE).and_then(Language::from_code).or_else(accepted);
        let actor = console.app.admit(key.as_deref()).ok().map(|admitted| admitted.actor);
        Self(Arc::new(Inner {
            console: console.clone(),
            key,
            actor,
            language: language.unwrap_or(Language::English),
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
    fn the_browsers_language_counts() {
        let check = |header: &str, expect| assert_eq!(Language::accepted(header), expect, "{header}");
        check("de-DE,de;q=0.9,en;q=0.8", Some(Language::German));
        check("fr, en-GB;q=0.5, de;q=0.4", Some(Language::English));
        check("en;q=0.1, de;q=0.25", Some(Language::German));
        check("en;q=0, de;q=0.001", Some(Language::German));
        check("fr", None);
        check("", None);
    }

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
