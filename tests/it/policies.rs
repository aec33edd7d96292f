//! Good and bad bundles: each code of a diagnostic has a bundle that yields it, and a picture of what is said.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use treue::diagnostic::{Sources, Style, render};
use treue::money::{Money, Number, UnitPrice};
use treue::policy::{Compiled, codes, compile, format, tests};

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

#[test]
fn policy_tests_are_read_as_data() {
    let good = fixtures().join("good");
    let files = contract();
    let files = files.iter().map(|(_, source)| (source.path.to_string(), source.text.to_string()));
    let test = ("policies/contract.test.yaml".to_owned(), read(&good.join("contract.test.yaml")));
    let compiled = compile(Sources::new(files.chain([test])));
    let bundle = compiled.bundle.as_ref().expect("a bundle");
    let (found, diagnostics) = tests(&compiled.sources, bundle);
    assert_eq!(diagnostics, []);
    let [tenth, history] = found.as_slice() else { panic!("two tests: {found:?}") };
    assert_eq!(tenth.name.value, "the tenth purchase earns five percent");
    assert_eq!(compiled.sources.position(tenth.name.span).line, 1);
    let customer = tenth.customer.as_ref().expect("a customer");
    assert_eq!(customer.metrics, [(bundle.metric("orders").expect("known"), Some(Number::int(10)))]);
    assert_eq!(customer.segments, [(bundle.segment("value").expect("known"), 1)]);
    assert_eq!(tenth.expect.discount.expect("stated").value, Money(500));
    assert_eq!(tenth.expect.applied.as_ref().expect("stated").value, [0]);
    let at: Vec<String> = history.history.iter().map(|purchase| purchase.at.to_string()).collect();
    assert_eq!(at, ["2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z", "2026-02-01T23:00:00Z"]);
    assert_eq!(history.history[0].lines[0].1, Money(500));
    assert_eq!(history.history[1].lines[0].0.unit_price, UnitPrice(499_000));
    assert_eq!(history.history[2].returns[0].line, Some(0));
    assert_eq!(history.basket.redeem_points, 500);
    assert_eq!(history.expect.rejected.iter().map(|name| name.value).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(compiled.sources.text(history.expect.rejected[1].span), "a_customers");
}

#[test]
fn mistakes_in_policy_tests_are_found_like_any_other() {
    let head = "currency: EUR\ntimezone: UTC\nmetrics: { orders: { count: purchases } }\n\
                segments: { tier: { by: orders, classes: { gold: 5, basic: 0 } } }\ndiscounts: { regulars: { rate: 5% } }\n";
    let check = |test: &str, expect: &[&str]| {
        let files = [("a.yaml".to_owned(), head.to_owned()), ("a.test.yaml".to_owned(), test.to_owned())];
        let compiled = compile(Sources::new(files));
        let (read, found) = tests(&compiled.sources, compiled.bundle.as_ref().expect("a bundle"));
        let found: Vec<String> =
            found.iter().map(|f| format!("{} `{}`", f.code, compiled.sources.text(f.span))).collect();
        assert_eq!(found, expect, "{test}");
        assert!(read.is_empty() || expect.is_empty());
    };
    check(
        "- test: a\n  expect: { discount: 5.001, applied: [regular] }",
        &["bad-money `5.001`", "unknown-discount `regular`"],
    );
    check(
        "- test: a\n  custmer: {}\n  expect: { discount: 0 }\n- test: b\n",
        &["unknown-key `custmer`", "missing-key ``"],
    );
    check(
        "- test: a\n  customer: { metrics: { ordrs: 1 }, segments: { tier: god } }\n  expect: { segments: { teir: gold } }",
        &["unknown-metric `ordrs`", "unknown-class `god`", "unknown-segment `teir`"],
    );
    check(
        "- test: a\n  history: [{ at: 2026-01-01, net: 5, gross: 5 }, { at: 2026-01-01 }]\n  basket: [{ sku: X, quantity: 0, unit_price: 1, discount: 1 }]\n  expect: {}",
        &["one-of `gross`", "one-of ``", "bad-number `0`", "misplaced-key `discount`", "empty `expect`"],
    );
    check("test: a\nexpect: {}", &["wrong-type `test: a\nexpect: {}`"]);
    check("", &[]);
}

#[test]
fn formatting_keeps_the_contract_as_it_is_written() {
    let text = read(&fixtures().join("good/contract.yaml"));
    assert_eq!(format(&text), Ok(text.replace("%,  of", "%, of")));
    let text = read(&fixtures().join("good/contract.test.yaml"));
    assert_eq!(format(&text), Ok(text.replace("[ {", "[{").replace("} ]", "}]")));
}

/// Real policies, to be damaged.
fn seeds() -> Vec<String> {
    let mut texts: Vec<String> = contract().iter().map(|(_, source)| source.text.to_string()).collect();
    texts.push(read(&fixtures().join("good/contract.test.yaml")));
    for (code, _) in codes().iter().filter(|(code, _)| !matches!(*code, "too-many" | "too-large" | "no-policies")) {
        texts.extend(bad(&fixture(code).expect("a fixture")).iter().map(|(_, source)| source.text.to_string()));
    }
    texts
}

fn survives(text: String) -> Result<(), TestCaseError> {
    let sources = Sources::new([
        ("policies/a.yaml".to_owned(), text.clone()),
        ("policies/b.yaml".to_owned(), "currency: EUR\ntimezone: UTC\nmetrcs: {}\n".to_owned()),
        ("policies/a.test.yaml".to_owned(), text.clone()),
        ("scripts/offers.rhai".to_owned(), text),
    ]);
    let compiled = compile(sources);
    prop_assert!(
        compiled.diagnostics.iter().any(|f| compiled.sources.text(f.span) == "metrcs"),
        "nothing hides b.yaml"
    );
    for finding in &compiled.diagnostics {
        prop_assert!(codes().iter().any(|(code, _)| *code == finding.code), "{} is explained", finding.code);
        let text = &compiled.sources.get(finding.span.file).text;
        prop_assert!(text.get(finding.span.start as usize..finding.span.end as usize).is_some(), "{finding:?}");
        prop_assert!(!render(finding, &compiled.sources, Style::Plain).is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn check_survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        survives(String::from_utf8_lossy(&bytes).into_owned())?;
    }

    #[test]
    fn check_survives_anything_like_yaml(text in "[-a-z0-9:,{}\\[\\]&*<>|!?%#'\"@` \n\t.é]{0,200}") {
        survives(text.clone())?;
        formats(&text)?;
    }

    #[test]
    fn check_survives_damaged_policies(
        seed in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..30, "[-a-z0-9:,{}\\[\\]&*% \n'\"é]{0,6}"), 1..6),
    ) {
        let seeds = seeds();
        let mut text = seed.get(&seeds).clone();
        for (at, length, put) in cuts {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let from = at.index(places.len());
            let until = (from + length).min(places.len() - 1);
            text.replace_range(places[from]..places[until], &put);
        }
        survives(text.clone())?;
        formats(&text)?;
    }
}

/// Formatting rests after one pass, and changes nothing but looks.
fn formats(text: &str) -> Result<(), TestCaseError> {
    if let Ok(once) = format(text) {
        prop_assert_eq!(format(&once), Ok(once.clone()));
        let compiled = |text: &str| {
            let files = Sources::new([("policies/a.yaml".to_owned(), text.to_owned())]);
            let codes: Vec<_> = compile(files).diagnostics.into_iter().map(|f| (f.code, f.message)).collect();
            codes
        };
        prop_assert_eq!(compiled(text), compiled(&once));
    }
    Ok(())
}
