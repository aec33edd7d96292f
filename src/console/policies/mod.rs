//! The policies' desk: writing, checking, comparing and activating.
//!
//! Reading order: [`texts`] (the files in a form), [`edit`] (the editor), [`save`] (storing a draft), [`merge`] (when
//! somebody else was faster), [`draft`] (from a draft to what is in force), [`impact`], [`shadow`] (a draft that decides beside it),
//! [`history`], then [`describe`],
//! [`measured`] (rules in words) and [`chart`] (ladders as pictures).

pub mod chart;
pub mod describe;
pub mod draft;
pub mod edit;
pub mod history;
pub mod impact;
pub mod measured;
pub mod merge;
pub mod save;
pub mod shadow;
pub mod texts;
