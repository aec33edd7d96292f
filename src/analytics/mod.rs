//! Statistics over the whole base; pure.
//!
//! Reading order: [`cutoff`] (what ABC and quantile scores are read from).

mod cutoff;

pub use cutoff::{BaseValues, needs_cut_offs, rank_cuts, score_cuts};
