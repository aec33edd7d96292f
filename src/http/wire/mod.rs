//! The JSON that goes in and out, and its way to and from the model.
//!
//! Reading order: [`scalar`] (decimals, money, instants), [`object`], [`basket`] (what is asked), [`mod@decided`] (what is
//! answered), [`purchase`] (what is kept), [`card`] (customers), [`interaction`], [`service`] (service budgets),
//! [`finding`] (diagnostics), [`tested`] (policy tests), [`import`].

mod basket;
mod card;
mod decided;
mod finding;
mod import;
mod interaction;
mod object;
mod purchase;
mod scalar;
mod service;
mod tested;

pub use basket::{LineIn, QuoteIn, read_basket, read_customer, read_quantity};
pub use card::{CardIn, CardOut, CardPatch};
pub use decided::{Decided, Explanation, NextStepOut, Segments, Told, decided};
pub use finding::{FindingOut, findings};
pub use import::ImportOut;
pub use interaction::{InteractionIn, InteractionOut, WrittenInteractionOut};
pub use object::{Object, maybe_objects, objects};
pub use purchase::{KeptPurchaseOut, ReturnOut};
pub use scalar::{Cash, Invalids, Shown, read_instant, request_hash, wide_request_hash};
pub use service::ServiceBudgetOut;
pub use tested::{TestedOut, UnreachedOut};
