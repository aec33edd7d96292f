//! Any bytes in place of a quote or a purchase: an answer comes, never a panic and never a 500.
//!
//! `TREUE_FUZZ_SECONDS=600 cargo test --release --test it properties::requests` goes on for that long, with policies too.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant as Watch};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tower::ServiceExt;
use treue::app::{App, Clock, Settings};
use treue::diagnostic::{Sources, Style, render};
use treue::policy::{compile, format};
use treue::store::{Store, verify};
use treue::time::Instant;

const POLICY: &str = "currency: EUR
timezone: Europe/Berlin
metrics: { orders: { count: purchases }, spend: { sum: net, within: 12 months } }
segments: { tier: { by: spend, classes: { gold: 100, basic: 0 }, keep: 1 month } }
discounts:
  regulars: { ladder: { by: orders, steps: { 0: 2%, 3: 5% } }, budget: 100 per month }
  gift: { amount: 5, when: { code: HELLO }, uses: { per_customer: 1 per year }, lines: { cheapest: 2 } }
points: { earn: { per: 1, points: 1 }, redeem: { value: 0.01 } }
";

const BODY: &str = r#"{ "id": "p-1", "customer": "c-17", "at": "2026-03-01T11:00:00Z", "lines": [ { "sku": "SH-1", "quantity": 2, "unit_price": "49.90", "unit_cost": "21.00", "category": "shoes", "tags": ["new"] }, { "sku": "B", "quantity": "0.5", "unit_price": 1e2 } ], "codes": ["HELLO"], "redeem_points": 0 }"#;

struct Server {
    app: Arc<App>,
    router: Router,
    _folder: tempfile::TempDir,
}

fn server() -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let policies = folder.path().join("policies");
    fs::create_dir(&policies).expect("a folder");
    fs::write(policies.join("shop.yaml"), POLICY).expect("a file");
    let settings = Settings { policies, scripts: folder.path().join("scripts") };
    let now = Instant::parse_rfc3339("2026-03-04T12:00:00Z").expect("an instant");
    let app = Arc::new(App::open(Store::in_memory().expect("a store"), Clock::fixed(now), settings).expect("an app"));
    Server { router: treue::http::router(Arc::clone(&app)), app, _folder: folder }
}

/// Values that numbers, texts and instants are replaced by.
fn values() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "0",
            "-0",
            "-1",
            "1e400",
            "1e-400",
            "9223372036854775807",
            "9223372036854775808",
            "1e18",
            "0.0001",
            "0.00001",
            "922337203685477.5807",
            "1E2",
            "null",
            "true",
            "[]",
            "{}",
            "\"\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"1,5\"",
            "\"+1\"",
            "\"1e3\"",
            "\" 1\"",
            "\"0001-01-01T00:00:00Z\"",
            "\"9999-12-31T23:59:59.999999Z\"",
            "\"2026-02-30T00:00:00Z\"",
            "\"2026-03-01T11:00:60Z\"",
            "\"-0001-01-01T00:00:00Z\"",
            "\"HELLO\"",
        ])
        .prop_map(str::to_owned),
        any::<f64>().prop_map(|number| number.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        (0i64..1_000_000_000_000_000, 0u32..8)
            .prop_map(|(n, places)| { treue::money::DecimalText::new(i128::from(n), places).to_string() }),
        ".{0,20}".prop_map(|text| serde_json::to_string(&text).expect("a text")),
        (1usize..300).prop_map(|length| format!("\"{}\"", "x".repeat(length))),
        (1usize..400).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
    ]
}

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let places = [
        "\"p-1\"",
        "\"c-17\"",
        "\"2026-03-01T11:00:00Z\"",
        "\"SH-1\"",
        "2,",
        "\"49.90\"",
        "\"21.00\"",
        "\"shoes\"",
        "[\"new\"]",
        "\"0.5\"",
        "1e2",
        "[\"HELLO\"]",
        "0 }",
    ];
    let edit = (prop::sample::select(places.to_vec()), values());
    let edited = prop::collection::vec(edit, 0..4).prop_map(|edits| {
        let mut body = BODY.to_owned();
        for (place, value) in edits {
            let end = place.chars().last().filter(|end| matches!(end, ',' | '}')).map_or(String::new(), String::from);
            body = body.replacen(place, &format!("{value}{end}"), 1);
        }
        body.into_bytes()
    });
    let edited = edited.boxed();
    let cut = prop::collection::vec(
        (any::<prop::sample::Index>(), 0usize..20, prop::collection::vec(any::<u8>(), 0..6)),
        1..4,
    );
    let damaged = (edited.clone(), cut).prop_map(|(mut body, cuts)| {
        for (at, length, put) in cuts {
            let from = at.index(body.len() + 1);
            let until = (from + length).min(body.len());
            body.splice(from..until, put);
        }
        body
    });
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..200), 4 => edited, 3 => damaged]
}

