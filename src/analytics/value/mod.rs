//! Customer value: models of buying fitted to the whole base.
//!
//! Reading order: [`summary`] (a base by rhythm), [`surface`] (log-likelihoods with their slopes), [`climb`] (to the top
//! of one), [`fit`] (a model for a base, and what is to be said against it), [`spend`] (the same for what is spent),
//! [`hold_out`] (how well the rest of a history was foretold).

mod climb;
mod fit;
mod hold_out;
mod spend;
mod summary;
mod surface;

#[cfg(test)]
mod cdnow;
#[cfg(test)]
mod online_retail;

pub use fit::{BuyingFit, Doubt, Method, FittedParameter, fit_buying, fit_one};
pub use hold_out::{Foretold, HoldOut, hold_out};
pub use spend::{SpendFit, fit_spend};
pub use summary::{Group, PurchaseDays, Summary};
