//! The report on what is best spent on serving each class.

use serde::Serialize;
use utoipa::ToSchema;

use super::outlook::{Elsewhere, Moved, Outlook};
use super::world::{Place, ServiceOptimumError, World};
use crate::analytics::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet};
use crate::analytics::service::ServiceReport;
use crate::chart::{Figures, Picture, Plot, Series, Span, X};
use crate::policy::{Bundle, SatisfactionScale, ServiceQuestion};

/// What is best spent on serving each class, so that the base is worth most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ServiceOptimum {
    /// What this is.
    pub head: Head,
    /// How satisfaction is counted: `rating` or `share`; null where nothing is assumed of it.
    pub satisfaction: Option<&'static str>,
    /// Whether all floors are kept. Where they cannot be, the spends are those that come nearest.
    pub reachable: bool,
    /// The classes in the order of the question.
    pub classes: Vec<OptimumRow>,
    /// All of them together.
    pub total: OptimumTotal,
    /// What cannot be reached; null where everything can.
    pub unreachable: Option<OptimumUnreachable>,
    /// Every number that was assumed or measured, with what its range changes; what changes most comes first.
    pub assumptions: Vec<OptimumAssumption>,
    /// The value of a customer over what is spent on serving him.
    pub curve: Vec<OptimumPoint>,
}

/// A class: what is spent on a customer now and at best.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptimumRow {
    /// The class.
    pub class: String,
    /// How many customers.
    pub customers: u64,
    /// What a customer brings in a period, before service.
    pub margin: Option<Figure>,
    /// What is spent on a customer in a period, now.
    pub spend_now: Option<Figure>,
    /// What is best spent.
    pub spend: Option<Figure>,
    /// The lowest that would be best within the range of any one assumption; null where floors cannot be kept.
    pub spend_low: Option<Figure>,
    /// The highest.
    pub spend_high: Option<Figure>,
    /// The share of customers who stay, now.
    pub kept_now: Option<Share>,
    /// The share who would stay.
    pub kept: Option<Share>,
    /// Satisfaction as it enters now; null where nothing is assumed of it.
    pub satisfied_now: Option<Figure>,
    /// Satisfaction as it would be.
    pub satisfied: Option<Figure>,
    /// The least that was asked for.
    pub floor: Option<Figure>,
    /// What a customer is worth, now.
    pub value_now: Option<Figure>,
    /// What a customer would be worth.
    pub value: Option<Figure>,
    /// What a unit more of the class's own floor would take off the value of the base.
    pub floor_price: Option<Figure>,
}

/// All classes together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptimumTotal {
    /// How many customers.
    pub customers: u64,
    /// The most that may be spent in a period; null where nothing bounds it.
    pub budget: Option<Figure>,
    /// What is spent in a period, now.
    pub cost_now: Option<Figure>,
    /// What would be spent.
    pub cost: Option<Figure>,
    /// What the base is worth, now.
    pub value_now: Option<Figure>,
    /// What it would be worth.
    pub value: Option<Figure>,
    /// The lowest that it would be worth at these spends within the range of any one assumption.
    pub value_low: Option<Figure>,
    /// The highest.
    pub value_high: Option<Figure>,
    /// Average satisfaction now.
    pub satisfied_now: Option<Figure>,
    /// Average satisfaction as it would be.
    pub satisfied: Option<Figure>,
    /// The least average that was asked for.
    pub floor: Option<Figure>,
    /// What a unit more of budget would add to the value of the base; 0 where the budget does not bind.
    pub budget_price: Option<Figure>,
    /// What a unit more of the average floor would take off it; 0 where that does not bind.
    pub floor_price: Option<Figure>,
    /// What all floors of satisfaction together take off it; null where there is none.
    pub floors_cost: Option<Figure>,
    /// By how much the first-order conditions are missed at most, in value per unit of money.
    pub residual: Option<String>,
}

