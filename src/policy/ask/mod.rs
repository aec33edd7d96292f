//! Questions of strategists: files that are read and checked like a policy, against the names of one.
//!
//! Reading order: [`assumed`] (numbers that nobody measured), [`shapes`] (which keys there are), [`service`] (what is best
//! spent on each class), [`mod@behaviour`] (how customers are assumed to answer), [`place`] (settings of a policy that may
//! move), [`search`] (what is wanted of it).

mod assumed;
mod behaviour;
mod place;
mod search;
mod service;
mod shapes;

pub use assumed::Assumed;
pub(super) use behaviour::behaviour;
pub use behaviour::{Behaviour, Churn, Rival, SatisfiedAt};
pub use place::{Setting, SettingValue, movable, with_settings};
pub use search::{Figure, FigureMeasure, Goal, Keep, SearchQuestion, search_question};
pub use service::{
    ClassQuestion, SatisfactionQuestion, SatisfactionScale, SatisfiedQuestion, ServiceQuestion, service_question,
};
pub(super) use shapes::BEHAVIOUR;
