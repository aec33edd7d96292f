//! What is planned, and birthdays.

use serde_json::{Value, json};

use super::shop::{Shop, policy};

#[tokio::test]
async fn the_agenda_has_what_is_planned_and_birthdays() {
    let shop = Shop::new(&policy("warn"));
    for (id, name, birthday) in [
        ("c-1", "Anna", "1990-03-02"),
        ("c-2", "Ben", "1992-02-29"),
        ("c-3", "Cem", "2026-03-02"),
        ("c-4", "Dora", "1980-12-31"),
    ] {
        let path = format!("/v1/customers/{id}");
        shop.ask("PUT", &path, Some(&json!({ "name": name, "birthday": birthday })), 201).await;
    }
    let call = json!({ "id": "i-1", "kind": "call", "at": "2026-03-02T09:00:00Z" });
    shop.ask("POST", "/v1/customers/c-4/interactions", Some(&call), 201).await;
    let lines = |agenda: &Value| -> Vec<String> {
        let items = agenda["items"].as_array().expect("items");
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let line = |item: &Value| ["what", "on", "at", "name", "age"].map(|name| text(&item[name])).join(" ");
        items.iter().map(line).collect()
    };
    // In Berlin the day begins at 23:00 UTC. Who is born that very day has no birthday yet.
    let both =
        ["birthday 2026-03-02 2026-03-01T23:00:00Z Anna 36", "interaction 2026-03-02 2026-03-02T09:00:00Z Dora null"];
    let agenda = shop.get("/v1/agenda").await;
    assert_eq!(lines(&agenda), both);
    assert_eq!(agenda["items"][1]["interaction"]["planned"], json!(true));
    // Page by page.
    let page = shop.get("/v1/agenda?limit=1").await;
    assert_eq!(lines(&page), both[..1]);
    let page = shop.get(&format!("/v1/agenda?limit=1&cursor={}", page["next"].as_str().expect("a cursor"))).await;
    assert_eq!((lines(&page), &page["next"]), (vec![both[1].to_owned()], &Value::Null));
    // 29 February is kept on the 28th, unless the year has one.
    let check = async |from: &str, until: &str, expect: &[&str]| {
        assert_eq!(lines(&shop.get(&format!("/v1/agenda?from={from}&until={until}")).await), expect, "{from} {until}");
    };
    check("2026-02-28", "2026-03-01", &["birthday 2026-02-28 2026-02-27T23:00:00Z Ben 34"]).await;
    check("2028-02-28", "2028-03-01", &["birthday 2028-02-29 2028-02-28T23:00:00Z Ben 36"]).await;
    check("2026-12-31", "2027-01-01", &["birthday 2026-12-31 2026-12-30T23:00:00Z Dora 46"]).await;
    check("2026-03-02", "2026-03-02", &[]).await;
    check(
        "2027-03-01",
        "2027-03-03",
        &["birthday 2027-03-02 2027-03-01T23:00:00Z Anna 37", "birthday 2027-03-02 2027-03-01T23:00:00Z Cem 1"],
    )
    .await;
    shop.ask("GET", "/v1/agenda?from=2026-03-02&until=2026-03-01", None, 422).await;
    shop.ask("GET", "/v1/agenda?from=2026-03-02&until=2029-03-01", None, 422).await;
    shop.ask("GET", "/v1/agenda?from=soon", None, 422).await;
}
