//! A model of buying and one of spending together, fitted to one base at one instant: what decisions read.

#![expect(clippy::float_arithmetic, reason = "estimates of what is to come, never what is charged or counted")]

use serde::{Deserialize, Serialize};

use super::model::BuyingModel;
use super::rhythm::{Rhythm, weeks};
use super::spend::{Spend, SpendModel};
use crate::metric::definition::{Expected, Forecast};
use crate::money::{Currency, Money, Number};
use crate::time::Instant;

/// Models fitted to a base.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// How often customers buy.
    pub buying: BuyingModel,
    /// What a purchase is worth; absent where nobody bought twice.
    pub spend: Option<SpendModel>,
    /// What a purchase was worth on average, in major units: where the model of spending has no mean.
    pub average: f64,
}

/// What a customer bought of some lines, as models are fitted to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Buyer {
    /// How often, how lately, since when.
    pub rhythm: Rhythm,
    /// What was spent on purchases after the first.
    pub spend: Spend,
    /// All purchases that were not fully returned.
    pub purchases: i64,
    /// What was paid for all of them.
    pub net: Money,
}

/// Models fitted to what the base bought of some lines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaseFit {
    /// Which lines: an index into the bundle's filters; absent for all lines.
    pub filter: Option<u16>,
    /// As of when.
    pub taken_at: Instant,
    /// The models; absent where nobody bought anything.
    pub fitted: Option<Fitted>,
    /// What is to be said against them.
    pub doubts: Vec<String>,
}

impl Fitted {
    /// What a purchase of a customer is worth, in major units.
    pub fn per_purchase(&self, spend: Spend) -> f64 {
        self.spend.and_then(|model| model.expected(spend)).unwrap_or(self.average).max(0.0)
    }

    /// What is expected of a customer: purchases with four decimals, money in whole minor units. Rounded once, here, so
    /// that everything decided on it is exact. Absent where it is no number that fits.
    pub fn forecast(&self, forecast: Forecast, rhythm: Rhythm, spend: Spend, currency: Currency) -> Option<Number> {
        let purchases = self.buying.expected(rhythm, weeks(forecast.within)).max(0.0);
        match forecast.of {
            Expected::ExpectedPurchases => whole(purchases * 1e4).map(|tenths| Number(i128::from(tenths) * 100)),
            Expected::Value => {
                let minor = purchases * self.per_purchase(spend) * 10f64.powi(currency.exponent() as i32);
                whole(minor).map(|minor| Number::money(Money(minor), currency))
            }
        }
    }
}

fn whole(value: f64) -> Option<i64> {
    // Beyond 2^53 not every whole number is a float.
    (value.is_finite() && value.abs() < 9e15).then(|| libm::round(value) as i64)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "what is exact is compared exactly")]
mod tests {
    use super::*;
    use crate::metric::buying::{Dropout, Geometric};
    use crate::time::Duration;

    #[test]
    fn forecasts_are_rounded_once() {
        // BG/NBD and gamma-gamma as published for CDNOW, and its customer 1516.
        let geometric = Geometric { dropout: Dropout::AfterRepeats, r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };
        let spend = Some(SpendModel { p: 6.25, q: 3.74, gamma: 15.44 });
        let fitted = Fitted { buying: BuyingModel::Geometric(geometric), spend, average: 0.0 };
        let rhythm = Rhythm { age: 217, last: 216, repeats: 26 };
        let spent = Spend { repeats: 26, mean: 40.0 };
        let check = |of, currency: &str, expect: &str| {
            let forecast = Forecast { of, within: Duration::Days(364) };
            let currency = Currency::from_code(currency).expect("a currency");
            let found = fitted.forecast(forecast, rhythm, spent, currency);
            assert_eq!(found.map(|value| value.to_string()).as_deref(), Some(expect), "{of:?}");
        };
        check(Expected::ExpectedPurchases, "USD", "25.7565");
        check(Expected::Value, "USD", "1028.22");
        check(Expected::Value, "JPY", "1028");
        check(Expected::Value, "KWD", "1028.218");
    }

    #[test]
    fn strangers_are_worth_the_average() {
        let buying = BuyingModel::Poisson(crate::metric::Poisson { r: 1.0, alpha: 10.0 });
        let fitted = Fitted { buying, spend: None, average: 12.5 };
        assert_eq!(fitted.per_purchase(Spend::default()), 12.5);
        let flat = Fitted { spend: Some(SpendModel { p: 2.0, q: 0.9, gamma: 3.0 }), ..fitted };
        assert_eq!(flat.per_purchase(Spend { repeats: 3, mean: 99.0 }), 12.5);
        assert_eq!(whole(f64::NAN), None);
    }
}
