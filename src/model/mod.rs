//! What the shop has and does: customers, baskets, purchases, and what is decided about them.
//!
//! Reading order: [`basket`], [`customer`], [`purchase`], [`interaction`], [`points`], [`facts`],
//! [`decision`] (with its trace) and [`kept_decision`] (how it is compared and kept), [`access`] (roles).

mod access;
mod basket;
mod customer;
mod decision;
mod facts;
mod interaction;
mod kept_decision;
mod points;
mod purchase;

pub use access::Role;
pub use basket::{Basket, Line, MAX_LINES};
pub use customer::{Attribute, Customer};
pub use decision::{
    Applied, Because, Cut, DecidedLine, Decision, Invalid, LimitKind, NextClass, NextStep, Reason, Rejected, Totals,
};
pub use facts::{Allowance, Facts};
pub use interaction::{Interaction, MAX_NOTE};
pub use points::{Entry, EntryKind, Lot, LotPart, PointsAccount, PurchasePoints};
pub use purchase::{Purchase, PurchaseLine, Return, ReturnLine};
