//! The reports' desk: every report of the interface, in one form.
//!
//! Reading order: [`shown`] (a report as it is shown), [`page`] (the desk), [`glance`] (the first look on the overview).

pub mod glance;
pub mod page;
pub mod shown;