/// Floors of satisfaction that cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptimumUnreachable {
    /// The budget that would keep them; null where no spend does.
    pub needed: Option<Figure>,
    /// The best average satisfaction that can be reached.
    pub satisfied: Option<Figure>,
    /// By how much the average floor, or else every floor of a class that is missed, would have to be lower.
    pub missed_by: Option<Figure>,
}

/// A number that was assumed or measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptimumAssumption {
    /// The class; null for what is assumed of all.
    pub class: Option<String>,
    /// What it says, in the words of the question.
    pub what: &'static str,
    /// The low end of its range.
    pub low: Option<Figure>,
    /// The number that is used.
    pub used: Option<Figure>,
    /// The high end of its range.
    pub high: Option<Figure>,
    /// Where it comes from.
    pub from: String,
    /// What the base would be worth at the low end, at the spends of the answer.
    pub value_low: Option<Figure>,
    /// What it would be worth at the high end.
    pub value_high: Option<Figure>,
    /// What would be best spent on a customer of the class at the low end; on all, for what is assumed of all.
    pub spend_low: Option<Figure>,
    /// The same at the high end.
    pub spend_high: Option<Figure>,
    /// What the answer would give away at most where the number is not as it is used.
    pub regret: Option<Figure>,
}

/// A place on the curve of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OptimumPoint {
    /// The class.
    pub class: String,
    /// What is spent on a customer in a period.
    pub spend: Option<Figure>,
    /// What a customer is worth.
    pub value: Option<Figure>,
    /// The share who stay.
    pub kept: Option<Share>,
    /// How satisfied they are.
    pub satisfied: Option<Figure>,
}

/// How many places of a curve are shown.
const POINTS: u32 = 60;

impl ServiceOptimum {
    /// Answers a question about service with what was measured on the base.
    pub fn new(
        head: Head,
        bundle: &Bundle,
        question: &ServiceQuestion,
        measured: &ServiceReport,
    ) -> Result<Self, ServiceOptimumError> {
        let world = World::new(question, measured, bundle.currency)?;
        // Every curve was looked at when the world was put together.
        let Some(outlook) = Outlook::of(&world) else { return Err(ServiceOptimumError::NoCustomers(String::new())) };
        let left_out = left_out(bundle, question, measured);
        Ok(Self {
            head: explained(head, &world, &left_out),
            satisfaction: world.scale.map(|scale| match scale {
                SatisfactionScale::Rating => "rating",
                SatisfactionScale::Share => "share",
            }),
            reachable: outlook.answer.is_ok(),
            classes: (0..world.classes.len()).map(|at| row(&world, &outlook, at)).collect(),
            total: total(&world, &outlook),
            unreachable: outlook.answer.as_ref().err().map(|none| OptimumUnreachable {
                needed: none.needed.and_then(|needed| world.cash(needed)),
                satisfied: world.scale.and_then(|_| Figure::of_f64(outlook.problem.satisfaction(&none.spend))),
                missed_by: Figure::of_f64(none.missed_by),
            }),
            assumptions: assumptions(&world, &outlook),
            curve: curve(&world, &outlook),
        })
    }
}

/// Classes of the base that the question leaves out.
fn left_out(bundle: &Bundle, question: &ServiceQuestion, measured: &ServiceReport) -> Vec<String> {
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    let Some(segment) = budgets.map(|budgets| &bundle.segments[budgets.segment as usize]) else { return Vec::new() };
    let asked = |class: &Option<u16>| question.classes.iter().any(|asked| asked.class == *class);
    let rows = measured.classes.iter().filter(|row| row.customers > 0 && !asked(&row.class));
    let name = |class: Option<u16>| class.and_then(|class| segment.classes.get(class as usize));
    rows.map(|row| match name(row.class) {
        Some(name) => format!("class {name} with {} customers is left out", row.customers),
        None => format!("{} customers without a class are left out", row.customers),
    })
    .collect()
}

