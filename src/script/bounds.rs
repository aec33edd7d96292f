//! How much one call may do: operations, counted wherever they happen, and what is large costs more than one.
//!
//! Rhai counts the operations of a call anew in each closure that a native function calls (`map`, `sort`), and one
//! operation on a list of thousands counts like one on a number. Either way a script could go on for hours. So the count
//! is kept here. It knows no clock: the same script stops at the same place on every machine.

use std::cell::Cell;

use rhai::{Dynamic, Engine, EvalAltResult, Position};

/// Operations that one call may take.
pub(super) const MAX_OPERATIONS: u64 = 50_000;
/// So many items of a list, or bytes of a text, cost an operation whenever a variable that holds them is read.
const ITEMS_PER_OPERATION: u64 = 64;
/// Lists in lists are looked into so far; what lies deeper is taken to be large.
const MAX_DEPTH: u32 = 32;
/// What stands for a list that was not looked into to its end.
const LARGE: u64 = 4_096;

thread_local! {
    /// What is left to the call that this thread is in; a call never leaves its thread.
    static LEFT: Cell<u64> = const { Cell::new(MAX_OPERATIONS) };
}

/// A call begins.
pub(super) fn begin() {
    LEFT.set(MAX_OPERATIONS);
}

/// Whether so many operations were left.
fn spend(operations: u64) -> bool {
    LEFT.with(|left| {
        let rest = left.get().checked_sub(operations);
        left.set(rest.unwrap_or(0));
        rest.is_some()
    })
}

/// Makes an engine count.
pub(super) fn register(engine: &mut Engine) {
    engine.set_max_operations(MAX_OPERATIONS);
    engine.on_progress(|_| (!spend(1)).then_some(Dynamic::UNIT));
    #[expect(deprecated, reason = "rhai marks it so because it may change, not because it goes")]
    engine.on_var(|name, _, context| {
        let operations = context.scope().get(name).map_or(0, |value| size(value, 0) / ITEMS_PER_OPERATION);
        if operations > 0 && !spend(operations) {
            return Err(Box::new(EvalAltResult::ErrorTooManyOperations(Position::NONE)));
        }
        Ok(None)
    });
}

/// How many items there are in a value, at least.
fn size(value: &Dynamic, depth: u32) -> u64 {
    if value.is_shared() {
        // What closures share may be locked right now; it is not worth waiting for.
        return LARGE;
    }
    if value.is_string() {
        return value.as_immutable_string_ref().map_or(0, |text| text.len() as u64);
    }
    if !(value.is_array() || value.is_map()) {
        return 0;
    }
    if depth > MAX_DEPTH {
        return LARGE;
    }
    let all = |sum: u64, item: &Dynamic| sum.saturating_add(1 + size(item, depth + 1));
    match (value.as_array_ref(), value.as_map_ref()) {
        (Ok(list), _) => list.iter().fold(0, all),
        (_, Ok(map)) => map.values().fold(0, all),
        _ => 0,
    }
}
