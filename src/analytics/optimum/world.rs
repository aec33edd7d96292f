//! All numbers together: a problem to solve.

use thiserror::Error;

use crate::analytics::report::Figure;
use crate::analytics::retention::{ClassModel, Problem};
use crate::analytics::service::{ServiceReport, ServiceRow};
use crate::estimate::{Basis, Curve, Ranged, to_f64};
use crate::money::{Currency, Number};
use crate::policy::{Assumed, ClassQuestion, SatisfactionScale, ServiceQuestion};

/// Why a question about service has no answer on this base.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ServiceOptimumError {
    /// Nobody is in the class.
    #[error("class `{0}` has no customers now; state `customers`, or leave it out")]
    NoCustomers(String),
    /// Nothing is spent on it.
    #[error("serving class `{0}` costs nothing now, so nobody knows what more would keep; state `spend`")]
    NoSpend(String),
    /// Nobody rated it.
    #[error("nobody of class `{0}` has rated yet; state what `satisfied` is `now`")]
    NotRated(String),
    /// A share that the policy does not settle.
    #[error(
        "the policy in force has no `service.satisfaction`, so nobody knows who is content in class `{0}`; state what `satisfied` is `now`"
    )]
    NotContent(String),
    /// No curve goes through these numbers.
    #[error(
        "class `{class}`: {what} runs from {low} to {high}, and no curve goes from {without} without service through it to a ceiling of {ceiling}"
    )]
    NoCurve {
        /// The class.
        class: String,
        /// What the curve is of.
        what: &'static str,
        /// The lowest that it may be.
        low: Number,
        /// The highest.
        high: Number,
        /// What there is without spend.
        without: Number,
        /// What no spend exceeds.
        ceiling: Number,
    },
}

/// What a number of a class says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Margin,
    Spend,
    Keeps,
    Without,
    Ceiling,
    Satisfied,
    SatisfiedWithout,
    SatisfiedCeiling,
}

impl What {
    pub(super) const COUNT: usize = 8;

    /// In words.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Margin => "margin",
            Self::Spend => "spend",
            Self::Keeps => "keeps",
            Self::Without => "without",
            Self::Ceiling => "ceiling",
            Self::Satisfied => "satisfied now",
            Self::SatisfiedWithout => "satisfied without",
            Self::SatisfiedCeiling => "satisfied ceiling",
        }
    }
}

/// A class with all that is assumed and measured of it.
#[derive(Debug, Clone)]
pub(super) struct ClassWorld {
    pub(super) name: String,
    pub(super) customers: u64,
    pub(super) numbers: [Ranged; What::COUNT],
    pub(super) floor: Option<f64>,
}

/// All classes, and what bounds the answer.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) classes: Vec<ClassWorld>,
    pub(super) discount_rate: Ranged,
    pub(super) budget: Option<f64>,
    pub(super) scale: Option<SatisfactionScale>,
    pub(super) floor: Option<f64>,
    pub(super) currency: Currency,
}

/// A number of a world: the discount rate, or one of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    DiscountRate,
    Class(usize, What),
}

/// Which end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Low,
    High,
}

impl SatisfactionScale {
    /// The lowest and the highest of it.
    const fn ends(self) -> (f64, f64) {
        match self {
            Self::Rating => (1.0, 5.0),
            Self::Share => (0.0, 1.0),
        }
    }
}

impl World {
    /// An estimate of money, to the minor unit.
    pub(super) fn cash(&self, amount: f64) -> Option<Figure> {
        let minor = (amount * 10f64.powi(self.currency.exponent() as i32)).round();
        minor.is_finite().then(|| Figure::cash(minor as i128, self.currency))
    }

    /// What is asked, filled up with what was measured.
    pub(super) fn new(
        question: &ServiceQuestion,
        measured: &ServiceReport,
        currency: Currency,
    ) -> Result<Self, ServiceOptimumError> {
        let scale = question.satisfaction.map(|satisfaction| satisfaction.scale);
        let classes = question.classes.iter().map(|class| {
            let row = measured.classes.iter().find(|row| class.class.is_some() && row.class == class.class);
            class_world(class, row, scale, currency)
        });
        Ok(Self {
            classes: classes.collect::<Result<_, _>>()?,
            discount_rate: Ranged::assumed(question.discount_rate, None),
            budget: question.budget.map(|budget| to_f64(Number::money(budget, currency))),
            scale,
            floor: question.satisfaction.and_then(|satisfaction| satisfaction.floor).map(to_f64),
            currency,
        })
    }

    /// Every number that has a range.
    pub(super) fn places(&self) -> Vec<(Place, Ranged)> {
        const WHATS: [What; What::COUNT] = [
            What::Margin,
            What::Spend,
            What::Keeps,
            What::Without,
            What::Ceiling,
            What::Satisfied,
            What::SatisfiedWithout,
            What::SatisfiedCeiling,
        ];
        let of = |(at, class): (usize, &ClassWorld)| {
            WHATS.map(|what| (Place::Class(at, what), class.numbers[what as usize]))
        };
        let classes = self.classes.iter().enumerate().flat_map(of);
        let known = |(place, _): &(Place, Ranged)| match place {
            Place::Class(_, What::Satisfied | What::SatisfiedWithout | What::SatisfiedCeiling) => self.scale.is_some(),
            _ => true,
        };
        [(Place::DiscountRate, self.discount_rate)].into_iter().chain(classes).filter(known).collect()
    }

