//! Requests that are wrong, each with what is said about it.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::stream;
use serde_json::json;

use super::app::{EXAMPLE, TestApp, request};

/// A body for `/v1/quotes` with one line, of which a member is replaced.
fn line(member: &str, value: &str) -> String {
    let mut members = vec![("sku", "\"X\""), ("quantity", "1"), ("unit_price", "5")];
    members.retain(|(name, _)| *name != member);
    members.push((member, value));
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{\"lines\":[{{{}}}]}}", members.join(","))
}

fn with(member: &str, value: &str) -> String {
    format!("{{\"{member}\":{value},\"lines\":[{{\"sku\":\"X\",\"quantity\":1,\"unit_price\":5}}]}}")
}

#[tokio::test]
async fn what_is_not_json_is_unreadable() {
    let app = TestApp::new(EXAMPLE);
    for body in [
        "",
        " ",
        "{",
        "{]",
        "nonsense",
        "{'lines': []}",
        "{\"lines\": [,]}",
        "{\"lines\": [NaN]}",
        "\u{feff}{}",
        &line("unit_price", "NaN"),
        &line("unit_price", "Infinity"),
        &line("unit_price", "-"),
        &line("unit_price", "1."),
        &line("unit_price", "01"),
        &line("unit_price", "0x10"),
        &line("quantity", "+1"),
        &line("sku", "\"\\ud800\""),
    ] {
        app.call(Method::POST, "/v1/quotes", body.to_owned()).await.problem(400, "unreadable");
    }
    let deep = format!("{{\"attributes\":{{\"a\":{}", "[".repeat(100_000));
    app.call(Method::PUT, "/v1/customers/c-1", deep).await.problem(400, "unreadable");
    app.call(Method::POST, "/v1/quotes", line("quantity", "1") + " {}").await.problem(400, "unreadable");
    app.call(Method::POST, "/v1/quotes", vec![b'{', b'"', 0xff, b'"', b'}']).await.problem(400, "unreadable");
}

#[tokio::test]
async fn what_is_understood_and_wrong_is_told_with_its_place() {
    let app = TestApp::new(EXAMPLE);
    let over_i64 = format!("{}0", i64::MAX);
    for (body, pointers) in [
        // Shapes.
        ("[]".to_owned(), &[""][..]),
        ("null".to_owned(), &[""]),
        ("[".repeat(100_000), &[""]),
        ("[\"c-1\", null, [{\"sku\":\"X\",\"quantity\":1,\"unit_price\":5}], [], 0]".to_owned(), &[""]),
        ("{\"lines\": [[\"X\", 1, 5, null, null, null]]}".to_owned(), &["/lines/0"]),
        (format!("{{\"lines\": {}", "[".repeat(100_000)), &["/lines/0"]),
        ("{}".to_owned(), &[""]),
        ("{\"lines\": {}}".to_owned(), &["/lines"]),
        ("{\"lines\": [1]}".to_owned(), &["/lines/0"]),
        ("{\"lines\": []}".to_owned(), &["/lines"]),
        (with("customer", "17"), &["/customer"]),
        (with("customer", "\"\""), &["/customer"]),
        (with("customer", "\"a\\u0000b\""), &["/customer"]),
        (with("customr", "\"c-1\""), &["/customr"]),
        (with("at", "\"2026-02-30T00:00:00Z\""), &["/at"]),
        (with("at", "\"2026-03-01\""), &["/at"]),
        (with("at", "5"), &["/at"]),
        (with("codes", "[\"A\", 5]"), &["/codes/1"]),
        (with("codes", "[\"A\", \"\"]"), &["/codes/1"]),
        (with("redeem_points", "-1"), &["/redeem_points"]),
        (with("redeem_points", "1.5"), &["/redeem_points"]),
        (with("redeem_points", &over_i64), &["/redeem_points"]),
        (line("colour", "\"red\""), &["/lines/0/colour"]),
        (line("sku", "5"), &["/lines/0/sku"]),
        (line("sku", "null"), &["/lines/0/sku"]),
        (line("tags", "\"new\""), &["/lines/0/tags"]),
        (line("category", "[]"), &["/lines/0/category"]),
        // Quantities: above zero, three decimals.
        (line("quantity", "0"), &["/lines/0/quantity"]),
        (line("quantity", "-0"), &["/lines/0/quantity"]),
        (line("quantity", "-1"), &["/lines/0/quantity"]),
        (line("quantity", "1.0001"), &["/lines/0/quantity"]),
        (line("quantity", "\"1,5\""), &["/lines/0/quantity"]),
        (line("quantity", "\" 1\""), &["/lines/0/quantity"]),
        (line("quantity", "\"NaN\""), &["/lines/0/quantity"]),
        (line("quantity", "\"\""), &["/lines/0/quantity"]),
        (line("quantity", "true"), &["/lines/0/quantity"]),
        (line("quantity", &over_i64), &["/lines/0/quantity"]),
        // Money: not below zero, four decimals, read exactly.
        (line("unit_price", "-0.01"), &["/lines/0/unit_price"]),
        (line("unit_price", "0.00001"), &["/lines/0/unit_price"]),
        (line("unit_price", "19.900000000000002"), &["/lines/0/unit_price"]),
        (line("unit_price", "1e-5"), &["/lines/0/unit_price"]),
        (line("unit_price", "1e400"), &["/lines/0/unit_price"]),
        (line("unit_price", "\"1e99999999999\""), &["/lines/0/unit_price"]),
        (line("unit_price", &over_i64), &["/lines/0/unit_price"]),
        (line("unit_price", "\"Infinity\""), &["/lines/0/unit_price"]),
        (line("unit_price", "\"5 EUR\""), &["/lines/0/unit_price"]),
        (line("unit_price", "null"), &["/lines/0/unit_price"]),
        (line("unit_price", "[5]"), &["/lines/0/unit_price"]),
        (line("unit_price", "922337203685477"), &["/lines/0"]),
        (line("unit_cost", "-1"), &["/lines/0/unit_cost"]),
        // Several at once.
        (
            "{\"customer\":\"\",\"lines\":[{\"sku\":\"\",\"quantity\":0,\"unit_price\":-1},{\"sku\":\"X\",\"quantity\":1,\"unit_price\":\"x\"}]}".to_owned(),
            &["/customer", "/lines/0/sku", "/lines/0/quantity", "/lines/0/unit_price", "/lines/1/unit_price"],
        ),
    ] {
        let answer = app.call(Method::POST, "/v1/quotes", body.clone()).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        assert_eq!(answer.pointers(), pointers, "{body}");
    }
}

