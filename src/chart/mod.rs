//! Pictures from plain series: the one place that knows the crate which draws.
//!
//! Reading order: [`picture`] (what a picture is of), [`colour`] (names that a page's themes may set), [`draw`] (to SVG).

mod colour;
mod draw;
mod picture;

pub use picture::{Band, Figures, Flow, Picture, Plot, Series, Span, X};
