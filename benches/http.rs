//! How long a quote takes from a request's bytes to an answer's, without a socket: through the router, and the use case
//! alone; and a purchase committed by itself, which waits for the disk.

#![expect(clippy::expect_used, reason = "a bench ends where something is not as it should be")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, header};
use criterion::{Criterion, criterion_group, criterion_main};
use tower::ServiceExt;
use treue::app::{App, Clock, DemoOptions, Settings};
use treue::http::router;
use treue::model::{Basket, Line};
use treue::money::{Quantity, UnitPrice};
use treue::store::Store;
use treue::time::Instant;

const BODY: &str = r#"{"customer":"c-7","at":"2026-03-04T10:00:00Z","lines":[{"sku":"SH-1","quantity":2,"unit_price":"49.90","unit_cost":"21.00","category":"shoes","tags":["new"]},{"sku":"SO-1","quantity":1,"unit_price":"8.90","category":"socks"}]}"#;

fn app() -> Arc<App> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = Settings { policies: root.join("policies"), scripts: root.join("scripts") };
    let now = Instant::parse_rfc3339("2026-03-04T10:00:00Z").expect("an instant");
    let app = App::open(Store::in_memory().expect("memory"), Clock::fixed(now), settings).expect("the shipped bundle");
    app.fill_demo(&DemoOptions { customers: 2_000, ..DemoOptions::default() }, |_| {}).expect("a base");
    app.after_bulk().expect("cut-offs");
    Arc::new(app)
}

fn basket() -> Basket {
    let line = |sku: &str, category: &str| Line {
        sku: sku.into(),
        quantity: Quantity::units(2),
        unit_price: UnitPrice(499_000),
        unit_cost: Some(UnitPrice(210_000)),
        category: Some(category.into()),
        tags: vec!["new".into()],
    };
    Basket { lines: vec![line("SH-1", "shoes"), line("SO-1", "socks")], ..Basket::default() }
}

fn quotes(c: &mut Criterion) {
    let app = app();
    let mut next = 0u32;
    let mut customer = move || {
        next = next % 2_000 + 1;
        format!("c-{next}")
    };
    c.bench_function("quote, use case", |b| {
        b.iter(|| black_box(app.quote(Some(customer()), None, basket())).expect("a quote"));
    });
    c.bench_function("quote of a guest, use case", |b| {
        b.iter(|| black_box(app.quote(None, None, basket())).expect("a quote"));
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let router = router(Arc::clone(&app));
    c.bench_function("quote, through the router", |b| {
        b.to_async(&runtime).iter(|| async {
            let request = Request::post("/v1/quotes").header(header::CONTENT_TYPE, "application/json");
            let request = request.body(Body::from(BODY)).expect("a request");
            let response = router.clone().oneshot(request).await.expect("an answer");
            assert!(response.status().is_success());
            black_box(response)
        });
    });
    c.bench_function("an answer that does nothing, through the router", |b| {
        b.to_async(&runtime).iter(|| async {
            let request = Request::get("/healthz").body(Body::empty()).expect("a request");
            black_box(router.clone().oneshot(request).await.expect("an answer"))
        });
    });
}

criterion_group!(benches, quotes);
criterion_main!(benches);
