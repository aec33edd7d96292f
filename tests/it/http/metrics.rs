//! What is counted. A process has one place for it, so these tests ask a process of their own.

use std::fs;

use super::app::EXAMPLE;
use crate::process::{Client, Serving};

#[test]
fn metrics_are_text_for_prometheus() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), EXAMPLE).expect("a file");
    let serving = Serving::start(folder.path());
    let mut client = Client::connect(serving.address).expect("a connection");
    let bought = "{\"id\":\"p-1\",\"customer\":\"c-1\",\"lines\":[{\"sku\":\"X\",\"quantity\":1,\"unit_price\":5}]}";
    for (method, path, body, status) in [
        ("POST", "/v1/quotes", &bought.replace("\"id\":\"p-1\",", ""), 200),
        ("POST", "/v1/purchases", &bought.to_owned(), 201),
        ("GET", "/v1/purchases/p-1", &String::new(), 200),
        ("GET", "/v1/purchases/p-2", &String::new(), 404),
        ("BREW", "/v1/purchases/p-2", &String::new(), 405),
    ] {
        let (answered, said) = client.call(method, path, body).expect("an answer");
        assert_eq!(answered, status, "{said}");
    }
    let (status, text) = client.call("GET", "/metrics", "").expect("an answer");
    assert_eq!(status, 200);
    let counted = |labels: &str| {
        let line = format!("treue_request_seconds_count{{{labels}}} 1");
        assert!(text.lines().any(|known| known == line), "{line}:\n{text}");
    };
    counted("method=\"POST\",path=\"/v1/purchases\",status=\"201\"");
    counted("method=\"GET\",path=\"/v1/purchases/{id}\",status=\"200\"");
    counted("method=\"GET\",path=\"/v1/purchases/{id}\",status=\"404\"");
    // What anybody may invent does not become a name in the list.
    counted("method=\"other\",path=\"/v1/purchases/{id}\",status=\"405\"");
    assert!(!text.contains("BREW"), "{text}");
    for (name, least) in [
        ("treue_decisions_total", 1),
        ("treue_purchases_total", 1),
        ("treue_store_commits_total", 1),
        ("treue_store_bytes", 1),
    ] {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse::<f64>().ok());
        assert!(value.is_some_and(|value| value >= f64::from(least)), "{name}:\n{text}");
    }
}