fn explained(mut head: Head, world: &World, left_out: &[String]) -> Head {
    head.define(
        "level",
        "1, assumed response: what follows if customers answer to spend as assumed; nothing of it was observed",
    );
    head.define(
        "period",
        "the window of the policy's service budgets; margins, spends and the discount rate are per period",
    );
    head.define(
        "kept",
        "the share of customers who stay for the next period: without + (ceiling − without) × (1 − e^(−k × spend)), with k \
         such that the spend of now keeps what is kept now (Blattberg and Deighton 1996)",
    );
    head.define(
        "value",
        "margin + (margin × kept − spend) / (1 + discount rate − kept), per customer, summed over the class",
    );
    head.define("regret", "what the best spends of that case are worth more than these, in that case");
    if world.scale.is_some() {
        head.define(
            "satisfied",
            "assumed to rise with spend on a curve of the same shape; shares and ratings that were counted \
            enter by the lower end of their 95 % interval (Wilson 1927)",
        );
    }
    left_out.iter().for_each(|note| head.note(note.clone()));
    head.note("a number without a range of its own is looked at a tenth lower and higher, and a tenth of the way to its bounds at most");
    head
}

fn row(world: &World, outlook: &Outlook, at: usize) -> OptimumRow {
    let (class, model, rate) = (&world.classes[at], &outlook.problem.classes[at], outlook.problem.discount_rate);
    let [margin, now, ..] = class.numbers;
    let spend = outlook.spend().get(at).copied().unwrap_or(0.0);
    let found = outlook.answer.as_ref().ok();
    let ends = outlook.moved.iter().flat_map(|moved| [&moved.low, &moved.high]);
    let best = ends.flatten().filter_map(|there| there.best.as_ref()).filter_map(|best| best.spend.get(at)).copied();
    let (low, high) = best.fold((spend, spend), |(low, high), spend| (low.min(spend), high.max(spend)));
    let satisfied = |spend: f64| model.satisfaction.and_then(|curve| Figure::of_f64(curve.at(spend)));
    OptimumRow {
        class: class.name.clone(),
        customers: class.customers,
        margin: world.cash(margin.used),
        spend_now: Figure::of_f64(now.used),
        spend: Figure::of_f64(spend),
        spend_low: found.and_then(|_| Figure::of_f64(low)),
        spend_high: found.and_then(|_| Figure::of_f64(high)),
        kept_now: Share::of_f64(model.retention.at(now.used)),
        kept: Share::of_f64(model.retention.at(spend)),
        satisfied_now: satisfied(now.used),
        satisfied: satisfied(spend),
        floor: class.floor.and_then(Figure::of_f64),
        value_now: world.cash(model.value(rate, now.used)),
        value: world.cash(model.value(rate, spend)),
        floor_price: found.filter(|_| class.floor.is_some()).and_then(|found| world.cash(found.class_floor_prices[at])),
    }
}

fn total(world: &World, outlook: &Outlook) -> OptimumTotal {
    let (problem, spend, found) = (&outlook.problem, outlook.spend(), outlook.answer.as_ref().ok());
    let now: Vec<f64> = world.classes.iter().map(|class| class.numbers[1].used).collect();
    let value = problem.value(spend);
    let ends = outlook.moved.iter().flat_map(|moved| [&moved.low, &moved.high]).flatten().map(|there| there.value);
    let (low, high) = ends.fold((value, value), |(low, high), value| (low.min(value), high.max(value)));
    let satisfied = |spend: &[f64]| world.scale.and_then(|_| Figure::of_f64(problem.satisfaction(spend)));
    OptimumTotal {
        customers: world.classes.iter().map(|class| class.customers).sum(),
        budget: world.budget.and_then(|budget| world.cash(budget)),
        cost_now: world.cash(problem.cost(&now)),
        cost: world.cash(problem.cost(spend)),
        value_now: world.cash(problem.value(&now)),
        value: world.cash(value),
        value_low: world.cash(low),
        value_high: world.cash(high),
        satisfied_now: satisfied(&now),
        satisfied: satisfied(spend),
        floor: world.floor.and_then(Figure::of_f64),
        budget_price: found.and_then(|found| Figure::of_f64(found.budget_price)),
        floor_price: found.filter(|_| world.floor.is_some()).and_then(|found| world.cash(found.floor_price)),
        floors_cost: found.and_then(|found| world.cash(outlook.without_floors? - found.value)),
        residual: found.map(|found| format!("{:.1e}", found.residual)),
    }
}

