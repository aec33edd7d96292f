//! What a search found, as it is answered: every point with a ready diff of the policy.

use std::collections::BTreeMap;

use serde::Serialize;
use similar::TextDiff;
use utoipa::ToSchema;

use super::candidates::{Figures, Measured};
use super::search::PreparedSearch;
use crate::analytics::report::{Cell, Figure as Shown, Head, Parameter, Report, Sheet};
use crate::chart::{Band, Figures as Axis, Picture, Plot, Series, X};
use crate::diagnostic::{Source, Sources};
use crate::money::{Currency, Number};
use crate::policy::{Assumed, FigureMeasure, with_settings};
use crate::simulate::Found;
use crate::time::Instant;

/// What a search found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SearchReport {
    /// What it says about itself.
    pub head: Head,
    /// What its figures claim, and what they do not.
    pub claim: &'static str,
    /// What is wanted, in words.
    pub wanted: String,
    /// How many policies were tried.
    pub tried: usize,
    /// How many of them do not compile, or only with warnings that the policy does not have now.
    pub unsound: usize,
    /// Whether every setting on the grid was tried, so that none is better.
    pub exhaustive: bool,
    /// What chance began with.
    pub seed: u64,
    /// How customers are assumed to answer to prices, by class.
    pub elasticity: Vec<ElasticityOut>,
    /// The policy as it is.
    pub start: FoundFigures,
    /// What was found: the best, or the frontier by rising discount. Empty where nothing that was tried keeps what has to be
    /// kept.
    pub points: Vec<FoundPoint>,
}

/// An assumed answer to prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ElasticityOut {
    /// The class; null for who has none.
    pub class: Option<String>,
    /// The low end: by so many per cent more is bought for each per cent less to pay.
    pub low: Option<Shown>,
    /// The high end.
    pub high: Option<Shown>,
}

/// A policy that was found.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FoundPoint {
    /// Its number, from 1.
    pub point: usize,
    /// Its settings.
    pub settings: Vec<FoundSetting>,
    /// What it achieves.
    #[serde(flatten)]
    pub figures: FoundFigures,
    /// A unified diff of the policy's files, for `patch -p0`.
    pub diff: String,
    /// The files that differ, by path, as they would be written.
    pub files: BTreeMap<String, String>,
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundSetting {
    /// Its place in the policy.
    pub path: String,
    /// What is written there now.
    pub now: String,
    /// What was found.
    pub found: String,
}

/// What a policy achieves over the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundFigures {
    /// What is granted.
    pub discount: Option<Shown>,
    /// What is paid.
    pub net: Option<Shown>,
    /// That, less cost of goods.
    pub margin: Option<Shown>,
    /// Margin at the low end of the assumed response.
    pub margin_low: Option<Shown>,
    /// Margin at its high end.
    pub margin_high: Option<Shown>,
    /// What service may cost at the end of the window.
    pub service: Option<Shown>,
    /// Margin less that.
    pub profit: Option<Shown>,
    /// The figures that have to be kept, in the order of the question.
    pub kept: Vec<KeptOut>,
}

/// A figure that has to be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptOut {
    /// Its name.
    pub figure: String,
    /// What it is.
    pub value: Option<Shown>,
}

/// A policy with what it achieves.
pub(super) struct Point {
    pub places: Vec<u32>,
    pub measured: Measured,
}

const REPLAYED: &str = "Level 0, replay: had the same purchases happened, this is what each policy costs. Nobody buys more or \
    less here because of a discount, so a unit of discount is a unit of margin.";
const ANSWERED: &str = "Level 1, assumed response: purchases grow and shrink with prices as the elasticities assume, and margins \
    come with what both ends of them say. Nothing of it was observed.";

