//! What is counted. A process has one place for it, so these tests ask a process of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::app::EXAMPLE;
use crate::process::{Client, Serving};

/// What a scrape says: the sum of each name over its labels, and what was said about it.
struct Scrape {
    text: String,
    sums: BTreeMap<String, f64>,
    kinds: BTreeMap<String, String>,
    helped: BTreeSet<String>,
}

#[expect(clippy::float_arithmetic, reason = "what is scraped are floats")]
fn scrape(client: &mut Client) -> Scrape {
    let (status, text) = client.call("GET", "/metrics", "").expect("an answer");
    assert_eq!(status, 200);
    let (mut sums, mut kinds, mut helped) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped.insert(help.split(' ').next().expect("a name").to_owned());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a kind");
            kinds.insert(name.to_owned(), kind.to_owned());
        } else {
            let (name, value) = line.rsplit_once(' ').expect("a name and a value");
            let name = name.split('{').next().expect("a name").to_owned();
            *sums.entry(name).or_insert(0.0) += value.parse::<f64>().expect("a number");
        }
    }
    Scrape { text, sums, kinds, helped }
}

fn served() -> (tempfile::TempDir, Serving, Client) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), EXAMPLE.replace("discounts:", BROKEN)).expect("a file");
    let serving = Serving::start(folder.path());
    let client = Client::connect(serving.address).expect("a connection");
    (folder, serving, client)
}

/// A discount for everybody, and one whose script fails.
const BROKEN: &str =
    "discounts:\n  welcome: { amount: 1 }\n  broken: { rate: 1%, if: \"1 / (basket.lines.len() - 1) > 0\" }";

#[test]
fn metrics_are_text_for_prometheus() {
    let (folder, _serving, mut client) = served();
    let bought = "{\"id\":\"p-1\",\"customer\":\"c-1\",\"lines\":[{\"sku\":\"X\",\"quantity\":1,\"unit_price\":5}]}";
    for (method, path, body, status) in [
        ("POST", "/v1/quotes", &bought.replace("\"id\":\"p-1\",", ""), 200),
        ("POST", "/v1/purchases", &bought.to_owned(), 201),
        ("POST", "/v1/purchases", &bought.to_owned(), 201),
        ("GET", "/v1/purchases/p-1", &String::new(), 200),
        ("GET", "/v1/purchases/p-2", &String::new(), 404),
        ("BREW", "/v1/purchases/p-2", &String::new(), 405),
    ] {
        let (answered, said) = client.call(method, path, body).expect("an answer");
        assert_eq!(answered, status, "{said}");
    }
    let scrape = scrape(&mut client);
    let text = &scrape.text;
    let counted = |labels: &str, times: u32| {
        let line = format!("treue_http_request_duration_seconds_count{{{labels}}} {times}");
        assert!(text.lines().any(|known| known == line), "{line}:\n{text}");
    };
    counted("method=\"POST\",route=\"/v1/purchases\",status=\"201\"", 2);
    counted("method=\"GET\",route=\"/v1/purchases/{id}\",status=\"200\"", 1);
    counted("method=\"GET\",route=\"/v1/purchases/{id}\",status=\"404\"", 1);
    // What anybody may invent does not become a name in the list.
    counted("method=\"other\",route=\"/v1/purchases/{id}\",status=\"405\"", 1);
    assert!(!text.contains("BREW"), "{text}");
    assert!(text.lines().any(|line| line == "treue_grants_total{discount=\"welcome\"} 1"), "{text}");
    for (name, expect) in [
        // A retry decides nothing and writes nothing.
        ("treue_decisions_total", 2.0),
        ("treue_purchases_total", 1.0),
        ("treue_script_failures_total", 2.0),
        ("treue_reload_failures_total", 0.0),
        ("treue_store_failures_total", 0.0),
        ("treue_store_writable", 1.0),
        ("treue_store_waiting_jobs", 0.0),
        ("treue_store_size_bytes", fs::metadata(folder.path().join("treue.redb")).expect("a store").len() as f64),
    ] {
        assert_eq!(scrape.sums.get(name), Some(&expect), "{name}:\n{text}");
    }
    // One purchase is one commit with one job in it; the retry is none. What the start wrote went before.
    for name in ["treue_store_batch_jobs_count", "treue_store_commit_duration_seconds_count"] {
        assert!(scrape.sums.get(name).is_some_and(|count| *count >= 1.0), "{name}:\n{text}");
    }
    assert!(scrape.sums["treue_store_commit_duration_seconds_sum"] > 0.0, "{text}");
}

/// What Prometheus asks of names: <https://prometheus.io/docs/practices/naming/>.
#[test]
fn metrics_are_named_by_convention_and_say_what_they_are() {
    let (_folder, _serving, mut client) = served();
    scrape(&mut client);
    let scrape = scrape(&mut client);
    assert!(scrape.kinds.len() >= 13, "{}", scrape.text);
    for (name, kind) in &scrape.kinds {
        assert!(name.starts_with("treue_"), "{name}");
        assert!(scrape.helped.contains(name), "{name} says what it is");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        assert!(["counter", "gauge", "histogram"].contains(&kind.as_str()), "{name} is a {kind}");
        for unit in ["milliseconds", "micro", "_ms", "_us", "kilobytes", "_kb", "_mb"] {
            assert!(!name.contains(unit), "{name} is in a base unit");
        }
    }
}