fn assumptions(world: &World, outlook: &Outlook) -> Vec<OptimumAssumption> {
    let value = outlook.problem.value(outlook.spend());
    let spread = |moved: &Moved| {
        let off = |there: &Option<Elsewhere>| there.as_ref().map_or(0.0, |there| (there.value - value).abs());
        off(&moved.low).max(off(&moved.high))
    };
    let mut moved: Vec<&Moved> = outlook.moved.iter().collect();
    moved.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
    let present = |moved: &Moved| {
        let (class, what) = match moved.place {
            Place::DiscountRate => (None, "discount_rate"),
            Place::Class(at, what) => (Some(at), what.name()),
        };
        let spend = |there: &Option<Elsewhere>| {
            let best = there.as_ref()?.best.as_ref()?;
            Figure::of_f64(class.map_or_else(|| outlook.problem.cost(&best.spend), |at| best.spend[at]))
        };
        let regret =
            |there: &Option<Elsewhere>| there.as_ref().and_then(|there| Some(there.best.as_ref()?.value - there.value));
        let regrets = [regret(&moved.low), regret(&moved.high)].into_iter().flatten();
        let worst = outlook.answer.is_ok().then(|| regrets.fold(0.0, f64::max));
        OptimumAssumption {
            class: class.map(|at| world.classes[at].name.clone()),
            what,
            low: Figure::of_f64(moved.range.low),
            used: Figure::of_f64(moved.range.used),
            high: Figure::of_f64(moved.range.high),
            from: moved.range.basis.to_string(),
            value_low: moved.low.as_ref().and_then(|there| world.cash(there.value)),
            value_high: moved.high.as_ref().and_then(|there| world.cash(there.value)),
            spend_low: spend(&moved.low),
            spend_high: spend(&moved.high),
            regret: worst.and_then(|worst| world.cash(worst)),
        }
    };
    moved.into_iter().map(present).collect()
}

fn curve(world: &World, outlook: &Outlook) -> Vec<OptimumPoint> {
    let mut points = Vec::new();
    for ((class, model), best) in world.classes.iter().zip(&outlook.problem.classes).zip(outlook.spend()) {
        let most = 1.6 * best.max(class.numbers[1].used);
        for n in 0..=POINTS {
            let spend = most * f64::from(n) / f64::from(POINTS);
            points.push(OptimumPoint {
                class: class.name.clone(),
                spend: Figure::of_f64(spend),
                value: world.cash(model.value(outlook.problem.discount_rate, spend)),
                kept: Share::of_f64(model.retention.at(spend)),
                satisfied: model.satisfaction.and_then(|curve| Figure::of_f64(curve.at(spend))),
            });
        }
    }
    points
}

impl Report for ServiceOptimum {
    const NAME: &'static str = "service-optimum";
    const TAKES: &'static [Parameter] = &[];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        vec![self.spends(), self.together(), self.assumed(), self.points()]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        vec![("spend", self.lines()), ("tornado", self.tornado())]
    }

    fn says(&self) -> Vec<String> {
        let mut says: Vec<String> = self.classes.iter().map(in_words).collect();
        says.extend(self.total_in_words());
        says
    }
}

