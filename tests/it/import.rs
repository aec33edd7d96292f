//! Real purchase histories: every row is accounted for, and the sums are those that are known.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::OnceLock;

use treue::app::{Import, ImportContext, ImportReport, Mapping, import};
use treue::engine::rank_cuts;
use treue::money::{Currency, Number, Rate};
use treue::store::{FilterHash, Listing, Read, Store};
use treue::time::{Instant, Zone};

fn data(name: &str) -> File {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    File::open(&path).unwrap_or_else(|error| {
        panic!("the purchase histories belong beside the repository, in ../shared/data: {}: {error}", path.display())
    })
}

fn context(currency: &str, zone: &str) -> ImportContext {
    ImportContext {
        currency: Currency::from_code(currency).expect("a currency"),
        zone: Zone::from_name(zone).expect("a zone"),
        default_margin: Rate::parse("40%").ok(),
        now: Instant::parse_rfc3339("2026-01-01T00:00:00Z").expect("an instant"),
    }
}

fn mapped(mapping: &str, skip_invalid: bool) -> Import {
    Import { mapping: Mapping::parse(mapping).expect("a mapping"), skip_invalid, ..Import::default() }
}

fn adds_up(report: &ImportReport) {
    let rows = &report.rows;
    let parts = [rows.bought, rows.returned, rows.returned_partly, rows.unmatched, rows.cards, rows.already_there];
    assert_eq!(parts.iter().sum::<u64>() + rows.rejected, rows.read, "{report}");
    assert_eq!(report.rejected.len() as u64, rows.rejected, "each rejected row has a reason");
}

#[test]
fn online_retail_is_accounted_for_row_by_row_and_twice_is_once() {
    let store = Store::in_memory().expect("a store in memory");
    let context = context("GBP", "Europe/London");
    let wanted = mapped(
        "customer=CustomerID,purchase=InvoiceNo,at=InvoiceDate,sku=StockCode,quantity=Quantity,unit_price=UnitPrice",
        true,
    );
    let report = import(&store, &context, &wanted, data("online_retail.csv.gz"), |_| {}).expect("an import");
    adds_up(&report);
    assert_eq!(report.rows.read, 541_909);
    // Every row with a quantity above zero but the two negative adjustments; the others came back.
    assert_eq!((report.rows.bought, report.rows.rejected), (541_909 - 10_624 - 2, 2));
    assert_eq!(report.rows.returned + report.rows.returned_partly + report.rows.unmatched, 10_624);
    assert!(report.rejected.iter().all(|row| row.reason.contains("is below zero")), "{:?}", report.rejected);
    assert!(report.rows.returned > 7_000, "most of what customers brought back is found: {report}");
    assert_eq!(report.customers, 4_372);
    let before = store.snapshot();
    assert_eq!(before.counts().expect("a read").purchases, report.purchases);
    let (gross, unmatched) = sums(&store);
    // Net of everything that was matched, the base holds what was bought less what came back.
    let again = import(&store, &context, &wanted, data("online_retail.csv.gz"), |_| {}).expect("an import");
    adds_up(&again);
    assert_eq!(again.rows.already_there, 541_909 - 2, "{again}");
    assert_eq!((again.purchases, again.returns, again.unmatched_returns), (0, 0, 0));
    assert_eq!(again.purchases_already_there, report.purchases);
    assert_eq!(store.snapshot().counts(), before.counts());
    assert_eq!(sums(&store), (gross, unmatched));
}

/// Gross less returns over all accounts, and the number of unmatched returns.
fn sums(store: &Store) -> (i64, usize) {
    let rows = store.snapshot();
    let mut gross = 0;
    rows.each_customer(None, None, |_, row| {
        let Some(account) = row.account(FilterHash::ALL) else { return std::ops::ControlFlow::Continue(()) };
        gross += account.spilled.totals.gross + account.tail.iter().map(|event| event.adds.gross).sum::<i64>();
        ControlFlow::Continue(())
    })
    .expect("a read");
    let listing = Listing { limit: usize::MAX, ..Listing::default() };
    (gross, rows.unmatched_returns(&listing).expect("a read").items.len())
}

#[derive(Debug, Default)]
struct Bought {
    purchases: i64,
    gross: i64,
    /// On how many different days.
    days: usize,
}

/// CDNOW, imported once for all tests: what the accounts say per customer.
fn cdnow() -> &'static BTreeMap<String, Bought> {
    static CUSTOMERS: OnceLock<BTreeMap<String, Bought>> = OnceLock::new();
    CUSTOMERS.get_or_init(|| {
        let store = Store::in_memory().expect("a store in memory");
        let wanted = mapped("customer=customer_id,at=date,quantity=number_of_cds,gross=dollar_value", false);
        let context = context("USD", "America/New_York");
        let report = import(&store, &context, &wanted, data("cdnow_sample.csv.gz"), |_| {}).expect("an import");
        adds_up(&report);
        assert_eq!((report.rows.read, report.purchases, report.customers), (6_919, 6_919, 2_357));
        let mut customers = BTreeMap::new();
        let rows = store.snapshot();
        rows.each_customer(None, None, |customer, row| {
            let Some(account) = row.account(FilterHash::ALL) else { return std::ops::ControlFlow::Continue(()) };
            let mut sum = account.spilled.totals;
            for event in &account.tail {
                sum = sum.checked_add(event.adds).expect("sums fit");
            }
            let page = rows.purchases_of(&customer, &Listing { limit: usize::MAX, ..Listing::default() });
            let days: BTreeSet<Instant> = page.expect("a read").items.iter().map(|purchase| purchase.at).collect();
            customers.insert(customer, Bought { purchases: sum.purchases, gross: sum.gross, days: days.len() });
            ControlFlow::Continue(())
        })
        .expect("a read");
        customers
    })
}

