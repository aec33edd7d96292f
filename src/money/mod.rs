//! Exact amounts: nothing in here, or above, is a float.
//!
//! Reading order: [`decimal`] (text to scaled integers), [`exact`] (decimals in JSON), [`amount`] (money, unit prices, quantities),
//! [`rate`] (percentages), [`number`] (the value of a metric), [`mod@allot`] (splitting an amount over lines).

mod allot;
mod amount;
mod decimal;
mod exact;
mod number;
mod rate;

pub use allot::allot;
pub use amount::{Currency, Money, Quantity, UnitPrice};
pub use decimal::{DecimalError, DecimalText, div_rem, parse_scaled, round_div};
pub use exact::Exact;
pub use number::Number;
pub use rate::Rate;