async fn answered(router: &Router, path: &str, body: Vec<u8>) -> Result<StatusCode, TestCaseError> {
    let request = Request::post(path).header("content-type", "application/json").body(Body::from(body.clone()));
    let Ok(answer) = router.clone().oneshot(request.expect("a request")).await;
    let status = answer.status();
    let shown = String::from_utf8_lossy(&body).into_owned();
    prop_assert!(status.as_u16() < 500, "{} {}: {}", path, status, shown);
    let bytes = axum::body::to_bytes(answer.into_body(), 10_000_000).await.expect("a body");
    let json: serde_json::Value = serde_json::from_slice(&bytes).expect("an answer in JSON");
    if status.is_success() {
        let money = |name: &str| json["totals"][name].as_str().map(|text| treue::money::parse_scaled(text, 2));
        let sum = |name: &str| money(name).expect("there").expect("money");
        prop_assert_eq!(sum("gross") - sum("discount"), sum("net"), "{}", shown);
        prop_assert!(sum("net") >= 0 && sum("discount") >= 0 && sum("to_pay") >= 0, "{}", shown);
    } else {
        prop_assert!(json["title"].is_string() && json["status"] == status.as_u16(), "{}: {}", shown, json);
    }
    Ok(status)
}

/// One body to both, and twice to the one that writes.
async fn asked(server: &Server, body: Vec<u8>) -> Result<[StatusCode; 2], TestCaseError> {
    let quoted = answered(&server.router, "/v1/quotes", body.clone()).await?;
    let bought = answered(&server.router, "/v1/purchases", body.clone()).await?;
    let again = answered(&server.router, "/v1/purchases", body).await?;
    prop_assert_eq!(bought, again, "the same request is answered as the first time");
    Ok([quoted, bought])
}

fn whole(server: &Server) {
    let mut flaws = Vec::new();
    verify(&*server.app.store().snapshot(), &mut |flaw| flaws.push(flaw)).expect("readable");
    assert!(flaws.is_empty(), "{flaws:?}");
}

/// Bodies one after another, always the same; how many of them were purchases.
fn run(many: usize, long: Duration) -> (usize, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let server = server();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let (begun, mut done, mut bought) = (Watch::now(), 0, 0);
    while done < many || begun.elapsed() < long {
        let mut body = bodies().new_tree(&mut runner).expect("a body").current();
        // Most purchases are new ones.
        if let Some(at) = body.windows(5).position(|part| part == b"\"p-1\"").filter(|_| done % 8 > 0) {
            body.splice(at..at + 5, format!("\"p-{done}\"").into_bytes());
        }
        let [_, status] = runtime.block_on(asked(&server, body)).unwrap_or_else(|error| panic!("{error}"));
        bought += usize::from(status == StatusCode::CREATED);
        done += 1;
    }
    whole(&server);
    (done, bought)
}

#[test]
fn any_body_is_answered() {
    let (done, bought) = run(400, Duration::ZERO);
    assert!(bought > 20, "of {done} bodies {bought} were good: too few to find anything");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let quote = BODY.replace("\"id\": \"p-1\", ", "");
    let [quoted, bought] = runtime.block_on(asked(&server(), quote.into())).expect("answered");
    assert_eq!((quoted, bought), (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY));
}

#[expect(clippy::print_stdout, reason = "whoever lets it run wants to know how far it came")]
/// For as long as `TREUE_FUZZ_SECONDS` says; not at all without it.
#[test]
fn for_a_long_time() {
    let Some(seconds) = std::env::var("TREUE_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()) else { return };
    let half = Duration::from_secs(seconds) / 2;
    let (done, bought) = run(0, half);
    println!("{done} bodies, {bought} purchases");
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let mut seeds = vec![POLICY.to_owned()];
    seeds.extend(fs::read_dir(root).expect("a folder").filter_map(|file| fs::read_to_string(file.ok()?.path()).ok()));
    let cuts = (
        any::<prop::sample::Index>(),
        prop::collection::vec(
            (any::<prop::sample::Index>(), 0usize..40, any::<prop::sample::Index>(), 0usize..40),
            1..8,
        ),
    );
    let (begun, mut done, mut compiled) = (Watch::now(), 0, 0);
    while begun.elapsed() < half {
        let (seed, cuts) = cuts.new_tree(&mut runner).expect("cuts").current();
        let mut text = seed.get(&seeds).clone();
        for (at, length, from, taken) in cuts {
            // A piece of some policy in place of a piece of this one.
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let start = at.index(places.len());
            let end = (start + length).min(places.len() - 1);
            let other: Vec<char> = seeds[from.index(seeds.len())].chars().collect();
            let first = from.index(other.len());
            let piece: String = other[first..(first + taken).min(other.len())].iter().collect();
            text.replace_range(places[start]..places[end], &piece);
        }
        let head = "currency: EUR\ntimezone: UTC\n".to_owned();
        let _ = format(&text);
        let result =
            compile(Sources::new([("policies/a.yaml".to_owned(), text), ("policies/b.yaml".to_owned(), head)]));
        assert!(result.diagnostics.iter().all(|finding| !render(finding, &result.sources, Style::Plain).is_empty()));
        compiled += usize::from(result.bundle.is_some());
        done += 1;
    }
    println!("{done} policies, {compiled} of them compiled");
}
