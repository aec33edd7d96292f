//! `/customers`: finding somebody.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Listed, Page, html};
use crate::console::visitor::Visitor;

/// What is looked for.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    search: String,
    #[serde(default)]
    cursor: String,
}

#[derive(Deserialize)]
struct Card {
    id: String,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    birthday: Option<String>,
    updated_at: Option<String>,
}

#[derive(Template)]
#[template(path = "customers.html", config = "src/console/askama.toml")]
struct Customers {
    p: Page,
    search: String,
    cursor: String,
    cards: Listed<Card>,
}

/// The page.
pub async fn read(visitor: Visitor, Query(asked): Query<Search>) -> Answer {
    let search = asked.search.trim().to_owned();
    let mut call = "/v1/customers?limit=50".to_owned();
    for (name, value) in [("search", &search), ("cursor", &asked.cursor)] {
        if !value.is_empty() {
            call = format!("{call}&{name}={}", encoded(value));
        }
    }
    let cards: Listed<Card> = visitor.get(&call).await?;
    // Who bought but has no card is in no list, and known by the whole id.
    if cards.items.is_empty() && !search.is_empty() {
        let card = format!("/customers/{}", encoded(&search));
        if visitor.get::<Card>(&format!("/v1{card}")).await.is_ok() {
            return Ok(Redirect::to(&card).into_response());
        }
    }
    let p = Page::new(&visitor, Desk::Customers, visitor.words().customers.title);
    html(StatusCode::OK, &Customers { p, search, cursor: asked.cursor, cards })
}
