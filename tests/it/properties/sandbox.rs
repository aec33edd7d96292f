//! Scripts that misbehave: each grants nothing, says where it failed, and comes back.

use std::sync::Arc;

use treue::diagnostic::{Severity, Sources};
use treue::engine::{decide, price};
use treue::model::{Attribute, Basket, Customer, Decision, Facts, Line, Reason};
use treue::money::{Money, Number, Quantity, UnitPrice};
use treue::policy::{Bundle, compile};
use treue::time::Instant;

const POLICY: &str = "currency: EUR
timezone: Europe/Berlin
metrics: { orders: { count: purchases }, recency: { days_since: last_purchase }, spend: { sum: net } }
segments: { tier: { by: orders, classes: { gold: 10, basic: 0 } } }
";

fn compiled(policy: &str, script: &str) -> Result<Bundle, String> {
    let files = [("policies/a.yaml".to_owned(), policy.to_owned()), ("scripts/s.rhai".to_owned(), script.to_owned())];
    let compiled = compile(Sources::new(files));
    let errors: Vec<String> = compiled
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect();
    if errors.is_empty() { compiled.bundle.ok_or_else(|| "no bundle".to_owned()) } else { Err(errors.join("; ")) }
}

fn decided(bundle: &Bundle) -> Decision {
    let at = bundle.zone.parse_instant("2026-03-04 12:30").expect("an instant");
    let attributes = [
        ("role".to_owned(), Attribute::Text("employee".to_owned())),
        ("factor".to_owned(), Attribute::Number(Number::parse("0.1").expect("a number"))),
    ];
    let facts = Facts {
        at,
        local: bundle.zone.local(at),
        customer: Some(Customer { id: "c-1".into(), attributes: attributes.into(), ..Customer::default() }),
        metrics: vec![Some(Number::int(12)), None, Some(Number::parse("99.90").expect("a number"))],
        classes: vec![Some(0); bundle.segments.len()],
        failures: Vec::new(),
        snapshot: 0,
        allowances: Vec::new(),
        points: 7,
    };
    let line = Line {
        sku: "X".into(),
        quantity: Quantity::units(2),
        unit_price: UnitPrice(500_000),
        unit_cost: None,
        category: None,
        tags: vec!["new".into()],
    };
    let basket = Arc::new(Basket { lines: vec![line], codes: vec!["HELLO".into()], redeem_points: 0 });
    let priced = price(bundle, &basket).expect("priced");
    decide(bundle, &Arc::new(facts), &basket, &priced)
}

/// What a script grants on a basket of 100.00, or how it failed: place and message.
fn run(body: &str) -> Result<i64, String> {
    let policy = format!("{POLICY}discounts: {{ d: {{ script: s.f }}, other: {{ rate: 1%, priority: 200 }} }}\n");
    let bundle = compiled(&policy, body)?;
    let decision = decided(&bundle);
    let again = decided(&bundle);
    assert_eq!(decision, again, "a script is a function");
    let others = decision.applied.iter().any(|applied| applied.discount == 1);
    assert!(others || decision.totals.net() == Money::ZERO, "others are not held up");
    if let Some(applied) = decision.applied.iter().find(|applied| applied.discount == 0) {
        return Ok(applied.amount.0);
    }
    let rejected = decision.rejected.iter().find(|rejected| rejected.discount == 0).expect("one or the other");
    match decision.because(rejected.because) {
        [Reason::ScriptFailed { message, file, line, column }] => {
            assert_eq!(&**file, "scripts/s.rhai");
            assert!(!message.is_empty() && !message.contains("::"), "in words: {message}");
            assert!(message.len() < 1_000, "in few words: {} bytes", message.len());
            Err(format!("{line}:{column}: {message}"))
        }
        _ => Ok(0),
    }
}

fn f(body: &str) -> String {
    format!("fn f(customer, basket) {{\n{body}\n}}\n")
}

