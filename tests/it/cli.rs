//! The command line: help, outputs, exit statuses, and where settings come from.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use clap::CommandFactory;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Client, Serving, treue};

const POLICY: &str = "\
currency: EUR
timezone: Europe/Berlin

metrics:
  orders: { count: purchases }

segments:
  tier: { by: orders, classes: { gold: 10, basic: 0 } }

discounts:
  regulars: { ladder: { by: orders, steps: { 3: 2%, 10: 5% } } }
  gold_only: { when: { tier: gold }, rate: 1% }
";

const TESTS: &str = "\
- test: the tenth purchase earns five percent
  customer: { metrics: { orders: 10 } }
  basket: [{ sku: X, quantity: 1, unit_price: 100 }]
  expect: { discount: 5.95, applied: [regulars, gold_only] }
";

/// A folder with a policy and its tests.
fn shop(policy: &str, tests: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), policy).expect("a file");
    if !tests.is_empty() {
        fs::write(folder.path().join("policies/shop.test.yaml"), tests).expect("a file");
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    treue(folder).args(arguments).output().expect("the program runs")
}

fn run_with_input(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = treue(folder);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that does not want its input ends before it is written.
    let _ = child.stdin.take().expect("its input").write_all(input.as_bytes());
    child.wait_with_output().expect("its output")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

fn status(output: &Output) -> Option<i32> {
    output.status.code()
}

/// Puts words in place of hexadecimal digits and of what quotes seal.
fn redact(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    for part in text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')) {
        let word = part.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'));
        let hex = word.len() >= 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit() && !byte.is_ascii_uppercase());
        let name = match word.len() {
            8 | 32 if hex && word.bytes().any(|byte| byte.is_ascii_digit()) => "REVISION",
            100.. => "TOKEN",
            _ => word,
        };
        redacted.push_str(name);
        redacted.push_str(&part[word.len()..]);
    }
    redacted
}

/// Status, output and errors as one page.
fn page(output: &Output) -> String {
    let mut page = format!("status {}\n", status(output).map_or("none".to_owned(), |status| status.to_string()));
    for (name, bytes) in [("output", &output.stdout), ("errors", &output.stderr)] {
        if !bytes.is_empty() {
            page.push_str(&format!("--- {name}\n{}", redact(&text(bytes))));
        }
    }
    page
}

/// Compares with the picture of this name.
fn picture(name: &str, content: &str) {
    insta::with_settings!(
        { prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "snapshots/cli" },
        { insta::assert_snapshot!(name, content) }
    );
}