impl SearchReport {
    pub(super) fn new(
        prepared: &PreparedSearch,
        (from, until): (Instant, Instant),
        start: &Measured,
        points: &[Point],
        (found, unsound): (&Found, usize),
    ) -> Self {
        let PreparedSearch { question, bundle, sources, .. } = prepared;
        let currency = bundle.currency;
        let answered = question.elasticity.iter().any(|stated| *stated != Assumed::Point(Number::ZERO));
        let segment = question.segment.map(|segment| &bundle.segments[segment as usize]);
        let class = |at: usize| segment.and_then(|segment| segment.classes.get(at)).map(ToString::to_string);
        let mut head = Head {
            report: "search",
            as_of: until,
            from: Some(from),
            revision: bundle.revision.to_string(),
            currency: currency.code().to_owned(),
            timezone: bundle.zone.to_string(),
            ..Head::default()
        };
        if question.sample != crate::money::Rate::ONE {
            head.filters.push(format!("sample {}", question.sample));
            head.note("Sums, budgets and cut-offs are those of the sample alone.");
        }
        if let Some(segment) = segment {
            head.define("class", format!("of `{}`, as the policy of now sees it at the purchase", segment.name));
        }
        head.define(
            "method",
            if found.exhaustive {
                "every setting on the grid was replayed".to_owned()
            } else {
                "simulated annealing (Kirkpatrick, Gelatt and Vecchi 1983), then descent to the best neighbours; the same \
                 seed gives the same answer"
                    .to_owned()
            },
        );
        head.note("Policies that do not compile, or warn of something that the policy of now does not, are left out.");
        let point = |(nth, point): (usize, &Point)| {
            let written = with_settings(sources, &question.settings, &point.places);
            let settings = question.settings.iter().zip(&point.places).map(|(setting, place)| FoundSetting {
                path: setting.path.clone(),
                now: setting.now().to_string(),
                found: setting.at(*place).to_string(),
            });
            FoundPoint {
                point: nth + 1,
                settings: settings.collect(),
                figures: figures(question, &point.measured, currency),
                diff: differing(sources, &written).map(|(before, after)| diff(before, after)).collect(),
                files: differing(sources, &written)
                    .map(|(_, after)| (after.path.to_string(), after.text.to_string()))
                    .collect(),
            }
        };
        let range = |stated: &Assumed| crate::estimate::Ranged::assumed(*stated, None);
        Self {
            head,
            claim: if answered { ANSWERED } else { REPLAYED },
            wanted: wanted(question),
            tried: found.tried,
            unsound,
            exhaustive: found.exhaustive,
            seed: question.seed,
            elasticity: question
                .elasticity
                .iter()
                .enumerate()
                .map(|(at, stated)| ElasticityOut {
                    class: class(at),
                    low: Shown::of_f64(range(stated).low),
                    high: Shown::of_f64(range(stated).high),
                })
                .collect(),
            start: figures(question, start, currency),
            points: points.iter().enumerate().map(point).collect(),
        }
    }
}

fn wanted(question: &crate::policy::SearchQuestion) -> String {
    let mut text = match &question.goal {
        None => "the frontier between discount and margin".to_owned(),
        Some(goal) => format!("{} {}", if goal.most { "the most" } else { "the least" }, goal.figure.name),
    };
    for keep in &question.keep {
        let bounds = [(keep.at_least, "at least"), (keep.at_most, "at most")];
        for (bound, word) in bounds.into_iter().filter_map(|(bound, word)| Some((bound?, word))) {
            text.push_str(&format!(", with {} {word} {bound}", keep.figure.name));
        }
    }
    text
}

#[expect(clippy::float_arithmetic, reason = "estimates are rounded here, once")]
fn figures(question: &crate::policy::SearchQuestion, measured: &Measured, currency: Currency) -> FoundFigures {
    let unit = 10f64.powi(currency.exponent() as i32);
    let cash = |value: f64| value.is_finite().then(|| Shown::cash((value * unit).round() as i128, currency));
    let of = |figures: &Figures, measure| cash(figures.sum(measure, None));
    let margins = [&measured.low, &measured.used, &measured.high].map(|side| side.sum(FigureMeasure::Margin, None));
    FoundFigures {
        discount: of(&measured.used, FigureMeasure::Discount),
        net: of(&measured.used, FigureMeasure::Net),
        margin: cash(margins[1]),
        margin_low: cash(margins.into_iter().fold(f64::INFINITY, f64::min)),
        margin_high: cash(margins.into_iter().fold(f64::NEG_INFINITY, f64::max)),
        service: of(&measured.used, FigureMeasure::Service),
        profit: of(&measured.used, FigureMeasure::Profit),
        kept: question
            .keep
            .iter()
            .map(|keep| KeptOut {
                figure: keep.figure.name.clone(),
                value: Shown::of_f64(measured.used.value(&keep.figure)),
            })
            .collect(),
    }
}

