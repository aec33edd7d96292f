//! The sandboxed rhai host: what a script may see, and how much it may do.
//!
//! Reading order: [`host`] (compile, call), [`bounds`] (how much a call may do), [`values`] (what a script sees).

mod bounds;
mod host;
mod values;

pub use host::{CompileError, Expression, Function, ScriptError, Scripts, Verdict};
pub use values::{ScriptBasket, ScriptCustomer, Vocabulary};