#[test]
fn what_misbehaves_grants_nothing_and_says_where() {
    let check = |script: &str, expect: &str| {
        let failure = run(script).expect_err(script);
        assert!(failure.contains(expect), "{script}\n  {failure}");
        let line: u32 = failure.split(':').next().and_then(|line| line.parse().ok()).unwrap_or(0);
        assert!(line > 0, "with a line: {script}\n  {failure}");
    };
    // Without an end.
    check(&f("loop {}"), "operations");
    check(&f("while true { }"), "operations");
    check(&f("let n = 0; loop { n += 1; }"), "operations");
    check(&f("for n in 0..100000000 { basket.gross; }"), "operations");
    check(&f("for n in range(0, 9223372036854775807) { basket.gross; }"), "operations");
    check(&f("for a in 0..1000 { for b in 0..1000 { basket.gross; } }"), "operations");
    check("fn g() { g() }\nfn f(customer, basket) { g() }", "stack");
    check("fn g(n) { g(n + 1) }\nfn f(customer, basket) { g(0) }", "stack");
    check("fn a() { b() }\nfn b() { a() }\nfn f(customer, basket) { a() }", "stack");
    check(&f("let g = |x, me| me.call(x, me); g.call(1, g)"), "");
    // Too large.
    check(&f("let t = \"x\"; loop { t += t; }"), "length of string");
    check(&f("let t = \"\"; t.pad(1000000000, 'x'); t.len()"), "length of string");
    check(&f("let a = []; loop { a.push(1); }"), "");
    check(&f("let a = []; a.pad(1000000000, 1); a.len()"), "");
    check(&f("let a = [1]; loop { a += a; }"), "");
    check(&f("let a = [1]; loop { a = [a, a]; }"), "");
    check(&f("let m = #{}; let n = 0; loop { m[\"k\" + n] = n; n += 1; }"), "");
    check(&f("let t = \"x\"; let a = []; loop { t += \"xxxxxxxx\"; a.push(t); }"), "");
    check(
        &f(
            "let t = \"abc\"; let n = 0; loop { t.replace(\"a\", \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"); }",
        ),
        "",
    );
    check(&f("let a = [1]; loop { a.push(a); }"), "");
    check(&f("let a = [1]; loop { a.insert(0, a); }"), "");
    check(&f("let a = [1]; loop { a[0] = a; a.push(1); a[1] = a; }"), "");
    check(&f("let a = [[1], 2]; loop { a[0].push(a); }"), "");
    check(&f("let m = #{ x: 1 }; loop { m = #{ a: m, b: m }; }"), "");
    check(&f("let m = #{}; loop { m.a = m; m.b = m; }"), "");
    check(&f("let m = #{}; loop { m[\"a\"] = m; m[\"b\"] = m; }"), "");
    check(&f("let m = #{}; loop { m += #{ a: m, b: m }; }"), "");
    check(&f("let m = #{}; loop { m.set(\"a\", m); m.set(\"b\", m); }"), "");
    check(&f("let m = #{}; let n = 0; loop { m.mixin(#{ a: m, b: m }); }"), "");
    check(&f("let t = \"0123456789\"; let a = [t]; loop { t += t; a += [t, t, t]; }"), "");
    check(&f("let t = \"x\"; t.pad(4000, \"y\"); let a = []; a.pad(4999, t); let b = []; loop { b.push(a); }"), "");
    check(&f("let t = \"x\"; loop { t = `${t}${t}`; }"), "length of string");
    check(&f("let t = \"x\"; loop { t.append(t); }"), "");
    check(&f("let t = \"xxxxxxxxxxxxxxxx\"; loop { t.insert(0, t); }"), "");
    check(&f("let t = \"aaaaaaaaaaaaaaaaaaaa\"; loop { t.replace(\"a\", t); }"), "");
    check(&f("let c = 'x'; let t = \"\"; loop { t = t + c + t; }"), "length of string");
    check(&f("let g = |a| [a, a, a]; let a = 1; loop { a = g.call(a); }"), "");
    check(&f("let a = [1]; loop { a = a.map(|x| a); }"), "");
    check(&f("let a = [3, 1, 2]; a.pad(4000, 7); loop { a.sort(|x, y| 1); }"), "");
    check(&f("let a = []; a.pad(5000, 7); loop { a.dedup(|x, y| true); a.pad(5000, 7); a.drain(|x| false); }"), "");
    check(&f("\"x\".repeat(5)"), "");
    // Little to say, much to do.
    check(&f("let a = 1; loop { a = [a]; }"), "operations");
    check(&f("let a = 1; loop { a = #{ a: a }; }"), "operations");
    check(&f("let g = 1; loop { let h = [g]; g = || h; }"), "operations");
    check(&f("let a = []; a.pad(5000, 1); loop { a.map(|x| x); }"), "operations");
    check(&f("let a = []; a.pad(5000, 1); loop { a.reduce(|s, x| s, 0); }"), "operations");
    check(&f("let a = []; a.pad(5000, 1); loop { a.index_of(7); }"), "operations");
    check(&f("let a = []; a.pad(5000, 1); let b = []; b.pad(5000, 1); loop { a == b; }"), "operations");
    check(&f("let a = []; a.pad(5000, 1); loop { let b = a; b[0] = 2; }"), "operations");
    check(&f("let t = \"\"; t.pad(4096, \"x\"); loop { t.to_chars(); }"), "operations");
    check(&f("loop { basket.lines; }"), "operations");
    // Arithmetic.
    check(&f("9223372036854775807 + 1"), "overflow");
    check(&f("let n = 9223372036854775807; n * 2"), "overflow");
    check(&f("-9223372036854775807 - 2"), "overflow");
    check(&f("2 ** 1000"), "overflow");
    check(&f("1 / 0"), "zero");
    check(&f("1 % 0"), "zero");
    check(&f("1.0 / 0.0"), "zero");
    check(&f("let n = 79228162514264337593543950335.0; n * 10"), "");
    check(&f("let n = 79228162514264337593543950335.0; n + n"), "");
    check(&f("let n = 1.5; n ** 1000000"), "");
    check(&f("abs(-9223372036854775807 - 1)"), "");
    check(&f("-(-9223372036854775807 - 1)"), "");
    check(&f("(-9223372036854775807 - 1) / -1"), "");
    check(&f("(-9223372036854775807 - 1) % -1"), "");
    // Saying so.
    check(&f("throw \"not today\""), "not today");
    check(&f("throw 42"), "42");
    check(&f("throw #{ a: 1 }"), "");
    check(&f("let x = []; x[5]"), "");
    check(&f("let m = #{}; m.missing"), "");
    check(&f("()[1]"), "");
    check(&f("customer.metric(\"ord\" + \"ers2\")"), "no metric `orders2`");
    check(&f("customer.segment(\"ti\" + \"er2\")"), "no segment `tier2`");
    check(&f("customer.nothing"), "");
    check(&f("customer.id = \"x\"; 5"), "");
    check(&f("basket.gross = 1; 5"), "");
    check(&f("nothing()"), "nothing");
    // What there is not.
    for absent in ["timestamp()", "rand()", "open_file(\"/etc/passwd\")", "env(\"HOME\")", "now()"] {
        check(&f(absent), "");
    }
    // What is not defined is found before anything runs.
    for absent in ["nothing", "let y = nothing; 5", "print(\"x\"); nothing"] {
        let refused = run(&f(absent)).expect_err(absent);
        assert!(refused.contains("undefined variable: nothing"), "{refused}");
    }
}

