//! A store that an earlier Treue wrote.

use std::io::Read;
use std::path::Path;

use super::process::treue;

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/store").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn a_store_of_format_2_is_opened_and_loses_nothing() {
    opens("format-2.redb.gz");
}

#[test]
fn a_store_of_format_3_is_opened_and_loses_nothing() {
    opens("format-3.redb.gz");
}

fn opens(old: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut store = Vec::new();
    let old = fixture(old);
    flate2::read::GzDecoder::new(old.as_slice()).read_to_end(&mut store).expect("a compressed store");
    std::fs::write(folder.path().join("treue.redb"), store).expect("a store");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = |arguments: &[&str]| {
        let mut treue = treue(folder.path());
        treue.args(arguments).arg("--policies").arg(root.join("policies")).arg("--scripts").arg(root.join("scripts"));
        let output = treue.output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(run(&["verify"]), "4 cards, 10 purchases, 3 interactions: no flaws\n");
    for table in ["customers", "purchases", "returns", "points", "interactions"] {
        let expect = String::from_utf8(fixture(&format!("{table}.jsonl"))).expect("text");
        let lines = |text: &str| {
            let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        assert_eq!(lines(&run(&["export", table])), lines(&expect), "{table}");
    }
    let explained = run(&["explain", "a-2"]);
    assert!(explained.contains("employees"), "{explained}");
}
