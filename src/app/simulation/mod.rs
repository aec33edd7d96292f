//! Simulations: history replayed under other policies.
//!
//! Reading order: [`history`] (the store's history in memory).

mod history;
