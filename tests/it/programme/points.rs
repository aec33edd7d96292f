//! What is owed in points, by hand.

use serde_json::json;

use super::discounts::two_months;
use super::shop::{Shop, some};

const ROW: [&str; 8] =
    ["class", "issued", "redeemed", "given_back", "taken_back", "expired", "outstanding", "liability"];

#[tokio::test]
async fn the_ledger_is_added_up_by_hand() {
    let shop = two_months().await;
    let report = shop.get("/v1/reports/points").await;
    // Ann: 200, then 269 for 270 less one euro that points paid; a third of both goes back. Bob: 95.
    assert_eq!(
        some(&report["total"], &ROW),
        json!({ "class": null, "issued": 564, "redeemed": 100, "given_back": 34, "taken_back": 90, "expired": 0,
            "outstanding": 408, "liability": "4.08" })
    );
    assert_eq!(
        some(&report["classes"][0], &ROW),
        json!({ "class": "gold", "issued": 469, "redeemed": 100, "given_back": 34, "taken_back": 90, "expired": 0,
            "outstanding": 313, "liability": "3.13" })
    );
    assert_eq!(
        some(&report["classes"][1], &["class", "issued", "outstanding"]),
        json!({ "class": "basic", "issued": 95, "outstanding": 95 })
    );
    let months: Vec<String> = report["months"]
        .as_array()
        .expect("months")
        .iter()
        .map(|it| format!("{} {} {}", it["month"].as_str().expect("an instant"), it["issued"], it["balance"]))
        .collect();
    assert_eq!(months, ["2025-12-31T23:00:00Z 200 200", "2026-01-31T23:00:00Z 364 408"]);
    assert_eq!(report["breakage"]["rate"], json!(null), "no point's life is over");
    assert_eq!(report["total"]["expected_liability"], json!(null));
    // The ledger over HTTP says the same.
    let mut balance = 0;
    for customer in ["ann", "bob"] {
        balance += shop.get(&format!("/v1/customers/{customer}/points")).await["balance"].as_i64().expect("points");
    }
    assert_eq!(balance, 408);
}

#[tokio::test]
async fn what_expired_says_what_becomes_of_the_rest() {
    let shop = two_months().await;
    // Ann's first lot is over on 10 April: of its 200 a hundred were redeemed, of which 34 came back.
    shop.set("2026-04-20T11:00:00Z");
    let report = shop.get("/v1/reports/points?from=2026-03-01").await;
    assert_eq!(report["opening"], 408);
    assert_eq!(
        some(&report["total"], &["issued", "expired", "outstanding", "liability", "expected_liability"]),
        // 66 of 200 were redeemed: of 2.74 that are left 0.9042 will be.
        json!({ "issued": 0, "expired": 134, "outstanding": 274, "liability": "2.74", "expected_liability": "0.90" })
    );
    assert_eq!(
        some(&report["breakage"], &["over", "redeemed", "expired", "rate", "says"]),
        json!({ "over": 200, "redeemed": 66, "expired": 134, "rate": "0.670000",
            "says": "of 200 points whose life is over 134 expired (67.00 %); of those still held the same share is \
                     expected to" })
    );
    // The same before and after the expiry is posted.
    tokio::task::spawn_blocking({
        let app = std::sync::Arc::clone(&shop.app);
        move || app.expire_points().expect("it is written")
    })
    .await
    .expect("it ends");
    assert_eq!(shop.get("/v1/reports/points?from=2026-03-01").await, report);
    let earlier = shop.get("/v1/reports/points?as_of=2026-02-15").await;
    assert_eq!(some(&earlier["total"], &["outstanding", "taken_back"]), json!({ "outstanding": 464, "taken_back": 0 }));
    let rows = shop.csv("/v1/reports/points?table=months").await;
    assert_eq!(rows[2], "2026-02,364,100,34,90,0,408");
    shop.assert_sound();
}

#[tokio::test]
async fn without_points_nothing_is_owed() {
    let shop = Shop::new("currency: EUR\ntimezone: Europe/Berlin\n", "2026-01-10T11:00:00Z");
    let report = shop.get("/v1/reports/points").await;
    assert_eq!(some(&report["total"], &["holders", "liability"]), json!({ "holders": 0, "liability": null }));
    assert_eq!(report["classes"], json!([]));
}
