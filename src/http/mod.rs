//! The HTTP edge: parse, call app, present; no rules.
//!
//! Reading order: [`mod@router`] (which call goes where), [`server`] (listening), [`line`](mod@line) (one connection), [`tls`],
//! [`observe`] (around every request), [`origin`] (what a browser is not talked into), [`access`] (who may call what),
//! [`document`] (the OpenAPI document), [`mod@blocking`] (work that blocks), [`body`] (what comes in), [`answer`] and
//! [`problem`] (what goes out), [`wire`] (the JSON), then a folder per resource with a file per action: [`quotes`],
//! [`purchases`], [`customers`], [`agenda`], [`reports`], [`simulations`], [`policies`], [`bulk`], [`keys`], [`audit`], [`system`].

pub mod access;
pub mod agenda;
pub mod answer;
pub mod audit;
mod blocking;
pub mod body;
pub mod bulk;
pub mod customers;
mod document;
pub mod keys;
mod line;
pub mod observe;
pub mod origin;
pub mod policies;
pub mod problem;
pub mod purchases;
pub mod quotes;
pub mod reports;
mod router;
mod server;
pub mod simulations;
pub mod system;
mod tls;
pub mod wire;

pub(crate) use blocking::blocking;
pub use router::{openapi, router};
pub use server::{serve, serve_over};
pub use tls::{Tls, TlsError};
