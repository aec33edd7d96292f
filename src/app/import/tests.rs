//! Imports of small files into a store in memory.

use super::*;
use crate::app::{Export, ExportFormat, ExportTable, export};
use crate::model::{Attribute, Purchase};
use crate::money::{Currency, Rate};
use crate::store::{FilterHash, Listing, Read, Store};
use crate::time::{Instant, Zone};

fn context() -> ImportContext {
    ImportContext {
        currency: Currency::from_code("GBP").expect("a currency"),
        zone: Zone::from_name("Europe/London").expect("a zone"),
        default_margin: Rate::parse("40%").ok(),
        now: Instant::parse_rfc3339("2026-01-01T00:00:00Z").expect("an instant"),
    }
}

fn store() -> Store {
    Store::in_memory().expect("a store in memory")
}

fn run(store: &Store, wanted: &Import, text: &str) -> Result<ImportReport, ImportError> {
    import(store, &context(), wanted, text.as_bytes(), |_| {})
}

fn skipping() -> Import {
    Import { skip_invalid: true, ..Import::default() }
}

/// Imports a table, and checks that its rows add up.
fn table(store: &Store, text: &str) -> ImportReport {
    let report = run(store, &skipping(), text).expect("an import");
    adds_up(&report);
    report
}

fn adds_up(report: &ImportReport) {
    let rows = &report.rows;
    let parts = [rows.bought, rows.returned, rows.returned_partly, rows.unmatched, rows.cards, rows.already_there];
    assert_eq!(parts.iter().sum::<u64>() + rows.rejected, rows.read, "{report}");
    assert_eq!(report.rejected.len() as u64, rows.rejected);
}

fn reasons(report: &ImportReport) -> Vec<(u64, &str)> {
    report.rejected.iter().map(|rejected| (rejected.line, rejected.reason.as_str())).collect()
}

fn bought(store: &Store, id: &str) -> Purchase {
    store.snapshot().purchase(id).expect("a read").unwrap_or_else(|| panic!("purchase {id} is there"))
}

fn dump(store: &Store, table: ExportTable, format: ExportFormat) -> String {
    let mut text = Vec::new();
    export(store, context().currency, Export { table, format, gzip: false }, &mut text).expect("an export");
    String::from_utf8(text).expect("text")
}

/// Everything an import can write, as text.
fn everything(store: &Store) -> String {
    let tables = [ExportTable::Customers, ExportTable::Purchases, ExportTable::UnmatchedReturns];
    let mut text: String = tables.iter().map(|table| dump(store, *table, ExportFormat::JsonLines)).collect();
    let rows = store.snapshot();
    rows.each_customer(None, None, |customer, row| {
        let Some(account) = row.account(FilterHash::ALL) else { return std::ops::ControlFlow::Continue(()) };
        text.push_str(&format!("{customer} {account:?}\n"));
        std::ops::ControlFlow::Continue(())
    })
    .expect("a read");
    text
}

const HEADER: &str = "purchase,customer,at,sku,quantity,unit_price\n";

#[test]
fn lines_that_share_an_id_are_one_purchase() {
    let store = store();
    let report = table(
        &store,
        &format!(
            "\u{feff}{HEADER}\
             1,a,2011-07-01 08:27:00,X,2,2.55\n\
             2,,2011-07-01 09:00,Y,1,1.5\n\
             1,a,2011-07-01 08:26:00,Z,0.5,\"3.00\"\n"
        ),
    );
    assert_eq!((report.rows.read, report.rows.bought), (3, 3));
    assert_eq!((report.purchases, report.guests_purchases, report.customers), (2, 1, 1));
    let purchase = bought(&store, "1");
    assert_eq!(purchase.at.to_string(), "2011-07-01T07:26:00Z", "the earliest of its lines, in London's summer");
    let lines: Vec<(&str, i64, i64)> =
        purchase.lines.iter().map(|line| (&*line.sku, line.gross.0, line.cost.0)).collect();
    assert_eq!(lines, [("X", 510, 306), ("Z", 150, 90)]);
    assert_eq!((purchase.revision, purchase.recorded_at), (None, context().now));
    assert_eq!(bought(&store, "2").customer, None);
}

