//! Signing in with a key, out again, and how the console is shown.

use askama::Template;
use axum::Form;
use axum::extract::Query;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::{Answer, Desk, Page, html};
use super::visitor::{KEY_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, Theme, Visitor, code_of, language_of};

/// How long a browser stays signed in, in seconds: a working day.
const SIGNED_IN: u32 = 12 * 60 * 60;
/// How long it remembers language and theme.
const REMEMBERED: u32 = 365 * 24 * 60 * 60;

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct Back {
    #[serde(default)]
    back: String,
}

/// A key, and where to go with it.
#[derive(Deserialize)]
pub struct Entering {
    key: String,
    #[serde(default)]
    back: String,
}

/// What is switched.
#[derive(Deserialize)]
pub struct Settings {
    language: Option<String>,
    theme: Option<String>,
    #[serde(default)]
    back: String,
}

#[derive(Template)]
#[template(path = "login.html", config = "src/console/askama.toml")]
struct Login {
    p: Page,
    back: String,
    refused: Option<String>,
}

/// The page that asks for a key.
pub async fn login(visitor: Visitor, Query(asked): Query<Back>) -> Answer {
    let p = Page::new(&visitor, Desk::None, visitor.words().door.title);
    html(StatusCode::OK, &Login { p, back: own(&asked.back).to_owned(), refused: None })
}

/// Keeps a key that is known in a cookie which no script can read and no other site makes the browser send.
pub async fn enter(visitor: Visitor, Form(given): Form<Entering>) -> Answer {
    let back = own(&given.back);
    match visitor.console.app.admit(Some(given.key.trim())) {
        Ok(_) => Ok(with_cookie(Redirect::to(back), &visitor, KEY_COOKIE, given.key.trim(), SIGNED_IN)),
        Err(denied) => {
            let p = Page::new(&visitor, Desk::None, visitor.words().door.title);
            let refused = Some(denied.to_string());
            html(StatusCode::UNAUTHORIZED, &Login { p, back: back.to_owned(), refused })
        }
    }
}

/// Forgets the key.
pub async fn leave(visitor: Visitor) -> Response {
    with_cookie(Redirect::to("/console/login"), &visitor, KEY_COOKIE, "", 0)
}

/// Remembers the language and the theme.
pub async fn settings(visitor: Visitor, Form(given): Form<Settings>) -> Response {
    let mut response = Redirect::to(own(&given.back)).into_response();
    if let Some(language) = given.language.as_deref().and_then(language_of) {
        response = with_cookie(response, &visitor, LANGUAGE_COOKIE, code_of(language), REMEMBERED);
    }
    if let Some(theme) = given.theme.as_deref().and_then(Theme::from_name) {
        response = with_cookie(response, &visitor, THEME_COOKIE, theme.name(), REMEMBERED);
    }
    response
}

/// A page of this server to go back to, and no other.
fn own(back: &str) -> &str {
    let within = back.starts_with('/') && !back.starts_with("//") && !back.contains(['\\', '\r', '\n', '\t']);
    if within && !back.starts_with("/console/") { back } else { "/" }
}

fn with_cookie(to: impl IntoResponse, visitor: &Visitor, name: &str, value: &str, seconds: u32) -> Response {
    let mut response = to.into_response();
    let secure = if visitor.console.secure { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_server() {
        let check = |back: &str, expect: &str| assert_eq!(own(back), expect, "{back}");
        check("/customers?search=a", "/customers?search=a");
        check("//evil.example/", "/");
        check("/\\evil.example/", "/");
        check("https://evil.example/", "/");
        check("/\t/evil.example", "/");
        check("/console/login?back=/", "/");
        check("", "/");
    }
}
