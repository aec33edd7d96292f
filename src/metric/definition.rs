//! What a metric is.

use serde::{Deserialize, Serialize};

use crate::id::Name;
use crate::time::{Duration, Instant, Period, Zone};

/// A named fact about one customer as of an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// Its name in the bundle.
    pub name: Name,
    /// What is measured.
    pub measure: Measure,
    /// Which events count.
    pub window: Window,
    /// Which lines count: an index into the bundle's filters; absent for all lines.
    pub filter: Option<u16>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Measure {
    /// A sum over events.
    Sum(Sum),
    /// How many.
    Count(Count),
    /// A sum over events divided by how many there are.
    Average(Average),
    /// Whole days since an event.
    DaysSince(Since),
    /// What a model that was fitted to the base expects of the time to come.
    Model(Forecast),
}

/// What a model expects of the time to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Forecast {
    /// What is expected.
    pub of: Expected,
    /// How far ahead.
    pub within: Duration,
}

/// What can be expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    /// How many purchases.
    ExpectedPurchases,
    /// What they bring: net.
    Value,
}

/// What can be summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sum {
    /// Quantity × unit price, less returns.
    Gross,
    /// What was granted, less returns.
    Discount,
    /// Gross − discount.
    Net,
    /// Cost of goods.
    Cost,
    /// Net − cost.
    Margin,
    /// Margin − service cost.
    Profit,
    /// Cost of interactions.
    ServiceCost,
    /// Units.
    Quantity,
}

/// What can be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Purchases that were not fully returned.
    Purchases,
    /// Interactions.
    Interactions,
}

/// What can be averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// Gross per purchase.
    Gross,
    /// Discount per purchase.
    Discount,
    /// Net per purchase.
    Net,
    /// Margin per purchase.
    Margin,
    /// Units per purchase.
    Quantity,
    /// Rating per rated interaction.
    Rating,
    /// Cost per interaction.
    ServiceCost,
}

/// What days can be counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Since {
    /// The first purchase not fully returned.
    FirstPurchase,
    /// The last purchase not fully returned.
    LastPurchase,
    /// The last interaction.
    LastInteraction,
}

/// Which events count, as of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Window {
    /// All before the instant.
    Lifetime,
    /// Those at most this long before it.
    Within(Duration),
    /// Those since the start of the calendar period it lies in.
    Since(Period),
}

impl Window {
    /// The first instant inside the window as of `at`; absent where the window has no start.
    pub fn start(self, at: Instant, zone: Zone) -> Option<Instant> {
        match self {
            Self::Lifetime => None,
            Self::Within(duration) => Some(duration.before(at, zone)),
            Self::Since(period) => Some(period.start(at, zone)),
        }
    }
}

impl Metric {
    /// Whether it asks a model.
    pub const fn asks_model(&self) -> bool {
        matches!(self.measure, Measure::Model(_))
    }
}

/// The choices of lines that the models of some metrics are asked for, each once.
pub fn asked_models(metrics: &[Metric]) -> Vec<Option<u16>> {
    let mut asked: Vec<Option<u16>> =
        metrics.iter().filter(|metric| metric.asks_model()).map(|metric| metric.filter).collect();
    asked.sort_unstable();
    asked.dedup();
    asked
}

impl Measure {
    /// Whether the value is an amount of money.
    pub const fn is_money(self) -> bool {
        match self {
            Self::Sum(sum) => !matches!(sum, Sum::Quantity),
            Self::Average(average) => !matches!(average, Average::Quantity | Average::Rating),
            Self::Model(forecast) => matches!(forecast.of, Expected::Value),
            Self::Count(_) | Self::DaysSince(_) => false,
        }
    }
}
