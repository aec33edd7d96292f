//! Tills in threads of their own against the program: with twins, lost answers, retries and returns.
//!
//! A short race runs with the other tests. The long one is 100,000 commits:
//! `TREUE=$PWD/target/release/treue cargo test --test it -- --ignored race`, or as many as `TREUE_RACE_COMMITS` says.

use std::collections::HashMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use treue::app::{DecisionRecord, verify};
use treue::store::{Read, Store, decode};
use treue::time::Instant;

use crate::process::{Client, Serving};

const POLICY: &str = "\
currency: EUR
timezone: UTC
discounts:
  launch: { when: { basket: { less_than: 100 } }, amount: 0.70, budget: 25.00 }
  welcome: { when: { basket: { less_than: 100 } }, rate: 50%, uses: { per_customer: 1 } }
points:
  earn: { per: 1000.00, points: 1 }
  redeem: { value: 0.01, at_least: 1, max_share: 100% }
";
const TILLS: u64 = 64;
/// In cents.
const BUDGET: i64 = 2_500;
const POINTS: i64 = 500;

/// What is surely taken: added once it is acknowledged, and taken off before it may be given back. So none of it may
/// ever be above its limit.
#[derive(Default)]
struct Taken {
    launch: AtomicI64,
    welcome: AtomicI64,
    points: AtomicI64,
    commits: AtomicU64,
}

impl Taken {
    fn add(&self, sign: i64, [launch, welcome, points]: [i64; 3]) {
        for (sum, change, most, what) in [
            (&self.launch, launch, BUDGET, "the budget"),
            (&self.welcome, welcome, 1, "the use"),
            (&self.points, points, POINTS, "the points"),
        ] {
            let after = sum.fetch_add(sign * change, Ordering::SeqCst) + sign * change;
            assert!(after <= most, "{after} of {most}: {what}");
        }
    }
}

/// A request, and the first answer to it.
struct Sent {
    path: String,
    body: String,
    answer: String,
}

struct Till<'a> {
    address: SocketAddr,
    lines: [Client; 2],
    chance: ChaCha8Rng,
    taken: &'a Taken,
    sent: Vec<Sent>,
    /// Purchases of this till with something left to come back: what they hold, and how many units came back.
    open: Vec<(String, [i64; 3], u32)>,
    id: u64,
    numbers: u64,
}

fn cents(value: &Value) -> i64 {
    value.as_str().expect("money").replace('.', "").parse().expect("cents")
}

/// What a purchase took of the budget, the use and the points.
fn took(bought: &Value) -> [i64; 3] {
    let applied = bought["applied"].as_array().expect("discounts");
    let of = |name: &str| applied.iter().find(|applied| applied["discount"] == name).map(|it| cents(&it["amount"]));
    let redeemed = bought["points"]["redeemed"].as_i64().expect("points");
    [of("launch").unwrap_or(0), i64::from(of("welcome").is_some()), redeemed]
}