/// The files that differ, before and after.
fn differing<'s>(before: &'s Sources, after: &'s Sources) -> impl Iterator<Item = (&'s Source, &'s Source)> {
    let pairs = before.iter().zip(after.iter()).map(|((_, before), (_, after))| (before, after));
    pairs.filter(|(before, after)| before.text != after.text)
}

/// A unified diff of a file.
fn diff(before: &Source, after: &Source) -> String {
    let diff = TextDiff::from_lines(before.text.as_ref(), after.text.as_ref());
    diff.unified_diff().context_radius(3).header(&before.path, &after.path).to_string()
}

impl Report for SearchReport {
    const NAME: &'static str = "search";
    const TAKES: &'static [Parameter] = &[];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        vec![self.found(), self.settings()]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        vec![("frontier", self.frontier())]
    }

    fn says(&self) -> Vec<String> {
        let tried = format!(
            "{} policies were tried{}; {}",
            self.tried,
            if self.exhaustive { ", which is every one on the grid" } else { "" },
            self.wanted
        );
        let mut says = vec![self.claim.to_owned(), tried];
        if self.points.is_empty() {
            says.push("nothing that was tried keeps what has to be kept".to_owned());
        }
        for point in &self.points {
            let set: Vec<String> =
                point.settings.iter().map(|setting| format!("{} {}", setting.path, setting.found)).collect();
            says.push(format!("{}: {}", point.point, set.join(", ")));
        }
        says
    }
}

impl SearchReport {
    fn found(&self) -> Sheet {
        let columns = ["point", "discount", "net", "margin", "margin_low", "margin_high", "service", "profit"];
        let kept = self.start.kept.iter().map(|kept| kept.figure.clone());
        let mut sheet = Sheet::new("points", "What was found", &columns);
        sheet.columns.extend(kept);
        let row = |name: Cell, figures: &FoundFigures| {
            let mut row = vec![name];
            row.extend([
                figures.discount.into(),
                figures.net.into(),
                figures.margin.into(),
                figures.margin_low.into(),
                figures.margin_high.into(),
                figures.service.into(),
                figures.profit.into(),
            ]);
            row.extend(figures.kept.iter().map(|kept| Cell::from(kept.value)));
            row
        };
        sheet.rows.push(row("now".into(), &self.start));
        sheet.rows.extend(self.points.iter().map(|point| row(point.point.to_string().into(), &point.figures)));
        sheet
    }

    fn settings(&self) -> Sheet {
        let mut sheet = Sheet::new("settings", "The settings of each point", &["point", "setting", "now", "found"]);
        for point in &self.points {
            for setting in &point.settings {
                let [now, found] = [&setting.now, &setting.found].map(|text| Cell::from(text.as_str()));
                sheet.push([point.point.to_string().into(), setting.path.as_str().into(), now, found]);
            }
        }
        sheet
    }

    fn frontier(&self) -> Picture {
        let of = |figure: Option<Shown>| figure.map_or(0.0, Shown::as_f64);
        let place = |figures: &FoundFigures| (of(figures.discount), of(figures.margin));
        let points = || self.points.iter().map(|point| &point.figures);
        let band = Band {
            low: points().map(|figures| of(figures.margin_low)).collect(),
            high: points().map(|figures| of(figures.margin_high)).collect(),
        };
        let found = Series {
            name: "found".to_owned(),
            points: points().map(place).collect(),
            band: Some(band),
            marks: self.points.iter().map(|point| point.point.to_string()).collect(),
            ..Series::default()
        };
        let (discount, margin) = place(&self.start);
        let now =
            vec![(discount, of(self.start.margin_low)), (discount, margin), (discount, of(self.start.margin_high))];
        let marks = vec![String::new(), "now".to_owned(), String::new()];
        let now = Series { name: "now".to_owned(), points: now, dashed: true, marks, ..Series::default() };
        Picture {
            title: "Margin over what is granted".to_owned(),
            describes: self.says().join("; "),
            across: format!("discount, {}", self.head.currency),
            up: format!("margin, {}", self.head.currency),
            plot: Plot::Lines(X::Number, Axis::Number, vec![found, now]),
        }
    }
}
