//! What a simulation says where customers answer: many runs, with what each assumption changes.

use serde::Serialize;
use utoipa::ToSchema;

use super::run::SimulationError;
use crate::analytics::report::{Cell, Figure, Share, Sheet};
use crate::chart::{Picture, Plot, Span};
use crate::estimate::Band;
use crate::money::Currency;
use crate::policy::{Behaviour, Bundle};
use crate::simulate::{
    Answers, Grants, Model, Outcome, PlaySetting, PlayedBand, Policy, SideOutcome, Stream, break_even_uplift,
};

/// What is claimed.
const CLAIM: &str = "Level 1, assumed response: what follows if customers answer as the scenario assumes. The purchases of the \
    window stand for those to come; nothing here was observed, so every figure is a range.";

/// What follows if customers answer as it is assumed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationResponse)]
pub struct ResponseOut {
    /// What its figures claim, and what they do not.
    pub claim: &'static str,
    /// How often chance was played out.
    pub runs: u32,
    /// What chance began with.
    pub seed: u64,
    /// The segment whose classes answer; null where the policy has none.
    pub segment: Option<String>,
    /// Each side, with the median and the 5 and 95 % quantiles of all runs.
    pub sides: Vec<PlayedOut>,
    /// Each candidate less the baseline, run by run.
    pub differences: Vec<PlayedOut>,
    /// Every number that was assumed, what changes most first.
    pub assumptions: Vec<AssumptionOut>,
    /// By how much more has to be bought so that a discount brings what it costs.
    pub break_even: Vec<BreakEvenOut>,
}

/// What many runs say of one side, or of a difference.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationPlayed)]
pub struct PlayedOut {
    /// Its name.
    pub name: String,
    /// Before discounts.
    pub gross: BandOut,
    /// What is granted.
    pub discount: BandOut,
    /// What is paid.
    pub net: BandOut,
    /// That, less cost of goods.
    pub margin: BandOut,
    /// Customers who did not leave.
    pub customers: BandOut,
    /// Customers who left by themselves.
    pub left: BandOut,
    /// Customers who left for the rival.
    pub switched: BandOut,
}

/// The middle of many runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationBand)]
pub struct BandOut {
    /// One run in twenty lies below.
    pub low: Option<Figure>,
    /// Half of all runs lie below.
    pub median: Option<Figure>,
    /// One run in twenty lies above.
    pub high: Option<Figure>,
}

/// A number that was assumed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationAssumption)]
pub struct AssumptionOut {
    /// What it says.
    pub what: String,
    /// The low end of its range.
    pub low: Option<Figure>,
    /// The number in the middle.
    pub used: Option<Figure>,
    /// The high end.
    pub high: Option<Figure>,
    /// Where it comes from.
    pub from: String,
    /// By candidate, the mean difference of margin to the baseline at both ends.
    pub swings: Vec<SwingOut>,
}

/// What the ends of a range change.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = SimulationSwing)]
pub struct SwingOut {
    /// The candidate.
    pub candidate: String,
    /// The difference of margin where the number is at its low end and all others are as they are used.
    pub low: Option<Figure>,
    /// Where it is as it is used.
    pub used: Option<Figure>,
    /// Where it is at its high end.
    pub high: Option<Figure>,
}

/// How much more has to be bought so that a discount brings what it costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = SimulationBreakEven)]
pub struct BreakEvenOut {
    /// The side.
    pub side: String,
    /// The discount.
    pub discount: String,
    /// What it takes off the purchases that it applies to.
    pub rate: Option<Share>,
    /// The margin of all purchases before discounts.
    pub margin: Option<Share>,
    /// `rate / (margin − rate)`: by this share more has to be bought; null where no growth is enough.
    pub uplift: Option<Share>,
}

/// What a run has to know.
pub(super) struct Played<'a> {
    pub behaviour: &'a Behaviour,
    /// The bundle that the behaviour was read against.
    pub named: &'a Bundle,
    pub stream: &'a Stream<'a>,
    pub outcome: &'a Outcome,
    pub seed: u64,
}

/// The first side that decides, and the place there of the segment that a behaviour means: it has the same name and classes.
pub(super) fn classes_of(
    behaviour: &Behaviour,
    named: &Bundle,
    policies: &[Policy],
) -> Result<Option<(usize, u16)>, SimulationError> {
    let Some(segment) = behaviour.segment.map(|at| &named.segments[at as usize]) else { return Ok(None) };
    // What was recorded, and no discounts, see no classes.
    let Some(side) = policies.iter().position(|policy| policy.grants == Grants::Decide) else { return Ok(None) };
    let bundle = &policies[side].bundle;
    let found = bundle.segment(&segment.name).filter(|at| bundle.segments[*at as usize].classes == segment.classes);
    found.map(|at| Some((side, at))).ok_or_else(|| SimulationError::OtherClasses(segment.name.to_string()))
}

