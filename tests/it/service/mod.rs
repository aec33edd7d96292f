//! Service budgets: interactions over HTTP, what they take, the agenda, and the report by class.
//!
//! Reading order: [`shop`] (what all of it happens in), [`interactions`], [`budget`], [`agenda`], [`report`], [`optimum`].

mod agenda;
mod budget;
mod interactions;
mod optimum;
mod report;
mod shop;
