//! The published figures, on the file they were published for.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use super::super::fit::{BuyingFit, Method, fit_buying};
use super::super::hold_out::{Foretold, hold_out};
use super::super::spend::fit_spend;
use super::super::summary::{PurchaseDays, Summary};
use crate::metric::{BuyingModel, Dropout, Geometric, Pareto, Poisson, Residual, Rhythm};
use crate::money::Currency;

/// 1997-09-30 counted in days from 1997-01-01.
const SPLIT: i32 = 272;
/// 1998-06-30, the last day of the file.
const END: i32 = 545;

/// The 2,357 customers of the sample, by the sample's own number.
fn customers() -> BTreeMap<u32, PurchaseDays> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cdnow_sample.csv.gz");
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("readable data");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let mut customers: BTreeMap<u32, PurchaseDays> = BTreeMap::new();
    let start = chrono::NaiveDate::from_ymd_opt(1997, 1, 1).expect("a day");
    for row in rows.records() {
        let row = row.expect("a row");
        let date: chrono::NaiveDate = row[2].parse().expect("a date");
        let dollars: f64 = row[4].parse().expect("an amount");
        let day = (date - start).num_days() as i32;
        customers.entry(row[1].parse().expect("a number")).or_default().push(day, (dollars * 100.0).round() as i64);
    }
    assert_eq!(customers.len(), 2_357);
    customers
}

fn fitted(method: Method) -> BuyingFit {
    let summary: Summary = customers().values().filter_map(|days| days.rhythm(SPLIT)).collect();
    fit_buying(&summary.groups(), method).expect("customers")
}

fn close(what: &str, found: f64, expect: f64, tolerance: f64) {
    assert!((found - expect).abs() <= tolerance, "{what} is {found}, not {expect}");
}

fn published(fit: &BuyingFit, expect: &[(&str, f64)]) {
    for (parameter, (name, value)) in fit.parameters.iter().zip(expect) {
        assert_eq!(parameter.name, *name);
        close(name, parameter.value, *value, 0.000_501);
        assert!(parameter.error.is_some_and(|error| error > 0.0), "{parameter:?}");
    }
    assert!(fit.doubts.is_empty(), "{:?}", fit.doubts);
    assert_eq!(fit.customers, 2_357);
}

/// Customer 1516: 26 repeat purchases, the last after 30.857 weeks, known for 31.
fn customer_1516() -> Rhythm {
    let rhythm = customers()[&1516].rhythm(SPLIT).expect("a customer");
    assert_eq!((rhythm.repeats, rhythm.last, rhythm.age), (26, 216, 217));
    rhythm
}

#[test]
fn bg_nbd_is_as_published() {
    let fit = fitted(Method::BgNbd);
    published(&fit, &[("r", 0.243), ("alpha", 4.414), ("a", 0.793), ("b", 2.426)]);
    close("log-likelihood", fit.ln_likelihood, -9_582.429, 1e-3);
    close("expected purchases", fit.model.expected(customer_1516(), 52.0), 25.757, 1e-3);
    close("P(alive)", fit.model.alive(customer_1516()), 0.9689, 1e-4);
}

#[test]
fn pareto_nbd_is_as_published() {
    let fit = fitted(Method::ParetoNbd);
    published(&fit, &[("r", 0.553), ("alpha", 10.578), ("s", 0.606), ("beta", 11.669)]);
    close("log-likelihood", fit.ln_likelihood, -9_594.976, 1e-3);
    close("expected purchases", fit.model.expected(customer_1516(), 52.0), 25.456, 1e-3);
}

#[test]
fn gamma_gamma_is_as_published() {
    let dollars = Currency::from_code("USD").expect("a currency");
    let base: Vec<_> = customers().values().map(|days| days.spend(SPLIT, dollars)).collect();
    let fit = fit_spend(&base).expect("customers");
    assert_eq!(fit.customers, 946);
    for (parameter, expect) in fit.parameters.iter().zip([6.25, 3.74, 15.44]) {
        close(parameter.name, parameter.value, expect, 0.005_01);
    }
}

