//! A disk without room: what cannot be written is a 503 and leaves nothing, and once there is room all goes on.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::Value;
use treue::app::verify;
use treue::store::{Read, Store};

use crate::process::{Client, PROGRAM, Serving, out_of_reach};

const POLICY: &str = "\
currency: EUR
timezone: UTC
discounts:
  gift: { amount: 1, budget: 1000000, uses: { per_customer: 5 } }
points:
  earn: { per: 1.00, points: 1 }
";

/// From now on no file of the process grows beyond so many bytes.
fn limit(serving: &Serving, bytes: &str) {
    let limit = format!("--fsize={bytes}:unlimited");
    let set = Command::new("prlimit").args(["--pid", &serving.id().to_string(), &limit]).status();
    assert!(set.expect("prlimit is there").success());
}

fn buying(number: u32) -> String {
    let lines = "[{\"sku\":\"X\",\"quantity\":3,\"unit_price\":\"9.99\"}]";
    format!("{{\"id\":\"p-{number}\",\"customer\":\"c-{}\",\"lines\":{lines}}}", number % 50)
}

#[test]
fn without_room_nothing_is_lost_and_with_room_all_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), POLICY).expect("a file");
    let file = folder.path().join("treue.redb");
    // Where a file would grow beyond its limit, a process is ended unless it asks for an error.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", PROGRAM, "serve", "--listen", "127.0.0.1:0"]);
    command.stderr(Stdio::null());
    let serving = Serving::start_as(out_of_reach(command, folder.path()));
    let mut client = Client::connect(serving.address).expect("a connection");
    let mut call = |method: &str, path: &str, body: &str| client.call(method, path, body).expect("an answer");
    let mut next = 0;
    for round in 0..3 {
        limit(&serving, &fs::metadata(&file).expect("a store").len().to_string());
        // There is some room inside the file.
        let full = loop {
            let (status, answer) = call("POST", "/v1/purchases", &buying(next));
            if status == 503 {
                let problem: Value = serde_json::from_str(&answer).expect("JSON");
                assert_eq!(problem["type"], "urn:treue:problem:unavailable");
                break next;
            }
            assert_eq!(status, 201, "round {round}: {answer}");
            next += 1;
            assert!(next < 100_000, "the limit holds");
        };
        // Whoever reads or asks for a quote is served, and told that somebody should look.
        let (status, answer) = call("GET", &format!("/v1/purchases/p-{full}"), "");
        assert_eq!(status, 404, "{answer}");
        assert_eq!(call("GET", &format!("/v1/purchases/p-{}", full - 1), "").0, 200);
        let quote = buying(0).replace("\"id\":\"p-0\",", "");
        assert_eq!(call("POST", "/v1/quotes", &quote).0, 200);
        let (status, ready) = call("GET", "/readyz", "");
        let ready: Value = serde_json::from_str(&ready).expect("JSON");
        assert_eq!((status, &ready["status"], &ready["writable"]), (200, &"degraded".into(), &false.into()));
        assert!(call("GET", "/metrics", "").1.contains("\ntreue_store_writable 0\n"));
        for again in 0..3 {
            assert_eq!(call("POST", "/v1/purchases", &buying(full + again)).0, 503);
        }
        // What was acknowledged is answered as the first time, without writing anything.
        assert_eq!(call("POST", "/v1/purchases", &buying(full - 1)).0, 201);

        limit(&serving, "unlimited");
        for number in full..full + 50 {
            let (status, answer) = call("POST", "/v1/purchases", &buying(number));
            assert_eq!(status, 201, "round {round}: {answer}");
        }
        next = full + 50;
        let ready: Value = serde_json::from_str(&call("GET", "/readyz", "").1).expect("JSON");
        assert_eq!((&ready["status"], &ready["purchases"]), (&"ok".into(), &next.into()));
    }
    assert!(serving.end().success());
    let store = Store::open(&file, 16 << 20).expect("a store that opens");
    let rows = store.snapshot();
    let mut flaws = Vec::new();
    verify(&rows, &mut |flaw| flaws.push(flaw)).expect("a readable store");
    assert_eq!(flaws, []);
    for number in 0..next {
        assert!(rows.purchase(&format!("p-{number}")).expect("a read").is_some(), "p-{number} was acknowledged");
    }
}