#[tokio::test]
async fn a_basket_has_its_limits() {
    let app = TestApp::new(EXAMPLE);
    let lines = |count: usize| {
        let line = "{\"sku\":\"X\",\"quantity\":1,\"unit_price\":1}";
        format!("{{\"lines\":[{}]}}", vec![line; count].join(","))
    };
    assert_eq!(app.call(Method::POST, "/v1/quotes", lines(5_000)).await.json(200)["totals"]["gross"], "5000.00");
    assert_eq!(app.call(Method::POST, "/v1/quotes", lines(10_000)).await.pointers(), ["/lines"]);
    let wrong = lines(5_000).replace("\"unit_price\":1", "\"unit_price\":-1");
    assert_eq!(app.call(Method::POST, "/v1/quotes", wrong).await.pointers().len(), 100, "the first hundred");
}

#[tokio::test]
async fn a_large_body_is_refused() {
    let app = TestApp::new(EXAMPLE);
    let large = format!("{{\"customer\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    for path in ["/v1/quotes", "/v1/purchases", "/v1/policies/check", "/v1/policies/revisions"] {
        app.call(Method::POST, path, large.clone()).await.problem(413, "too-large");
    }
    let endless = Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 4096]))));
    app.call(Method::POST, "/v1/quotes", endless).await.problem(413, "too-large");
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_is_given_up() {
    let app = TestApp::new(EXAMPLE);
    let drip = stream::unfold(0, |sent| async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        (sent < 3_600).then(|| (Ok::<_, std::io::Error>(Bytes::from_static(b" ")), sent + 1))
    });
    let started = tokio::time::Instant::now();
    let asked = request(Method::POST, "/v1/quotes").body(Body::from_stream(drip)).expect("a request");
    app.send(asked).await.problem(408, "too-slow");
    assert_eq!(started.elapsed().as_secs(), 10);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_unreadable() {
    let app = TestApp::new(EXAMPLE);
    let broken = stream::iter([Ok(Bytes::from_static(b"{\"lines\":")), Err(std::io::Error::other("gone"))]);
    app.call(Method::POST, "/v1/quotes", Body::from_stream(broken)).await.problem(400, "unreadable");
}

#[tokio::test]
async fn wrong_purchases_are_told_and_leave_nothing() {
    let app = TestApp::new(EXAMPLE);
    let fine = json!({ "sku": "X", "quantity": 1, "unit_price": 5 });
    for (body, pointers) in [
        (json!({ "lines": [fine] }), &[""][..]),
        (json!({ "id": "", "lines": [fine] }), &["/id"]),
        (json!({ "id": 5, "lines": [fine] }), &["/id"]),
        (json!({ "id": "x".repeat(201), "lines": [] }), &["/id", "/lines"]),
        (json!({ "id": "p", "line": [fine] }), &["/line"]),
    ] {
        assert_eq!(app.post("/v1/purchases", &body).await.pointers(), pointers, "{body}");
    }
    assert_eq!(app.get("/readyz").await.json(200)["purchases"], 0);
}
