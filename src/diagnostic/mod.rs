//! Findings about what somebody wrote: data first, pictures of it in [`render`].
//!
//! Reading order: [`source`] (files and spans), [`finding`] (a diagnostic), [`nearest`] (did you mean), [`render`].

mod finding;
mod nearest;
mod render;
mod source;

pub use finding::{Code, Diagnostic, Severity};
pub use nearest::nearest;
pub use render::{Style, render};
pub use source::{FileId, Position, Source, Sources, Span};