    /// The problem, with one number at an end of its range where one is named; absent where no curve goes through that.
    pub(super) fn problem(&self, moved: Option<(Place, End)>) -> Option<Problem> {
        let value = |place: Place, range: Ranged| match moved {
            Some((at, End::Low)) if at == place => range.low,
            Some((at, End::High)) if at == place => range.high,
            _ => range.used,
        };
        let model = |(at, class): (usize, &ClassWorld)| {
            let number = |what: What| value(Place::Class(at, what), class.numbers[what as usize]);
            let spend = number(What::Spend);
            let retention = Curve::through(number(What::Without), number(What::Ceiling), spend, number(What::Keeps))?;
            let satisfaction = match self.scale {
                None => None,
                Some(_) => Some(Curve::through(
                    number(What::SatisfiedWithout),
                    number(What::SatisfiedCeiling),
                    spend,
                    number(What::Satisfied),
                )?),
            };
            Some(ClassModel {
                customers: class.customers as f64,
                margin: number(What::Margin),
                retention,
                satisfaction,
                floor: class.floor,
            })
        };
        Some(Problem {
            classes: self.classes.iter().enumerate().map(model).collect::<Option<_>>()?,
            discount_rate: value(Place::DiscountRate, self.discount_rate),
            budget: self.budget,
            floor: self.floor,
        })
    }
}

fn class_world(
    class: &ClassQuestion,
    row: Option<&ServiceRow>,
    scale: Option<SatisfactionScale>,
    currency: Currency,
) -> Result<ClassWorld, ServiceOptimumError> {
    let name = || class.name.to_string();
    let customers = class.customers.or_else(|| row.map(|row| row.customers)).filter(|customers| *customers > 0);
    let customers = customers.ok_or_else(|| ServiceOptimumError::NoCustomers(name()))?;
    let each = |sum: crate::money::Money, row: &ServiceRow| {
        let money = to_f64(Number::money(sum, currency)) / row.customers.max(1) as f64;
        Ranged::moved(money, None, Basis::Measured)
    };
    let stated = |stated: Option<Assumed>| stated.map(|stated| Ranged::assumed(stated, None));
    let margin = stated(class.margin).or_else(|| row.map(|row| each(row.margin, row)));
    let margin = margin.ok_or_else(|| ServiceOptimumError::NoCustomers(name()))?;
    let spend = stated(class.spend).or_else(|| row.map(|row| each(row.used, row))).filter(|spend| spend.low > 0.0);
    let spend = spend.ok_or_else(|| ServiceOptimumError::NoSpend(name()))?;
    let point = |assumed: Assumed| Ranged::assumed(assumed, Some((0.0, 1.0))).used;
    let (without, keeps, ceiling) = (point(class.without), point(class.keeps), point(class.ceiling));
    let kept = [
        Ranged::assumed(class.keeps, Some((without, ceiling))),
        Ranged::assumed(class.without, Some((0.0, keeps))),
        Ranged::assumed(class.ceiling, Some((keeps, 1.0))),
    ];
    fits(class, "what is kept", kept)?;
    let satisfied = match scale {
        None => [Ranged::end(0.0); 3],
        Some(scale) => {
            let satisfied = satisfied(class, row, scale)?;
            fits(class, "satisfaction", satisfied)?;
            satisfied
        }
    };
    let [keeps, without, ceiling] = kept;
    let [now, satisfied_without, satisfied_ceiling] = satisfied;
    // In the order of `What`.
    let numbers = [margin, spend, keeps, without, ceiling, now, satisfied_without, satisfied_ceiling];
    Ok(ClassWorld { name: name(), customers, numbers, floor: class.satisfied.floor.map(to_f64) })
}

/// Satisfaction now, without service, and at most.
fn satisfied(
    class: &ClassQuestion,
    row: Option<&ServiceRow>,
    scale: SatisfactionScale,
) -> Result<[Ranged; 3], ServiceOptimumError> {
    let stated = &class.satisfied;
    let (least, most) = scale.ends();
    let end = |end: f64, stated: Option<Assumed>, ends: (f64, f64)| {
        stated.map_or(Ranged::end(end), |stated| Ranged::assumed(stated, Some(ends)))
    };
    let lowest = end(least, stated.without, (least, most)).used;
    let highest = end(most, stated.ceiling, (least, most)).used;
    let now = match (stated.now, scale) {
        (Some(now), _) => Ranged::assumed(now, Some((lowest, highest))),
        (None, SatisfactionScale::Rating) => {
            let rated =
                row.filter(|row| row.ratings > 0).and_then(|row| Some((to_f64(row.satisfaction?), row.ratings)));
            let (average, ratings) = rated.ok_or_else(|| ServiceOptimumError::NotRated(class.name.to_string()))?;
            Ranged::rated(average, ratings, (least, most), highest)
        }
        (None, SatisfactionScale::Share) => {
            let told = row.filter(|row| row.told > 0);
            let row = told.ok_or_else(|| ServiceOptimumError::NotContent(class.name.to_string()))?;
            let content = row.told.saturating_sub(row.unhappy) as f64 / row.told as f64;
            Ranged::rated(content, row.told, (least, most), highest)
        }
    };
    Ok([now, end(least, stated.without, (least, now.used)), end(most, stated.ceiling, (now.used, most))])
}

/// Whether a curve goes from below the lowest to above the highest.
fn fits(
    class: &ClassQuestion,
    what: &'static str,
    [now, without, ceiling]: [Ranged; 3],
) -> Result<(), ServiceOptimumError> {
    if without.high < now.low && now.high < ceiling.low {
        return Ok(());
    }
    let number = |value: f64| Number((value * 1e6).round() as i128);
    Err(ServiceOptimumError::NoCurve {
        class: class.name.to_string(),
        what,
        low: number(now.low),
        high: number(now.high),
        without: number(without.high),
        ceiling: number(ceiling.low),
    })
}
