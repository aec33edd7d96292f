//! Service budgets: interactions over HTTP, what they take, the agenda, and the report by class.
//!
//! Reading order: [`shop`] (what all of it happens in), [`interactions`], [`budget`], [`agenda`], [`report`].

mod agenda;
mod budget;
mod interactions;
mod report;
mod shop;
