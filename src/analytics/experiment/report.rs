//! The report on experiments, those of the policy and one that is only planned.

#![expect(clippy::float_arithmetic, reason = "estimates are rounded here, for showing")]

use serde::Serialize;
use utoipa::ToSchema;

use super::arms::{Arm, Compared, ExperimentResult, Outcome};
use super::compare::Difference;
use super::plan::Plan;
use super::words::{plan_in_words, result_in_words};
use crate::analytics::report::{Figure, Head, Parameter, Report, Share, Sheet, shown};
use crate::chart::{Picture, Plot, Span};
use crate::money::{Currency, Money, Number, Rate};
use crate::time::{Duration, Instant};

/// What control groups show, and what one would show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExperimentReport {
    /// What this is.
    pub head: Head,
    /// What an experiment on this base could show, before anyone starts; null where it was not asked for.
    pub plan: Option<PlanOut>,
    /// The experiments of the policy, in the order written.
    pub experiments: Vec<ExperimentOut>,
}

/// What an experiment on this base could show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExperimentPlan)]
pub struct PlanOut {
    /// The uplift in spend asked about.
    pub uplift: Share,
    /// How long the experiment is to run.
    pub window: String,
    /// How many customers the base has.
    pub customers: u64,
    /// What each spent on average over as long as that, the last time.
    pub spend_per_customer: Figure,
    /// Standard deviation of it.
    pub deviation: Figure,
    /// Correlation with what the same customers spent in the twelve months before; null where either does not vary.
    pub correlation: Option<Share>,
    /// How many customers each arm needs, so that the uplift is seen four times in five; null where nobody spends.
    pub customers_per_arm: Option<u64>,
    /// Whether the base has them.
    pub suffices: bool,
    /// The same with CUPED; null where the past explains nothing.
    pub customers_per_arm_cuped: Option<u64>,
    /// Whether the base has those.
    pub suffices_cuped: bool,
    /// The smallest uplift that this base shows, by the share of the control group.
    pub smallest: Vec<SmallestOut>,
    /// What this says.
    pub says: Vec<String>,
}

/// The smallest uplift that a split of the base shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExperimentSmallest)]
pub struct SmallestOut {
    /// The control group's share of the base.
    pub control: Share,
    /// The smallest uplift.
    pub uplift: Option<Share>,
    /// The same with CUPED.
    pub uplift_cuped: Option<Share>,
}

/// An experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Experiment)]
pub struct ExperimentOut {
    /// Its name.
    pub experiment: String,
    /// The discount that is withheld.
    pub discount: String,
    /// The share that is held out.
    pub control_share: Share,
    /// Since when: the policy has held the same experiment without a break, or what was asked for.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub since: Instant,
    /// The smallest difference in spend per customer that these arms show four times in five; null where they show none.
    pub smallest_difference: Option<Figure>,
    /// The same as a share of what the control group spends.
    pub smallest_uplift: Option<Share>,
    /// Customers who could get the discount.
    pub treated: ArmOut,
    /// Customers who never do.
    pub control: ArmOut,
    /// Customers who came after the start. They are in no arm: the discount may be why they came.
    pub newcomers: u64,
    /// How often chance alone splits a base at least as far from the share that is held out; null without a customer.
    pub split_by_chance: Option<Share>,
    /// Spend, orders and margin per customer.
    pub outcomes: Vec<OutcomeOut>,
    /// What this says, and no more.
    pub says: Vec<String>,
}

/// One arm of an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExperimentArm)]
pub struct ArmOut {
    /// How many customers.
    pub customers: u64,
    /// How many bought anything since the start.
    pub buyers: u64,
    /// How many got the discount.
    pub reached: u64,
    /// What they spent together since the start.
    pub spend: Figure,
    /// Their purchases.
    pub orders: u64,
    /// Their margin.
    pub margin: Figure,
    /// What each spent in the twelve months before the start.
    pub spend_before: Option<Figure>,
}

/// One outcome per customer, in both arms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExperimentOutcome)]
pub struct OutcomeOut {
    /// `spend`, `orders` or `margin`.
    pub outcome: &'static str,
    /// Mean of the treated.
    pub treated: Option<Figure>,
    /// Mean of the control group.
    pub control: Option<Figure>,
    /// Treated less control, after Welch.
    pub welch: Option<DifferenceOut>,
    /// The same after CUPED: with what they spent before the start taken out.
    pub cuped: Option<DifferenceOut>,
    /// The share of the variance that CUPED takes out.
    pub explained_by_the_past: Option<Share>,
    /// Whether the interval that counts (CUPED's where there is one) leaves out zero.
    pub shown: bool,
}

