//! What control groups show, and what one would show.

use std::collections::{HashMap, HashSet};

use super::asked::{Asked, ReportError};
use crate::analytics::report::{Head, Parameter, Share};
use crate::analytics::{
    Arm, Behaviour, ExperimentOut, ExperimentReport, ExperimentResult, KnownExperiment, Names, PlanOut, Sample, plan,
};
use crate::app::active::Active;
use crate::app::customer::is_erased;
use crate::app::decided::{CollectDecided, scan_decided};
use crate::app::events::Events;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::engine::in_control;
use crate::id::Revision;
use crate::metric::{Mark, Timelines};
use crate::model::{Decision, Purchase};
use crate::money::{Money, Rate};
use crate::policy::{Bundle, Experiment};
use crate::store::{Failure, Listing, Read, Rows, Snapshot};
use crate::time::{Duration, Instant};

/// How far back CUPED looks.
const BEFORE: Duration = Duration::Months(12);
/// How long a planned experiment runs where nothing else is asked.
const RUNS: Duration = Duration::Months(3);

impl App {
    /// What the control groups of the policy's experiments show, and what one would show.
    pub fn experiment_report(&self, asked: Asked) -> Result<ExperimentReport, ReportError> {
        let uplift = asked.read_as(ExperimentReport::PLAN.name, "an uplift such as `5%`", |text| {
            Rate::parse(text).ok().filter(|uplift| *uplift > Rate::ZERO)
        })?;
        let window = asked.duration(ExperimentReport::RUNS.name)?;
        if window.is_some() && uplift.is_none() {
            let why = "goes with `plan` only".to_owned();
            return Err(ReportError::Invalid { name: ExperimentReport::RUNS.name, why });
        }
        let window = window.unwrap_or(RUNS);
        let since = asked.instant(Parameter::SINCE.name)?;
        if since.is_some_and(|since| since >= asked.at) {
            let why = "must lie before `as_of`".to_owned();
            return Err(ReportError::Invalid { name: Parameter::SINCE.name, why });
        }
        let bundle = &asked.active.bundle;
        let rows = &*self.store.snapshot();
        let starts = match since {
            Some(since) => vec![since; bundle.experiments.len()],
            None => self.starts(rows, &asked.active, asked.at)?,
        };
        let running: Vec<Running<'_>> = bundle
            .experiments
            .iter()
            .zip(starts)
            .map(|(experiment, start)| Running { experiment, start, before: BEFORE.before(start, bundle.zone) })
            .collect();
        let reached = self.reached(rows, &asked.active, &running, asked.at)?;
        let planned = uplift.map(|_| window.before(asked.at, bundle.zone));
        let empty = Watched {
            at: asked.at,
            running: &running,
            reached: &reached,
            planned: planned.map(|from| (from, BEFORE.before(from, bundle.zone))),
            arms: vec![Arms::default(); running.len()],
            base: Sample::default(),
        };
        let mut watched = scan(rows, &asked.active, &empty, asked.at)?;
        watched.take_idle(rows)?;
        let currency = bundle.currency;
        let known = |running: &Running<'_>, newcomers| KnownExperiment {
            experiment: running.experiment.name.to_string(),
            discount: bundle.discounts[running.experiment.discount as usize].name.to_string(),
            control: running.experiment.control,
            since: running.start,
            newcomers,
        };
        let experiments = running.iter().zip(&watched.arms).map(|(running, arms)| {
            let result = ExperimentResult::new(arms.treated, arms.control, running.experiment.control);
            let out = ExperimentOut::new(known(running, arms.newcomers), &result, currency);
            if running.start < asked.at { out } else { out.not_begun() }
        });
        let mut head = asked.head::<ExperimentReport>();
        define(&mut head);
        // The window is the plan's: nothing else is bounded by it.
        (head.from, head.window) = (None, None);
        Ok(ExperimentReport {
            plan: uplift.map(|uplift| PlanOut::new(&plan(&watched.base, uplift), window, currency)),
            experiments: experiments.collect(),
            head,
        })
    }

    /// Since when each experiment of the bundle in force has been held without a break, as of an instant: the same
    /// discount, share and salt, so the same customers.
    fn starts(&self, rows: &Snapshot, active: &Active, at: Instant) -> Result<Vec<Instant>, Failure> {
        let bundle = &active.bundle;
        let mut starts = vec![None; bundle.experiments.len()];
        if starts.is_empty() {
            return Ok(Vec::new());
        }
        let mut held: HashMap<Revision, Vec<bool>> = HashMap::new();
        let all = Listing { limit: usize::MAX, ..Listing::default() };
        for activation in rows.activations(&all)?.items.into_iter().filter(|activation| activation.at < at) {
            let holds = match held.get(&activation.revision) {
                Some(holds) => holds,
                None => {
                    let then = self.bundle_of(activation.revision)?;
                    let holds = bundle.experiments.iter().map(|one| {
                        then.as_ref()
                            .is_some_and(|then| then.experiments.iter().any(|two| same((bundle, one), (then, two))))
                    });
                    let holds = holds.collect();
                    held.entry(activation.revision).or_insert(holds)
                }
            };
            for (start, holds) in starts.iter_mut().zip(holds) {
                *start = if *holds { start.or(Some(activation.at)) } else { None };
            }
        }
        // One that is in force by no activation before `at` begins with the bundle in force.
        Ok(starts.into_iter().map(|start| start.unwrap_or(active.since)).collect())
    }

    /// Who got the discount of each experiment since its start.
    fn reached(&self, rows: &Snapshot, active: &Active, running: &[Running<'_>], at: Instant) -> Result<Got, Failure> {
        let Some(first) = running.iter().map(|running| running.start).min() else { return Ok(Vec::new()) };
        let names = self.names(rows, active, None)?;
        let wanted = running.iter().map(|running| (running.start, running.experiment.discount)).collect::<Vec<_>>();
        let empty = Reached { names: &names, wanted: &wanted, found: vec![HashSet::new(); wanted.len()] };
        Ok(scan_decided(rows, &empty, first, at)?.found)
    }
}

