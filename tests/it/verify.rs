//! Uses and budgets that purchases and returns do not account for are found.

use tokio::task::block_in_place;
use treue::app::verify;
use treue::money::Money;
use treue::store::SpendError;
use treue::time::Instant;

use crate::http::app::TestApp;

const POLICY: &str = "\
currency: EUR
timezone: Europe/Berlin
discounts:
  launch: { amount: 0.70, budget: 25.00 per month }
  welcome: { rate: 50%, uses: { per_customer: 1, total: 3 per year } }
";

fn flaws(app: &TestApp) -> Vec<String> {
    let mut flaws = Vec::new();
    verify(&app.app.store().snapshot(), &mut |flaw| {
        flaws.push(format!("{:?} {}: {}", flaw.table, flaw.row, flaw.what))
    })
    .expect("a store that can be read");
    flaws
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_bought_is_a_flaw() {
    let app = TestApp::new(POLICY);
    app.buy("p-1", Some("c"), "10.00").await;
    app.buy("p-2", None, "10.00").await;
    app.post("/v1/purchases/p-1/returns", &serde_json::json!({ "id": "r-1" })).await.json(201);
    app.buy("p-3", Some("c"), "10.00").await;
    assert_eq!(flaws(&app), [""; 0]);
    let written = block_in_place(|| {
        app.app.store().write_blocking(|batch| {
            let month = crate::http::app::instant("2026-02-28T23:00:00Z");
            batch.spend("launch", month, 0, Money(1))?;
            batch.spend("forgotten", Instant::MIN, 2, Money(300))?;
            batch.use_by_customer("welcome", "c", Instant::MIN, -1)?;
            batch.use_by_customer("welcome", "d", Instant::MIN, 1)?;
            Ok::<_, SpendError>(())
        })
    });
    written.expect("a write");
    assert_eq!(
        flaws(&app),
        [
            "Spent forgotten: 2 uses of 300 are kept, purchases and returns say 0 of 0",
            "Spent launch from 2026-02-28T23:00:00Z: 2 uses of 141 are kept, purchases and returns say 2 of 140",
            "CustomerUses c welcome: 0 uses of 0 are kept, purchases and returns say 1 of 0",
            "CustomerUses d welcome: 1 uses of 0 are kept, purchases and returns say 0 of 0",
        ]
    );
}
