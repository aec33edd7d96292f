//! Good and bad bundles: each code of a diagnostic has a bundle that yields it, and a picture of what is said.

use std::fs;
use std::path::{Path, PathBuf};

use treue::diagnostic::{Sources, Style, render};
use treue::policy::{Compiled, compile};

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
