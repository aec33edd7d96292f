//! The list of customers who are worth a thought, as marketing takes it away.

use serde::Serialize;
use utoipa::ToSchema;

use super::list::{About, Chance, ChanceKind, ChanceList};
use super::overdue::Overdue;
use crate::analytics::Unit;
use crate::analytics::report::{Cell, Figure, Head, Parameter, Report, Sheet, maybe_shown, shown};
use crate::chart::{Picture, Plot};
use crate::money::Number;
use crate::policy::Bundle;
use crate::time::Instant;

/// Customers who are worth a thought, those with the most at stake first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NextReport {
    /// What this is.
    pub head: Head,
    /// Until when classes are looked ahead.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub until: Instant,
    /// How many chances there are in all, by kind; a customer may have several.
    pub counts: Vec<ChanceCount>,
    /// A part of the list.
    pub customers: Vec<ChanceOut>,
    /// What `cursor` asks for the next part; null on the last.
    pub next: Option<String>,
}

/// How many chances of a kind there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChanceCount {
    /// `class_up`, `class_lost`, `at_risk` or `step`.
    pub kind: &'static str,
    /// How many.
    pub chances: u64,
}

/// A customer, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = Chance)]
pub struct ChanceOut {
    /// The customer.
    pub customer: String,
    /// `class_up`, `class_lost`, `at_risk` or `step`.
    pub kind: &'static str,
    /// Margin of the last twelve months: what is at stake.
    pub margin_12m: Figure,
    /// The segment or the discount it is about; null for `at_risk`.
    pub of: Option<String>,
    /// The class now; null where it is about none.
    pub now: Option<String>,
    /// The class, or the rate, that comes next; null where there is none.
    pub next: Option<String>,
    /// The metric of which something is missing.
    pub metric: Option<String>,
    /// How much of it is missing: to get what comes next, or to keep the class.
    pub missing: Option<Figure>,
    /// By when the class is lost.
    #[serde(serialize_with = "maybe_shown")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub by: Option<Instant>,
    /// Days since the last purchase, where that is unusual.
    pub days_since: Option<u64>,
    /// The usual interval between two purchases, in days.
    pub usual_days: Option<u64>,
    /// More days than this are unusual.
    pub limit_days: Option<u64>,
    /// All of it in a sentence.
    pub says: String,
}

impl NextReport {
    /// The parameter that asks for one kind only.
    pub const KIND: Parameter = Parameter {
        name: "kind",
        says: "Only `class_up` (a better class within reach), `class_lost` (the class will be lost unless something is \
               bought), `at_risk` (the usual interval has passed) or `step` (the next step of a ladder within reach).",
    };
    /// The parameter that says what is within reach.
    pub const WITHIN: Parameter = Parameter {
        name: "within",
        says: "What is within reach of a metric of money; one average basket of the customer's own where it is absent. Of \
               purchases it is one, of units an average basket's.",
    };
    /// The parameter that says how far ahead classes are looked at.
    pub const AHEAD: Parameter = Parameter {
        name: "ahead",
        says: "How far ahead classes are looked at, such as `30 days`, which is the default.",
    };
    /// The parameter that asks for the next part.
    pub const CURSOR: Parameter = Parameter {
        name: "cursor",
        says: "`next` of the part before. Give the same `as_of` for all parts, so that they are parts of one list.",
    };

    /// Presents a list.
    pub fn new(head: Head, bundle: &Bundle, until: Instant, list: ChanceList) -> Self {
        let count = |kind: ChanceKind| ChanceCount { kind: kind.name(), chances: list.counts[kind as usize] };
        let counts = ChanceKind::ALL.map(count).to_vec();
        let (chances, next) = list.finish();
        let customers = chances.into_iter().map(|chance| present(bundle, chance)).collect();
        Self { head, until, counts, customers, next: next.map(|place| place.text()) }
    }
}