fn define(head: &mut Head) {
    head.level = Some(Share(950_000));
    head.define(
        "arms",
        "customers who were there before the start, by a hash of salt and id; who came later is in no arm",
    );
    head.define("treated", "customers who could get the discount, whether they did or not (intent to treat)");
    head.define("welch", "B. L. Welch, Biometrika 34 (1947): difference of two means with different variances");
    head.define(
        "cuped",
        "A. Deng, Y. Xu, R. Kohavi, T. Walker, WSDM 2013: the same less what spend in the twelve months before explains",
    );
    head.define("smallest", "the difference that a two-sided test at 5 % sees with 80 % power: 2.8016 standard errors");
    head.define(
        "customers_per_arm",
        "2 (1.9600 + 0.8416)² s² / δ² after Chow, Shao, Wang, Sample Size Calculations in Clinical Research (2008), 3.2",
    );
}

/// Whether two experiments hold out the same customers of the same discount.
fn same((bundle, one): (&Bundle, &Experiment), (then, two): (&Bundle, &Experiment)) -> bool {
    let discount = |bundle: &Bundle, it: &Experiment| bundle.discounts[it.discount as usize].name.clone();
    one.name == two.name
        && one.control == two.control
        && one.salt == two.salt
        && discount(bundle, one) == discount(then, two)
}

/// Customers who got it, per experiment.
type Got = Vec<HashSet<Box<str>>>;

/// An experiment with its times.
#[derive(Debug, Clone)]
struct Running<'a> {
    experiment: &'a Experiment,
    start: Instant,
    before: Instant,
}

/// The arms as a scan finds them.
#[derive(Debug, Clone, Copy, Default)]
struct Arms {
    treated: Arm,
    control: Arm,
    newcomers: u64,
}

impl Arms {
    fn push(&mut self, experiment: &Experiment, customer: &str, did: Behaviour) {
        let arm = if in_control(experiment, customer) { &mut self.control } else { &mut self.treated };
        arm.push(did);
    }
}

#[derive(Clone)]
struct Watched<'a> {
    at: Instant,
    running: &'a [Running<'a>],
    reached: &'a Got,
    /// For a plan: since when spend counts, and since when what was spent before.
    planned: Option<(Instant, Instant)>,
    arms: Vec<Arms>,
    base: Sample,
}