#[test]
fn what_is_returned_is_of_a_kind_that_grants() {
    let check = |body: &str, expect: Result<i64, &str>| {
        let found = run(&f(body));
        match (&found, expect) {
            (Ok(found), Ok(expect)) => assert_eq!(*found, expect, "{body}"),
            (Err(found), Err(expect)) => assert!(found.contains(expect), "{body}: {found}"),
            _ => panic!("{body}: {found:?}, wanted {expect:?}"),
        }
    };
    check("()", Ok(0));
    check("", Ok(0));
    check("percent(5)", Ok(500));
    check("percent(2.5)", Ok(250));
    check("percent(100)", Ok(10_000));
    check("percent(0)", Ok(0));
    check("\"12.5%\"", Ok(1_250));
    check("10", Ok(1_000));
    check("2.50", Ok(250));
    check("0.005", Ok(1));
    check("0.0049", Ok(0));
    check("1000000", Ok(10_000));
    check("9223372036854775807", Ok(10_000));
    check("79228162514264337593543950335.0", Ok(10_000));
    check("0", Ok(0));
    check("-0.0", Ok(0));
    check("return 3; 4", Ok(300));
    check("if basket.gross >= 100 { 7 }", Ok(700));
    check("-1", Err("not below zero"));
    check("-0.01", Err("not below zero"));
    check("true", Err("true or false"));
    check("\"5\"", Err("`5`"));
    check("\"\"", Err("rate"));
    check("\"101%\"", Err("101%"));
    check("'c'", Err("wanted a rate"));
    check("[1]", Err("wanted a rate"));
    check("#{}", Err("wanted a rate"));
    check("|| 5", Err("wanted a rate"));
    check("customer", Err("wanted a rate"));
    check("basket", Err("wanted a rate"));
    check("percent(101)", Err("no rate"));
    check("percent(-1)", Err("no rate"));
    check("percent(1.23456)", Err("no rate"));
    check("percent(\"5\")", Err(""));
}

