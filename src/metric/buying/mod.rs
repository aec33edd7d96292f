//! What a fitted model of buying says of one customer: how much is still to come.
//!
//! Evaluation only, and deterministic to the last bit: the same parameters and the same days give the same number on
//! every machine, because every function is computed by `libm` and none by the machine's own library. Fitting is
//! statistics over the whole base and lives in `analytics`.
//!
//! Reading order: [`rhythm`] (what the models see of a customer), [`model`] (the models, and what can be asked of them),
//! [`fitted`] (both together, as decisions use them), [`geometric`] (BG/NBD and MBG/NBD), [`pareto`] (Pareto/NBD), [`poisson`] (NBD), [`spend`] (gamma-gamma), [`special`]
//! (Gauss's hypergeometric function and others).

mod fitted;
mod geometric;
mod model;
mod pareto;
mod poisson;
mod rhythm;
mod special;
mod spend;

pub use fitted::{BaseFit, Buyer, Fitted};
pub use geometric::{Dropout, Geometric};
pub use model::{BuyingModel, Residual};
pub use pareto::Pareto;
pub use poisson::Poisson;
pub use rhythm::{DAYS_PER_WEEK, Rhythm, weeks};
pub use special::{exp, ln, ln_1p, ln_gamma};
pub use spend::{Spend, SpendModel};
