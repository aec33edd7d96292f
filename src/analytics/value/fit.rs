//! A model of buying for a base, and what is to be said against it.

#![expect(clippy::float_arithmetic, reason = "a fit is an estimate")]

use std::fmt;

use super::climb::{Top, climb};
use super::lifetime::ParetoSurface;
use super::summary::Group;
use super::surface::{GeometricSurface, PoissonSurface};
use crate::metric::{BuyingModel, Dropout, Geometric, Pareto, Poisson};

/// Which model is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Dropout after each repeat purchase.
    BgNbd,
    /// Dropout after each purchase.
    MbgNbd,
    /// A lifetime of one's own.
    ParetoNbd,
    /// No dropout.
    Nbd,
}

impl Method {
    /// All of them by the names that users write.
    pub const ALL: [(&'static str, Self); 4] =
        [("bg_nbd", Self::BgNbd), ("mbg_nbd", Self::MbgNbd), ("pareto_nbd", Self::ParetoNbd), ("nbd", Self::Nbd)];

    /// By the name that users write.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, method)| *method)
    }
}

/// A parameter as it was fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FittedParameter {
    /// Its usual name.
    pub name: &'static str,
    /// Its value at the top of the likelihood.
    pub value: f64,
    /// Its standard error; absent where the likelihood is flat.
    pub error: Option<f64>,
}

/// What is to be said against a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The base says nothing about this parameter: it is unknown by more than a factor of e².
    NotIdentified {
        /// The parameter.
        parameter: &'static str,
        /// Where it ended.
        value: f64,
    },
    /// A model without dropout explains the base as well.
    NoDropout {
        /// The model that was fitted first.
        model: &'static str,
        /// By how much its log-likelihood exceeds that of NBD.
        gained: f64,
    },
    /// Nobody bought twice, so nothing is known of how often anybody does.
    NobodyCameBack,
    /// The climb ended before the top.
    NotConverged {
        /// The largest slope left.
        slope: f64,
    },
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotIdentified { parameter, value } => {
                let known =
                    if *value < 1e-3 || *value > 1e3 { "it ran to the edge" } else { "the likelihood is flat in it" };
                write!(
                    f,
                    "`{parameter}` is not identified: {known} ({value:.4}); what is expected of customers may still be sound, the parameter by itself is not"
                )
            }
            Self::NoDropout { model, gained } => write!(
                f,
                "dropout cannot be identified: {model} explains this base no better than NBD, which has none (log-likelihood {gained:+.2}, below 3.00); NBD is used, and by NBD nobody ever leaves"
            ),
            Self::NobodyCameBack => f.write_str("nobody bought twice: how often customers come back is not known"),
            Self::NotConverged { slope } => {
                write!(f, "the fit did not converge: the log-likelihood still rises by {slope:.4} per unit")
            }
        }
    }
}

/// A model fitted to a base by maximum likelihood.
#[derive(Debug, Clone, PartialEq)]
pub struct BuyingFit {
    /// The model.
    pub model: BuyingModel,
    /// Its parameters with their standard errors.
    pub parameters: Vec<FittedParameter>,
    /// The log-likelihood, without what depends on the base alone, as the papers give it.
    pub ln_likelihood: f64,
    /// Customers it was fitted to.
    pub customers: u64,
    /// How many rhythms they have.
    pub rhythms: usize,
    /// How often the log-likelihood was computed.
    pub evaluations: u32,
    /// What is to be said against it.
    pub doubts: Vec<Doubt>,
}

/// Half the 95 % quantile of χ² with two degrees of freedom: what two more parameters must gain to be believed.
const BELIEVED: f64 = 3.0;
/// A parameter whose logarithm has a larger standard error is not known.
const UNKNOWN: f64 = 2.0;

/// Fits the chosen model to a base; NBD in its place where dropout cannot be identified, said among the doubts. Absent
/// where there are no customers.
pub fn fit_buying(groups: &[Group], method: Method) -> Option<BuyingFit> {
    let fit = fit_one(groups, method)?;
    if method == Method::Nbd || fit.doubts.contains(&Doubt::NobodyCameBack) {
        return Some(fit);
    }
    let mut simple = fit_one(groups, Method::Nbd)?;
    let gained = fit.ln_likelihood - simple.ln_likelihood;
    // MBG/NBD and Pareto/NBD hold NBD at their edge, BG/NBD too: none can be worse at its top.
    if gained < BELIEVED {
        simple.doubts.insert(0, Doubt::NoDropout { model: fit.model.name(), gained });
        simple.evaluations += fit.evaluations;
        return Some(simple);
    }
    Some(fit)
}

/// Fits the chosen model and no other.
pub fn fit_one(groups: &[Group], method: Method) -> Option<BuyingFit> {
    let customers: u64 = groups.iter().map(|group| group.customers).sum();
    if customers == 0 {
        return None;
    }
    let geometric = |dropout| {
        let top = climb(&GeometricSurface::new(groups, dropout));
        let model = |p: &[f64]| BuyingModel::Geometric(Geometric { dropout, r: p[0], alpha: p[1], a: p[2], b: p[3] });
        (model(&top.parameters), top)
    };
    let (model, top) = match method {
        Method::BgNbd => geometric(Dropout::AfterRepeats),
        Method::MbgNbd => geometric(Dropout::AfterAll),
        Method::ParetoNbd => {
            let top = climb(&ParetoSurface(groups));
            let p = &top.parameters;
            (BuyingModel::Pareto(Pareto { r: p[0], alpha: p[1], s: p[2], beta: p[3] }), top)
        }
        Method::Nbd => {
            let top = climb(&PoissonSurface(groups));
            (BuyingModel::Poisson(Poisson { r: top.parameters[0], alpha: top.parameters[1] }), top)
        }
    };
    let names: Vec<&'static str> = model.parameters().into_iter().map(|(name, _)| name).collect();
    let came_back = groups.iter().any(|group| group.rhythm.repeats > 0);
    let mut doubts = doubts(&top, &names);
    if !came_back {
        doubts.insert(0, Doubt::NobodyCameBack);
    }
    Some(BuyingFit {
        model,
        parameters: parameters(&top, &names),
        ln_likelihood: top.ln_likelihood,
        customers,
        rhythms: groups.len(),
        evaluations: top.evaluations,
        doubts,
    })
}

/// Parameters with standard errors on their own scale, by the delta method.
pub(super) fn parameters(top: &Top, names: &[&'static str]) -> Vec<FittedParameter> {
    let one = |((name, value), ln_error): ((&&'static str, &f64), &f64)| FittedParameter {
        name,
        value: *value,
        error: ln_error.is_finite().then_some(ln_error * value),
    };
    names.iter().zip(&top.parameters).zip(&top.ln_errors).map(one).collect()
}

/// What a top says against itself.
pub(super) fn doubts(top: &Top, names: &[&'static str]) -> Vec<Doubt> {
    let each = names.iter().zip(&top.parameters).zip(&top.ln_errors);
    let unknown = each.filter(|(_, ln_error)| !ln_error.is_finite() || **ln_error > UNKNOWN);
    let mut doubts: Vec<Doubt> =
        unknown.map(|((parameter, value), _)| Doubt::NotIdentified { parameter, value: *value }).collect();
    if doubts.is_empty() && !top.has_arrived() {
        doubts.push(Doubt::NotConverged { slope: top.slope });
    }
    doubts
}