/// Plays a behaviour out. `None` where it was stopped.
pub(super) fn respond(played: &Played<'_>, go_on: &(dyn Fn() -> bool + Sync)) -> Option<ResponseOut> {
    let Played { behaviour, named, stream, outcome, seed } = played;
    let segment = behaviour.segment.map(|at| &named.segments[at as usize]);
    let classes: Vec<String> = segment.iter().flat_map(|segment| &segment.classes).map(ToString::to_string).collect();
    let model = Model::new(behaviour, &classes);
    let courses = stream.courses(outcome.window, go_on)?;
    let name = segment.map(|segment| segment.name.to_string());
    let service: Vec<Vec<f64>> =
        outcome.sides.iter().map(|side| service_of(side, name.as_deref(), classes.len() + 1)).collect();
    let setting = PlaySetting { courses: &courses, window: outcome.window, service: &service };
    let answers = model.answers(&setting, behaviour.runs, *seed, go_on)?;
    let currency = named.currency;
    let names: Vec<&str> = outcome.sides.iter().map(|side| side.policy.name.as_str()).collect();
    let sides = names.iter().zip(&answers.sides).map(|(name, band)| played_out((*name).to_owned(), band, currency));
    let less = names.iter().skip(1).zip(&answers.differences);
    let less = less.map(|(name, band)| played_out(format!("{name} less {}", names[0]), band, currency));
    Some(ResponseOut {
        claim: CLAIM,
        runs: behaviour.runs,
        seed: *seed,
        segment: name,
        sides: sides.collect(),
        differences: less.collect(),
        assumptions: assumptions(&model, &answers, &names, currency),
        break_even: outcome.sides.iter().flat_map(break_even).collect(),
    })
}

/// By class, what service of a customer may cost, in major units; not a number where that is not known by these classes.
#[expect(clippy::float_arithmetic, reason = "an average that behaviour is estimated from")]
fn service_of(side: &SideOutcome, segment: Option<&str>, classes: usize) -> Vec<f64> {
    let bundle = &side.policy.bundle;
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    let by = budgets.map(|budgets| bundle.segments[budgets.segment as usize].name.as_ref());
    if by.is_none() || by != segment {
        return vec![f64::NAN; classes];
    }
    let unit = 10f64.powi(bundle.currency.exponent() as i32);
    let each = |class: usize| match side.service.get(class).filter(|figures| figures.customers > 0) {
        Some(figures) => figures.granted.0 as f64 / unit / figures.customers as f64,
        None => f64::NAN,
    };
    (0..classes).map(each).collect()
}

fn cash(minor: f64, currency: Currency) -> Option<Figure> {
    minor.is_finite().then(|| Figure::cash(minor.round() as i128, currency))
}

fn played_out(name: String, band: &PlayedBand, currency: Currency) -> PlayedOut {
    let money = |band: Band| BandOut {
        low: cash(band.low, currency),
        median: cash(band.median, currency),
        high: cash(band.high, currency),
    };
    let count = |band: Band| BandOut {
        low: Figure::of_f64(band.low),
        median: Figure::of_f64(band.median),
        high: Figure::of_f64(band.high),
    };
    PlayedOut {
        name,
        gross: money(band.gross),
        discount: money(band.discount),
        net: money(band.net),
        margin: money(band.margin),
        customers: count(band.customers),
        left: count(band.left),
        switched: count(band.switched),
    }
}

#[expect(clippy::float_arithmetic, reason = "how far ends lie apart")]
fn assumptions(model: &Model, answers: &Answers, names: &[&str], currency: Currency) -> Vec<AssumptionOut> {
    let spread = |at: usize| answers.swings[at].iter().map(|(low, high)| (high - low).abs()).fold(0.0, f64::max);
    let mut order: Vec<usize> = (0..model.assumptions().len()).collect();
    order.sort_by(|a, b| spread(*b).total_cmp(&spread(*a)));
    let present = |at: usize| {
        let assumption = &model.assumptions()[at];
        let swing = |(nth, (low, high)): (usize, &(f64, f64))| SwingOut {
            candidate: names[nth + 1].to_owned(),
            low: cash(*low, currency),
            used: cash(answers.middle[nth], currency),
            high: cash(*high, currency),
        };
        AssumptionOut {
            what: assumption.what.clone(),
            low: Figure::of_f64(assumption.range.low),
            used: Figure::of_f64(assumption.range.used),
            high: Figure::of_f64(assumption.range.high),
            from: assumption.range.basis.to_string(),
            swings: answers.swings[at].iter().enumerate().map(swing).collect(),
        }
    };
    order.into_iter().map(present).collect()
}