impl Collect for Watched<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let until = events.mark(None, self.at)?;
        if let Some((from, before)) = self.planned
            && is_known(&until)
        {
            let (middle, first) = (events.mark(None, from)?, events.mark(None, before)?);
            self.base.push(net(&until) - net(&middle), net(&middle) - net(&first));
        }
        // Under the name that erasure leaves, nobody knows which arm somebody was in.
        if self.running.is_empty() || is_erased(customer) {
            return Ok(());
        }
        let (all, until_at) = (self.running, self.at);
        for (at, running) in all.iter().enumerate().filter(|(_, running)| running.start < until_at) {
            let [first, then] = events.known_then([running.before, running.start])?;
            if !is_known(&then) {
                self.arms[at].newcomers += u64::from(is_known(&until));
                continue;
            }
            let start = events.mark(None, running.start)?;
            let did = Behaviour {
                spend: net(&until) - net(&start),
                orders: until.totals.purchases - start.totals.purchases,
                margin: margin(&until) - margin(&start),
                before: net(&then) - net(&first),
                reached: self.reached[at].contains(customer),
            };
            self.arms[at].push(running.experiment, customer, did);
        }
        Ok(())
    }

    fn merge(mut self, other: Self) -> Self {
        for (mine, theirs) in self.arms.iter_mut().zip(other.arms) {
            mine.treated = mine.treated.merge(theirs.treated);
            mine.control = mine.control.merge(theirs.control);
            mine.newcomers += theirs.newcomers;
        }
        self.base = self.base.merge(other.base);
        self
    }
}

impl Watched<'_> {
    /// Takes in customers with a card who did nothing yet.
    fn take_idle(&mut self, rows: &Snapshot) -> Result<(), Failure> {
        let idle = rows.idle_customers()?;
        if self.planned.is_some() {
            self.base.push_idle(idle);
        }
        if idle == 0 || self.running.is_empty() {
            return Ok(());
        }
        let mut listing = Listing { limit: 1_000, ..Listing::default() };
        loop {
            let page = rows.customers(&listing)?;
            for card in page.items {
                if rows.customer_row(&card.id)?.is_some() {
                    continue;
                }
                let until = self.at;
                let begun = self.running.iter().zip(&mut self.arms).filter(|(running, _)| running.start < until);
                for (running, arms) in begun {
                    if card.created_at < running.start {
                        arms.push(running.experiment, &card.id, Behaviour::default());
                    } else if card.created_at < until {
                        arms.newcomers += 1;
                    }
                }
            }
            let Some(next) = page.next else { return Ok(()) };
            listing.after = Some(next);
        }
    }
}

/// Whether somebody bought anything or was in contact.
const fn is_known(mark: &Mark) -> bool {
    mark.totals.purchases > 0 || mark.totals.interactions > 0
}

const fn net(mark: &Mark) -> i64 {
    mark.totals.gross - mark.totals.discount
}

const fn margin(mark: &Mark) -> i64 {
    net(mark) - mark.totals.cost
}

/// Who got a discount.
#[derive(Clone)]
struct Reached<'a> {
    names: &'a Names,
    /// Since when, and which place in the bundle in force.
    wanted: &'a [(Instant, u16)],
    found: Got,
}

impl CollectDecided for Reached<'_> {
    fn wants(&self, purchase: &Purchase) -> bool {
        purchase.customer.is_some() && purchase.lines.iter().any(|line| line.discount > Money::ZERO)
    }

    fn take(&mut self, purchase: &Purchase, decision: Option<&Decision>) -> Result<(), Failure> {
        let (Some(customer), Some(decision)) = (purchase.customer.as_deref(), decision) else { return Ok(()) };
        for applied in &decision.applied {
            // The bundle in force comes first, so its places are those of the names.
            let discount = self.names.discount(decision.revision, applied.discount);
            for ((start, wanted), found) in self.wanted.iter().zip(&mut self.found) {
                if discount == Some(*wanted) && purchase.at >= *start && !found.contains(customer) {
                    found.insert(customer.into());
                }
            }
        }
        Ok(())
    }

    fn merge(mut self, other: Self) -> Self {
        self.found.iter_mut().zip(other.found).for_each(|(mine, theirs)| mine.extend(theirs));
        self
    }
}
