//! What a base says for the models that decisions ask.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use super::fit::{Method, fit_buying};
use super::spend::fit_spend;
use super::summary::Summary;
use crate::metric::{BaseFit, Buyer, Fitted, Spend};
use crate::money::{Currency, Money, Number};
use crate::time::Instant;

/// Fits models to these customers.
pub fn fit_base(buyers: Vec<Buyer>, filter: Option<u16>, taken_at: Instant, currency: Currency) -> BaseFit {
    let mut sample = BaseSample::default();
    buyers.into_iter().for_each(|buyer| sample.push(buyer));
    sample.fit(filter, taken_at, currency)
}

/// What customers bought of some lines.
#[derive(Debug, Clone, Default)]
pub struct BaseSample {
    rhythms: Summary,
    spend: Vec<Spend>,
    purchases: i64,
    /// In minor units.
    net: i128,
}

impl BaseSample {
    /// Takes in one customer.
    pub fn push(&mut self, buyer: Buyer) {
        let Buyer { rhythm, spend, purchases, net } = buyer;
        self.rhythms.push(rhythm);
        if spend.repeats > 0 {
            self.spend.push(spend);
        }
        self.purchases = self.purchases.saturating_add(purchases);
        self.net += net.wide();
    }

    /// Takes in what another scan found.
    pub fn merge(mut self, mut other: Self) -> Self {
        self.spend.append(&mut other.spend);
        Self {
            rhythms: self.rhythms.merge(other.rhythms),
            spend: self.spend,
            purchases: self.purchases.saturating_add(other.purchases),
            net: self.net + other.net,
        }
    }

    /// Fits BG/NBD, or NBD where dropout cannot be identified, and gamma-gamma.
    pub fn fit(&self, filter: Option<u16>, taken_at: Instant, currency: Currency) -> BaseFit {
        let Some(buying) = fit_buying(&self.rhythms.groups(), Method::BgNbd) else {
            return BaseFit { filter, taken_at, fitted: None, doubts: vec!["nobody bought anything".to_owned()] };
        };
        let spend = fit_spend(&self.spend);
        let net = Number::money(Money::from_wide(self.net).unwrap_or_default(), currency);
        let average = if self.purchases > 0 { net.0 as f64 / 1e6 / self.purchases as f64 } else { 0.0 };
        let mut doubts: Vec<String> = buying.doubts.iter().map(ToString::to_string).collect();
        doubts.extend(spend.iter().flat_map(|fit| &fit.doubts).map(|doubt| format!("gamma-gamma: {doubt}")));
        let fitted = Fitted { buying: buying.model, spend: spend.map(|fit| fit.model), average };
        BaseFit { filter, taken_at, fitted: Some(fitted), doubts }
    }
}
