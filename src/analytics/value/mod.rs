//! Customer value: models of buying fitted to the whole base.
//!
//! Reading order: [`summary`] (a base by rhythm), [`surface`] (log-likelihoods with their slopes) with
//! [`lifetime`] (that of Pareto/NBD), [`climb`] (to the top of one), [`fit`] (a model for a base, and what is to be said against it), [`spend`] (the same for what is spent),
//! [`mod@hold_out`] (how well the rest of a history was foretold), [`clv`] (the report) and [`clv_shown`],
//! [`sample`] (the models that decisions ask).

mod climb;
mod clv;
mod clv_shown;
mod fit;
mod hold_out;
mod lifetime;
mod sample;
mod spend;
mod summary;
mod surface;

pub use clv::{ClvQuestion, ClvReport, KnownBuyer, Taken};
pub use fit::{BuyingFit, Doubt, FittedParameter, Method, fit_buying, fit_one};
pub use hold_out::{Foretold, HoldOut, hold_out};
pub use sample::{BaseSample, fit_base};
pub use spend::{SpendFit, fit_spend};
pub use summary::{Group, PurchaseDays, Summary};

#[cfg(test)]
mod tests;