/// A difference with its 95 % confidence interval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ExperimentDifference)]
pub struct DifferenceOut {
    /// Treated less control, per customer.
    pub difference: Option<Figure>,
    /// Lower end of the interval.
    pub low: Option<Figure>,
    /// Upper end of the interval.
    pub high: Option<Figure>,
    /// The difference as a share of the control group's mean; null where that is not above zero.
    pub uplift: Option<Share>,
    /// Lower end of that.
    pub uplift_low: Option<Share>,
    /// Upper end of that.
    pub uplift_high: Option<Share>,
    /// Degrees of freedom.
    pub degrees: Option<Figure>,
    /// The smallest difference that these arms show four times in five.
    pub smallest: Option<Figure>,
}

/// What is known of an experiment besides its arms.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its name.
    pub experiment: String,
    /// The discount that is withheld.
    pub discount: String,
    /// The share that is held out.
    pub control: Rate,
    /// Since when.
    pub since: Instant,
    /// Customers who came later.
    pub newcomers: u64,
}

fn rate(rate: Rate) -> Share {
    Share(i64::from(rate.ppm()))
}

/// Minor units as an amount.
fn cash(minor: f64, currency: Currency) -> Option<Figure> {
    minor.is_finite().then(|| Figure::money(Money(minor.round() as i64), currency))
}

fn figure(outcome: Outcome, value: f64, currency: Currency) -> Option<Figure> {
    if outcome.is_money() {
        return cash(value, currency);
    }
    value.is_finite().then(|| Figure::rounded(Number((value * 1e6).round() as i128), 4))
}

impl PlanOut {
    /// Presents a plan.
    pub fn new(plan: &Plan, window: Duration, currency: Currency) -> Self {
        let window = window.to_string();
        Self {
            uplift: rate(plan.uplift),
            says: plan_in_words(plan, &window, currency),
            window,
            customers: plan.customers,
            spend_per_customer: cash(plan.mean, currency).unwrap_or_default(),
            deviation: cash(plan.deviation, currency).unwrap_or_default(),
            correlation: plan.correlation.and_then(Share::of_f64),
            customers_per_arm: plan.per_arm,
            suffices: plan.suffices(),
            customers_per_arm_cuped: plan.per_arm_adjusted,
            suffices_cuped: plan.suffices_adjusted(),
            smallest: plan
                .shown
                .iter()
                .map(|shown| SmallestOut {
                    control: rate(shown.control),
                    uplift: Share::of_f64(shown.smallest),
                    uplift_cuped: shown.smallest_adjusted.and_then(Share::of_f64),
                })
                .collect(),
        }
    }
}

impl ExperimentOut {
    /// Presents what an experiment shows.
    pub fn new(known: Known, result: &ExperimentResult, currency: Currency) -> Self {
        let spend = &result.outcomes[0];
        let smallest = spend.smallest();
        Self {
            says: result_in_words(result, &known.discount, currency),
            experiment: known.experiment,
            discount: known.discount,
            control_share: rate(known.control),
            since: known.since,
            smallest_difference: smallest.and_then(|it| cash(it, currency)),
            smallest_uplift: smallest.and_then(|it| spend.relative(it)).and_then(Share::of_f64),
            treated: arm(&result.treated, currency),
            control: arm(&result.control, currency),
            newcomers: known.newcomers,
            split_by_chance: result.split.and_then(Share::of_f64),
            outcomes: result.outcomes.iter().map(|compared| outcome(compared, currency)).collect(),
        }
    }
}

impl ExperimentOut {
    /// The same of one that begins later than is looked at.
    pub fn not_begun(self) -> Self {
        Self { says: vec!["it had not begun by then".to_owned()], ..self }
    }
}

fn arm(arm: &Arm, currency: Currency) -> ArmOut {
    ArmOut {
        customers: arm.customers(),
        buyers: arm.buyers,
        reached: arm.reached,
        spend: Figure::cash(arm.spend.total(), currency),
        orders: u64::try_from(arm.orders.total()).unwrap_or(0),
        margin: Figure::cash(arm.margin.total(), currency),
        spend_before: arm.spend.mean_before().and_then(|mean| cash(mean, currency)),
    }
}

fn outcome(compared: &Compared, currency: Currency) -> OutcomeOut {
    let figure = |value: f64| figure(compared.outcome, value, currency);
    let share = |value: f64| compared.relative(value).and_then(Share::of_f64);
    let difference = |it: Difference| DifferenceOut {
        difference: figure(it.estimate),
        low: figure(it.low),
        high: figure(it.high),
        uplift: share(it.estimate),
        uplift_low: share(it.low),
        uplift_high: share(it.high),
        degrees: Figure::of_f64(it.degrees),
        smallest: figure(it.smallest()),
    };
    OutcomeOut {
        outcome: compared.outcome.name(),
        treated: compared.treated.and_then(figure),
        control: compared.control.and_then(figure),
        welch: compared.plain.map(difference),
        cuped: compared.adjusted.map(|adjusted| difference(adjusted.difference)),
        explained_by_the_past: compared.adjusted.and_then(|adjusted| Share::of_f64(adjusted.explained)),
        shown: compared.judged().is_some_and(|it| it.is_shown()),
    }
}