#[test]
fn mbg_nbd_lets_one_time_buyers_go() {
    let fit = fitted(Method::MbgNbd);
    published(&fit, &[("r", 0.525), ("alpha", 6.183), ("a", 0.891), ("b", 1.614)]);
    close("log-likelihood", fit.ln_likelihood, -9_582.136, 1e-3);
    let long_gone = Rhythm { age: SPLIT as u32, last: 0, repeats: 0 };
    assert!(fit.model.alive(long_gone) < 0.5);
    assert_eq!(fitted(Method::BgNbd).model.alive(long_gone), 1.0);
}

/// The models with their published parameters.
fn known() -> [BuyingModel; 4] {
    let geometric = |dropout, r, alpha, a, b| BuyingModel::Geometric(Geometric { dropout, r, alpha, a, b });
    [
        geometric(Dropout::AfterRepeats, 0.243, 4.414, 0.793, 2.426),
        geometric(Dropout::AfterAll, 0.525, 6.183, 0.891, 1.614),
        BuyingModel::Pareto(PARETO),
        BuyingModel::Poisson(Poisson { r: 0.385, alpha: 12.072 }),
    ]
}

const PARETO: Pareto = Pareto { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 };

#[test]
fn more_time_brings_more_and_discounts_take_from_it() {
    for model in known() {
        let rhythm = customer_1516();
        close("expected in no time", model.expected(rhythm, 0.0), 0.0, 1e-12);
        let (short, long) = (model.expected(rhythm, 26.0), model.expected(rhythm, 52.0));
        assert!(0.0 < short && short < long, "{model:?}");
        let discounted = model.discounted(rhythm, Residual { weeks: 52.0, yearly_discount: 0.15 });
        assert!(long / 1.15 < discounted && discounted < long, "{model:?}: {discounted} of {long}");
        assert_eq!(model.discounted(rhythm, Residual { weeks: 52.0, yearly_discount: 0.0 }), long);
    }
}

#[test]
fn new_customers_are_expected_to_buy_what_bg_nbd_says() {
    // Equation 9 of the paper at t = 39 weeks: the base bought 1.04 times again on average in up to 39 weeks.
    let BuyingModel::Geometric(model) = known()[0] else { panic!("BG/NBD") };
    let newcomer = Rhythm::default();
    close("newcomer", model.expected_of_new(39.0), model.expected(newcomer, 39.0), 1e-12);
    close("newcomer by Pareto/NBD", PARETO.expected_of_new(39.0), PARETO.expected(newcomer, 39.0), 1e-12);
}

#[test]
fn what_comes_for_ever_is_the_limit_of_what_comes_in_time() {
    let rhythm = customer_1516();
    let rate = 0.15f64.ln_1p() * 84.0 / (365.25 * 12.0);
    let long = BuyingModel::Pareto(PARETO).discounted(rhythm, Residual { weeks: 52.0 * 120.0, yearly_discount: 0.15 });
    close("without end", PARETO.discounted_for_ever(rhythm, rate), long, 0.02);
}

#[test]
fn hold_outs_beat_the_naive_rule_where_alive_does_not() {
    let base = customers();
    let model = fitted(Method::BgNbd).model;
    let foretell = |days: &PurchaseDays| {
        let rhythm = days.rhythm(SPLIT)?;
        Some(Foretold {
            expected: model.expected(rhythm, 39.0),
            alive: model.alive(rhythm),
            idle: rhythm.age - rhythm.last,
            actual: days.between(SPLIT, END),
        })
    };
    let foretold: Vec<Foretold> = base.values().filter_map(foretell).collect();
    let found = hold_out(&foretold).expect("customers");
    assert_eq!((found.customers, found.returned, found.actual), (2_357, 684, 1_882));
    close("RMSE", found.rmse, 1.608, 1e-3);
    close("MAE", found.mae, 0.785, 1e-3);
    close("bias", found.bias, -0.097, 1e-3);
    close("AUC", found.auc.unwrap_or(0.0), 0.7725, 1e-4);
    close("naive AUC", found.naive_auc.unwrap_or(0.0), 0.7714, 1e-4);
    // Worse than a coin: it is 1 for every one-time buyer.
    close("AUC of P(alive)", found.alive_auc.unwrap_or(0.0), 0.3158, 1e-4);
}