#[test]
fn every_command_helps_with_an_example() {
    let folder = tempfile::tempdir().expect("a folder");
    picture("help", &page(&run(folder.path(), &["--help"])).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    let program = treue::cli::Cli::command();
    for command in program.get_subcommands().map(|command| command.get_name()).filter(|name| *name != "help") {
        let help = page(&run(folder.path(), &[command, "--help"]));
        let shown = ["Example:\n  treue ", "Examples:\n  treue ", "Example:\n  echo "];
        assert!(shown.iter().any(|shown| help.contains(shown)), "{command} has an example:\n{help}");
        picture(&format!("help-{command}"), &help);
    }
    let version = run(folder.path(), &["--version"]);
    assert_eq!(text(&version.stdout), format!("treue {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn check_says_what_is_wrong() {
    let check = |name: &str, policy: &str, arguments: &[&str]| {
        let folder = shop(policy, TESTS);
        picture(name, &page(&run(folder.path(), &[&["check"], arguments].concat())));
    };
    let wrong = POLICY.replace("by: orders, steps", "by: ordes, steps").replace("tier: gold }", "tier: god }");
    let warned = POLICY.replace("3: 2%, 10: 5%", "3: 5%, 10: 2%");
    check("check-good", POLICY, &[]);
    check("check-good-json", POLICY, &["--json"]);
    check("check-bad", &wrong, &[]);
    check("check-bad-json", &wrong, &["--json"]);
    check("check-warned", &warned, &[]);
    check("check-warned-and-denied", &warned, &["--deny-warnings"]);
    check("check-explain", POLICY, &["--explain", "unknown-key"]);
    check("check-explain-misspelt", POLICY, &["--explain", "unknown-ky"]);
}

#[test]
fn test_says_what_failed_and_what_was_not_reached() {
    let check = |name: &str, tests: &str, arguments: &[&str]| {
        let folder = shop(POLICY, tests);
        picture(name, &page(&run(folder.path(), &[&["test"], arguments].concat())));
    };
    let failing = TESTS.replace("5.95", "5.00");
    check("test-passed", TESTS, &[]);
    check("test-passed-json", TESTS, &["--json"]);
    check("test-uncovered", TESTS, &["--require-coverage"]);
    check("test-failed", &failing, &[]);
    check("test-failed-json", &failing, &["--json"]);
    check("test-filtered", &failing, &["eleventh", "--require-coverage"]);
    check("test-none", "", &[]);
    check("test-misspelt", &TESTS.replace("discount:", "discont:"), &[]);
}

#[test]
fn fmt_writes_only_what_it_is_asked_to() {
    let untidy = POLICY.replace("{ count: purchases }", "{count:  purchases}");
    let folder = shop(&untidy, TESTS);
    let file = folder.path().join("policies/shop.yaml");
    picture("fmt-check", &page(&run(folder.path(), &["fmt", "--check"])));
    assert_eq!(fs::read_to_string(&file).expect("a file"), untidy);
    picture("fmt", &page(&run(folder.path(), &["fmt"])));
    assert_eq!(fs::read_to_string(&file).expect("a file"), POLICY);
    picture("fmt-again", &page(&run(folder.path(), &["fmt", "--check"])));
    assert_eq!(fs::read_dir(folder.path().join("policies")).expect("the folder").count(), 2, "nothing is left beside");
    let broken = shop("a: [1\n", "");
    picture("fmt-unreadable", &page(&run(broken.path(), &["fmt"])));
}

const BASKET: &str = r#"{ "customer": "c-1", "at": "2026-03-01T11:00:00Z",
  "lines": [{ "sku": "SH-1", "quantity": 2, "unit_price": "49.90" }, { "sku": "T-9", "quantity": 0.5, "unit_price": 3 }] }"#;

#[test]
fn quote_decides_and_writes_nothing() {
    let folder = shop(&POLICY.replace("3: 2%", "0: 2%"), "");
    let quote =
        |arguments: &[&str], input: &str| run_with_input(folder.path(), &[&["quote"], arguments].concat(), input);
    picture("quote", &page(&quote(&["-"], BASKET)));
    let answer = quote(&["-", "--json"], BASKET);
    let mut json: Value = serde_json::from_slice(&answer.stdout).expect("JSON");
    let expires = json.as_object_mut().and_then(|members| members.remove("expires_at")).expect("an end");
    assert!(expires.as_str().is_some_and(|at| at.ends_with('Z')), "{expires}");
    picture("quote-json", &redact(&serde_json::to_string_pretty(&json).expect("JSON")));
    fs::write(folder.path().join("basket.json"), BASKET).expect("a file");
    assert_eq!(quote(&["basket.json"], "").stdout, quote(&["-"], BASKET).stdout);
    picture("quote-invalid", &page(&quote(&["-"], &BASKET.replace("49.90", "-1").replace("c-1", ""))));
    picture("quote-unreadable", &page(&quote(&["-"], "{")));
    picture("quote-missing", &page(&quote(&["none.json"], "")));
    assert!(!folder.path().join("treue.redb").exists(), "no store is made for a question");
}

#[test]
fn explain_tells_how_a_purchase_was_decided() {
    let folder = shop(&POLICY.replace("3: 2%", "0: 2%"), "");
    picture("explain-without-a-store", &page(&run(folder.path(), &["explain", "p-1"])));
    let serving = Serving::start(folder.path());
    let mut client = Client::connect(serving.address).expect("a connection");
    let bought = BASKET.replacen('{', r#"{ "id": "p-1","#, 1).replace("2026-03-01", "2020-03-01");
    let (status_of_purchase, answer) = client.call("POST", "/v1/purchases", &bought).expect("an answer");
    assert_eq!(status_of_purchase, 201, "{answer}");
    let locked = run(folder.path(), &["explain", "p-1"]);
    assert_eq!(status(&locked), Some(3), "one process has the store: {}", text(&locked.stderr));
    drop(client);
    assert!(serving.end().success(), "asked to end, it ends well");
    picture("explain", &page(&run(folder.path(), &["explain", "p-1"])));
    let json: Value = serde_json::from_slice(&run(folder.path(), &["explain", "p-1", "--json"]).stdout).expect("JSON");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    for member in ["totals", "applied", "rejected", "lines", "segments", "revision"] {
        assert_eq!(json[member], answer[member], "{member}");
    }
    picture("explain-unknown", &page(&run(folder.path(), &["explain", "p-2"])));
}

#[test]
fn what_is_generated_is_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = |arguments: &[&str]| -> Value {
        let output = run(folder.path(), arguments);
        assert_eq!(status(&output), Some(0));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    assert_eq!(read(&["openapi"]), serde_json::to_value(treue::http::openapi()).expect("JSON"));
    assert_eq!(read(&["schema"]), serde_json::to_value(treue::policy::schema()).expect("JSON"));
    assert_eq!(read(&["schema"])["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_ne!(read(&["schema", "--tests"]), read(&["schema"]));
    for shell in ["bash", "zsh", "fish"] {
        let output = run(folder.path(), &["completions", shell]);
        assert_eq!(status(&output), Some(0));
        assert!(text(&output.stdout).contains("serve"), "{shell}");
    }
}

#[test]
fn the_exit_status_says_how_it_went() {
    let good = shop(POLICY, TESTS);
    let bad = shop("currency: XXY\n", "");
    let empty = tempfile::tempdir().expect("a folder");
    let misset = shop(POLICY, TESTS);
    fs::write(misset.path().join("treue.toml"), "polices = \"x\"\n").expect("a file");
    let occupied = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let occupied = occupied.local_addr().expect("its address").to_string();
    for (folder, arguments, expect) in [
        (&good, &["check"][..], 0),
        (&good, &["test"], 0),
        (&good, &["--help"], 0),
        (&bad, &["check"], 1),
        (&bad, &["test"], 1),
        (&good, &["test", "--require-coverage"], 1),
        (&good, &[], 2),
        (&good, &["chek"], 2),
        (&good, &["check", "--jsn"], 2),
        (&good, &["serve", "--listen", "nowhere"], 2),
        (&good, &["check", "--config", "none.toml"], 2),
        (&misset, &["check"], 2),
        (&empty, &["check"], 3),
        (&good, &["check", "--policies", "none"], 3),
        (&good, &["quote", "none.json"], 3),
        (&good, &["check", "--explain", "nothing-like-it"], 3),
        (&good, &["serve", "--listen", "0.0.0.0:0"], 3),
        (&good, &["serve", "--listen", &occupied], 3),
        (&bad, &["serve", "--listen", "127.0.0.1:0"], 3),
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(status(&output), Some(expect), "{arguments:?}\n{}", page(&output));
        assert!(expect < 2 || !output.stderr.is_empty(), "{arguments:?} says why not");
    }
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    for (at, name) in ["policies", "file", "variable", "flag"].into_iter().enumerate() {
        fs::create_dir(path.join(name)).expect("a folder");
        let discounts: String = (0..=at).map(|number| format!("  d{number}: {{ rate: 1% }}\n")).collect();
        let policy = format!("currency: EUR\ntimezone: UTC\ndiscounts:\n{discounts}");
        fs::write(path.join(name).join("shop.yaml"), policy).expect("a file");
    }
    let discounts = |variable: bool, arguments: &[&str]| {
        let mut command = treue(path);
        if variable {
            command.env("TREUE_POLICIES", "variable");
        }
        let output = command.arg("check").args(arguments).output().expect("the program runs");
        let said = text(&output.stdout);
        let count = said.split(", ").find_map(|part| part.split_once(" discount")).expect("a count of discounts").0;
        count.parse::<u32>().expect("a number")
    };
    assert_eq!(discounts(false, &[]), 1);
    fs::write(path.join("treue.toml"), "policies = \"file\"\n").expect("a file");
    assert_eq!(discounts(false, &[]), 2);
    assert_eq!(discounts(true, &[]), 3);
    assert_eq!(discounts(true, &["--policies", "flag"]), 4);
    assert_eq!(discounts(false, &["--policies", "flag"]), 4);
    fs::write(path.join("other.toml"), "policies = \"flag\"\n").expect("a file");
    assert_eq!(discounts(false, &["--config", "other.toml"]), 4);
}

#[test]
fn a_server_says_where_it_listens_and_what_it_loads() {
    let folder = shop(POLICY, TESTS);
    fs::write(folder.path().join("treue.toml"), "listen = \"127.0.0.1:0\"\nstore = \"shop.redb\"\n").expect("a file");
    let serving = Serving::start(folder.path());
    let mut client = Client::connect(serving.address).expect("a connection");
    let (status, ready) = client.call("GET", "/readyz", "").expect("an answer");
    let ready: Value = serde_json::from_str(&ready).expect("JSON");
    assert_eq!((status, &ready["purchases"]), (200, &json!(0)));
    assert!(folder.path().join("shop.redb").exists());
    assert!(serving.end().success());
}

#[test]
fn the_shipped_policies_are_sound_tested_and_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for arguments in [&["check", "--deny-warnings"][..], &["test", "--require-coverage"], &["fmt", "--check"]] {
        let folders = ["--policies", "policies", "--scripts", "scripts"];
        let output = run(root, &[arguments, &folders].concat());
        assert_eq!(status(&output), Some(0), "{arguments:?}\n{}", page(&output));
    }
}

/// A store with what ann bought under the policy of these tests.
fn shop_with_history() -> TempDir {
    let folder = shop(POLICY, "");
    // An impact looks back from today.
    let today = treue::app::Clock::System.now().to_utc().date_naive();
    let day = |nth: u64| today - chrono::Days::new(20 - nth);
    let rows: String = (1..=6).map(|nth| format!("ann,o-{nth},{} 12:00:00,X,1,100\n", day(nth))).collect();
    let header = "customer,purchase,at,sku,quantity,unit_price\n";
    fs::write(folder.path().join("bought.csv"), format!("{header}{rows}")).expect("a file");
    let map = "customer=customer,purchase=purchase,at=at,sku=sku,quantity=quantity,unit_price=unit_price";
    let imported = run(folder.path(), &["import", "bought.csv", "--map", map]);
    assert_eq!(status(&imported), Some(0), "{}", text(&imported.stderr));
    folder
}

#[test]
fn a_simulation_is_printed_written_and_refused() {
    let folder = shop_with_history();
    fs::write(folder.path().join("scenario.yaml"), "baseline: none\ncandidate: active\n").expect("a file");
    let done = run(folder.path(), &["simulate", "scenario.yaml", "--json"]);
    assert_eq!(status(&done), Some(0), "{}", text(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    // 2 % on the fourth to the sixth purchase.
    assert_eq!(report["compared"][0]["difference"]["discount"], "6.00");
    let csv = run(folder.path(), &["simulate", "scenario.yaml", "--csv"]);
    assert!(text(&csv.stdout).starts_with("side,purchases,gross,discount,net,"), "{}", text(&csv.stdout));
    let page = run(folder.path(), &["simulate", "scenario.yaml", "--html", "report.html"]);
    assert_eq!(status(&page), Some(0), "{}", text(&page.stderr));
    let html = fs::read_to_string(folder.path().join("report.html")).expect("a page");
    assert!(html.contains("<svg") && html.contains("Level 0, replay") && !html.contains("src="), "{html}");
    let shown = text(&run(folder.path(), &["simulate", "scenario.yaml"]).stdout);
    assert!(shown.contains("Level 0, replay") && shown.contains("regression to the mean"), "{shown}");
    let wrong = run_with_input(folder.path(), &["simulate", "-"], "candidate: activ\nsample: 200%\n");
    assert_eq!(status(&wrong), Some(1));
    let errors = text(&wrong.stderr);
    assert!(
        errors.contains("--> -:1:12") && errors.contains("write `active`") && errors.contains("--> -:2:9"),
        "{errors}"
    );
    // A candidate's mistakes are told by where they lie; a share that lacks its percent is guessed.
    fs::create_dir_all(folder.path().join("draft/policies")).expect("a folder");
    let draft = "currency: EUR\ntimezone: UTC\ndiscounts: { all: { rate: 0.2 } }\n";
    fs::write(folder.path().join("draft/policies/shop.yaml"), draft).expect("a file");
    let wrong = run_with_input(folder.path(), &["simulate", "-"], "candidate: ./draft\n");
    let errors = text(&wrong.stderr);
    assert!(errors.contains("--> ./draft/policies/shop.yaml:3:"), "{errors}");
    assert!(errors.contains("write `20%`, or `0.2%`"), "{errors}");
    // What cannot be meant is wrong usage, not a failure.
    for wrong in [&["import", "bought.csv", "--map", "foo=customer"][..], &["export", "nope"]] {
        assert_eq!(status(&run(folder.path(), wrong)), Some(2), "{wrong:?}");
    }
    // A store that is named is meant.
    let lines = "{\"lines\": [{\"sku\": \"X\", \"quantity\": 1, \"unit_price\": 1}]}";
    let quoted = run_with_input(folder.path(), &["quote", "-", "--store", "elsewhere.redb"], lines);
    assert_eq!(status(&quoted), Some(3));
    assert_eq!(text(&quoted.stderr), "error: there is no store at elsewhere.redb\n");
}

#[test]
fn all_readings_of_a_ladder_are_shown_side_by_side() {
    let folder = shop_with_history();
    let scenario = "baseline: none\nladder: { steps: { 0: 0%, 200: 5%, 500: 10% }, within: 2 days }\n";
    let done = run_with_input(folder.path(), &["simulate", "-", "--csv"], scenario);
    assert_eq!(status(&done), Some(0), "{}", text(&done.stderr));
    let table = text(&done.stdout);
    let granted = |name: &str| {
        let row =
            table.lines().find(|line| line.starts_with(&format!("\"{name}\""))).unwrap_or_else(|| panic!("{table}"));
        row[name.len() + 3..].split(',').nth(2).expect("a discount").to_owned()
    };
    // Gross before the basket: 0, 100, 200, 300, 400, 500; with it 100 more.
    assert_eq!(granted("lifetime, gross, before the basket"), "25.00");
    assert_eq!(granted("lifetime, gross, with the basket"), "35.00");
    assert_eq!(granted("2 days, gross, before the basket"), "20.00");
    assert_eq!(granted("lifetime, net, before the basket"), "20.00");
}

#[test]
fn an_impact_holds_up_what_would_cost_too_much() {
    let folder = shop_with_history();
    // What is in force is noted in the store; the folder goes on.
    let before = run(folder.path(), &["check", "--impact", "--max-cost-increase", "0%"]);
    assert_eq!(status(&before), Some(0), "{}", text(&before.stderr));
    fs::write(folder.path().join("policies/shop.yaml"), POLICY.replace("3: 2%", "3: 4%")).expect("a file");
    let over = run(folder.path(), &["check", "--impact", "--max-cost-increase", "2%"]);
    assert_eq!(status(&over), Some(1), "{}", text(&over.stdout));
    assert!(text(&over.stderr).contains("more than 2% more"), "{}", text(&over.stderr));
    let allowed = run(folder.path(), &["check", "--impact", "--max-cost-increase", "100%", "--json"]);
    assert_eq!(status(&allowed), Some(0), "{}", text(&allowed.stderr));
    let checked: Value = serde_json::from_slice(&allowed.stdout).expect("JSON");
    assert_eq!(checked["impact"]["compared"][0]["cost_change"], "1.000000");
}

#[test]
fn the_scenarios_of_the_guide_are_sound() {
    let sources = treue::diagnostic::Sources::new([("policies/a.yaml".to_owned(), POLICY.to_owned())]);
    let bundle = treue::policy::compile(sources).bundle.expect("it compiles");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenarios");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("a file").path();
        let written = fs::read_to_string(&path).expect("a file");
        let sources = treue::diagnostic::Sources::new([(path.display().to_string(), written)]);
        let (scenario, findings) = treue::policy::scenario(&sources, &bundle);
        assert_eq!(findings, []);
        assert!(scenario.is_some(), "{}", path.display());
    }
}
