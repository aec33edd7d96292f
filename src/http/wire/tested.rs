//! Results of policy tests in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::finding::{FindingOut, findings};
use crate::diagnostic::Sources;
use crate::engine::{TestRun, Unreached};

/// What the tests of a bundle found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tested)]
pub struct TestedOut {
    /// Whether all passed and, where that was asked for, everything was reached.
    pub ok: bool,
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// Each test.
    pub tests: Vec<OneTestedOut>,
    /// What no test reached.
    pub unreached: UnreachedOut,
}

/// A policy test and how it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PolicyTest)]
pub struct OneTestedOut {
    /// What it expects, in a sentence.
    pub test: String,
    /// Whether that is what came out.
    pub passed: bool,
    /// What came out instead, where the expectation is written.
    pub failures: Vec<FindingOut>,
}

/// What no test reached.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Unreached)]
pub struct UnreachedOut {
    /// Discounts that never applied.
    pub discounts: Vec<String>,
    /// Steps of ladders that were never taken.
    pub steps: Vec<String>,
    /// Classes that nobody had.
    pub classes: Vec<String>,
    /// Limits that never cut anything.
    pub limits: Vec<String>,
}

impl TestedOut {
    /// Presents a run; `everything` says that what no test reached is a failure too.
    pub fn new(run: TestRun, sources: &Sources, everything: bool) -> Self {
        let failed = run.results.iter().filter(|result| !result.failures.is_empty()).count();
        let ok = failed == 0 && (!everything || run.unreached.is_empty());
        let passed = run.results.len() - failed;
        let tests = run.results.iter().map(|result| OneTestedOut {
            test: result.name.clone(),
            passed: result.failures.is_empty(),
            failures: findings(&result.failures, sources),
        });
        let tests = tests.collect();
        let Unreached { discounts, steps, classes, limits } = run.unreached;
        Self { ok, passed, failed, tests, unreached: UnreachedOut { discounts, steps, classes, limits } }
    }
}
