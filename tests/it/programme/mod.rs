//! What the programme costs and brings: reports on discounts, points and experiments, and who is worth a thought.
//!
//! Reading order: [`shop`] (what all of it happens in), [`discounts`], [`points`], [`experiments`], [`next`], [`terminal`].

mod discounts;
mod experiments;
mod next;
mod points;
mod shop;
mod terminal;