#[test]
fn cdnow_has_the_known_sums() {
    let customers = cdnow();
    assert_eq!(customers.values().map(|bought| bought.gross).sum::<i64>(), 24_409_194);
    // The literature counts the days on which somebody bought; 13 customers bought twice on one day only.
    let twice = customers.values().filter(|bought| bought.days >= 2).count();
    assert_eq!((twice * 1_000 + customers.len() / 2) / customers.len(), 483, "48.3 % bought on two days or more");
    assert_eq!(customers.values().filter(|bought| bought.purchases >= 2).count(), twice + 13);
}

#[test]
fn abc_over_cdnow_is_what_a_spreadsheet_says() {
    let customers = cdnow();
    let bounds = ["80%", "95%", "100%"].map(|text| Rate::parse(text).expect("a rate"));
    let mut values: Vec<Number> = customers.values().map(|bought| Number::int(bought.gross)).collect();
    values.sort_unstable();
    let cuts = rank_cuts(&values, &bounds);
    let mut by_cuts = [0; 3];
    for bought in customers.values() {
        let class = cuts.iter().position(|cut| cut.is_some_and(|cut| Number::int(bought.gross) >= cut));
        by_cuts[class.unwrap_or(2)] += 1;
    }
    // Sorted by value, downwards; a customer's share of those above decides, and equal values share a class.
    let mut sheet: Vec<i64> = customers.values().map(|bought| bought.gross).collect();
    sheet.sort_unstable_by(|a, b| b.cmp(a));
    let total: i64 = sheet.iter().sum();
    let mut by_sheet = [0; 3];
    let mut above = 0;
    for (at, value) in sheet.iter().enumerate() {
        if at > 0 && sheet[at - 1] > *value {
            above = sheet[..at].iter().sum();
        }
        by_sheet[if above * 100 < total * 80 {
            0
        } else if above * 100 < total * 95 {
            1
        } else {
            2
        }] += 1;
    }
    assert_eq!(by_cuts, by_sheet);
    assert!(by_sheet.iter().all(|count| *count > 100), "each class has members: {by_sheet:?}");
}

/// The most memory this process had, in megabytes.
fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    peak.trim().trim_end_matches("kB").trim().parse::<u64>().expect("a number") / 1_024
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever measures reads it")]
#[ignore = "measures: run it alone and in release"]
fn online_retail_is_imported_fast_and_in_little_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("treue.redb"), 64 << 20).expect("a store");
    let wanted = mapped(
        "customer=CustomerID,purchase=InvoiceNo,at=InvoiceDate,sku=StockCode,quantity=Quantity,unit_price=UnitPrice",
        true,
    );
    let mut reading = None;
    let start = std::time::Instant::now();
    let report = import(&store, &context("GBP", "Europe/London"), &wanted, data("online_retail.csv.gz"), |at| {
        if let treue::app::Progress::Reading { .. } = at {
            reading = Some(start.elapsed());
        }
    });
    let report = report.expect("an import");
    let seconds = start.elapsed().as_secs_f64();
    let rate = report.rows.read as f64 / seconds;
    let peak = peak_megabytes();
    println!("{rate:.0} rows/s ({seconds:.2} s, of it reading {reading:?}), {peak} MB at the peak\n{report}");
    assert!(rate >= 150_000.0, "{rate:.0} rows/s");
    assert!(peak < 500, "{peak} MB");
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever measures reads it")]
#[ignore = "measures: run it alone and in release"]
fn a_large_demo_is_made_up_in_minutes() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path().join("treue.redb"), 1 << 30).expect("a store");
    let customers = std::env::var("TREUE_DEMO_CUSTOMERS").map_or(1_000_000, |text| text.parse().expect("a number"));
    let context = context("EUR", "Europe/Berlin");
    let options = treue::app::DemoOptions { customers, mean_purchases: 10.0, ..Default::default() };
    let start = std::time::Instant::now();
    let report = treue::app::fill_demo(&store, context.currency, context.zone, context.now, &options, |done| {
        if done % 50_000 == 0 {
            println!("{done} after {:?}, {} MB", start.elapsed(), store.file_size().unwrap_or(0) >> 20);
        }
    });
    let report = report.expect("a base");
    let took = start.elapsed();
    let size = store.file_size().unwrap_or(0) >> 20;
    println!("{report:?} in {took:?}, {} MB at the peak, a file of {size} MB", peak_megabytes());
    assert!(took.as_micros() as u64 / customers.max(1) < 300, "a million customers in five minutes: {took:?}");
}
