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