fn shown(figure: Option<Figure>, places: usize) -> String {
    figure.map_or_else(|| "nothing".to_owned(), |figure| format!("{:.places$}", figure.as_f64()))
}

fn in_words(row: &OptimumRow) -> String {
    let share = |share: Option<Share>| share.map_or_else(|| "nobody".to_owned(), |share| share.percent());
    let mut text = format!(
        "{}: {} in place of {} on each of {} customers; {} stay in place of {}",
        row.class,
        shown(row.spend, 2),
        shown(row.spend_now, 2),
        row.customers,
        share(row.kept),
        share(row.kept_now)
    );
    if let (Some(low), Some(high)) = (row.spend_low, row.spend_high) {
        text.push_str(&format!("; between {} and {} as assumptions go", shown(Some(low), 2), shown(Some(high), 2)));
    }
    text
}

impl ServiceOptimum {
    fn total_in_words(&self) -> Vec<String> {
        let total = &self.total;
        let mut says = vec![format!(
            "together: {} a period in place of {}; the base is worth {} in place of {}, between {} and {} as assumptions go",
            shown(total.cost, 2),
            shown(total.cost_now, 2),
            shown(total.value, 2),
            shown(total.value_now, 2),
            shown(total.value_low, 2),
            shown(total.value_high, 2)
        )];
        let zero =
            |figure: Option<Figure>| figure.is_none_or(|figure| figure == Figure::of_f64(0.0).unwrap_or_default());
        match (total.budget, zero(total.budget_price)) {
            (Some(budget), false) => says.push(format!(
                "the budget of {} binds: one unit more would add {}",
                shown(Some(budget), 2),
                shown(total.budget_price, 4)
            )),
            (Some(budget), true) if self.reachable => {
                says.push(format!(
                    "the budget of {} is not used up: more service would not pay",
                    shown(Some(budget), 2)
                ));
            }
            _ => {}
        }
        if let Some(cost) = total.floors_cost.filter(|cost| !zero(Some(*cost))) {
            says.push(format!("keeping satisfaction as asked costs {} of that value", shown(Some(cost), 2)));
        }
        if let Some(none) = &self.unreachable {
            let missed = shown(none.missed_by, 4);
            says.push(match none.needed {
                Some(needed) => format!(
                    "satisfaction cannot be kept as asked: it is missed by {missed}; it would take {} a period",
                    shown(Some(needed), 2)
                ),
                None => format!("satisfaction cannot be kept as asked, whatever is spent: it is missed by {missed}"),
            });
        }
        says.push("this is level 1, assumed response: it is as good as the assumptions below it".to_owned());
        says
    }

    fn spends(&self) -> Sheet {
        let columns = [
            "class",
            "customers",
            "margin",
            "spend_now",
            "spend",
            "spend_low",
            "spend_high",
            "kept_now",
            "kept",
            "satisfied_now",
            "satisfied",
            "floor",
            "value_now",
            "value",
            "floor_price",
        ];
        let mut sheet = Sheet::new("classes", "What is best spent on a customer of each class in a period", &columns);
        for row in &self.classes {
            sheet.push([
                row.class.as_str().into(),
                row.customers.into(),
                row.margin.into(),
                row.spend_now.into(),
                row.spend.into(),
                row.spend_low.into(),
                row.spend_high.into(),
                row.kept_now.into(),
                row.kept.into(),
                row.satisfied_now.into(),
                row.satisfied.into(),
                row.floor.into(),
                row.value_now.into(),
                row.value.into(),
                row.floor_price.into(),
            ]);
        }
        sheet
    }