#[test]
fn columns_are_mapped() {
    let store = store();
    let mapping = Mapping::parse("customer=Kunde,at=Datum,quantity=Stück,gross=Wert,category=Gruppe,tags=Marken");
    let wanted = Import { mapping: mapping.expect("a mapping"), delimiter: b';', ..Import::default() };
    let text = "Datum;Kunde;Stück;Wert;Gruppe;Marken\n2011-01-01;a;3;10.00;shoes;new|sale\n";
    let report = run(&store, &wanted, text).expect("an import");
    assert_eq!(report.rows.bought, 1);
    let page = store.snapshot().purchases_of("a", &Listing { limit: 9, ..Listing::default() }).expect("a read");
    let line = &page.items[0].lines[0];
    assert_eq!((&*line.sku, line.unit_price.0, line.gross.0, line.cost.0), ("-", 33_333, 1_000, 600));
    assert_eq!((line.category.as_deref(), line.tags.as_slice()), (Some("shoes"), &["new".into(), "sale".into()][..]));
    let check = |map: &str, expect: &str| {
        let wanted = Import { mapping: Mapping::parse(map).expect("a mapping"), ..Import::default() };
        let error = run(&store, &wanted, "InvoiceDate,Wert\n").expect_err("a mapping that does not fit");
        assert_eq!(error.to_string(), expect);
    };
    check("at=InvoiceDat,gross=Wert", "the header has no column `InvoiceDat`; did you mean `InvoiceDate`?");
    check("at=InvoiceDate", "no column is mapped to `unit_price`, and none has this name");
    check("gross=Wert", "no column is mapped to `at`, and none has this name");
}

#[test]
fn rows_are_rejected_with_their_line_and_reason() {
    let store = store();
    let text = format!(
        "{HEADER}\
         1,a,2011-01-01,X,0,1\n\
         1,a,2011-01-01,X,1.0001,1\n\
         1,a,2011-01-01,X,1,-1\n\
         \n\
         1,a,soon,X,1,1\n\
         ,a,2011-01-01,X,1,1\n\
         1,a,,X,1,1\n\
         2,a,2011-01-01,X,1,1\n\
         2,b,2011-01-01,X,1,1\n\
         2,,2011-01-01,X,1,1\n\
         3,a,2011-01-01,X,1\n\
         4,a,2011-01-01,\"X\nY\",1,1\n\
         5,a,2011-01-01,X,1000000000,1000000\n\
         5,a,2011-01-01,X,100000000,99999\n\
         5,a,2011-01-01,X,100000000,99999\n"
    );
    let expect = [
        (2, "quantity is zero"),
        (3, "quantity `1.0001`: more than 3 decimals"),
        (4, "unit_price `-1` is below zero"),
        (6, "at `soon` is not a date, nor a date and time"),
        (7, "purchase is empty"),
        (8, "`at` is missing"),
        (10, "customer is `b`, but `2` is of `a` in line 9"),
        (11, "customer is a guest, but `2` is of `a` in line 9"),
        (12, "5 fields, the header has 6"),
        (13, "sku holds a control character"),
        (15, "the amount is out of range"),
        (17, "the amount of the purchase is out of range"),
    ];
    match run(&store, &Import::default(), &text) {
        Err(ImportError::Rejected(report)) => assert_eq!(reasons(&report), expect),
        other => panic!("invalid rows end an import, not {other:?}"),
    }
    assert_eq!(store.snapshot().counts().expect("a read").purchases, 0, "nothing was written");
    let report = table(&self::store(), &text.replace('\n', "\r\n"));
    assert_eq!(reasons(&report), expect, "lines are counted alike whatever ends them");
    let report = table(&store, text.trim_end());
    assert_eq!(reasons(&report), expect);
    assert_eq!((report.rows.bought, report.purchases), (2, 2));
    assert_eq!(report.rejected[0].text.as_deref(), Some("1,a,2011-01-01,X,0,1"));
    let mut file = Vec::new();
    report.write_rejected(&mut file).expect("a file");
    let file = String::from_utf8(file).expect("text");
    assert!(file.starts_with("line,reason,row\n2,quantity is zero,\"1,a,2011-01-01,X,0,1\"\n"), "{file}");
}

#[test]
fn bytes_that_are_no_text_are_read_all_the_same() {
    let store = store();
    let text = [HEADER.as_bytes(), b"1,a,2011-01-01,caf\xe9,1,1\n"].concat();
    let report = import(&store, &context(), &Import::default(), text.as_slice(), |_| {}).expect("an import");
    assert_eq!(report.rows.bought, 1);
    assert_eq!(&*bought(&store, "1").lines[0].sku, "caf\u{fffd}");
}

