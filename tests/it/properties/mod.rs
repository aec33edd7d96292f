//! The numbered properties of `ARCHITECTURE.md`, and hostile input.
//!
//! Reading order: `shop` (made-up policies, baskets and facts), `oracle` (what the contract says a checkout must do,
//! in fractions, without a look at the engine), `deciding` (both compared), `history` (purchases and returns through the
//! app against a `recount`), `sandbox` (scripts that misbehave), `bombs` (bundles that are too much),
//! `requests` (any bytes as a body).

mod bombs;
mod deciding;
mod history;
mod oracle;
mod recount;
mod requests;
mod sandbox;
mod shop;