impl Till<'_> {
    fn connect(&self) -> Client {
        Client::connect(self.address).expect("a connection")
    }

    /// Asks on one of the two lines. One that was idle for long is closed by the server, perhaps while a request is on
    /// its way: then it is sent again, as one whose answer was lost.
    fn ask(&mut self, line: usize, path: &str, body: &str) -> (u16, String) {
        for _ in 0..10 {
            if let Ok(answer) = self.lines[line].call("POST", path, body) {
                return answer;
            }
            self.lines[line] = self.connect();
        }
        panic!("no answer to {path} {body}")
    }

    /// Sends a request once, twice at the same time, or again after its answer was lost. The last answer.
    fn send(&mut self, path: &str, body: &str) -> (u16, String) {
        match self.chance.random_range(0..100) {
            0..8 => {
                let sent = self.lines.each_mut().map(|line| line.send("POST", path, body).is_ok());
                let mut answers = [0, 1].map(|line| {
                    let answer = if sent[line] { self.lines[line].answer().ok() } else { None };
                    answer.unwrap_or_else(|| {
                        // An answer that comes late must not be taken for that of the next request.
                        self.lines[line] = self.connect();
                        self.ask(line, path, body)
                    })
                });
                // One of two may be refused, where what it asked for was there only before or after the other.
                answers.sort();
                if answers[1].0 == 201 {
                    assert_eq!(answers[0], answers[1], "{path} {body}");
                }
                let [first, _] = answers;
                first
            }
            8..14 => {
                // Whether it arrives or not, its answer is lost.
                let _ = self.lines[0].send("POST", path, body);
                self.lines[0] = self.connect();
                self.ask(0, path, body)
            }
            _ => self.ask(0, path, body),
        }
    }

    fn keep(&mut self, path: String, body: String, answer: String) {
        self.taken.commits.fetch_add(1, Ordering::SeqCst);
        self.sent.push(Sent { path, body, answer });
    }

    fn buy(&mut self) {
        self.numbers += 1;
        let id = format!("p-{}-{}", self.id, self.numbers);
        let cents = self.chance.random_range(300..900);
        let lines = json!([{ "sku": "X", "quantity": 2, "unit_price": format!("{}.{:02}", cents / 100, cents % 100) }]);
        let redeem = if self.chance.random_bool(0.3) { self.chance.random_range(1..40) } else { 0 };
        let mut wanted = json!({ "customer": "c", "lines": lines, "redeem_points": redeem });
        if self.chance.random_bool(0.2) {
            let (status, quoted) = self.ask(1, "/v1/quotes", &wanted.to_string());
            assert_eq!(status, 200, "{quoted}");
            let quoted: Value = serde_json::from_str(&quoted).expect("JSON");
            wanted = json!({ "quote": quoted["quote"] });
        }
        wanted["id"] = id.as_str().into();
        let body = wanted.to_string();
        let (status, answer) = self.send("/v1/purchases", &body);
        let bought: Value = serde_json::from_str(&answer).expect("JSON");
        if status == 409 {
            let kind = bought["type"].as_str().expect("a kind");
            assert!(["urn:treue:problem:points", "urn:treue:problem:spent"].contains(&kind), "{answer}");
            return;
        }
        assert_eq!(status, 201, "{answer}");
        let took = took(&bought);
        self.taken.add(1, took);
        self.open.push((id, took, 0));
        self.keep("/v1/purchases".to_owned(), body, answer);
    }

    fn take_back(&mut self) {
        let at = self.chance.random_range(0..self.open.len());
        let (id, held, back) = self.open.swap_remove(at);
        self.numbers += 1;
        let one = back == 0 && self.chance.random_bool(0.4);
        let mut wanted = json!({ "id": format!("r-{}-{}", self.id, self.numbers) });
        if one {
            wanted["lines"] = json!([{ "line": 0, "quantity": 1 }]);
        }
        // What comes back may be somebody else's before the answer is here.
        self.taken.add(-1, held);
        let (path, body) = (format!("/v1/purchases/{id}/returns"), wanted.to_string());
        let (status, answer) = self.send(&path, &body);
        assert_eq!(status, 201, "{answer}");
        if one {
            // Of an odd amount the first unit has the larger half.
            let back: Value = serde_json::from_str(&answer).expect("JSON");
            let points = back["points"]["given_back"].as_i64().expect("points");
            let left = [held[0] / 2, held[1], held[2] - points];
            self.taken.add(1, left);
            self.open.push((id, left, 1));
        }
        self.keep(path, body, answer);
    }

    /// Asks for something old once more.
    fn retry(&mut self) {
        let at = self.chance.random_range(0..self.sent.len());
        let line = self.chance.random_range(0..2);
        let (path, body) = (self.sent[at].path.clone(), self.sent[at].body.clone());
        let (status, again) = self.ask(line, &path, &body);
        assert_eq!((status, &again), (201, &self.sent[at].answer), "{path} {body}");
    }

    fn work(&mut self, commits: u64) {
        while self.taken.commits.load(Ordering::SeqCst) < commits {
            match self.chance.random_range(0..100) {
                0..55 => self.buy(),
                55..90 if !self.open.is_empty() => self.take_back(),
                90.. if !self.sent.is_empty() => self.retry(),
                _ => {}
            }
        }
    }
}

