//! What marketing writes, from text to a compiled bundle.
//!
//! Reading order: `syntax` (text to a spanned tree), `keys` (which keys there are), `merge` (files to one tree), `read`
//! (the tree to compiled values), `check` (what can be wrong beyond shape), `compile` (all of it), `bundle` (where it
//! ends), `revision` (its hash), `codes` (what each finding means), `cases` (policy tests), `schema` (for editors),
//! `format` (`treue fmt`), `edit` (one change in a text).

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
mod schema;
mod syntax;

pub use bundle::*;
pub use cases::{Expectation, PolicyTest, Spanned, TestCustomer, TestPurchase, TestReturn, tests};
pub use codes::codes;
pub use compile::{Compiled, compile};
pub use edit::with_steps;
pub use format::format;
pub use revision::{is_test, revision};
pub use schema::{schema, test_schema};
