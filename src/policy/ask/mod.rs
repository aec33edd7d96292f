//! Questions of strategists: files that are read and checked like a policy, against the names of one.
//!
//! Reading order: [`assumed`] (numbers that nobody measured), [`service`] (what is best spent on each class).

mod assumed;
mod service;

pub use assumed::Assumed;
pub use service::{
    ClassQuestion, SatisfactionQuestion, SatisfactionScale, SatisfiedQuestion, ServiceQuestion, service_question,
};
