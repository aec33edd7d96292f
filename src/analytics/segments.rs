//! Every segment of the policy, class by class: who is in it, what it brings, costs and earns.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet};
use super::service::ServiceReport;
use super::unit::Unit;
use crate::chart::{Picture, Plot};
use crate::metric::Totals;
use crate::money::{Number, Rate, round_div};
use crate::policy::{Bundle, SegmentRule};

/// Sums over customers, class by class.
#[derive(Debug, Clone)]
pub struct SegmentTally {
    /// Per segment, per class; the last place is for those without a class.
    segments: Vec<Vec<Sums>>,
    all: Sums,
}

/// Money in minor units.
#[derive(Debug, Clone, Default)]
struct Sums {
    customers: u64,
    purchases: i128,
    net: i128,
    margin: i128,
    service_cost: i128,
    ratings: i128,
    rating_sum: i128,
    /// Per metric: the sum over those who have it, and how many do.
    metrics: Vec<(Number, u64)>,
}

impl Sums {
    fn new(metrics: usize) -> Self {
        Self { metrics: vec![(Number::ZERO, 0); metrics], ..Self::default() }
    }

    fn take(&mut self, totals: &Totals, metrics: &[Option<Number>]) {
        let net = i128::from(totals.gross) - i128::from(totals.discount);
        self.customers += 1;
        self.purchases += i128::from(totals.purchases);
        self.net += net;
        self.margin += net - i128::from(totals.cost);
        self.service_cost += i128::from(totals.service_cost);
        self.ratings += i128::from(totals.ratings);
        self.rating_sum += i128::from(totals.rating_sum);
        for ((sum, many), value) in self.metrics.iter_mut().zip(metrics) {
            if let Some(value) = value {
                *sum = *sum + *value;
                *many += 1;
            }
        }
    }

    fn add(&mut self, other: &Self) {
        self.customers += other.customers;
        self.purchases += other.purchases;
        self.net += other.net;
        self.margin += other.margin;
        self.service_cost += other.service_cost;
        self.ratings += other.ratings;
        self.rating_sum += other.rating_sum;
        for ((sum, many), (more, others)) in self.metrics.iter_mut().zip(&other.metrics) {
            *sum = *sum + *more;
            *many += others;
        }
    }
}

impl SegmentTally {
    /// Nothing yet.
    pub fn new(bundle: &Bundle) -> Self {
        let none = Sums::new(bundle.metrics.len());
        let segments = bundle.segments.iter().map(|segment| vec![none.clone(); segment.classes.len() + 1]).collect();
        Self { segments, all: none }
    }

    /// Takes in a customer: sums of the time that was asked for, metrics and a class per segment.
    pub fn push(&mut self, totals: &Totals, metrics: &[Option<Number>], classes: &[Option<u16>]) {
        self.all.take(totals, metrics);
        for (segment, class) in self.segments.iter_mut().zip(classes) {
            let none = segment.len() - 1;
            segment[class.map_or(none, usize::from).min(none)].take(totals, metrics);
        }
    }

    /// Takes in what another scan found.
    pub fn merge(mut self, other: Self) -> Self {
        self.all.add(&other.all);
        for (mine, theirs) in self.segments.iter_mut().flatten().zip(other.segments.iter().flatten()) {
            mine.add(theirs);
        }
        self
    }
}

/// Every segment of the policy, class by class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SegmentReport {
    /// What this is.
    pub head: Head,
    /// The segments, in the order written.
    pub segments: Vec<SegmentOut>,
    /// All customers.
    pub total: ClassRow,
}

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SegmentOfReport)]
pub struct SegmentOut {
    /// Its name.
    pub segment: String,
    /// How it sorts: `rank_by`, `by`, `score` or `script`.
    pub rule: &'static str,
    /// Its classes, the best first.
    pub classes: Vec<ClassRow>,
}

