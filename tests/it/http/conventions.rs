//! What holds for every call.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use super::app::{EXAMPLE, TestApp, request};

#[tokio::test]
async fn every_answer_carries_the_id_of_its_request() {
    let app = TestApp::new(EXAMPLE);
    let (one, other) = (app.get("/healthz").await, app.get("/nowhere").await);
    let ids = [one.header("x-request-id").expect("an id"), other.header("x-request-id").expect("an id")];
    assert_ne!(ids[0], ids[1]);
    let given = async |id: &str| {
        let asked = request(Method::GET, "/healthz").header("x-request-id", id).body(Body::empty()).expect("a request");
        app.send(asked).await.header("x-request-id").expect("an id").to_owned()
    };
    assert_eq!(given("till-7/42").await, "till-7/42", "its own is kept");
    for strange in ["", "two words", &"x".repeat(101)] {
        assert_ne!(given(strange).await, strange);
    }
}

#[tokio::test]
async fn the_system_says_how_it_is() {
    let app = TestApp::new(EXAMPLE);
    assert_eq!(app.get("/healthz").await.json(200), json!({ "status": "ok" }));
    let ready = app.get("/readyz").await.json(200);
    let mut expect = json!({ "status": "ok", "writable": true, "waiting": 0, "policies_current": true });
    expect["revision"] = app.revision().into();
    (expect["customers"], expect["purchases"]) = (0.into(), 0.into());
    assert_eq!(ready, expect);
    assert!(!app.rewrite("currency: EUR\ntimezone: UTC\nnonsense: 1\n"));
    let ready = app.get("/readyz").await.json(200);
    assert_eq!((&ready["status"], &ready["policies_current"]), (&json!("degraded"), &json!(false)));
    let version = app.get("/version").await.json(200);
    assert_eq!((&version["name"], &version["version"]), (&json!("treue"), &json!(env!("CARGO_PKG_VERSION"))));
    app.app.stop();
    let stopping = app.get("/readyz").await;
    stopping.problem(503, "unavailable");
    assert_eq!(stopping.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let app = TestApp::new(EXAMPLE);
    for path in ["/", "/v1", "/v1/nothing", "/v1/quotes/", "/v2/quotes"] {
        app.get(path).await.problem(404, "not-found");
    }
    assert_eq!(app.get("/v1/customers//standing").await.pointers(), ["/id"]);
    for (method, path) in [
        (Method::GET, "/v1/quotes"),
        (Method::PUT, "/v1/purchases"),
        (Method::POST, "/v1/customers/c-1"),
        (Method::DELETE, "/v1/policies"),
        (Method::TRACE, "/healthz"),
    ] {
        let answer = app.call(method, path, "{}").await;
        answer.problem(405, "method");
        assert!(answer.header("allow").is_some_and(|allowed| !allowed.is_empty()), "{path} says what is allowed");
    }
}

#[tokio::test]
async fn bodies_are_json() {
    let app = TestApp::new(EXAMPLE);
    let quote = json!({ "lines": [{ "sku": "X", "quantity": 1, "unit_price": 5 }] }).to_string();
    let send = async |kind: Option<&str>| {
        let mut asked = Request::builder().method(Method::POST).uri("/v1/quotes");
        if let Some(kind) = kind {
            asked = asked.header("content-type", kind);
        }
        app.send(asked.body(Body::from(quote.clone())).expect("a request")).await
    };
    for kind in
        [None, Some("application/json"), Some("Application/JSON; charset=utf-8"), Some("application/merge-patch+json")]
    {
        send(kind).await.json(200);
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"] {
        send(Some(kind)).await.problem(415, "media-type");
    }
}
