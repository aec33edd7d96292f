//! Bundles that are too much: a finding comes back, on a stack as small as a server's threads have.

use std::fmt::Write;

use treue::diagnostic::{Severity, Sources, Style, render};
use treue::policy::{Compiled, compile, format, tests};

const HEAD: &str = "currency: EUR\ntimezone: UTC\n";

/// Compiles on a small stack, with the text as a policy, as tests and as a script.
fn compiled(text: String) -> Compiled {
    let work = move || {
        let _ = format(&text);
        let files = [
            ("policies/a.yaml".to_owned(), text.clone()),
            ("policies/a.test.yaml".to_owned(), text.clone()),
            ("scripts/s.rhai".to_owned(), text),
        ];
        let mut compiled = compile(Sources::new(files));
        if let Some(bundle) = &compiled.bundle {
            compiled.diagnostics.extend(tests(&compiled.sources, bundle).1);
        }
        compiled
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(work).expect("a thread");
    thread.join().expect("no panic")
}

fn check(text: impl Into<String>, expect: &str) {
    let text = text.into();
    let start: String = text.chars().take(60).collect();
    let compiled = compiled(text);
    let errors = compiled.diagnostics.iter().filter(|finding| finding.severity == Severity::Error);
    let mut in_policy =
        errors.filter(|finding| compiled.sources.get(finding.span.file).path.as_ref() == "policies/a.yaml");
    let codes: Vec<&str> = in_policy.clone().map(|finding| finding.code).collect();
    assert!(in_policy.any(|finding| finding.code == expect), "{start}: {codes:?}, wanted {expect}");
    assert!(compiled.bundle.is_none(), "{start}");
    // What is said about it can be drawn, and is not as large as the text itself.
    for finding in compiled.diagnostics.iter().take(20) {
        assert!(render(finding, &compiled.sources, Style::Plain).len() < 20_000, "{start}: {}", finding.code);
    }
}

fn laughs(open: &str, close: &str) -> String {
    let mut text = format!("a0: &a0 {open}lol, lol, lol, lol, lol, lol, lol, lol, lol{close}\n");
    for level in 1..12 {
        let before = level - 1;
        let nine = vec![format!("*a{before}"); 9].join(", ");
        writeln!(text, "a{level}: &a{level} [{nine}]").expect("a text");
    }
    format!("{HEAD}{text}")
}

#[test]
fn a_billion_laughs_are_not_laughed() {
    check(laughs("[", "]"), "too-large");
    // Chains of merges, keys that are aliases, and an alias to what holds it.
    let mut merged = format!("{HEAD}metrics:\n  m0: &m0 {{ count: purchases }}\n");
    for level in 1..40 {
        let before = level - 1;
        writeln!(merged, "  m{level}: &m{level} {{ <<: [*m{before}, *m{before}], k{level}: 1 }}").expect("a text");
    }
    check(merged, "unknown-key");
    check(format!("{HEAD}a: &a [*a]\n"), "bad-alias");
    check(format!("{HEAD}metrics: &a {{ b: *a }}\n"), "bad-alias");
    check(format!("{HEAD}metrics: &a {{ <<: *a }}\n"), "bad-alias");
    check(format!("{HEAD}x: &x {}\ny: [{}]\n", "z".repeat(500_000), vec!["*x"; 1_000].join(", ")), "too-large");
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = 100_000;
    check(format!("{HEAD}a: {}{}", "[".repeat(100), "]".repeat(100)), "too-deep");
    check(format!("{HEAD}a: {}{}", "[".repeat(deep), "]".repeat(deep)), "bad-yaml");
    check(format!("{HEAD}a: {}", "[".repeat(deep)), "bad-yaml");
    check(format!("{HEAD}a: {}", "{a: ".repeat(deep)), "too-deep");
    check(format!("{HEAD}a: {}", "{[".repeat(deep)), "bad-yaml");
    check(format!("{HEAD}{}", "- ".repeat(deep)), "bad-yaml");
    check("- ".repeat(deep), "too-deep");
    check(
        format!("{HEAD}a:\n{}", (1..1_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>()),
        "too-deep",
    );
    check("? ".repeat(deep), "too-deep");
    check(format!("{HEAD}# {}\n", "x".repeat(10_000_000)), "too-large");
    check(format!("{HEAD}discounts: {{ d: {{ rate: {} }} }}\n", "9".repeat(10_000_000)), "too-large");
    check("a: 1\n".repeat(2_000_000), "too-large");
    check("\n".repeat(10_000_000), "too-large");
    check("&a ".repeat(100_000), "bad-yaml");
    check("!".repeat(100_000), "bad-yaml");
    check(format!("a: |\n{}", " x\n".repeat(100_000)), "unknown-key");
    check(format!("\"{}", "\\x41".repeat(100_000)), "bad-yaml");
    let many: String = (0..5_000).map(|n| format!("  m{n}: {{ count: purchases }}\n")).collect();
    check(format!("{HEAD}metrics:\n{many}"), "too-many");
}

#[test]
fn expressions_are_bounded_too() {
    let with_if = |expression: String| format!("{HEAD}discounts:\n  d:\n    rate: 5%\n    if: '{expression}'\n");
    for (open, middle, close) in [("(", "true", ")"), ("[", "1", "]"), ("!", "true", ""), ("-", "1", "")] {
        check(with_if(format!("{}{middle}{}", open.repeat(50_000), close.repeat(50_000))), "bad-if");
    }
    check(with_if(format!("1{} > 0", " + 1".repeat(50_000))), "bad-if");
    check(with_if(format!("customer{}", ".x".repeat(50_000))), "bad-if");
    check(with_if(format!("customer{}", "[0".repeat(50_000))), "bad-if");
    check(with_if("if true { ".repeat(20_000)), "bad-if");
    check(with_if("`${".repeat(20_000)), "bad-if");
    check(with_if("/*".repeat(50_000)), "bad-if");
}

#[test]
fn numbers_are_exact_or_refused() {
    let with = |grant: &str| format!("{HEAD}metrics: {{ m: {{ sum: net }} }}\ndiscounts: {{ d: {{ {grant} }} }}\n");
    let nines = "9".repeat(60);
    check(with(&format!("amount: {nines}")), "bad-money");
    check(with("amount: 92233720368547758.08"), "bad-money");
    check(with("amount: 1e300"), "bad-money");
    check(with("amount: 0x10"), "bad-money");
    check(with("amount: .inf"), "bad-money");
    check(with("amount: .nan"), "bad-money");
    check(with("amount: -1"), "bad-money");
    check(with("amount: 0.001"), "bad-money");
    check(with(&format!("rate: {nines}%")), "bad-rate");
    check(with("rate: 0.00001%"), "bad-rate");
    check(with("rate: -5%"), "bad-rate");
    check(with("rate: 5 %%"), "bad-rate");
    check(with("rate: ٥%"), "bad-rate");
    check(with(&format!("ladder: {{ by: m, steps: {{ {nines}: 5% }} }}")), "bad-money");
    check(with(&format!("rate: 5%, priority: {nines}")), "bad-number");
    check(with(&format!("free: {{ buy: {nines}, get: 1 }}")), "bad-number");
    check(with("free: { buy: 0, get: 0 }"), "bad-number");
    check(with(&format!("rate: 5%, uses: {{ total: {nines} }}")), "bad-number");
    check(with(&format!("rate: 5%, lines: {{ cheapest: {nines} }}")), "bad-number");
    check(with("rate: 5%, valid: { from: 999999-01-01 }"), "bad-instant");
    check(with("rate: 5%, valid: { hours: 25:00-26:00 }"), "bad-hours");
    check(format!("{HEAD}metrics: {{ m: {{ sum: net, within: {nines} days }} }}\n"), "bad-duration");
}

#[test]
fn odd_bytes() {
    check(format!("{HEAD}\0"), "bad-yaml");
    check(format!("{HEAD}a\0b: 1\n"), "bad-yaml");
    check(format!("{HEAD}discounts:\n\td:\n\t\trate: 5%\n"), "bad-yaml");
    check(format!("{HEAD}\u{1b}[31m: 1\n"), "bad-yaml");
    check(format!("{HEAD}\u{202e}stnuocsid: 1\n"), "unknown-key");
    check(format!("{HEAD}'\u{2028}': 1\n"), "unknown-key");
    check("\u{fffd}".repeat(1_000), "wrong-type");
    // A byte order mark, line ends of Windows, and none at the end are as good as any.
    let good = format!("{HEAD}discounts:\n  d:\n    rate: 5%");
    for text in [format!("\u{feff}{good}"), good.replace('\n', "\r\n"), format!("{good}\r\n\r\n"), format!("{good}   ")]
    {
        let compiled = compile(Sources::new([("policies/a.yaml".to_owned(), text.clone())]));
        assert!(compiled.bundle.is_some(), "{text:?}: {:?}", compiled.diagnostics);
    }
}
