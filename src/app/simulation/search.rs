//! A search for the best settings of a policy: every try is a replay.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use super::candidates::{Figures, Measured, Measuring};
use super::found::{Point, SearchReport};
use super::run::SimulationError;
use crate::analytics::value::fit_base;
use crate::app::start::App;
use crate::diagnostic::{Severity, Sources};
use crate::policy::{Bundle, FigureMeasure, SearchQuestion, compile, search_question, with_settings};
use crate::simulate::{Grants, Grid, Policy, Progress, Score, Stream, Watch, replay, search};

/// A search that can run: what is wanted, and of which policy.
#[derive(Debug, Clone)]
pub struct PreparedSearch {
    /// What is wanted.
    pub question: SearchQuestion,
    /// The policy whose settings move.
    pub bundle: Arc<Bundle>,
    /// Its files.
    pub sources: Sources,
    /// How many warnings it has as it is.
    warnings: usize,
}

impl App {
    /// Reads what is wanted of a policy, YAML or JSON. The policy is the one in force where no files are given.
    pub fn prepare_search(
        &self,
        path: &str,
        text: &str,
        policy: Option<Sources>,
    ) -> Result<PreparedSearch, SimulationError> {
        let active = Arc::clone(&self.active().bundle);
        let compiled = compile(policy.unwrap_or_else(|| active.sources.clone()));
        let warnings = compiled.diagnostics.len();
        let Some(bundle) = compiled.bundle else {
            let (sources, diagnostics) = (compiled.sources, compiled.diagnostics);
            return Err(SimulationError::Policies { name: "the policy".into(), sources, diagnostics });
        };
        if bundle.currency != active.currency {
            return Err(SimulationError::Currency {
                name: "the policy".into(),
                found: bundle.currency.to_string(),
                expected: active.currency.to_string(),
            });
        }
        let sources = Sources::new([(path.to_owned(), text.to_owned())]);
        let (question, diagnostics) = search_question(&sources, &bundle, &compiled.sources);
        let Some(question) = question else { return Err(SimulationError::Scenario { sources, diagnostics }) };
        Ok(PreparedSearch { question, bundle: Arc::new(bundle), sources: compiled.sources, warnings })
    }

    /// Searches, on the threads of the pool it is called in. Blocks.
    pub fn search(&self, prepared: &PreparedSearch, progress: &Progress) -> Result<SearchReport, SimulationError> {
        let PreparedSearch { question, bundle, sources, warnings } = prepared;
        let (base, window) = self.history_of(question.window, question.sample, false, progress)?;
        progress.expect(base.purchases() * question.tries as u64);
        let segment = question.segment;
        let go_on = || !progress.is_cancelled();
        let heard = |bundle: &Arc<Bundle>| {
            let name = "try".to_owned();
            let policies = [Policy { name, bundle: Arc::clone(bundle), grants: Grants::Decide, fit: Some(fit_base) }];
            let stream = Stream::new(&base, &policies, segment.map(|segment| (0, segment)), &go_on)?;
            let outcome = replay(&base, &policies, window, Some(&stream as &dyn Watch), progress)?;
            Some((stream.courses(window, &go_on)?, outcome))
        };
        let run = |bundle: &Arc<Bundle>| heard(bundle).ok_or(SimulationError::Cancelled);
        let (courses, outcome) = run(bundle)?;
        let measuring = Measuring::new(question, bundle, &courses);
        let start = measuring.measure(&courses, &outcome);
        let measured: RefCell<HashMap<Vec<u32>, Measured>> = RefCell::new(HashMap::new());
        let failed = Cell::new(0usize);
        let evaluate = |places: &[u32]| -> Result<Option<Score>, SimulationError> {
            let compiled = compile(with_settings(sources, &question.settings, places));
            let sound = compiled.diagnostics.len() <= *warnings
                && compiled.diagnostics.iter().all(|finding| finding.severity != Severity::Error);
            let Some(bundle) = compiled.bundle.filter(|_| sound) else {
                failed.set(failed.get() + 1);
                return Ok(None);
            };
            let (courses, outcome) = run(&Arc::new(bundle))?;
            let found = measuring.measure(&courses, &outcome);
            let score = score(question, &found.used);
            measured.borrow_mut().insert(places.to_vec(), found);
            Ok(Some(score))
        };
        let grid = Grid {
            steps: question.settings.iter().map(|setting| setting.steps).collect(),
            start: question.settings.iter().map(crate::policy::Setting::start).collect(),
        };
        let found = search(&grid, question.tries, question.seed, evaluate)?;
        let measured = measured.into_inner();
        let point = |places: &Vec<u32>| {
            let measured = measured.get(places)?.clone();
            Some(Point { places: places.clone(), measured })
        };
        let points: Vec<Point> = found.best.iter().filter_map(point).collect();
        Ok(SearchReport::new(prepared, window, &start, &points, (&found, failed.get())))
    }
}

/// How good it is: what is wanted of it, and by how much it breaks what has to be kept.
#[expect(clippy::float_arithmetic, reason = "the more of a figure, the less of its opposite")]
fn score(question: &SearchQuestion, figures: &Figures) -> Score {
    let objectives = match &question.goal {
        Some(goal) => {
            let value = figures.value(&goal.figure);
            vec![if goal.most { -value } else { value }]
        }
        None => vec![figures.sum(FigureMeasure::Discount, None), -figures.sum(FigureMeasure::Margin, None)],
    };
    Score { objectives, violation: figures.violation(&question.keep) }
}
