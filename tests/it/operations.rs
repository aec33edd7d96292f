//! What operators rely on: backups of a store at work, and logs that programs can read.

use std::fs::{self, File};
use std::path::Path;

use serde_json::Value;
use treue::store::{Read, Store};

use crate::process::{Client, Serving, treue};

const POLICY: &str = "\
currency: EUR
timezone: UTC
discounts:
  gift: { amount: 1, budget: 1000000, uses: { per_customer: 5 } }
points:
  earn: { per: 1.00, points: 1 }
";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), POLICY).expect("a file");
    folder
}

fn buying(till: u32, number: u32) -> String {
    let lines = "[{\"sku\":\"X\",\"quantity\":1,\"unit_price\":5}]";
    format!("{{\"id\":\"p-{till}-{number}\",\"customer\":\"c-{}\",\"lines\":{lines}}}", number % 7)
}

/// Runs the program; its status, and what it said.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = treue(folder).args(arguments).output().expect("the program runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).expect("text"))
}

#[test]
fn a_backup_of_a_store_at_work_is_whole() {
    let folder = folder();
    let serving = Serving::start(folder.path());
    let address = serving.address;
    let mut client = Client::connect(address).expect("a connection");
    for number in 0..20 {
        assert_eq!(client.call("POST", "/v1/purchases", &buying(0, number)).expect("an answer").0, 201);
    }
    let (status, said) = run(folder.path(), &["backup", "copy.redb"]);
    assert_eq!(status, Some(3));
    assert!(said.contains("curl --fail --output copy.redb"), "{said}");

    // Four tills go on while it is taken.
    let stop = std::sync::atomic::AtomicBool::new(false);
    let copy = std::thread::scope(|scope| {
        for till in 1..5 {
            let stop = &stop;
            scope.spawn(move || {
                let mut client = Client::connect(address).expect("a connection");
                for number in 0.. {
                    assert_eq!(client.call("POST", "/v1/purchases", &buying(till, number)).expect("an answer").0, 201);
                    if stop.load(std::sync::atomic::Ordering::SeqCst) {
                        break;
                    }
                }
            });
        }
        client.send("GET", "/v1/backup", "").expect("a sent request");
        let (status, copy) = client.answer_bytes().expect("an answer");
        stop.store(true, std::sync::atomic::Ordering::SeqCst);
        assert_eq!(status, 200);
        copy
    });
    let (_, trail) = client.call("GET", "/v1/audit", "").expect("an answer");
    assert!(trail.contains("\"action\":\"backup\""), "{trail}");
    assert!(serving.end().success());
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("a folder").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(left.len(), 2, "the store and the policies, and nothing besides: {left:?}");

    let backup = folder.path().join("copy.redb");
    fs::write(&backup, &copy).expect("a file");
    let (status, said) = run(folder.path(), &["restore", "copy.redb"]);
    assert_eq!(status, Some(3), "there is a store already: {said}");
    let (status, said) = run(folder.path(), &["--store", "again.redb", "restore", "copy.redb"]);
    assert_eq!((status, said.as_str()), (Some(0), "wrote again.redb\n"));
    let (status, said) = run(folder.path(), &["--store", "again.redb", "verify"]);
    assert_eq!(status, Some(0), "{said}");
    let store = Store::open(folder.path().join("again.redb"), 16 << 20).expect("a store");
    for number in 0..20 {
        assert!(store.snapshot().purchase(&format!("p-0-{number}")).expect("a read").is_some(), "p-0-{number}");
    }
}

#[test]
fn a_backup_with_a_flaw_is_restored_on_demand_only() {
    let folder = folder();
    let file = folder.path().join("copy.redb");
    let store = Store::open(&file, 16 << 20).expect("a store");
    let spent = store.write_blocking(|batch| {
        batch.spend("gift", treue::time::Instant::MIN, 1, treue::money::Money(100))?;
        Ok::<_, treue::store::SpendError>(())
    });
    spent.expect("a write");
    store.close();
    let (status, said) = run(folder.path(), &["restore", "copy.redb"]);
    assert_eq!(status, Some(1));
    assert!(
        said.contains("Spent gift: 1 uses of 100 are kept") && said.contains("1 flaw; nothing was written"),
        "{said}"
    );
    assert!(!folder.path().join("treue.redb").exists());
    let (status, said) = run(folder.path(), &["restore", "copy.redb", "--unverified"]);
    assert_eq!((status, said.as_str()), (Some(0), "wrote treue.redb\n"));
    // Half a file is no backup.
    let bytes = fs::read(&file).expect("a file");
    fs::write(folder.path().join("half.redb"), &bytes[..bytes.len() / 2]).expect("a file");
    let (status, said) = run(folder.path(), &["--store", "other.redb", "restore", "half.redb"]);
    assert_eq!(status, Some(3), "{said}");
    assert!(!folder.path().join("other.redb").exists());
}

#[test]
fn a_log_has_a_line_of_json_per_request_that_went_wrong() {
    let folder = folder();
    let log = folder.path().join("log");
    let logged = |level: &str, calls: &[(&str, &str, &str)]| -> Vec<Value> {
        let mut command = treue(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]).env("TREUE_LOG", level);
        let serving = Serving::start_as({
            command.stderr(File::create(&log).expect("a file"));
            command
        });
        let mut client = Client::connect(serving.address).expect("a connection");
        for (method, path, body) in calls {
            client.call(method, path, body).expect("an answer");
        }
        assert!(serving.end().success());
        let text = fs::read_to_string(&log).expect("a log");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
    };
    let calls = [("GET", "/v1/purchases/nobody's", ""), ("GET", "/healthz", ""), ("POST", "/v1/quotes", "{")];
    let lines = logged("info", &calls);
    let about: Vec<&Value> = lines.iter().filter(|line| line["message"] == "a request was refused").collect();
    let told = |line: &Value| {
        assert!(line["id"].as_str().is_some_and(|id| !id.is_empty()), "{line}");
        assert!(line["micros"].as_u64().is_some() && line["timestamp"].as_str().is_some(), "{line}");
        format!("{} {} {} {} {}", line["level"], line["method"], line["route"], line["status"], line["kind"])
    };
    assert_eq!(
        about.into_iter().map(told).collect::<Vec<_>>(),
        [
            "\"INFO\" \"GET\" \"/v1/purchases/{id}\" 404 \"not-found\"",
            "\"INFO\" \"POST\" \"/v1/quotes\" 400 \"unreadable\"",
        ]
    );
    let answered = |lines: Vec<Value>| lines.iter().filter(|line| line["message"] == "a request was answered").count();
    assert_eq!(answered(lines), 0);
    assert_eq!(answered(logged("debug", &calls)), 1);
    assert_eq!(logged("error", &calls), Vec::<Value>::new());
}
