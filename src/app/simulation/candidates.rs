//! What a policy achieves in a replay, where customers answer to prices as it is assumed.
#![expect(clippy::float_arithmetic, reason = "what an assumed response brings is an estimate")]

use crate::estimate::{Curve, Ranged, to_f64};
use crate::policy::{Assumed, Bundle, Figure, FigureMeasure, Keep, SearchQuestion};
use crate::simulate::{Course, Outcome};

/// Sums by class, the last for those without one. Money is in major units.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Figures {
    discount: Vec<f64>,
    net: Vec<f64>,
    cost: Vec<f64>,
    service: Vec<f64>,
    satisfied: Vec<f64>,
}

/// The same where the response is as it is used, and at both ends of what is assumed of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measured {
    pub used: Figures,
    pub low: Figures,
    pub high: Figures,
}

/// How policies are measured: against the policy as it is.
pub(super) struct Measuring<'a> {
    before: &'a [Course],
    /// By class: lowest, used and highest.
    elasticity: Vec<[f64; 3]>,
    satisfaction: Vec<Option<Curve>>,
    /// Whether service budgets go by the classes that are meant.
    by_class: bool,
    unit: f64,
}

impl<'a> Measuring<'a> {
    pub fn new(question: &SearchQuestion, bundle: &Bundle, before: &'a [Course]) -> Self {
        let classes = question.elasticity.len();
        let used = |stated: Assumed| Ranged::assumed(stated, None).used;
        let mut satisfaction = vec![None; classes];
        for (class, at) in &question.satisfied {
            let curve = Curve::through(used(at.without), used(at.ceiling), used(at.spend), used(at.now));
            if let Some(slot) = satisfaction.get_mut(usize::from(*class)) {
                *slot = curve;
            }
        }
        let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
        Self {
            before,
            elasticity: question
                .elasticity
                .iter()
                .map(|stated| {
                    let range = Ranged::assumed(*stated, None);
                    [range.low, range.used, range.high]
                })
                .collect(),
            satisfaction,
            by_class: budgets.is_some_and(|budgets| Some(budgets.segment) == question.segment),
            unit: 10f64.powi(bundle.currency.exponent() as i32),
        }
    }

    /// What a policy achieves whose replay gave this.
    pub fn measure(&self, after: &[Course], outcome: &Outcome) -> Measured {
        let [low, used, high] = [0, 1, 2].map(|which| self.figures(after, outcome, which));
        Measured { used, low, high }
    }

    fn figures(&self, after: &[Course], outcome: &Outcome, which: usize) -> Figures {
        let classes = self.elasticity.len();
        let nothing = || vec![0.0; classes];
        let mut figures =
            Figures { discount: nothing(), net: nothing(), cost: nothing(), service: nothing(), satisfied: nothing() };
        let purchases = self.before.iter().zip(after).flat_map(|(a, b)| a.purchases.iter().zip(&b.purchases));
        for (before, after) in purchases {
            let class = before.class.map_or(classes - 1, usize::from).min(classes - 1);
            let price = |granted: crate::money::Money| (before.gross.0 - granted.0) as f64;
            let (old, new) = (price(before.granted[0]), price(after.granted[0]));
            let weight = match old > 0.0 && new > 0.0 {
                true => (new / old).powf(-self.elasticity[class][which]).clamp(0.1, 10.0),
                false => 1.0,
            } / self.unit;
            figures.discount[class] += weight * after.granted[0].0 as f64;
            figures.net[class] += weight * new;
            figures.cost[class] += weight * before.cost.0 as f64;
        }
        let Some(side) = outcome.sides.first().filter(|_| self.by_class) else { return figures };
        for (class, service) in side.service.iter().enumerate().take(classes) {
            figures.service[class] = service.granted.0 as f64 / self.unit;
            let each = figures.service[class] / service.customers.max(1) as f64;
            figures.satisfied[class] = self.satisfaction[class].map_or(0.0, |curve| curve.at(each));
        }
        figures
    }
}

impl Figures {
    /// The value of a figure.
    pub fn value(&self, figure: &Figure) -> f64 {
        self.sum(figure.measure, figure.class)
    }

    /// A figure of a class, or of all.
    pub fn sum(&self, measure: FigureMeasure, class: Option<u16>) -> f64 {
        let of = |values: &[f64]| match class {
            Some(class) => values.get(usize::from(class)).copied().unwrap_or(0.0),
            None => values.iter().sum(),
        };
        match measure {
            FigureMeasure::Discount => of(&self.discount),
            FigureMeasure::Net => of(&self.net),
            FigureMeasure::Margin => of(&self.net) - of(&self.cost),
            FigureMeasure::Profit => of(&self.net) - of(&self.cost) - of(&self.service),
            FigureMeasure::Service => of(&self.service),
            FigureMeasure::Satisfied => of(&self.satisfied),
        }
    }

    /// By how much bounds are broken, each as a share of itself.
    pub fn violation(&self, keep: &[Keep]) -> f64 {
        let broken = |keep: &Keep| {
            let value = self.value(&keep.figure);
            let short = keep.at_least.map_or(0.0, |least| (to_f64(least) - value) / to_f64(least).abs().max(1e-6));
            let over = keep.at_most.map_or(0.0, |most| (value - to_f64(most)) / to_f64(most).abs().max(1e-6));
            // Sums of floats miss a bound that is just kept by their last digits.
            Some(short.max(over)).filter(|share| *share > 1e-9).unwrap_or(0.0)
        };
        keep.iter().map(broken).sum()
    }
}