/// A class, or all customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ClassOfReport)]
pub struct ClassRow {
    /// The class; null for those without one, and for all customers.
    pub class: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// Their share of all customers.
    pub share_of_customers: Option<Share>,
    /// How often they bought.
    pub purchases: u64,
    /// What they paid for goods.
    pub net: Figure,
    /// The share of everything paid that is.
    pub share_of_net: Option<Share>,
    /// Net less cost of goods.
    pub margin: Figure,
    /// The share of the margin of all that is; null where that is not above zero.
    pub share_of_margin: Option<Share>,
    /// Cost of interactions.
    pub service_cost: Figure,
    /// The share of all service cost that is; null where there is none.
    pub share_of_service_cost: Option<Share>,
    /// Margin less service cost.
    pub profit: Figure,
    /// What each of them paid on average.
    pub net_per_customer: Option<Figure>,
    /// Average rating of their interactions; null without one.
    pub satisfaction: Option<Figure>,
    /// The sum of their service budgets; null where budgets do not go by this segment, or nobody has one.
    pub granted: Option<Figure>,
    /// What is left of them, with what is planned; null likewise.
    pub left: Option<Figure>,
    /// Averages of the policy's metrics over those who have them; a metric that nobody has is left out.
    pub averages: BTreeMap<String, Figure>,
}

impl SegmentReport {
    /// From sums over customers; `service` is how the budgets of the policy stand, where there are some.
    pub fn new(head: Head, bundle: &Bundle, tally: &SegmentTally, service: Option<&ServiceReport>) -> Self {
        let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
        let segments = bundle.segments.iter().zip(&tally.segments).enumerate().map(|(at, (segment, classes))| {
            let service = service.filter(|_| budgets.is_some_and(|budgets| usize::from(budgets.segment) == at));
            let names = segment.classes.iter().map(|name| Some(name.to_string())).chain([None]);
            let rows = names.zip(classes).enumerate();
            let rows = rows.filter(|(_, (name, sums))| name.is_some() || sums.customers > 0);
            let rows = rows.map(|(class, (name, sums))| {
                let mut row = class_row(bundle, name.clone(), sums, &tally.all);
                let class = name.is_some().then_some(class as u16);
                let served = service.and_then(|service| service.classes.iter().find(|row| row.class == class));
                row.granted = served.and_then(|row| row.granted).map(|sum| Figure::money(sum, bundle.currency));
                row.left = served.and_then(|row| row.left).map(|sum| Figure::money(sum, bundle.currency));
                row
            });
            let rule = match segment.rule {
                SegmentRule::Rank { .. } => "rank_by",
                SegmentRule::Thresholds { .. } => "by",
                SegmentRule::Score { .. } => "score",
                SegmentRule::Script(_) => "script",
            };
            SegmentOut { segment: segment.name.to_string(), rule, classes: rows.collect() }
        });
        Self { segments: segments.collect(), total: class_row(bundle, None, &tally.all, &tally.all), head }
    }
}

fn class_row(bundle: &Bundle, class: Option<String>, sums: &Sums, all: &Sums) -> ClassRow {
    let cash = |minor: i128| Figure::cash(minor, bundle.currency);
    let averages = bundle.metrics.iter().zip(&sums.metrics).filter_map(|(metric, (sum, many))| {
        let unit = Unit::of(metric.measure, bundle.currency);
        Some((metric.name.to_string(), unit.average(*sum, *many)?))
    });
    ClassRow {
        class,
        customers: sums.customers,
        share_of_customers: Share::of(i128::from(sums.customers), i128::from(all.customers)),
        purchases: u64::try_from(sums.purchases).unwrap_or(0),
        net: cash(sums.net),
        share_of_net: Share::of(sums.net, all.net),
        margin: cash(sums.margin),
        share_of_margin: Share::of(sums.margin, all.margin),
        service_cost: cash(sums.service_cost),
        share_of_service_cost: Share::of(sums.service_cost, all.service_cost),
        profit: cash(sums.margin - sums.service_cost),
        net_per_customer: Figure::average_cash(sums.net, sums.customers, bundle.currency),
        satisfaction: (sums.ratings > 0).then(|| {
            Figure::rounded(Number(round_div(sums.rating_sum * i128::from(Rate::ONE.ppm()), sums.ratings)), 2)
        }),
        granted: None,
        left: None,
        averages: averages.collect(),
    }
}