/// What came back of which purchase, as `return: purchase/line×quantity`.
fn returns(store: &Store) -> Vec<String> {
    let mut found = Vec::new();
    let rows = store.snapshot();
    for purchase in rows.purchases(&Listing { limit: 99, ..Listing::default() }).expect("a read").items {
        for goods in &purchase.returns {
            for line in &goods.lines {
                found.push(format!("{}: {}/{}x{}", goods.id, purchase.id, line.line, line.quantity));
            }
        }
    }
    for goods in rows.unmatched_returns(&Listing { limit: 99, ..Listing::default() }).expect("a read").items {
        for line in &goods.lines {
            found.push(format!("{}: {}x{} unmatched", goods.id, line.sku, line.quantity));
        }
    }
    found.sort();
    found
}

#[test]
fn returns_are_matched_with_earlier_purchases() {
    let check = |rows: &str, expect: &[&str]| {
        let store = store();
        let report = table(&store, &format!("{HEADER}{rows}"));
        assert_eq!(returns(&store), expect, "{rows}\n{report}");
        let before = everything(&store);
        let again = table(&store, &format!("{HEADER}{rows}"));
        assert_eq!(again.rows.already_there, again.rows.read, "{again}");
        assert_eq!(everything(&store), before, "importing twice changes nothing");
    };
    // The same price first, though another purchase is later.
    check("1,a,2011-01-01,X,2,1\n2,a,2011-01-02,X,2,3\nC1,a,2011-01-03,X,-1,1\n", &["C1: 1/0x1"]);
    // Of equal prices the latest purchase; the rest of earlier ones, then of other prices.
    let bought = "1,a,2011-01-01,X,2,1\n2,a,2011-01-02,X,2,1\n3,a,2011-01-02,X,2,3\n";
    check(&format!("{bought}C1,a,2011-01-03,X,-1,1\n"), &["C1: 2/0x1"]);
    check(&format!("{bought}C1,a,2011-01-03,X,-5,1\n"), &["C1: 1/0x2", "C1: 2/0x2", "C1: 3/0x1"]);
    // Partly, not at all; another's, a later, another article's purchase is none.
    check(&format!("{bought}C1,a,2011-01-03,X,-7,1\n"), &["C1: 1/0x2", "C1: 2/0x2", "C1: 3/0x2", "C1: Xx1 unmatched"]);
    check(&format!("{bought}C1,b,2011-01-03,X,-1,1\n"), &["C1: Xx1 unmatched"]);
    check(&format!("{bought}C1,a,2010-01-03,X,-1,1\n"), &["C1: Xx1 unmatched"]);
    check(&format!("{bought}C1,a,2011-01-03,Y,-1,1\n"), &["C1: Yx1 unmatched"]);
    check(",,,,,\n1,,2011-01-01,X,1,1\nC1,,2011-01-02,X,-1,1\n".trim_start_matches(",,,,,\n"), &["C1: Xx1 unmatched"]);
    // In time order, whatever the order of the rows; what came back once does not come back again.
    check(
        "C2,a,2011-01-04,X,-2,1\nC1,a,2011-01-03,X,-1,1\n1,a,2011-01-01,X,2,1\n",
        &["C1: 1/0x1", "C2: 1/0x1", "C2: Xx1 unmatched"],
    );
    // Rows of one return to one purchase are one return of it; bought and returned under one id.
    check(
        "1,a,2011-01-01,X,2,1\n1,a,2011-01-01,Y,2,1\n1,a,2011-01-01,X,-1,1\nC,a,2011-01-02,X,-1,1\nC,a,2011-01-02,Y,-1,1\n",
        &["1: 1/0x1", "C: 1/0x1", "C: 1/1x1"],
    );
}

