//! Totals of all reports agree with each other and with the store, and classes with those that decisions see.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use serde_json::{Value, json};
use treue::store::{FilterHash, Read, verify};

use super::base::{Base, at, count, many, minor, rows, sum, text};
use crate::http::app::aside;

/// Net and purchases over all accounts of a store that holds nothing wrong.
fn of_the_store(base: &Base) -> (i128, i64) {
    let snapshot = base.app.store().snapshot();
    let mut flaws = Vec::new();
    verify(&*snapshot, &mut |flaw| flaws.push(flaw)).expect("a readable store");
    assert_eq!(flaws, []);
    let (mut net, mut purchases) = (0, 0);
    let visit = |_, row: treue::store::CustomerRow| {
        let account = row.account(FilterHash::ALL).cloned().unwrap_or_default();
        let sums = account
            .tail
            .iter()
            .fold(account.spilled.totals, |sum, event| sum.checked_add(event.adds).expect("it fits"));
        net += i128::from(sums.gross - sums.discount);
        purchases += sums.purchases;
        ControlFlow::Continue(())
    };
    snapshot.each_customer(None, None, visit).expect("a read");
    (net, purchases)
}

#[tokio::test]
async fn totals_of_all_reports_are_those_of_the_store() {
    let base = Base::made_up(300);
    let (net, purchases) = aside(|| of_the_store(&base));
    let abc = base.report("abc?metric=net").await;
    assert_eq!(minor(at(&abc, "/total/total")) + minor(at(&abc, "/total/total_below_zero")), net);
    assert_eq!(sum(&abc, "/classes", "total"), minor(at(&abc, "/total/total")));
    assert_eq!(sum(&abc, "/xyz/cells", "total"), minor(at(&abc, "/total/total")));
    assert_eq!(many(&abc, "/xyz/cells", "customers"), count(&abc, "/total/customers"));
    for path in ["rfm", "rfm?segment=usual"] {
        let rfm = base.report(path).await;
        assert_eq!(minor(at(&rfm, "/total/net")), net, "{path}");
        assert_eq!(i128::from(count(&rfm, "/total/purchases")), i128::from(purchases), "{path}");
        for list in ["/segments", "/cells"] {
            assert_eq!(sum(&rfm, list, "net"), net, "{path} {list}");
            assert_eq!(many(&rfm, list, "customers"), count(&rfm, "/total/customers"), "{path} {list}");
        }
    }
    for period in ["week", "month", "quarter", "year"] {
        let cohorts = base.report(&format!("cohorts?period={period}")).await;
        assert_eq!(minor(at(&cohorts, "/total/net")), net, "{period}");
        for list in ["/cohorts", "/periods"] {
            assert_eq!(sum(&cohorts, list, "net"), net, "{period} {list}");
            assert_eq!(i128::from(many(&cohorts, list, "purchases")), i128::from(purchases), "{period} {list}");
        }
        assert_eq!(many(&cohorts, "/periods", "new"), count(&cohorts, "/total/customers"), "{period}");
    }
    let segments = base.report("segments").await;
    assert_eq!(minor(at(&segments, "/total/net")), net);
    assert_eq!(count(&segments, "/total/customers"), count(&abc, "/total/customers"));
    for (at, segment) in rows(&segments, "/segments").iter().enumerate() {
        let classes = format!("/segments/{at}/classes");
        assert_eq!(sum(&segments, &classes, "net"), net, "{segment:#}");
        assert_eq!(many(&segments, &classes, "customers"), count(&segments, "/total/customers"));
        for member in ["margin", "profit", "service_cost"] {
            assert_eq!(sum(&segments, &classes, member), minor(at_member(&segments, member)), "{member}");
        }
    }
    // Budgets count what happens at this very instant, and those who have a card only; nobody is both here.
    let budgets = base.report("budgets").await;
    let year = base.report("segments?window=12%20months").await;
    for member in ["net", "margin", "profit"] {
        assert_eq!(minor(&budgets["total"][member]), minor(at_member(&year, member)), "{member}");
    }
    assert_eq!(minor(at(&budgets, "/total/used")), minor(at(&year, "/total/service_cost")));
}

fn at_member<'a>(report: &'a Value, member: &str) -> &'a Value {
    at(report, &format!("/total/{member}"))
}