    fn together(&self) -> Sheet {
        let mut sheet = Sheet::new("total", "All classes together", &["what", "now", "then", "low", "high"]);
        let total = &self.total;
        let none = || Cell::None;
        sheet.push(["cost".into(), total.cost_now.into(), total.cost.into(), none(), total.budget.into()]);
        let (low, high) = (total.value_low.into(), total.value_high.into());
        sheet.push(["value".into(), total.value_now.into(), total.value.into(), low, high]);
        if self.satisfaction.is_some() {
            let (now, then) = (total.satisfied_now.into(), total.satisfied.into());
            sheet.push(["satisfied".into(), now, then, total.floor.into(), none()]);
        }
        sheet.push(["price of budget".into(), none(), total.budget_price.into(), none(), none()]);
        sheet.push(["price of floor".into(), none(), total.floor_price.into(), none(), none()]);
        sheet.push(["cost of all floors".into(), none(), total.floors_cost.into(), none(), none()]);
        sheet
    }

    fn assumed(&self) -> Sheet {
        let columns = [
            "class",
            "what",
            "low",
            "used",
            "high",
            "from",
            "value_low",
            "value_high",
            "spend_low",
            "spend_high",
            "regret",
        ];
        let mut sheet = Sheet::new("assumptions", "What is assumed, and what the ends of its range change", &columns);
        for row in &self.assumptions {
            sheet.push([
                row.class.as_deref().unwrap_or("(all)").into(),
                row.what.into(),
                row.low.into(),
                row.used.into(),
                row.high.into(),
                row.from.as_str().into(),
                row.value_low.into(),
                row.value_high.into(),
                row.spend_low.into(),
                row.spend_high.into(),
                row.regret.into(),
            ]);
        }
        sheet
    }

    fn points(&self) -> Sheet {
        let columns = ["class", "spend", "value", "kept", "satisfied"];
        let mut sheet = Sheet::new("curve", "What a customer is worth over what is spent on him", &columns).long();
        for row in &self.curve {
            let class = row.class.as_str().into();
            sheet.push([class, row.spend.into(), row.value.into(), row.kept.into(), row.satisfied.into()]);
        }
        sheet
    }

    /// The value of a customer over spend, as a share of the best, with what is best spent.
    fn lines(&self) -> Picture {
        let mut series = Vec::new();
        for row in &self.classes {
            let of = |figure: Option<Figure>| figure.map_or(0.0, Figure::as_f64);
            let points: Vec<(f64, f64)> = self
                .curve
                .iter()
                .filter(|point| point.class == row.class)
                .map(|p| (of(p.spend), of(p.value)))
                .collect();
            let best = points.iter().map(|(_, value)| *value).fold(of(row.value), f64::max);
            if best <= 0.0 {
                continue;
            }
            let points = points.into_iter().map(|(spend, value)| (spend, value / best)).collect();
            series.push(Series { name: row.class.clone(), points, ..Series::default() });
            let (spend, value) = (of(row.spend), of(row.value) / best);
            let points = vec![(spend, 0.0), (spend, value)];
            series.push(Series { name: format!("{}: best", row.class), points, dashed: true, ..Series::default() });
        }
        Picture {
            title: "What a customer is worth over what is spent on serving him".to_owned(),
            describes: self.says().join("; "),
            across: format!("spend on a customer in a period, {}", self.head.currency),
            up: "share of the best value of the class".to_owned(),
            plot: Plot::Lines(X::Number, Figures::Share, series),
        }
    }

    fn tornado(&self) -> Picture {
        let value = self.total.value.map_or(0.0, Figure::as_f64);
        let off = |figure: Option<Figure>| figure.map_or(0.0, |figure| figure.as_f64() - value);
        let spans = self.assumptions.iter().take(12).map(|row| Span {
            name: match &row.class {
                Some(class) => format!("{class}: {}", row.what),
                None => row.what.to_owned(),
            },
            low: off(row.value_low),
            high: off(row.value_high),
        });
        Picture {
            title: "What the value of the base hangs on".to_owned(),
            describes: "The value of the base at the spends of the answer, as each assumption goes from low to high"
                .to_owned(),
            across: format!("difference in value, {}", self.head.currency),
            up: String::new(),
            plot: Plot::Tornado(spans.collect()),
        }
    }
}