#[test]
fn rows_of_returns_are_counted() {
    let store = store();
    let rows = "1,a,2011-01-01,X,3,1\n1,a,2011-01-01,Y,1,1\n\
                C1,a,2011-01-02,X,-2,1\nC1,a,2011-01-02,X,-2,1\nC1,a,2011-01-02,Z,-1,1\n";
    let report = table(&store, &format!("{HEADER}{rows}"));
    let counts = &report.rows;
    assert_eq!((counts.bought, counts.returned, counts.returned_partly, counts.unmatched), (2, 1, 1, 1));
    assert_eq!((report.returns, report.unmatched_returns), (1, 1));
    let account = store.snapshot().account(FilterHash::ALL, "a").expect("a read").expect("an account");
    assert_eq!((account.tail[0].adds.gross, account.tail[0].adds.quantity), (100, 1_000), "sums are less returns");
}

#[test]
fn returns_find_purchases_of_an_earlier_import() {
    let store = store();
    table(&store, &format!("{HEADER}1,a,2011-01-01,X,2,1\n"));
    let report = table(&store, &format!("{HEADER}C1,a,2011-01-03,X,-1,1\n2,a,2011-01-04,X,1,1\n"));
    assert_eq!((report.rows.returned, report.rows.bought), (1, 1));
    assert_eq!(returns(&store), ["C1: 1/0x1"]);
    let account = store.snapshot().account(FilterHash::ALL, "a").expect("a read").expect("an account");
    assert_eq!(account.tail.iter().map(|event| event.adds.gross).collect::<Vec<_>>(), [100, 100]);
}

#[test]
fn other_content_under_a_known_id_is_rejected() {
    let store = store();
    table(&store, &format!("{HEADER}1,a,2011-01-01,X,2,1\nC1,a,2011-01-02,Z,-1,1\n"));
    let before = everything(&store);
    let report = table(&store, &format!("{HEADER}1,a,2011-01-01,X,3,1\nC1,b,2011-01-02,Z,-1,1\n"));
    assert_eq!(
        reasons(&report),
        [
            (2, "purchase `1` is in the store with other content"),
            (3, "return `C1` is in the store, of another customer"),
        ]
    );
    assert_eq!(everything(&store), before);
}

#[test]
fn rows_without_an_id_stay_distinct() {
    let store = store();
    let text = "customer,at,unit_price\na,2011-01-01,5\na,2011-01-01,5\na,2011-01-01,6\n";
    let report = table(&store, text);
    assert_eq!(report.purchases, 3);
    let again = table(&store, &format!("{text}a,2011-01-01,5\n"));
    assert_eq!((again.rows.already_there, again.purchases), (3, 1), "only the third equal row is new");
}

#[test]
fn gzip_is_read_as_it_is() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let text = format!("{HEADER}1,a,2011-01-01,X,2,1\n");
    std::io::Write::write_all(&mut packed, text.as_bytes()).expect("packed");
    let packed = packed.finish().expect("packed");
    let mut last = None;
    let store = store();
    let report =
        import(&store, &context(), &Import::default(), packed.as_slice(), |at| last = Some(at)).expect("an import");
    assert_eq!(report.rows.bought, 1);
    assert_eq!(last, Some(Progress::Writing { rows: 1, of: 1 }));
    let cut = import(&store, &context(), &Import::default(), &packed[..packed.len() - 9], |_| {});
    assert!(matches!(cut, Err(ImportError::Read { .. })), "{cut:?}");
}

fn json_lines(what: What) -> Import {
    Import { format: RowFormat::JsonLines, what, skip_invalid: true, ..Import::default() }
}

#[test]
fn an_export_imports_as_it_was() {
    let full = store();
    let rows = "1,a,2011-01-01,X,3,1.115,0.05,shoes,new;sale\n1,a,2011-01-01,Y,0.5,1,,,\n2,,2011-01-02,X,1,1,,,\n\
                C1,a,2011-01-03,X,-2,1.115,,,\nC2,a,2011-01-04,X,-1,1.115,,,\n";
    table(&full, &format!("purchase,customer,at,sku,quantity,unit_price,discount,category,tags\n{rows}"));
    let written = dump(&full, ExportTable::Purchases, ExportFormat::JsonLines);
    let copy = store();
    let report = run(&copy, &json_lines(What::Purchases), &written).expect("an import");
    adds_up(&report);
    assert_eq!((report.rows.bought, report.returns), (2, 2), "{report:?}");
    assert_eq!(everything(&copy), everything(&full));
    let again = run(&copy, &json_lines(What::Purchases), &written).expect("an import");
    assert_eq!(again.rows.already_there, 2);
    assert_eq!(everything(&copy), everything(&full));
    // The table has the purchases, and the returns are another table.
    let copy = store();
    let report = table(&copy, &dump(&full, ExportTable::Purchases, ExportFormat::Csv));
    assert_eq!(report.rows.bought, 3);
    let mut bare = bought(&full, "1");
    bare.returns.clear();
    assert_eq!(bought(&copy, "1"), bare);
    let returns = dump(&full, ExportTable::Returns, ExportFormat::Csv);
    assert_eq!(returns.lines().nth(1), Some("C1,1,a,2011-01-03T00:00:00Z,0,X,2,2.24,0.04,1.34"), "{returns}");
}

