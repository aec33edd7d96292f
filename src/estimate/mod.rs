//! What is not known exactly: numbers with ranges, and curves through them; pure. Nothing of it is charged or counted.
//!
//! Reading order: [`mod@wilson`] (what a counted share may be), [`range`] (numbers with their ranges), [`mod@root`] (where a
//! function crosses zero), [`curve`] (what spend achieves, and at most), [`quantile`] (where the middle of many runs lies).

mod curve;
mod quantile;
mod range;
mod root;
mod wilson;

pub use curve::Curve;
pub use quantile::Band;
pub use range::{Basis, Ranged, to_f64};
pub use root::root;
pub use wilson::wilson;
