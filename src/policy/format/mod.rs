//! `treue fmt`: two spaces a level, one blank line at most, `{ a: 1 }` and `[a, b]`; comments and meaning stay.
//!
//! Reading order: [`layout`] (where scalars, flow collections and comments stand), [`flow`] (spacing within `{}` and
//! `[]`), [`block`] (lines and their indents), [`text`] (a whole text).

mod block;
mod flow;
mod layout;
mod text;

pub use text::format;
