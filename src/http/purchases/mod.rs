//! `/v1/purchases`, their returns and their decisions.

pub mod create;
pub mod decision;
pub mod read;
pub mod take_back;
