//! The simulations' desk: history under other policies.
//!
//! Reading order: [`scenario`] (what is asked, as a form and as a file), [`list`] (starting, and all runs), [`run`] (one run),
//! [`compare`] (several side by side), [`wanted`] (a search as a form and as a file), [`search`] (starting it), [`found`] (its
//! points), [`optimum`] (what to spend on service).

pub mod compare;
pub mod found;
pub mod list;
pub mod optimum;
pub mod run;
pub mod scenario;
pub mod search;
pub mod wanted;
