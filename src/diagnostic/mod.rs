//! Findings about what somebody wrote: data first, pictures of it in [`mod@render`].
//!
//! Reading order: [`source`] (files and spans), [`finding`] (a diagnostic), [`mod@nearest`] (did you mean), [`mod@render`].

mod finding;
mod nearest;
mod render;
mod source;

pub use finding::{Code, Diagnostic, Severity};
pub use nearest::nearest;
pub use render::{Style, render};
pub use source::{FileId, Position, Source, Sources, Span};
