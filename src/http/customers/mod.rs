//! `/v1/customers`: the card, its purchases and points, contacts with the customer, and where the customer stands.

pub mod card;
pub mod interaction;
pub mod interactions;
pub mod list;
pub mod points;
pub mod purchases;
pub mod service_budget;
pub mod standing;
