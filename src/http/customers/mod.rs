//! `/v1/customers`: the card, its purchases and points, and where the customer stands.

pub mod card;
pub mod list;
pub mod points;
pub mod purchases;
pub mod standing;