/// Customers and net by class of a segment, in the segments report.
fn by_class(segments: &Value, segment: &str) -> BTreeMap<String, (u64, i128)> {
    let found = rows(segments, "/segments").iter().find(|row| row["segment"] == segment).expect("a segment");
    let row = |row: &Value| {
        let class = row["class"].as_str().expect("a class").to_owned();
        (class, (row["customers"].as_u64().expect("a count"), minor(&row["net"])))
    };
    found["classes"].as_array().expect("classes").iter().map(row).collect()
}

#[tokio::test]
async fn classes_are_those_that_decisions_see() {
    let base = Base::made_up(400);
    aside(|| base.app.refresh_segments().expect("cut-offs"));
    // Counted one by one, as a till reads them.
    let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut ids = Vec::new();
    let snapshot = base.app.store().snapshot();
    let visit = |customer, _| {
        ids.push(customer);
        ControlFlow::Continue(())
    };
    snapshot.each_customer(None, None, visit).expect("a read");
    let bundle = &base.app.active().bundle;
    for id in &ids {
        let standing = base.app.standing(id, None).expect("a read").expect("a customer");
        let known = |name: &str| bundle.metrics.iter().position(|metric| metric.name.as_ref() == name);
        let value = |name: &str| known(name).and_then(|at| standing.facts.metrics[at]).map(|value| value.0);
        if value("orders") == Some(0) && value("satisfaction").is_none() {
            // Somebody whose purchases all came back; contacts without a rating do not occur here.
            let contacts = snapshot.interactions_of(id, &treue::store::Listing::default()).expect("a read").items.len();
            if contacts == 0 {
                continue;
            }
        }
        for (segment, class) in bundle.segments.iter().zip(&standing.facts.classes) {
            let class = class.map_or("none", |class| segment.classes[usize::from(class)].as_ref());
            *counted.entry((segment.name.to_string(), class.to_owned())).or_default() += 1;
        }
    }
    let segments = base.report("segments").await;
    for segment in ["value", "size", "tier", "rfm"] {
        for (class, (customers, _)) in by_class(&segments, segment) {
            let expect = counted.get(&(segment.to_owned(), class.clone())).copied().unwrap_or(0);
            assert_eq!(customers, expect, "{segment} {class}");
        }
    }
    for segment in ["value", "size"] {
        let abc = base.report(&format!("abc?segment={segment}")).await;
        let expect = by_class(&segments, segment);
        for row in rows(&abc, "/classes") {
            let class = row["class"].as_str().expect("a class");
            assert_eq!(
                row["customers"].as_u64(),
                expect.get(class).map(|(customers, _)| *customers),
                "{segment} {class}"
            );
        }
    }
    let rfm = base.report("rfm").await;
    assert_eq!(text(&rfm, "/segment"), "rfm");
    // Those in contact who never bought are no customers of this one; they have the last class.
    let expect = by_class(&segments, "rfm");
    for row in rows(&rfm, "/segments") {
        let class = row["segment"].as_str().expect("a name");
        let (customers, net) = expect[class];
        assert_eq!(minor(&row["net"]), net, "{class}");
        if class != "others" {
            assert_eq!(row["customers"].as_u64(), Some(customers), "{class}");
        }
    }
}

#[tokio::test]
async fn an_earlier_instant_is_seen_as_it_was_known_then() {
    let base = Base::made_up(200);
    let then = base.report("abc?as_of=2025-06-01&metric=spend").await;
    let moved = base.report("abc?since=2025-06-01&metric=spend").await;
    let now = base.report("abc?metric=spend").await;
    assert_eq!(moved["classes"], now["classes"]);
    let movement = at(&moved, "/movement");
    let came = count(movement, "/came");
    let parts = ["stayed", "rose", "fell"].map(|part| movement[part].as_u64().expect("a count"));
    assert_eq!(parts.iter().sum::<u64>(), count(&then, "/total/customers"), "everybody of then is somewhere now");
    assert_eq!(parts.iter().sum::<u64>() + came, count(&now, "/total/customers"));
    for row in rows(&then, "/classes") {
        let from = rows(movement, "/moves").iter().filter(|moved| moved["from"] == row["class"]);
        let customers: u64 = from.map(|moved| moved["customers"].as_u64().expect("a count")).sum();
        assert_eq!(json!(customers), row["customers"], "{row:#}");
    }
}
