//! The JSON that goes in and out, and its way to and from the model.
//!
//! Reading order: [`scalar`] (decimals, money, instants), [`basket`] (what is asked), [`decided`] (what is answered).

mod basket;
mod decided;
mod scalar;

pub use basket::{LineIn, QuoteIn, read_basket};
pub use decided::{Decided, Explanation, decided};
pub use scalar::{Cash, Exact, Invalids, Shown, read_instant};
