//! The HTTP edge: parse, call app, present; no rules.
//!
//! Reading order: [`router`] (which call goes where), [`server`] (listening), [`observe`] (around every request),
//! [`blocking`] (work that blocks), [`body`] (what comes in), [`answer`] and [`problem`] (what goes out), [`wire`] (the
//! JSON), then a folder per resource with a file per action: [`quotes`], [`purchases`], [`customers`], [`agenda`],
//! [`reports`], [`policies`], [`bulk`], [`system`].

pub mod agenda;
pub mod answer;
mod blocking;
pub mod body;
pub mod bulk;
pub mod customers;
pub mod observe;
pub mod policies;
pub mod problem;
pub mod purchases;
pub mod quotes;
pub mod reports;
mod router;
mod server;
pub mod system;
pub mod wire;

pub(crate) use blocking::blocking;
pub use router::{openapi, router};
pub use server::serve;
