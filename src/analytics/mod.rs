//! Statistics over the whole base; pure.
//!
//! Reading order: [`cutoff`] (what ABC and quantile scores are read from), [`service`] (what serving each class costs
//! and earns), [`value`] (what customers are still worth).

mod cutoff;
mod service;
mod value;

pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
pub use service::{ServedGroup, ServiceReport, ServiceRow, ServiceTally, service_row_in_words};
pub use value::{
    BuyingFit, Doubt, Foretold, Group, HoldOut, Method, Parameter, PurchaseDays, SpendFit, Summary, fit_buying,
    fit_one, fit_spend, hold_out,
};
