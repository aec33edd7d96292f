//! Whole tables in and out.

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use super::app::{Answer, EXAMPLE, TestApp};

const CSV: &str = "\
purchase,customer,at,sku,quantity,unit_price
p-1,c-1,2026-01-05T10:00:00Z,A,2,10.00
p-1,c-1,2026-01-05T10:00:00Z,B,1,5.00
p-2,c-2,2026-01-06T10:00:00Z,A,1,10.00
";

async fn import(app: &TestApp, query: &str, kind: &str, body: &str) -> Answer {
    let asked = Request::builder().method(Method::POST).uri(format!("/v1/imports{query}")).header("content-type", kind);
    app.send(asked.body(Body::from(body.to_owned())).expect("a request")).await
}

#[tokio::test]
async fn a_history_is_imported_once() {
    let app = TestApp::new(EXAMPLE);
    let report = import(&app, "", "text/csv", CSV).await.json(200);
    assert_eq!(app.get("/readyz").await.json(200)["purchases"], 2, "{report}");
    let kept = app.get("/v1/purchases/p-1").await.json(200);
    assert_eq!((&kept["totals"]["gross"], &kept["revision"]), (&json!("25.00"), &json!(null)));
    app.get("/v1/decisions/p-1").await.problem(404, "not-found");
    import(&app, "", "text/csv", CSV).await.json(200);
    assert_eq!(app.get("/readyz").await.json(200)["purchases"], 2, "twice changes nothing");
    import(&app, "", "image/png", CSV).await.problem(415, "media-type");
    assert_eq!(import(&app, "?format=xml", "text/csv", CSV).await.pointers(), ["/format"]);
    import(&app, "?formt=csv", "text/csv", CSV).await.problem(400, "unreadable");
    app.assert_sound();
}

#[tokio::test]
async fn tables_are_exported_as_lines() {
    let app = TestApp::new(EXAMPLE);
    import(&app, "", "text/csv", CSV).await.json(200);
    let lines = app.get("/v1/exports/purchases").await;
    assert_eq!((lines.status, lines.kind()), (200, Some("application/x-ndjson")));
    let ids: Vec<_> = lines
        .text()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["id"].clone())
        .collect();
    assert_eq!(ids, ["p-1", "p-2"]);
    let table = app.get("/v1/exports/purchases?format=csv").await;
    assert_eq!((table.status, table.kind()), (200, Some("text/csv")));
    app.get("/v1/exports/nothing").await.problem(404, "not-found");
    assert_eq!(app.get("/v1/exports/customers?format=xml").await.pointers(), ["/format"]);
}

#[tokio::test]
async fn contacts_come_back_as_they_went_out() {
    let app = TestApp::new(EXAMPLE);
    app.buy("p-1", Some("c-1"), "5").await;
    for body in [
        json!({ "id": "i-1", "kind": "call", "cost": "3.00", "at": "2026-02-01T10:00:00Z", "rating": 4 }),
        json!({ "id": "i-2", "kind": "visit", "cost": "40.00", "at": "2026-05-01T10:00:00Z", "note": "bring, \"cake\"" }),
    ] {
        app.post("/v1/customers/c-1/interactions", &body).await.json(201);
    }
    for (kind, format) in [("text/csv", "csv"), ("application/x-ndjson", "jsonl")] {
        let exported = app.get(&format!("/v1/exports/interactions?format={format}")).await.text().to_owned();
        let other = TestApp::new(EXAMPLE);
        let report = import(&other, "?what=interactions", kind, &exported).await.json(200);
        assert_eq!((&report["rows"]["interactions"], &report["customers"]), (&json!(2), &json!(1)));
        let report = import(&other, "?what=interactions", kind, &exported).await.json(200);
        assert_eq!((&report["rows"]["interactions"], &report["rows"]["already_there"]), (&json!(0), &json!(2)));
        let again = other.get(&format!("/v1/exports/interactions?format={format}")).await;
        assert_eq!(again.text(), exported);
        other.assert_sound();
    }
    let rows = "id,customer,kind,at,cost,rating\n\
        i-1,c-1,call,2026-02-01T10:00:00Z,9.00,4\n\
        i-3,c-1,call,2026-02-01T10:00:00Z,9.00,6\n\
        i-4,c-1,call,2026-02-01T10:00:00Z,-1,\n\
        i-5,c 1,call,yesterday,1,\n\
        i-6,c-1,call,2026-02-01,1,\n\
        i-6,c-1,call,2026-02-01,1,\n";
    let report = import(&app, "?what=interactions&skip_invalid=true", "text/csv", rows).await.json(200);
    let reasons: Vec<_> = report["rejected"].as_array().expect("rows").iter().map(|row| &row["reason"]).collect();
    assert_eq!(
        reasons,
        [
            "interaction `i-1` is in the store with other content",
            "rating must be from 1 to 5",
            "cost `-1` is out of range",
            "at `yesterday` is not a date, nor a date and time",
            "interaction `i-6` is in line 6",
        ]
    );
    let kept = app.get("/v1/customers/c-1/interactions/i-6").await.json(200);
    assert_eq!((&kept["at"], &kept["rating"]), (&json!("2026-01-31T23:00:00Z"), &json!(null)));
    app.assert_sound();
}
