//! The simulations' desk: history under other policies.
//!
//! Reading order: [`scenario`] (what is asked, as a form and as a file), [`list`] (starting, and all runs), [`run`] (one run),
//! [`compare`] (several side by side), [`optimum`] (what to spend on service).

pub mod compare;
pub mod list;
pub mod optimum;
pub mod run;
pub mod scenario;