impl Report for SegmentReport {
    const NAME: &'static str = "segments";
    const TAKES: &'static [Parameter] = &[
        Parameter::AS_OF,
        Parameter {
            name: Parameter::WINDOW.name,
            says: "What happened at most this long before `as_of`; the whole history where it is absent. Metrics and classes keep \
                   their own.",
        },
        Parameter::FROM,
        Parameter { name: Parameter::SEGMENT.name, says: "This segment alone; all of them where it is absent." },
    ];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let metrics: Vec<&str> = self.total.averages.keys().map(String::as_str).collect();
        let columns: Vec<&str> = ["segment", "class", "customers"].into_iter().chain(metrics.iter().copied()).collect();
        let mut averages = Sheet::new("averages", "Averages of the policy's metrics", &columns).long();
        let mut classes = Sheet::new("classes", "Classes of every segment", &CLASS_COLUMNS);
        let mut shares = Sheet::new("shares", "Shares of the base", &SHARE_COLUMNS);
        for (segment, name, row) in self.rows() {
            classes.push([
                segment.into(),
                name.into(),
                row.customers.into(),
                row.purchases.into(),
                row.net.into(),
                row.margin.into(),
                row.service_cost.into(),
                row.profit.into(),
                row.net_per_customer.into(),
                row.satisfaction.into(),
                row.granted.into(),
                row.left.into(),
            ]);
            shares.push([
                segment.into(),
                name.into(),
                row.share_of_customers.into(),
                row.share_of_net.into(),
                row.share_of_margin.into(),
                row.share_of_service_cost.into(),
            ]);
            let head: [Cell; 3] = [segment.into(), name.into(), row.customers.into()];
            let values = metrics.iter().map(|metric| row.averages.get(*metric).copied().into());
            averages.rows.push(head.into_iter().chain(values).collect());
        }
        vec![classes, shares, averages]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let rows: Vec<_> = self.rows().filter(|(segment, ..)| !segment.is_empty()).collect();
        let labels = || rows.iter().map(|(segment, name, _)| format!("{segment} {name}")).collect::<Vec<_>>();
        let of = |part: fn(&ClassRow) -> Option<Share>| {
            rows.iter().map(|(_, _, row)| part(row).map_or(0.0, Share::as_f64)).collect::<Vec<f64>>()
        };
        let cells = [of(|row| row.share_of_customers), of(|row| row.share_of_net), of(|row| row.share_of_margin)];
        let columns = ["customers", "net", "margin"].map(str::to_owned).to_vec();
        let cells = (0..rows.len()).map(|at| cells.iter().map(|column| Some(column[at])).collect()).collect();
        let picture = Picture {
            title: "Share of customers, spending and margin by class".to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: String::new(),
            plot: Plot::Heat(labels(), columns, cells),
        };
        vec![("shares", picture)]
    }

    fn says(&self) -> Vec<String> {
        let percent = |share: Option<Share>| share.map_or_else(|| "-".to_owned(), Share::percent);
        let says = |(segment, name, row): (&str, &str, &ClassRow)| {
            let (people, net) = (percent(row.share_of_customers), percent(row.share_of_net));
            format!("{segment} {name}: {} customers ({people}) paid {net} of everything", row.customers)
        };
        self.rows().filter(|(segment, _, row)| !segment.is_empty() && row.customers > 0).map(says).collect()
    }
}

const CLASS_COLUMNS: [&str; 12] = [
    "segment",
    "class",
    "customers",
    "purchases",
    "net",
    "margin",
    "service_cost",
    "profit",
    "net_per_customer",
    "satisfaction",
    "granted",
    "left",
];

const SHARE_COLUMNS: [&str; 6] =
    ["segment", "class", "share_of_customers", "share_of_net", "share_of_margin", "share_of_service_cost"];

impl SegmentReport {
    /// Segment, class and row; all customers come last, without a segment.
    fn rows(&self) -> impl Iterator<Item = (&str, &str, &ClassRow)> {
        let rows = self.segments.iter().flat_map(|segment| {
            segment
                .classes
                .iter()
                .map(move |row| (segment.segment.as_str(), row.class.as_deref().unwrap_or("(none)"), row))
        });
        rows.chain([("", "total", &self.total)])
    }
}
