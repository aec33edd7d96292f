//! The baseline of the load run: an axum handler that parses a quote's body into typed, borrowed structs and answers
//! with a body of the size that a quote has. It decides nothing and reads no store.
//!
//! `cargo run --release --example bare_handler -- BYTES` listens on a free port of the loopback interface.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program of one page that ends where something fails"
)]

use std::borrow::Cow;
use std::io::Write;

use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::{Deserialize, Serialize};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
    quantity: u64,
    #[serde(borrow)]
    unit_price: Cow<'a, str>,
    #[serde(borrow)]
    unit_cost: Option<Cow<'a, str>>,
    #[serde(borrow)]
    category: Option<Cow<'a, str>>,
    #[serde(borrow)]
    tags: Option<Vec<Cow<'a, str>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quote<'a> {
    #[serde(borrow)]
    customer: Option<Cow<'a, str>>,
    #[serde(borrow)]
    at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lines: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Answer<'a> {
    customer: Option<&'a str>,
    read: usize,
    padding: &'a str,
}

#[tokio::main]
async fn main() {
    let size: usize = std::env::args().nth(1).and_then(|size| size.parse().ok()).unwrap_or(2_000);
    let padding: &'static str = Box::leak("x".repeat(size.saturating_sub(60)).into_boxed_str());
    let router = Router::new().route("/v1/quotes", post(move |body: Bytes| async move { answer(&body, padding) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("listening on http://{}", listener.local_addr().expect("an address"));
    std::io::stdout().flush().expect("somebody listens");
    axum::serve(listener, router).await.expect("serving goes on");
}

fn answer(body: &[u8], padding: &str) -> Response {
    let Ok(quote) = serde_json::from_slice::<Quote<'_>>(body) else { return StatusCode::BAD_REQUEST.into_response() };
    let read = |line: &Line<'_>| {
        let texts = [Some(&line.sku), Some(&line.unit_price), line.unit_cost.as_ref(), line.category.as_ref()];
        let tags: usize = line.tags.iter().flatten().map(|tag| tag.len()).sum();
        texts.into_iter().flatten().map(|text| text.len()).sum::<usize>() + tags + line.quantity as usize
    };
    let read = quote.lines.iter().map(read).sum::<usize>() + quote.at.map_or(0, |at| at.len());
    let answer = Answer { customer: quote.customer.as_deref(), read, padding };
    let body = serde_json::to_vec(&answer).expect("plain data can be written");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
