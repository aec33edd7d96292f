//! What pages of other sites make a browser send, and names of other sites that lead here.

use axum::body::Body;
use axum::http::{Method, Request};
use treue::app::Actor;
use treue::model::Role;

use super::app::{Answer, EXAMPLE, TestApp, aside};

const BASKET: &str = r#"{ "lines": [{ "sku": "X", "quantity": 1, "unit_price": "10" }] }"#;

/// A quote is asked for with these headers, without a content type: that counts as JSON.
async fn quote(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(Method::POST).uri("/v1/quotes");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::from(BASKET)).expect("a request")).await
}

#[tokio::test]
async fn what_another_sites_page_sends_is_refused() {
    let app = TestApp::new(EXAMPLE);
    for headers in [
        &[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")][..],
        &[("origin", "null"), ("host", "127.0.0.1:8080")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000"), ("host", "localhost:8080")],
    ] {
        quote(&app, headers).await.problem(403, "foreign-origin");
    }
    for headers in [
        &[][..],
        &[("host", "127.0.0.1:8080")],
        &[("sec-fetch-site", "same-origin"), ("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")],
        &[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")],
    ] {
        assert_eq!(quote(&app, headers).await.status, 200, "{headers:?}");
    }
}

#[tokio::test]
async fn without_keys_no_other_name_leads_here_and_with_keys_any() {
    let app = TestApp::new(EXAMPLE);
    quote(&app, &[("host", "evil.example:8080")]).await.problem(421, "foreign-host");
    assert_eq!(quote(&app, &[("host", "[::1]:8080")]).await.status, 200);
    let key = aside(|| app.app.make_key(&Actor::CommandLine, "ada", Role::Admin)).expect("a key").key;
    let bearer = format!("Bearer {key}");
    assert_eq!(quote(&app, &[("host", "shop.example"), ("authorization", &bearer)]).await.status, 200);
    let foreign = [("host", "shop.example"), ("origin", "https://evil.example"), ("authorization", bearer.as_str())];
    quote(&app, &foreign).await.problem(403, "foreign-origin");
}