fn present(bundle: &Bundle, chance: Chance) -> ChanceOut {
    let kind = chance.kind().name();
    let margin_12m = Figure::money(chance.margin, bundle.currency);
    let out = ChanceOut { customer: chance.customer, kind, margin_12m, ..ChanceOut::default() };
    let missing = |(metric, missing): (u16, Number)| {
        let metric = &bundle.metrics[metric as usize];
        (metric.name.to_string(), Unit::of(metric.measure, bundle.currency).figure(missing))
    };
    match chance.about {
        About::Overdue(Overdue { since, usual, limit }) => ChanceOut {
            days_since: u64::try_from(since).ok(),
            usual_days: u64::try_from(usual).ok(),
            limit_days: u64::try_from(limit).ok(),
            says: format!("bought last {since} days ago, usually every {usual}; more than {limit} is unusual"),
            ..out
        },
        About::Step { discount, rate, missing: short } => {
            let (metric, missing) = missing(short);
            let discount = bundle.discounts[discount as usize].name.to_string();
            let rate = rate.to_string();
            ChanceOut {
                says: format!("{} more of {metric} get {rate} by {discount}", shorter(missing)),
                of: Some(discount),
                next: Some(rate),
                metric: Some(metric),
                missing: Some(missing),
                ..out
            }
        }
        About::Class { up, segment, now, next, missing: short, by } => {
            let segment = &bundle.segments[segment as usize];
            let name = |class: Option<u16>| class.map(|class| segment.classes[class as usize].to_string());
            let (now, next) = (name(now), name(next));
            let short = short.map(missing);
            let (this, other) = (now.as_deref().unwrap_or("no class"), next.as_deref().unwrap_or("no class"));
            let says = match (&short, up) {
                (Some((metric, missing)), true) => {
                    format!("{} more of {metric} get {other} of {}, {this} now", shorter(*missing), segment.name)
                }
                (Some((metric, missing)), false) => {
                    format!("{this} of {} becomes {other} without {} more of {metric}", segment.name, shorter(*missing))
                }
                (None, _) => format!("{this} of {} becomes {other} if nothing is bought", segment.name),
            };
            let (metric, missing) = short.unzip();
            ChanceOut { of: Some(segment.name.to_string()), now, next, metric, missing, by, says, ..out }
        }
    }
}

/// As people read it.
fn shorter(figure: Figure) -> String {
    Cell::from(figure).shown()
}

impl Report for NextReport {
    const NAME: &'static str = "next";
    const TAKES: &'static [Parameter] = &[
        Parameter::AS_OF,
        Self::KIND,
        Self::WITHIN,
        Self::AHEAD,
        Parameter { name: Parameter::LIMIT.name, says: "The most rows, 1 to 100000; 100 where it is absent." },
        Self::CURSOR,
    ];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let columns = [
            "customer",
            "kind",
            "margin_12m",
            "of",
            "now",
            "next",
            "metric",
            "missing",
            "by",
            "days_since",
            "usual_days",
            "limit_days",
            "says",
        ];
        let mut customers = Sheet::new("customers", "Customers who are worth a thought", &columns);
        for row in &self.customers {
            customers.push([
                row.customer.clone().into(),
                row.kind.into(),
                row.margin_12m.into(),
                row.of.clone().into(),
                row.now.clone().into(),
                row.next.clone().into(),
                row.metric.clone().into(),
                row.missing.into(),
                row.by.into(),
                row.days_since.into(),
                row.usual_days.into(),
                row.limit_days.into(),
                row.says.clone().into(),
            ]);
        }
        let mut counts = Sheet::new("counts", "How many there are in all", &["kind", "chances"]);
        self.counts.iter().for_each(|count| counts.push([count.kind.into(), count.chances.into()]));
        vec![customers, counts]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let counts = Picture {
            title: "Customers who are worth a thought".to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: "chances".to_owned(),
            plot: Plot::Bars(
                self.counts.iter().map(|count| (in_words(count.kind).to_owned(), count.chances as f64)).collect(),
            ),
        };
        vec![("counts", counts)]
    }

    fn says(&self) -> Vec<String> {
        let part = |count: &ChanceCount| format!("{} × {}", count.chances, in_words(count.kind));
        let counts: Vec<String> = self.counts.iter().map(part).collect();
        vec![format!("{}; shown are {}", counts.join(", "), self.customers.len())]
    }
}

/// What a kind of chance is.
fn in_words(kind: &str) -> &str {
    match kind {
        "class_up" => "better class in reach",
        "class_lost" => "class in danger",
        "at_risk" => "away for long",
        "step" => "next step in reach",
        other => other,
    }
}
