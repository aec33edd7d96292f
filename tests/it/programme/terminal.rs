//! The same reports on a terminal.

use std::fs;

use serde_json::Value;

use crate::process::treue;

#[test]
fn every_report_is_printed_as_a_table_as_json_and_as_a_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["policies", "scripts"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
        for entry in fs::read_dir(root.join(name)).expect("a folder") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, folder.path().join(name).join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    let run = |arguments: &[&str]| {
        let output = treue(folder.path()).args(arguments).output().expect("the program runs");
        (
            output.status.code(),
            String::from_utf8(output.stdout).expect("text"),
            String::from_utf8(output.stderr).expect("text"),
        )
    };
    assert_eq!(run(&["demo", "--customers", "300", "--seed", "7"]).0, Some(0));
    let reports: [(&str, &[&str]); 4] = [
        ("discounts", &["all discounts", "unattributed", "purchases were not decided here"]),
        ("points", &["liability", "customers hold"]),
        ("experiments", &["smallest uplift", "needs", "customers per arm"]),
        ("next", &["margin 12m", "at_risk", "says"]),
    ];
    for (name, expect) in reports {
        let mut arguments = vec!["report", name];
        if name == "experiments" {
            arguments.extend(["--plan", "5%"]);
        }
        let (status, text, error) = run(&arguments);
        assert_eq!(status, Some(0), "{name}: {error}");
        for words in expect {
            assert!(text.contains(words), "{name} says {words}:\n{text}");
        }
        let (status, text, _) = run(&[&arguments[..], &["--json"]].concat());
        let report: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((status, report["head"]["report"].as_str()), (Some(0), Some(name)));
        let picture = folder.path().join(format!("{name}.svg"));
        let (status, _, error) = run(&[&arguments[..], &["--svg", picture.to_str().expect("a path")]].concat());
        assert_eq!(status, Some(0), "{error}");
        assert!(fs::read_to_string(&picture).expect("a picture").starts_with("<svg"), "{name}");
    }
    let (status, _, error) = run(&["report", "next", "--kind", "atrisk"]);
    assert_eq!(status, Some(2), "{error}");
    assert!(error.contains("did you mean `at_risk`"), "{error}");
}
