//! Good and bad bundles: each code of a diagnostic has a bundle that yields it, and a picture of what is said.

use std::fs;
use std::path::{Path, PathBuf};

use treue::diagnostic::{Sources, Style, render};
use treue::policy::{Compiled, codes, compile, tests};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn pictures(compiled: &Compiled) -> String {
    let drawn = compiled.diagnostics.iter().map(|finding| render(finding, &compiled.sources, Style::Plain));
    drawn.collect::<Vec<_>>().join("\n\n")
}

/// The bundle of the contract page.
fn contract() -> Sources {
    let good = fixtures().join("good");
    Sources::new([
        ("policies/contract.yaml".to_owned(), read(&good.join("contract.yaml"))),
        ("scripts/habits.rhai".to_owned(), read(&good.join("scripts/habits.rhai"))),
        ("scripts/offers.rhai".to_owned(), read(&good.join("scripts/offers.rhai"))),
    ])
}

#[test]
fn the_contract_compiles_without_a_word() {
    let compiled = compile(contract());
    assert_eq!(pictures(&compiled), "");
    let bundle = compiled.bundle.expect("a bundle");
    assert_eq!((bundle.metrics.len(), bundle.segments.len(), bundle.discounts.len()), (12, 4, 7));
    assert_eq!(bundle.order, [3, 0, 1, 2, 4, 5, 6], "by priority, then as written");
    assert_eq!(bundle.filters.len(), 1);
}

/// A bad bundle: one file, or a folder with `policies` and `scripts`.
fn bad(path: &Path) -> Sources {
    if path.is_file() {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a readable name");
        return Sources::new([(format!("policies/{name}"), read(path))]);
    }
    let mut files = Vec::new();
    for folder in ["policies", "scripts"] {
        for entry in fs::read_dir(path.join(folder)).into_iter().flatten() {
            let entry = entry.expect("a readable folder");
            let name = entry.file_name().into_string().expect("a readable name");
            files.push((format!("{folder}/{name}"), read(&entry.path())));
        }
    }
    Sources::new(files)
}

/// Findings of the bundle, then of its tests.
fn with_tests(mut compiled: Compiled) -> Compiled {
    if let Some(bundle) = &compiled.bundle {
        compiled.diagnostics.extend(tests(&compiled.sources, bundle).1);
    }
    compiled
}

fn fixture(code: &str) -> Option<PathBuf> {
    let bad = fixtures().join("bad");
    [bad.join(format!("{code}.yaml")), bad.join(code)].into_iter().find(|path| path.exists())
}

#[test]
fn every_code_has_a_bundle_that_yields_it_and_only_it() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("../fixtures/bad");
    settings.set_omit_expression(true);
    settings.bind(|| {
        let mut wrong = Vec::new();
        for (code, text) in codes() {
            assert!(text.ends_with('.') && text.len() > 30, "{code} is explained in a sentence");
            let Some(path) = fixture(code) else {
                wrong.push(format!("{code} has no fixture"));
                continue;
            };
            let compiled = with_tests(compile(bad(&path)));
            let found: Vec<&str> = compiled.diagnostics.iter().map(|finding| finding.code).collect();
            if found.is_empty() || found.iter().any(|other| other != code) {
                wrong.push(format!("{code} yields {found:?}:\n{}", pictures(&compiled)));
                continue;
            }
            let errors = compiled.diagnostics.iter().any(|f| f.severity == treue::diagnostic::Severity::Error);
            assert!(
                compiled.bundle.is_none() == errors || *code == "bad-date",
                "{code}: errors, and nothing else, keep a bundle back"
            );
            insta::assert_snapshot!(*code, pictures(&compiled));
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    });
}

#[test]
fn every_bad_bundle_belongs_to_a_code() {
    for entry in fs::read_dir(fixtures().join("bad")).expect("the folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("a readable name");
        let code = name.split('.').next().unwrap_or_default();
        assert!(codes().iter().any(|(known, _)| *known == code), "{name}");
    }
}
