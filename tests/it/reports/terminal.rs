//! Reports on the command line.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use super::base::PUBLIC;
use crate::process::treue;

/// Five customers of the first months of 2026.
const PURCHASES: &str = "\
customer,purchase,at,sku,quantity,unit_price
ada,p1,2026-01-05 10:00,X,1,500
ada,p2,2026-02-10 10:00,X,1,300
bob,p3,2026-01-20 10:00,X,1,120
cem,p4,2026-02-02 10:00,X,1,50
cem,p5,2026-02-12 10:00,X,1,20
dot,p6,2026-02-20 10:00,X,1,10
";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    treue(folder).args(arguments).output().expect("the program runs")
}

fn shop() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("policies")).expect("a folder");
    fs::write(folder.path().join("policies/shop.yaml"), PUBLIC).expect("a file");
    fs::write(folder.path().join("purchases.csv"), PURCHASES).expect("a file");
    let imported = run(folder.path(), &["import", "purchases.csv"]);
    assert!(imported.status.success(), "{imported:?}");
    folder
}

fn picture(name: &str, output: &Output) {
    let text = String::from_utf8(output.stdout.clone()).expect("text");
    // Cells are padded to the width of their column.
    let text: Vec<&str> = text.lines().map(str::trim_end).collect();
    insta::with_settings!(
        { prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots/reports" },
        { insta::assert_snapshot!(name, text.join("\n")) }
    );
}

#[test]
fn reports_are_printed() {
    let shop = shop();
    for (name, arguments) in [
        ("abc", &["report", "abc", "--since", "2026-02-01"][..]),
        ("abc-computed", &["report", "abc", "--limits", "computed", "--metric", "margin"]),
        ("rfm", &["report", "rfm"]),
        ("cohorts", &["report", "cohorts"]),
        ("segments", &["report", "segments"]),
        ("retention", &["report", "cohorts", "--table", "retention"]),
        ("abc-csv", &["report", "abc", "--csv"]),
    ] {
        let arguments: Vec<&str> = arguments.iter().copied().chain(["--as-of", "2026-03-01"]).collect();
        let output = run(shop.path(), &arguments);
        assert!(output.status.success(), "{name}: {output:?}");
        picture(name, &output);
    }
}

#[test]
fn a_picture_is_written_into_a_file_and_mistakes_are_wrong_usage() {
    let shop = shop();
    let output = run(shop.path(), &["report", "abc", "--svg", "abc.svg", "--chart", "lorenz"]);
    assert!(output.status.success(), "{output:?}");
    let svg = fs::read_to_string(shop.path().join("abc.svg")).expect("a picture");
    assert!(svg.starts_with("<svg "), "{svg}");
    let json = run(shop.path(), &["report", "rfm", "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(report["total"]["net"], "1000.00");
    let wrong: [&[&str]; 3] = [
        &["report", "abc", "--metric", "spnd"],
        &["report", "rfm", "--limits", "policy"],
        &["report", "abc", "--table", "x"],
    ];
    for arguments in wrong {
        let output = run(shop.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        assert!(output.stderr.starts_with(b"error: "), "{output:?}");
    }
}