impl ExperimentReport {
    /// The parameter that asks for a plan.
    pub const PLAN: Parameter = Parameter {
        name: "plan",
        says: "An uplift in spend such as `5%`: how many customers an experiment needs to see it, and whether this base has \
               them.",
    };
    /// The parameter that says how long the planned experiment is to run.
    pub const RUNS: Parameter = Parameter {
        name: Parameter::WINDOW.name,
        says: "How long the planned experiment is to run, such as `3 months` (which holds where it is absent): the base is \
               judged by what it spent for as long before `as_of`.",
    };
    /// The parameter that says when experiments began.
    pub const BEGAN: Parameter = Parameter {
        name: Parameter::SINCE.name,
        says: "When the experiments began, where that is not when the policy first held them.",
    };
}

impl Report for ExperimentReport {
    const NAME: &'static str = "experiments";
    const TAKES: &'static [Parameter] = &[Parameter::AS_OF, Self::BEGAN, Self::PLAN, Self::RUNS];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = Vec::new();
        if let Some(plan) = &self.plan {
            sheets.push(plan.sheet());
        }
        if sheets.is_empty() || !self.experiments.is_empty() {
            sheets.extend([self.arms(), self.outcomes()]);
        }
        sheets
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        // From end to end of the interval, around the difference that was found.
        let span = |one: &ExperimentOut| {
            let spend = one.outcomes.first()?;
            let judged = spend.cuped.as_ref().or(spend.welch.as_ref())?;
            Some(Span {
                name: one.experiment.clone(),
                low: judged.uplift_low?.as_f64(),
                high: judged.uplift_high?.as_f64(),
            })
        };
        let intervals = Picture {
            title: "Uplift in spend per customer, 95 % intervals".to_owned(),
            describes: self.says().join("; "),
            across: "share of what the control group spends".to_owned(),
            up: String::new(),
            plot: Plot::Tornado(self.experiments.iter().filter_map(span).collect()),
        };
        vec![("intervals", intervals)]
    }

    fn says(&self) -> Vec<String> {
        let mut says: Vec<String> = self.plan.iter().flat_map(|plan| plan.says.clone()).collect();
        for one in &self.experiments {
            says.extend(one.says.iter().map(|text| format!("{}: {text}", one.experiment)));
        }
        if says.is_empty() {
            says.push("the policy has no experiments; a plan says what one would need".to_owned());
        }
        says
    }
}

impl PlanOut {
    fn sheet(&self) -> Sheet {
        let title = format!("What a control group could show within {}", self.window);
        let columns = ["control_share", "customers", "smallest_uplift", "smallest_uplift_cuped"];
        let mut sheet = Sheet::new("plan", title, &columns);
        for row in &self.smallest {
            sheet.push([row.control.into(), self.customers.into(), row.uplift.into(), row.uplift_cuped.into()]);
        }
        sheet
    }
}

impl ExperimentReport {
    fn arms(&self) -> Sheet {
        let columns = [
            "experiment",
            "arm",
            "since",
            "customers",
            "buyers",
            "reached",
            "orders",
            "spend",
            "margin",
            "spend_before_per_customer",
        ];
        let mut sheet = Sheet::new("arms", "Who is compared with whom", &columns);
        for one in &self.experiments {
            for (name, arm) in [("treated", &one.treated), ("control", &one.control)] {
                sheet.push([
                    one.experiment.clone().into(),
                    name.into(),
                    one.since.into(),
                    arm.customers.into(),
                    arm.buyers.into(),
                    arm.reached.into(),
                    arm.orders.into(),
                    arm.spend.into(),
                    arm.margin.into(),
                    arm.spend_before.into(),
                ]);
            }
        }
        sheet
    }

    fn outcomes(&self) -> Sheet {
        let columns = [
            "experiment",
            "outcome",
            "treated",
            "control",
            "method",
            "difference",
            "low",
            "high",
            "uplift",
            "uplift_low",
            "uplift_high",
            "smallest",
        ];
        let mut sheet = Sheet::new("outcomes", "Differences per customer, with 95 % intervals", &columns);
        for one in &self.experiments {
            for outcome in &one.outcomes {
                let methods = [("Welch", &outcome.welch), ("CUPED", &outcome.cuped)];
                for (method, found) in methods.into_iter().filter_map(|(name, found)| Some((name, found.as_ref()?))) {
                    sheet.push([
                        one.experiment.clone().into(),
                        outcome.outcome.into(),
                        outcome.treated.into(),
                        outcome.control.into(),
                        method.into(),
                        found.difference.into(),
                        found.low.into(),
                        found.high.into(),
                        found.uplift.into(),
                        found.uplift_low.into(),
                        found.uplift_high.into(),
                        found.smallest.into(),
                    ]);
                }
            }
        }
        sheet
    }
}
