//! `POST /v1/quotes`: decides, and writes nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, QuoteError, Quoted};
use crate::engine::{Language, PriceError};
use crate::http::answer::{Answer, Problems, json};
use crate::http::body::{Body, language};
use crate::http::problem::Problem;
use crate::http::wire::{Decided, QuoteIn, Shown, decided};
use crate::time::Instant;

/// A quote: a decision, with the sealed terms at which a purchase can be committed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quote)]
pub struct QuoteOut<'a> {
    /// The sealed terms; opaque.
    quote: &'a str,
    /// Until when they are honoured.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Shown<Instant>,
    #[serde(flatten)]
    decided: Decided<'a>,
}

impl<'a> QuoteOut<'a> {
    /// Presents a quote.
    pub fn new(quoted: &'a Quoted) -> Self {
        let lines = quoted.basket.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
        let bundle = &quoted.active.bundle;
        let mut decided = decided(bundle, quoted.customer.as_deref(), lines, &quoted.decision);
        decided.points.because = quoted.points_short.iter().map(ToString::to_string).collect();
        Self { quote: &quoted.token, expires_at: Shown(quoted.expires_at), decided }
    }

    /// The same with its reasons in another language.
    pub fn in_language(self, language: Language) -> Self {
        Self { decided: self.decided.in_language(language), ..self }
    }
}

/// Decides on a basket: what is granted, why, why not, and what is missing to the next step. Writes nothing.
#[utoipa::path(post, path = "/v1/quotes", tag = "checkout", request_body = QuoteIn,
    params(("Accept-Language" = Option<String>, Header, description = "`de` puts reasons into German; English where it is absent")),
    responses((status = 200, description = "the quote", body = QuoteOut), Problems))]
pub async fn create_quote(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Answer {
    let asked: QuoteIn<'_> = body.read()?;
    let (customer, at, basket) = asked.read()?;
    let quoted = app.quote(customer, at, basket)?;
    json(StatusCode::OK, &QuoteOut::new(&quoted).in_language(language(&headers).unwrap_or_default()))
}

impl From<PriceError> for Problem {
    fn from(error: PriceError) -> Self {
        let pointer = match error {
            PriceError::Empty | PriceError::TooManyLines => "/lines".to_owned(),
            PriceError::OutOfRange(line) => format!("/lines/{line}"),
        };
        Self::invalid_at(pointer, error.to_string())
    }
}

impl From<QuoteError> for Problem {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Price(error) => error.into(),
            QuoteError::Failed(failure) => failure.into(),
        }
    }
}