#[test]
fn json_purchases_are_checked() {
    let store = store();
    let text = r#"{"id":"1","customer":"a","at":"2011-01-01","lines":[{"sku":"X","quantity":2,"unit_price":1.5}]}
{"id":"1","customer":"a","at":"2011-01-01","lines":[{"sku":"X","quantity":3,"unit_price":1.5}]}
{"id":"2","at":"2011-01-01","lines":[]}
{"id":"3","at":"2011-01-01","lines":[{"sku":"X","quantity":-2,"unit_price":1.5}]}
{"id":"4","at":"2011-01-01","lines":[{"sku":"X","quantity":2,"unit_price":1}],"returns":[{"id":"r","at":"2011-01-02","lines":[{"line":0,"quantity":3}]}]}
{"id":"5","at":"2011-01-01","lines":[{"sku":"X","quantity":2,"unit_price":1}],"returns":[{"id":"r","at":"2011-01-02","lines":[{"line":0,"quantity":1,"gross":"2.00"}]}]}
{"id":"6","at":"2011-01-01","line":[]}
"#;
    let report = run(&store, &json_lines(What::Purchases), text).expect("an import");
    adds_up(&report);
    let found = reasons(&report);
    assert_eq!(
        found[..5],
        [
            (2, "purchase `1` is in line 1"),
            (3, "a purchase needs at least one line"),
            (4, "lines/0: quantity is below zero: what came back belongs into `returns`"),
            (5, "returns/0: line 0 has 2 left, 3 cannot come back"),
            (6, "returns/0: gross `2.00` does not follow from the line, it would be 1.00"),
        ]
    );
    assert!(found[5].0 == 7 && found[5].1.contains("unknown field `line`"), "{found:?}");
    assert_eq!(bought(&store, "1").lines[0].gross.0, 300);
}

#[test]
fn cards_from_a_table_change_what_it_states() {
    let store = store();
    let cards = Import { what: What::Customers, skip_invalid: true, ..Import::default() };
    let text = "id,name,birthday,attributes.role,attributes.size,consent.newsletter\n\
                a,Anna,1990-12-31,employee,42,true\nb,Ben,,,007,\na,Again,,,,\nc,Carl,31.12.1990,,,\n";
    let report = run(&store, &cards, text).expect("an import");
    adds_up(&report);
    assert_eq!(report.rows.cards, 2);
    assert_eq!(
        reasons(&report),
        [(4, "customer `a` is in line 2"), (5, "birthday `31.12.1990` is not a date like 1990-12-31"),]
    );
    let card = |id: &str| store.snapshot().customer(id).expect("a read").expect("a card");
    assert_eq!(card("a").attributes["size"].to_string(), "42");
    assert_eq!(card("b").attributes["size"], Attribute::Text("007".to_owned()));
    assert!(card("a").consent["newsletter"]);
    let before = everything(&store);
    assert_eq!(run(&store, &cards, text).expect("an import").rows.already_there, 2);
    assert_eq!(everything(&store), before);
    let mapping = Mapping::parse("id=Nr,email=Mail").expect("a mapping");
    run(&store, &Import { mapping, ..cards }, "Nr,Mail\na,a@example.org\n").expect("an import");
    assert_eq!((card("a").name.as_deref(), card("a").email.as_deref()), (Some("Anna"), Some("a@example.org")));
    for format in [ExportFormat::JsonLines, ExportFormat::Csv] {
        let copy = self::store();
        let format_in = if format == ExportFormat::Csv { RowFormat::Csv } else { RowFormat::JsonLines };
        let wanted = Import { format: format_in, what: What::Customers, ..Import::default() };
        run(&copy, &wanted, &dump(&store, ExportTable::Customers, format)).expect("an import");
        assert_eq!(everything(&copy), everything(&store));
    }
}