#[test]
fn decimals_are_exact() {
    let check = |expression: &str, expect: i64| {
        assert_eq!(run(&f(&format!("if {expression} {{ 1 }} else {{ 2 }}"))), Ok(100 * expect), "{expression}");
    };
    for holds in [
        "0.1 + 0.2 == 0.3",
        "1.1 * 1.1 == 1.21",
        "3 == 3.0",
        "3.0 == 3",
        "3.5 > 3",
        "3 < 3.5",
        "4 > 3.5",
        "3.5 < 4",
        "3 >= 3.0",
        "3.0 >= 3",
        "3 <= 3.0",
        "3.0 <= 3",
        "3 != 3.5",
        "3.5 != 3",
        "1 + 0.5 == 1.5",
        "0.5 + 1 == 1.5",
        "2 * 0.5 == 1",
        "1 / 2.0 == 0.5",
        "basket.gross == 100",
        "100 == basket.gross",
        "basket.gross > 99",
        "99 < basket.gross",
        "basket.quantity == 2",
        "basket.gross / basket.quantity == 50",
        "basket.lines[0].unit_price == 50",
        "basket.lines.len() == 1",
        "basket.lines[0].category == ()",
        "\"new\" in basket.lines[0].tags",
        "basket.codes.contains(\"HELLO\")",
        "customer.metric(\"spend\") == 99.9",
        "customer.metric(\"spend\") * 2 == 199.80",
        "customer.metric(\"orders\") == 12",
        "12 == customer.metric(\"orders\")",
        "customer.metric(\"orders\") >= 12",
        "customer.metric(\"orders\") % 5 == 2",
        "customer.segment(\"tier\") == \"gold\"",
        "customer.id == \"c-1\"",
        "customer.points == 7",
        "customer.attributes.role == \"employee\"",
        "customer.attributes.factor == 0.1",
        "customer.metric(\"recency\") == ()",
        "() == customer.metric(\"recency\")",
        "type_of(0.1) == \"decimal\"",
    ] {
        check(holds, 1);
    }
    // An absent metric is `()`, and no comparison with it holds.
    for fails in [
        "customer.metric(\"recency\") > 3",
        "customer.metric(\"recency\") >= 3",
        "customer.metric(\"recency\") < 3",
        "customer.metric(\"recency\") <= 3",
        "customer.metric(\"recency\") == 3",
        "customer.metric(\"recency\") > 3.5",
        "customer.metric(\"recency\") < 3.5",
        "3 < customer.metric(\"recency\")",
        "3 > customer.metric(\"recency\")",
        "3.5 < customer.metric(\"recency\")",
        "3.5 >= customer.metric(\"recency\")",
        "customer.metric(\"recency\") > customer.metric(\"orders\")",
        "customer.metric(\"recency\") < customer.metric(\"orders\")",
        "customer.metric(\"orders\") > customer.metric(\"recency\")",
    ] {
        check(fails, 2);
    }
}

