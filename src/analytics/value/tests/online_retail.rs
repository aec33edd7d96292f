//! A wholesaler's year, on which the Python peer stops with an error.

use std::collections::BTreeMap;
use std::path::Path;

use super::super::fit::{Doubt, Method, fit_buying, fit_one};
use super::super::spend::fit_spend;
use super::super::summary::{PurchaseDays, Summary};
use crate::money::Currency;

/// Customers by their number; what came back or was given away is no purchase.
fn customers() -> (Vec<PurchaseDays>, i32) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/online_retail.csv.gz");
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let mut spent: BTreeMap<(u32, i32), i64> = BTreeMap::new();
    let start = chrono::NaiveDate::from_ymd_opt(2010, 12, 1).expect("a day");
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row).expect("a row") {
        let (quantity, price): (i64, f64) = (row[3].parse().expect("units"), row[5].parse().expect("a price"));
        let Ok(customer) = row[6].trim_end_matches(".0").parse() else { continue };
        if quantity > 0 && price > 0.0 {
            let date: chrono::NaiveDate = row[4][..10].parse().expect("a date");
            *spent.entry((customer, (date - start).num_days() as i32)).or_default() +=
                quantity * (price * 100.0).round() as i64;
        }
    }
    let end = spent.keys().map(|(_, day)| *day).max().expect("purchases");
    let mut customers: BTreeMap<u32, PurchaseDays> = BTreeMap::new();
    for ((customer, day), minor) in spent {
        customers.entry(customer).or_default().push(day, minor);
    }
    (customers.into_values().collect(), end)
}

#[test]
fn dropout_is_not_identified_and_that_is_said() {
    let (base, end) = customers();
    assert_eq!(base.len(), 4_338);
    let groups = base.iter().filter_map(|days| days.rhythm(end)).collect::<Summary>().groups();
    for (method, name) in [(Method::BgNbd, "BG/NBD"), (Method::MbgNbd, "MBG/NBD")] {
        let own = fit_one(&groups, method).expect("customers");
        let doubted = own.doubts.iter().any(|doubt| matches!(doubt, Doubt::NotIdentified { parameter: "b", .. }));
        assert!(doubted, "{own:?}");
        let fit = fit_buying(&groups, method).expect("customers");
        assert_eq!(fit.model.name(), "NBD");
        let [Doubt::NoDropout { model, gained }] = fit.doubts[..] else { panic!("{fit:?}") };
        assert_eq!(model, name);
        assert!((0.0..0.5).contains(&gained), "{gained}");
        assert!((fit.ln_likelihood - -37_645.657).abs() < 1e-3, "{fit:?}");
        assert!(fit.doubts[0].to_string().starts_with("dropout cannot be identified: "), "{}", fit.doubts[0]);
    }
}

#[test]
fn spend_fits_a_wholesaler() {
    let (base, end) = customers();
    let pounds = Currency::from_code("GBP").expect("a currency");
    let spend: Vec<_> = base.iter().map(|days| days.spend(end, pounds)).collect();
    let fit = fit_spend(&spend).expect("customers");
    assert_eq!((fit.customers, fit.doubts.len()), (2_790, 0));
    assert!(fit.parameters.iter().zip([2.103, 3.451, 485.888]).all(|(p, expect)| (p.value - expect).abs() < 1e-3));
}