#[expect(clippy::float_arithmetic, reason = "shares that an estimate is made of")]
fn break_even(side: &SideOutcome) -> Vec<BreakEvenOut> {
    let total = &side.tally.total;
    let margin = (total.gross.0 > 0).then(|| (total.gross - total.cost).0 as f64 / total.gross.0 as f64);
    let granted = side.discounts.iter().zip(&side.tally.discounts).filter(|(_, grants)| grants.gross.0 > 0);
    let present = |(name, grants): (&crate::id::Name, &crate::simulate::GrantFigures)| {
        let rate = grants.amount.0 as f64 / grants.gross.0 as f64;
        BreakEvenOut {
            side: side.policy.name.clone(),
            discount: name.to_string(),
            rate: Share::of_f64(rate),
            margin: margin.and_then(Share::of_f64),
            uplift: margin.and_then(|margin| break_even_uplift(rate, margin)).and_then(Share::of_f64),
        }
    };
    granted.map(present).collect()
}

impl ResponseOut {
    /// The tables of it.
    pub(super) fn sheets(&self) -> Vec<Sheet> {
        vec![self.played(), self.assumed(), self.uplifts()]
    }

    fn played(&self) -> Sheet {
        let columns = ["side", "figure", "low", "median", "high"];
        let title = format!("If customers answer as assumed: median and 5 to 95 % of {} runs", self.runs);
        let mut sheet = Sheet::new("response", title, &columns);
        for row in self.sides.iter().chain(&self.differences) {
            let figures = [
                ("gross", row.gross),
                ("discount", row.discount),
                ("net", row.net),
                ("margin", row.margin),
                ("customers", row.customers),
                ("left", row.left),
                ("switched", row.switched),
            ];
            for (name, band) in figures {
                let lead: [Cell; 2] = [row.name.as_str().into(), name.into()];
                let [side, figure] = lead;
                sheet.push([side, figure, band.low.into(), band.median.into(), band.high.into()]);
            }
        }
        sheet
    }

    fn assumed(&self) -> Sheet {
        let columns = ["what", "low", "used", "high", "from", "candidate", "margin_low", "margin_used", "margin_high"];
        let title = "What is assumed, and what the ends of its range change of the difference in margin";
        let mut sheet = Sheet::new("assumptions", title, &columns);
        for row in &self.assumptions {
            for swing in &row.swings {
                sheet.push([
                    row.what.as_str().into(),
                    row.low.into(),
                    row.used.into(),
                    row.high.into(),
                    row.from.as_str().into(),
                    swing.candidate.as_str().into(),
                    swing.low.into(),
                    swing.used.into(),
                    swing.high.into(),
                ]);
            }
        }
        sheet
    }

    fn uplifts(&self) -> Sheet {
        let title = "By how much more has to be bought so that a discount brings what it costs: rate / (margin − rate)";
        let mut sheet = Sheet::new("break_even", title, &["side", "discount", "rate", "margin", "uplift"]);
        for row in &self.break_even {
            let names: [Cell; 2] = [row.side.as_str().into(), row.discount.as_str().into()];
            let [side, discount] = names;
            sheet.push([side, discount, row.rate.into(), row.margin.into(), row.uplift.into()]);
        }
        sheet
    }

    /// What the first candidate's difference in margin hangs on.
    #[expect(clippy::float_arithmetic, reason = "places on a picture")]
    pub(super) fn tornado(&self, currency: &str) -> Option<Picture> {
        let of = |figure: Option<Figure>| figure.map_or(0.0, Figure::as_f64);
        let span = |row: &AssumptionOut| {
            let swing = row.swings.first()?;
            let middle = of(swing.used);
            Some(Span { name: row.what.clone(), low: of(swing.low) - middle, high: of(swing.high) - middle })
        };
        let spans: Vec<Span> = self.assumptions.iter().filter_map(span).collect();
        (!spans.is_empty()).then(|| Picture {
            title: "What the difference in margin hangs on".to_owned(),
            describes: self.says().join("; "),
            across: format!("change of the difference in margin, {currency}"),
            up: String::new(),
            plot: Plot::Tornado(spans),
        })
    }

    /// What it says, in sentences.
    pub(super) fn says(&self) -> Vec<String> {
        let shown = |figure: Option<Figure>| figure.map_or_else(|| "nothing".to_owned(), |figure| figure.to_string());
        let mut says = vec![self.claim.to_owned()];
        for row in &self.differences {
            says.push(format!(
                "{}: margin changes by {} (median), by {} to {} in nine runs of ten",
                row.name,
                shown(row.margin.median),
                shown(row.margin.low),
                shown(row.margin.high)
            ));
        }
        says
    }
}