fn race(commits: u64) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), POLICY).expect("a file");
    let serving = Serving::start(folder.path());
    let address = serving.address;
    // Earns the points that are raced for.
    let first = json!({ "id": "first", "customer": "c", "lines": [
        { "sku": "X", "quantity": 1, "unit_price": POINTS * 1_000 }
    ] });
    let mut client = Client::connect(address).expect("a connection");
    let (status, answer) = client.call("POST", "/v1/purchases", &first.to_string()).expect("an answer");
    assert_eq!(status, 201, "{answer}");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!((took(&answer), &answer["points"]["earned"]), ([0, 0, 0], &json!(POINTS)));
    let taken = Taken::default();
    let sent: Vec<Vec<Sent>> = std::thread::scope(|scope| {
        let till = |id| {
            let taken = &taken;
            scope.spawn(move || {
                let lines = [(); 2].map(|()| Client::connect(address).expect("a connection"));
                let chance = ChaCha8Rng::seed_from_u64(id);
                let mut till = Till { address, lines, chance, taken, sent: vec![], open: vec![], id, numbers: 0 };
                till.work(commits);
                till.sent
            })
        };
        let tills: Vec<_> = (0..TILLS).map(till).collect();
        tills.into_iter().map(|till| till.join().expect("a till")).collect()
    });
    assert!(serving.end().success());
    look_into(&folder.path().join("treue.redb"), &sent);
}

/// Opens what the server left: all of it fits together, and what was acknowledged is there.
fn look_into(file: &std::path::Path, sent: &[Vec<Sent>]) {
    let store = Store::open(file, 64 << 20).expect("a store that opens");
    let rows = store.snapshot();
    let mut flaws = Vec::new();
    verify(&rows, &mut |flaw| flaws.push(flaw)).expect("a readable store");
    assert_eq!(flaws, []);
    let spent = rows.spent("launch", Instant::MIN).expect("a read");
    assert!((0..=BUDGET).contains(&spent.amount.0), "{spent:?}");
    assert!(rows.customer_uses("welcome", "c", Instant::MIN).expect("a read") <= 1);
    let lots = rows.points_account("c").expect("a read").unwrap_or_default().lots;
    assert!((0..=POINTS).contains(&lots.iter().map(|lot| lot.left).sum()), "{lots:?}");
    let mut granted: HashMap<String, i64> = HashMap::new();
    for Sent { path, answer, .. } in sent.iter().flatten() {
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        let id = answer["id"].as_str().expect("an id");
        if path == "/v1/purchases" {
            let record = rows.decision(id).expect("a read").expect("what was acknowledged is there");
            let record: DecisionRecord = decode(&record).expect("a decision");
            assert_eq!(record.decision.totals.discount.0, cents(&answer["totals"]["discount"]), "{id}");
            granted.insert(id.to_owned(), record.decision.totals.points_redeemed);
        } else {
            let purchase = path.trim_start_matches("/v1/purchases/").trim_end_matches("/returns");
            let purchase = rows.purchase(purchase).expect("a read").expect("a purchase");
            assert_eq!(purchase.returns.iter().filter(|goods| goods.id == id).count(), 1, "{id}");
        }
    }
    // Some of each happened.
    assert!(granted.values().any(|redeemed| *redeemed > 0));
}

#[test]
fn sixty_four_tills_overspend_nothing() {
    race(3_000);
}

#[test]
#[ignore = "100,000 commits take minutes"]
fn sixty_four_tills_overspend_nothing_in_the_long_run() {
    let commits = std::env::var("TREUE_RACE_COMMITS").map(|commits| commits.parse().expect("a number"));
    race(commits.unwrap_or(100_000));
}