#[test]
fn closures_and_shadows_do_no_harm() {
    let check = |script: &str, expect: i64| assert_eq!(run(script), Ok(expect), "{script}");
    check(&f("let add = |a, b| a + b; add.call(1, 2)"), 300);
    check(&f("let customer = 5; customer"), 500);
    check(&f("let basket = #{ gross: 4 }; basket.gross"), 400);
    check(&f("[1, 2, 3].map(|n| n * 2).reduce(|sum, n| sum + n, 0)"), 1_200);
    check(&f("basket.lines.filter(|line| line.gross > 50).len()"), 100);
    check(&f("let lines = basket.lines; lines.clear(); basket.lines.len()"), 100);
    check(&f("let t = 0; for line in basket.lines { t += line.gross; } t / 10"), 1_000);
    check(&f("try { throw 1 } catch { return 6; }"), 600);
    check(&f("try { customer.metric(\"no\" + \"ne\") } catch (error) { return 6; }"), 600);
    check(&f("switch customer.segment(\"tier\") { \"gold\" => percent(3), _ => () }"), 300);
    check(&format!("{}fn percent2(n) {{ percent(n) }}\n", f("percent2(4)")), 400);
    // Statements outside of functions are not run.
    check(&format!("let x = 1; loop {{}}\n{}", f("5")), 500);
    check(&f("let n = 0; while n < 5000 { n += 1; } n / 1000"), 500);
    check(&f("let a = []; a.pad(5000, 1); let n = 0; for one in a { n += one; } n / 1000"), 500);
    check(&f("let a = []; a.pad(500, 1); let n = 0; let i = 0; while i < a.len() { n += a[i]; i += 1; } n / 100"), 500);
    check(&f("let a = []; a.pad(1000, 2); a.filter(|x| x > 1).map(|x| x * 2).reduce(|s, x| s + x, 0) / 1000"), 400);
    // A loop that does nothing is not run at all.
    check(&f("for n in 0..9223372036854775807 {} 5"), 500);
    // A loop is not hidden by catching what stops it.
    assert!(run(&f("loop { try { loop {} } catch { } } 5")).is_err());
    assert!(run("fn g() { try { g() } catch { g() } }\nfn f(customer, basket) { g(); 5 }").is_err());
}

#[test]
fn eval_and_import_do_not_compile() {
    let check = |script: &str| assert!(run(script).is_err_and(|error| error.starts_with("script-error")), "{script}");
    check(&f("eval(\"5\")"));
    check(&f("import \"other\" as o; 5"));
    check(&f("let g = |x| x; loop { g = g.curry(g); }"));
    check("import \"other\" as o;\nfn f(customer, basket) { 5 }");
    check("export let x = 1;\nfn f(customer, basket) { 5 }");
    check(&f("0.1 +"));
    check(&f(&format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000))));
    check(&f(&format!("{}5", "if true {".repeat(5_000))));
    check(&f(&format!("let a = {}{};", "[".repeat(20_000), "]".repeat(20_000))));
    check(&f(&format!("{}5", "!".repeat(20_000))));
    check(&f(&format!("{}5", "-".repeat(20_001))));
    let chain = format!("1{}", " + 1".repeat(20_000));
    assert!(run(&f(&chain)).is_err());
    let chain = format!("customer{}", ".x".repeat(20_000));
    assert!(run(&f(&chain)).is_err());
}

