//! Public data sets, whose figures others have published.

use serde_json::json;

use super::base::{Base, PUBLIC, at, count, many, minor, rows, sum, text};

#[tokio::test]
async fn cdnow() {
    let base = Base::cdnow();
    let abc = base.report("abc").await;
    assert_eq!(text(&abc, "/head/report"), "abc");
    assert_eq!((text(&abc, "/metric"), text(&abc, "/segment")), ("spend", "value"));
    assert_eq!(count(&abc, "/total/customers"), 2_357);
    assert_eq!(text(&abc, "/total/total"), "244091.94");
    // Not 80 %: a measured share is what is printed.
    assert_eq!(text(&abc, "/concentration/top_20_percent_hold"), "0.674229");
    assert_eq!(text(&abc, "/concentration/gini"), "0.630917");
    let cohorts = base.report("cohorts").await;
    // The customers of the sample all came in the first quarter of 1997.
    let months: Vec<&str> =
        rows(&cohorts, "/cohorts").iter().map(|row| row["cohort"].as_str().expect("an instant")).collect();
    assert_eq!(months, ["1997-01-01T05:00:00Z", "1997-02-01T05:00:00Z", "1997-03-01T05:00:00Z"]);
    assert_eq!((count(&cohorts, "/total/purchases"), count(&cohorts, "/total/customers")), (6_919, 2_357));
    assert_eq!(rows(&cohorts, "/periods").len(), 18);
    assert!(rows(&cohorts, "/periods").iter().all(|row| row["partial"] == json!(false)), "June 1998 is over");
    let quarters = base.report("cohorts?period=quarter&as_of=1998-06-15").await;
    assert_eq!(rows(&quarters, "/cohorts").len(), 1);
    assert_eq!(at(&quarters, "/periods/5/partial"), &json!(true));
    assert_eq!(text(&quarters, "/head/notes/0"), "the last quarter is not over: its figures will grow");
    let rfm = base.report("rfm").await;
    assert_eq!(at(&rfm, "/segment"), &json!(null), "the policy scores nobody, so the usual grid is used");
    assert_eq!(minor(at(&rfm, "/total/net")), 24_409_194);
    assert_eq!(many(&rfm, "/cells", "customers"), 2_357);
    let segments = base.report("segments").await;
    assert_eq!(sum(&segments, "/segments/0/classes", "net"), 24_409_194);
    let computed = base.report("abc?limits=computed").await;
    assert_eq!(at(&computed, "/classes/0/bound"), &json!(null));
    assert_eq!(sum(&computed, "/classes", "total"), 24_409_194);
}

#[tokio::test]
async fn online_retail() {
    let mapping =
        "customer=CustomerID,purchase=InvoiceNo,at=InvoiceDate,sku=StockCode,quantity=Quantity,unit_price=UnitPrice";
    let base = Base::imported("online_retail.csv.gz", mapping, PUBLIC, "2012-01-01T00:00:00Z");
    let abc = base.report("abc?metric=net").await;
    let cohorts = base.report("cohorts").await;
    let rfm = base.report("rfm").await;
    let net = minor(at(&cohorts, "/total/net"));
    assert_eq!(minor(at(&abc, "/total/total")) + minor(at(&abc, "/total/total_below_zero")), net);
    assert_eq!(minor(at(&rfm, "/total/net")), net);
    assert_eq!(count(&rfm, "/total/customers"), count(&cohorts, "/total/customers"));
    assert_eq!(count(&abc, "/total/customers"), count(&cohorts, "/total/customers"), "nobody was in contact");
    assert_eq!(rows(&cohorts, "/cohorts").len(), 13, "December 2010 to December 2011");
    let top: f64 = text(&abc, "/concentration/top_20_percent_hold").parse().expect("a share");
    assert!((0.70..0.78).contains(&top), "the top 20 % hold about three quarters: {top}");
}
