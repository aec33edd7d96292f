//! What all pages share: their frame, and how a template becomes an answer.

use std::fmt::Display;

use askama::Template;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::ask::encoded;
use super::show::Show;
use super::trouble::Trouble;
use super::visitor::{Theme, Visitor, code_of};
use super::words::{Words, filled};
use crate::analytics::report::{said, spoken};
use crate::app::Actor;

/// What a handler returns.
pub type Answer = Result<Response, Trouble>;

/// A desk: where the navigation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Desk {
    None,
    Overview,
    Policies,
    Customers,
    Try,
    Simulations,
    Reports,
}

/// The frame of a page; templates know it as `p`.
pub struct Page {
    visitor: Visitor,
    pub w: &'static Words,
    pub title: String,
    pub desk: Desk,
    /// Writes money, numbers and times.
    pub show: Show,
}

/// An entry of the navigation.
pub struct Place {
    pub path: &'static str,
    pub word: &'static str,
    pub here: bool,
    /// The drawing of its icon, as the `d` of an SVG path on 20 × 20.
    pub icon: &'static str,
}

impl Page {
    /// The frame of a page with this title.
    pub fn new(visitor: &Visitor, desk: Desk, title: impl Into<String>) -> Self {
        let active = visitor.console.app.active();
        let show = Show { language: visitor.language, currency: active.bundle.currency, zone: active.bundle.zone };
        Self { visitor: visitor.clone(), w: visitor.words(), title: title.into(), desk, show }
    }

    /// The language's code.
    pub fn lang(&self) -> &'static str {
        code_of(self.visitor.language)
    }

    /// Whether the page is in this language.
    pub fn is(&self, language: &str) -> bool {
        code_of(self.visitor.language) == language
    }

    /// The theme's name.
    pub fn theme(&self) -> &'static str {
        self.visitor.theme.name()
    }

    /// The theme that the switch leads to.
    pub fn next_theme(&self) -> &'static str {
        match self.visitor.theme {
            Theme::Auto => Theme::Light.name(),
            Theme::Light => Theme::Dark.name(),
            Theme::Dark => Theme::Auto.name(),
        }
    }

    /// Path and query of this page.
    pub fn here(&self) -> &str {
        &self.visitor.here
    }

    /// The name of the key that the visitor signed in with.
    pub fn key(&self) -> Option<&str> {
        match &self.visitor.actor {
            Some(Actor::Key(key)) => Some(&key.name),
            _ => None,
        }
    }

    /// The first digits of a revision, enough to tell two apart.
    pub fn short(&self, revision: &str) -> String {
        revision.chars().take(8).collect()
    }

    /// A text as a part of an address.
    pub fn url(&self, text: &str) -> String {
        encoded(text)
    }

    /// What the interface says in English, in the page's language where it is known there.
    pub fn said(&self, text: &str) -> String {
        said(self.visitor.language, text)
    }

    /// A sentence of a report, with its numbers as people read them.
    pub fn spoken(&self, text: &str) -> String {
        spoken(self.visitor.language, text)
    }

    /// Whether a decimal is zero.
    pub fn zero(&self, number: &str) -> bool {
        !number.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
    }

    /// Whether there is a decimal, and it is below zero.
    pub fn negative(&self, number: &Option<String>) -> bool {
        number.as_deref().is_some_and(|number| number.starts_with('-'))
    }

    /// A sentence with one gap.
    pub fn fill1(&self, sentence: &str, value: impl Display) -> String {
        filled(sentence, &[&value.to_string()])
    }

    /// A sentence with two gaps.
    pub fn fill2(&self, sentence: &str, one: impl Display, two: impl Display) -> String {
        filled(sentence, &[&one.to_string(), &two.to_string()])
    }

    /// A sentence with three gaps.
    pub fn fill3(&self, sentence: &str, one: impl Display, two: impl Display, three: impl Display) -> String {
        filled(sentence, &[&one.to_string(), &two.to_string(), &three.to_string()])
    }

    /// A sentence with four gaps.
    pub fn fill4(
        &self,
        sentence: &str,
        one: impl Display,
        two: impl Display,
        three: impl Display,
        four: impl Display,
    ) -> String {
        filled(sentence, &[&one.to_string(), &two.to_string(), &three.to_string(), &four.to_string()])
    }

    /// Whether the visitor may make this call.
    pub fn may(&self, method: &str, call: &str) -> bool {
        Method::from_bytes(method.as_bytes()).is_ok_and(|method| self.visitor.may(&method, call))
    }

    /// The desks that the visitor's key opens.
    pub fn places(&self) -> Vec<Place> {
        let nav = &self.w.nav;
        let all = [
            (
                Desk::Overview,
                "/",
                nav.overview,
                "/v1/reports/budgets, /v1/policies, /healthz",
                "M3 3h6v6H3zM11 3h6v4h-6zM11 9h6v8h-6zM3 11h6v6H3z",
            ),
            (
                Desk::Policies,
                "/policies",
                nav.policies,
                "/v1/policies",
                "M5 2h8l3 3v13H5zM13 2v3h3M8 9h5M8 12h5M8 15h3",
            ),
            (
                Desk::Customers,
                "/customers",
                nav.customers,
                "/v1/customers",
                "M7 10a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM1 17c0-3 2.5-5 6-5s6 2 6 5zM14 9.5a2.5 2.5 0 1 0 0-5M15 12c2.400 0 4 1.600 4 4",
            ),
            (
                Desk::Try,
                "/try",
                nav.trial,
                "POST /v1/quotes, POST /v1/policies/revisions/{revision}/decisions",
                "M3 4h2l2 9h8l2-6H6M8 17a1 1 0 1 0 0-.01M14 17a1 1 0 1 0 0-.01",
            ),
            (
                Desk::Simulations,
                "/simulations",
                nav.simulations,
                "/v1/simulations",
                "M3 14c3 0 3-8 6-8s3 8 8 8M13 10l4 4-4 4",
            ),
            (Desk::Reports, "/reports", nav.reports, "/v1/reports", "M3 17h14M5 17V9h3v8M11 17V4h3v13"),
        ];
        let open = |calls: &str| {
            calls.split(", ").any(|call| match call.split_once(' ') {
                Some((method, call)) => self.may(method, call),
                None => self.may("GET", call),
            })
        };
        all.into_iter()
            .filter(|(.., call, _)| open(call))
            .map(|(desk, path, word, _, icon)| Place { path, word, here: desk == self.desk, icon })
            .collect()
    }
}

/// A page as an answer.
pub fn html(status: StatusCode, template: &impl Template) -> Answer {
    let text = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be written");
        Trouble::internal()
    })?;
    let mut response = (status, text).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(response)
}

/// A page of a list.
#[derive(Deserialize)]
pub struct Listed<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}
