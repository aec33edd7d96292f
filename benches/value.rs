//! How long fits take on CDNOW, from the customers' rhythms to parameters with standard errors: `benches/value.sh` holds
//! them against `lifetimes`.

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::float_arithmetic,
    reason = "a bench ends where something is not as it should be"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use treue::analytics::value::{Method, PurchaseDays, Summary, fit_one, fit_spend};
use treue::metric::{Rhythm, Spend};
use treue::money::Currency;

/// Rhythms and spend of the 2,357 customers up to 1997-09-30.
fn base() -> (Vec<Rhythm>, Vec<Spend>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cdnow_sample.csv.gz");
    let file = File::open(path).expect("CDNOW beside the repository, in ../shared/data");
    let mut rows = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let mut customers: BTreeMap<String, PurchaseDays> = BTreeMap::new();
    let start = chrono::NaiveDate::from_ymd_opt(1997, 1, 1).expect("a day");
    for row in rows.records() {
        let row = row.expect("a row");
        let date: chrono::NaiveDate = row[2].parse().expect("a date");
        let dollars: f64 = row[4].parse().expect("an amount");
        let day = (date - start).num_days() as i32;
        customers.entry(row[1].to_owned()).or_default().push(day, (dollars * 100.0).round() as i64);
    }
    const SPLIT: i32 = 272;
    let dollars = Currency::from_code("USD").expect("a currency");
    customers.values().filter_map(|days| Some((days.rhythm(SPLIT)?, days.spend(SPLIT, dollars)))).unzip()
}

fn fits(c: &mut Criterion) {
    let (rhythms, spend) = base();
    for (name, method) in Method::ALL {
        c.bench_function(&format!("fit_{name}"), |b| {
            b.iter(|| {
                let groups = black_box(&rhythms).iter().copied().collect::<Summary>().groups();
                fit_one(&groups, method).expect("customers")
            });
        });
    }
    c.bench_function("fit_gamma_gamma", |b| b.iter(|| fit_spend(black_box(&spend)).expect("customers")));
}

criterion_group!(benches, fits);
criterion_main!(benches);
