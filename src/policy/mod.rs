//! What marketing writes, from text to a compiled bundle.
//!
//! Reading order: `syntax` (text to a spanned tree), `keys` (which keys there are), `merge` (files to one tree), `read`
//! (the tree to compiled values), `check` (what can be wrong beyond shape), `compile` (all of it), `bundle` (where it
//! ends), `revision` (its hash), `codes` (what each finding means), `cases` (policy tests), `ask` (questions of
//! strategists), `scenario` (simulations), `schema` (for editors), `format` (`treue fmt`), `edit` (one change in a text).

mod ask;
mod bundle;
mod cases;
mod check;
mod codes;
mod compile;
mod edit;
mod format;
mod keys;
mod merge;
mod read;
mod revision;
mod scenario;
mod schema;
mod syntax;

pub use ask::{
    Assumed, Behaviour, Churn, ClassQuestion, Figure, FigureMeasure, Goal, Keep, Rival, SatisfactionQuestion,
    SatisfactionScale, SatisfiedAt, SatisfiedQuestion, SearchQuestion, ServiceQuestion, Setting, SettingValue, movable,
    search_question, service_question, with_settings,
};
pub use bundle::*;
pub use cases::{Expectation, PolicyTest, Spanned, TestCustomer, TestPurchase, TestReturn, tests};
pub use codes::codes;
pub use compile::{Compiled, compile};
pub use edit::with_steps;
pub use format::format;
pub use revision::{is_test, revision};
pub use scenario::{LadderVariant, Scenario, Side, Window, scenario};
pub use schema::{scenario_schema, schema, test_schema};