/// `if` expressions fail like functions do, at their place in the policy.
#[test]
fn conditions_that_misbehave_do_not_hold() {
    let check = |expression: &str, expect: Result<bool, &str>| {
        let policy = format!("{POLICY}discounts:\n  d:\n    if: '{expression}'\n    rate: 5%\n");
        let bundle = compiled(&policy, "").unwrap_or_else(|error| panic!("{expression}: {error}"));
        let decision = decided(&bundle);
        match (decision.rejected.first().map(|rejected| decision.because(rejected.because)), expect) {
            (None, Ok(true)) => assert_eq!(decision.totals.discount, Money(500)),
            (Some([Reason::If { holds: false }]), Ok(false)) => {}
            (Some([Reason::ScriptFailed { message, file, line, column }]), Err(expect)) => {
                assert!(message.contains(expect), "{expression}: {message}");
                assert_eq!((&**file, *line), ("policies/a.yaml", 7), "{expression}");
                assert!((10..10 + expression.len() as u32 + 1).contains(column), "{expression}: column {column}");
            }
            (found, _) => panic!("{expression}: {found:?}, wanted {expect:?}"),
        }
    };
    check("true", Ok(true));
    check("basket.gross > 99.99", Ok(true));
    check("at.hour == 12 && at.minute == 30 && at.weekday == \"wed\"", Ok(true));
    check("at.year == 2026 && at.month == 3 && at.day == 4", Ok(true));
    check("customer.metric(\"recency\") > 180", Ok(false));
    check("customer.metric(\"recency\") < 180 && basket.gross >= 40", Ok(false));
    check("customer.metric(\"recency\") == ()", Ok(true));
    check("!(customer.metric(\"recency\") > 180)", Ok(true));
    check("5", Err("wanted true or false"));
    check("()", Err("wanted true or false"));
    check("1 / 0 == 1", Err("zero"));
    check("customer.metric(\"orders\" + \"x\") > 1", Err("no metric `ordersx`"));
    check("basket.nothing", Err(""));
    check("9223372036854775807 + basket.lines.len() > 0", Err("overflow"));
}

#[test]
fn classes_by_script_are_classes_or_failures() {
    let check = |body: &str, expect: Result<u16, &str>| {
        let policy = POLICY.replace("basic: 0 } }", "basic: 0 } }, habit: { script: s.g, classes: [weekly, seldom] }");
        let bundle = compiled(&policy, &format!("fn g(customer) {{\n{body}\n}}")).expect(body);
        let given = treue::engine::Gather {
            customer: None,
            allowances: Vec::new(),
            points: 0,
            cut_offs: &treue::engine::CutOffs::empty(&bundle),
            at: Instant(0),
        };
        let Ok(facts) = treue::engine::gather(&bundle, given, &mut treue::metric::History::default());
        match (facts.classes[1], facts.failures.as_slice(), expect) {
            (Some(class), [], Ok(expect)) => assert_eq!(class, expect, "{body}"),
            (None, [(1, Reason::ScriptFailed { message, file, line, .. })], Err(expect)) => {
                assert!(message.contains(expect), "{body}: {message}");
                assert_eq!(&**file, "scripts/s.rhai");
                assert!(*line > 0, "{body}: {message}");
            }
            found => panic!("{body}: {found:?}"),
        }
    };
    check("\"weekly\"", Ok(0));
    check("if customer.metric(\"orders\") > 3 { \"weekly\" } else { \"seldom\" }", Ok(1));
    check("if customer.segment(\"tier\") == \"basic\" { \"weekly\" } else { \"seldom\" }", Ok(0));
    check("if customer.id == () { \"weekly\" } else { \"seldom\" }", Ok(0));
    check("\"monthly\"", Err("`monthly`"));
    check("5", Err("name of a class"));
    check("()", Err("name of a class"));
    check("loop {}", Err("operations"));
    check("throw \"no\"", Err("no"));
}
