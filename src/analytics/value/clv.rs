//! Customer value over the base: how often customers are expected to come back, and what that is worth.

#![expect(clippy::float_arithmetic, reason = "everything here is an estimate")]

use rayon::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::fit::{BuyingFit, FittedParameter, Method, fit_buying};
use super::hold_out::{Foretold, HoldOut, hold_out};
use super::spend::{SpendFit, fit_spend};
use super::summary::{Group, Summary};
use crate::analytics::report::{Figure, Head, Share};
use crate::metric::{BuyingModel, Residual, Rhythm, Spend};
use crate::money::{Currency, Rate};

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ClvQuestion {
    /// The model that is fitted first.
    pub method: Method,
    /// How far ahead, in weeks.
    pub weeks: f64,
    /// How much less money is worth that comes a year later.
    pub discount: Rate,
    /// Which share of what is spent is margin; the base's own where it is absent.
    pub margin: Option<Rate>,
    /// The segment whose classes are compared, with their names.
    pub segment: Option<(String, Vec<String>)>,
    /// Weeks from the split to the end; absent where nothing is held out.
    pub held_out_weeks: Option<f64>,
    /// How many customers are listed.
    pub limit: usize,
    /// The currency of all amounts.
    pub currency: Currency,
}

/// What is known of one customer.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBuyer {
    /// Who.
    pub id: Box<str>,
    /// Index of the class; absent for none.
    pub class: Option<u16>,
    /// The rhythm up to the end.
    pub rhythm: Rhythm,
    /// What repeat purchases brought.
    pub spend: Spend,
    /// The rhythm up to the split, and purchases since; absent for who came later, or where nothing is held out.
    pub split: Option<(Rhythm, u32)>,
}

/// Sums over all purchases of the base, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Days on which a customer bought, over all customers.
    pub purchases: u64,
    /// Net.
    pub net: i128,
    /// Margin.
    pub margin: i128,
}

/// How often customers are expected to come back, and what that is worth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvReport {
    /// What this is.
    pub head: Head,
    /// The model of how often customers buy; null where nobody bought anything.
    pub model: Option<ClvModel>,
    /// The model of what a purchase is worth; null where nobody bought twice, and the base's average is used.
    pub spend: Option<ClvSpend>,
    /// Which share of what is spent is margin.
    pub margin: Option<Share>,
    /// Repeat purchases that a new customer is expected to make within the horizon.
    pub new_customer_expected: Option<Figure>,
    /// What those are worth, without discount.
    pub new_customer_value: Option<Figure>,
    /// All customers.
    pub total: ClvRow,
    /// The classes of the segment, in its order; customers without one come last.
    pub classes: Vec<ClvRow>,
    /// The customers who are worth most.
    pub customers: Vec<ClvCustomer>,
    /// How well the end of the history was foretold from its beginning; null where nothing was held out.
    pub hold_out: Option<ClvHoldOut>,
}

/// A fitted model of how often customers buy.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvModel {
    /// The model.
    pub name: &'static str,
    /// Its parameters; time is in weeks.
    pub parameters: Vec<ClvParameter>,
    /// Its log-likelihood, without what depends on the base alone.
    pub log_likelihood: Option<Figure>,
    /// Customers it was fitted to.
    pub customers: u64,
    /// How many different rhythms they have.
    pub rhythms: u64,
    /// How often the log-likelihood was computed.
    pub evaluations: u32,
    /// What is to be said against it.
    pub doubts: Vec<String>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvParameter {
    /// Its name in the papers.
    pub name: &'static str,
    /// Its value.
    pub value: Option<Figure>,
    /// Its standard error; null where the likelihood is flat.
    pub error: Option<Figure>,
}

/// A fitted gamma-gamma model of what a purchase is worth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvSpend {
    /// Its parameters, for amounts in major units.
    pub parameters: Vec<ClvParameter>,
    /// Its log-likelihood.
    pub log_likelihood: Option<Figure>,
    /// Customers with a repeat purchase worth more than nothing.
    pub customers: u64,
    /// What a purchase of an unknown customer is worth; null where the model has no mean.
    pub mean: Option<Figure>,
    /// Correlation between how often they bought and what they spent; the model takes it to be 0.
    pub correlation: Option<Figure>,
    /// What is to be said against it.
    pub doubts: Vec<String>,
}

/// A class, or all customers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvRow {
    /// The class; null for customers without one, and for all.
    pub class: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// How many of them bought once.
    pub one_time: u64,
    /// How many are customers still, by the model.
    pub alive: Option<Figure>,
    /// Purchases that are expected within the horizon.
    pub expected: Option<Figure>,
    /// The same per customer.
    pub expected_per_customer: Option<Figure>,
    /// What those bring, discounted.
    pub value: Option<Figure>,
    /// The share of all value that is.
    pub share_of_value: Option<Share>,
    /// The margin in it.
    pub margin: Option<Figure>,
    /// The same per customer.
    pub margin_per_customer: Option<Figure>,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvCustomer {
    /// Who.
    pub customer: String,
    /// The class; null for none.
    pub class: Option<String>,
    /// Purchases after the first (x).
    pub repeats: u64,
    /// Days from the first purchase to the last (t_x).
    pub last: u64,
    /// Days from the first purchase to the end (T).
    pub age: u64,
    /// The probability of being a customer still, by the model. No measure of who will come back: see the notes.
    pub alive: Option<Share>,
    /// Purchases that are expected within the horizon.
    pub expected: Option<Figure>,
    /// What a purchase is expected to bring.
    pub per_purchase: Option<Figure>,
    /// What is expected within the horizon, discounted.
    pub value: Option<Figure>,
    /// The margin in it.
    pub margin: Option<Figure>,
    /// Discounted purchases to come without end (DERT); null but for Pareto/NBD with a discount.
    pub purchases_for_ever: Option<Figure>,
}

/// How well the end of the history was foretold.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvHoldOut {
    /// The model, fitted to what lies before the split.
    pub model: ClvModel,
    /// Customers known at the split.
    pub customers: u64,
    /// How many of them bought again.
    pub returned: u64,
    /// Purchases after the split, foretold.
    pub expected: Option<Figure>,
    /// Purchases after the split, counted.
    pub actual: u64,
    /// Root of the mean squared error per customer.
    pub rmse: Option<Figure>,
    /// Mean absolute error per customer.
    pub mae: Option<Figure>,
    /// Mean error per customer: above 0 where too much was foretold.
    pub bias: Option<Figure>,
    /// How well expected purchases tell who buys again: 1 is perfect, 0.5 a coin.
    pub auc: Option<Figure>,
    /// How well days since the last purchase tell it.
    pub naive_auc: Option<Figure>,
    /// How well P(alive) would have told it.
    pub alive_auc: Option<Figure>,
    /// Foretold and counted, by purchases before the split.
    pub by_repeats: Vec<ClvForetold>,
}

/// Customers with so many repeat purchases before the split.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClvForetold {
    /// How many repeat purchases; the last row holds those with more, too.
    pub repeats: u64,
    /// How many customers.
    pub customers: u64,
    /// Purchases after the split per customer, foretold.
    pub expected: Option<Figure>,
    /// Purchases after the split per customer, counted.
    pub actual: Option<Figure>,
}

/// Rows of `by_repeats`; the last is for all from there on.
const MOST_REPEATS: u32 = 7;

/// What a model says of everybody with one rhythm.
#[derive(Debug, Clone, Copy)]
struct Outlook {
    alive: f64,
    expected: f64,
    discounted: f64,
}

/// What is expected of one customer.
struct Valued<'b> {
    buyer: &'b KnownBuyer,
    outlook: Outlook,
    per_purchase: f64,
    value: f64,
}

impl Taken {
    /// Takes in what was found elsewhere.
    pub fn add(&mut self, more: Self) {
        self.purchases += more.purchases;
        self.net += more.net;
        self.margin += more.margin;
    }
}

impl ClvReport {
    /// Fits models to the base and asks them of every customer.
    pub fn new(head: Head, question: &ClvQuestion, base: &[KnownBuyer], taken: Taken) -> Self {
        let groups = base.iter().map(|buyer| buyer.rhythm).collect::<Summary>().groups();
        let fit = fit_buying(&groups, question.method);
        let spent: Vec<Spend> = base.iter().map(|buyer| buyer.spend).collect();
        let spend = fit_spend(&spent);
        let margin = match question.margin {
            Some(rate) => Some(f64::from(rate.ppm()) / 1e6),
            None => (taken.net > 0).then(|| taken.margin as f64 / taken.net as f64),
        };
        let minor = 10f64.powi(question.currency.exponent() as i32);
        let average = if taken.purchases > 0 { taken.net as f64 / minor / taken.purchases as f64 } else { 0.0 };
        let per_purchase =
            |of: Spend| spend.as_ref().and_then(|fit| fit.model.expected(of)).unwrap_or(average).max(0.0);
        let valued = fit.as_ref().map_or_else(Vec::new, |fit| valued(fit.model, &groups, question, base, per_purchase));
        let money = Worth { currency: question.currency, margin };
        let total_value: f64 = valued.iter().map(|one| one.value).sum();
        let new_expected = fit.as_ref().map(|fit| fit.model.expected_of_new(question.weeks));
        let mut report = Self {
            head,
            model: fit.as_ref().map(ClvModel::new),
            spend: spend.as_ref().map(|fit| ClvSpend::new(fit, money)),
            margin: margin.and_then(Share::of_f64),
            new_customer_expected: new_expected.and_then(Figure::of_f64),
            new_customer_value: new_expected.and_then(|many| money.figure(many * per_purchase(Spend::default()))),
            total: row(None, valued.iter(), total_value, money),
            classes: classes(question, &valued, total_value, money),
            customers: best(question, &valued, fit.as_ref(), money),
            hold_out: question.held_out_weeks.and_then(|weeks| ClvHoldOut::new(base, question.method, weeks)),
        };
        report.say_what_to_know(base.len() as u64);
        report
    }

    fn say_what_to_know(&mut self, customers: u64) {
        let Some(model) = &self.model else { return };
        let doubts = model.doubts.iter().chain(self.spend.iter().flat_map(|spend| &spend.doubts)).cloned();
        let mut notes: Vec<String> = doubts.collect();
        if self.spend.as_ref().is_some_and(|spend| spend.mean.is_none()) {
            notes.push("gamma-gamma has no mean here (q is at most 1): the base's average purchase is used".to_owned());
        }
        if matches!(model.name, "BG/NBD" | "NBD") {
            let one_time = self.total.one_time;
            let who = if model.name == "NBD" {
                format!("all {customers} customers")
            } else {
                format!("each of {one_time} one-time buyers, however long ago they came")
            };
            notes.push(format!(
                "nobody is ranked by the probability of being a customer still: by {} it is 1 for {who}; expected purchases \
                 and days since the last purchase tell who comes back",
                model.name
            ));
        }
        self.head.notes.extend(notes);
    }
}

/// How estimates become amounts.
#[derive(Clone, Copy)]
struct Worth {
    currency: Currency,
    margin: Option<f64>,
}

impl Worth {
    fn figure(self, major: f64) -> Option<Figure> {
        let minor = (major * 10f64.powi(self.currency.exponent() as i32)).round();
        minor.is_finite().then(|| Figure::cash(minor as i128, self.currency))
    }

    fn margin(self, major: f64) -> Option<Figure> {
        self.margin.and_then(|share| self.figure(major * share))
    }
}

fn valued<'b>(
    model: BuyingModel,
    groups: &[Group],
    question: &ClvQuestion,
    base: &'b [KnownBuyer],
    per_purchase: impl Fn(Spend) -> f64,
) -> Vec<Valued<'b>> {
    let residual = Residual { weeks: question.weeks, yearly_discount: f64::from(question.discount.ppm()) / 1e6 };
    // Once per rhythm, not once per customer.
    let outlooks: Vec<Outlook> = groups
        .par_iter()
        .map(|group| Outlook {
            alive: model.alive(group.rhythm),
            expected: model.expected(group.rhythm, question.weeks),
            discounted: model.discounted(group.rhythm, residual),
        })
        .collect();
    let outlook =
        |rhythm: Rhythm| groups.binary_search_by_key(&rhythm, |group| group.rhythm).ok().map(|at| outlooks[at]);
    base.iter()
        .filter_map(|buyer| {
            let outlook = outlook(buyer.rhythm)?;
            let per_purchase = per_purchase(buyer.spend);
            Some(Valued { buyer, outlook, per_purchase, value: outlook.discounted * per_purchase })
        })
        .collect()
}

fn row<'v>(
    class: Option<String>,
    customers: impl Iterator<Item = &'v Valued<'v>>,
    total_value: f64,
    money: Worth,
) -> ClvRow {
    let (mut count, mut one_time, mut alive, mut expected, mut value) = (0u64, 0, 0.0, 0.0, 0.0);
    for one in customers {
        count += 1;
        one_time += u64::from(one.buyer.rhythm.repeats == 0);
        alive += one.outlook.alive;
        expected += one.outlook.expected;
        value += one.value;
    }
    let each = |sum: f64| (count > 0).then(|| sum / count as f64);
    ClvRow {
        class,
        customers: count,
        one_time,
        alive: Figure::of_f64(alive),
        expected: Figure::of_f64(expected),
        expected_per_customer: each(expected).and_then(Figure::of_f64),
        value: money.figure(value),
        share_of_value: if total_value > 0.0 { Share::of_f64(value / total_value) } else { None },
        margin: money.margin(value),
        margin_per_customer: each(value).and_then(|value| money.margin(value)),
    }
}

fn classes(question: &ClvQuestion, valued: &[Valued<'_>], total_value: f64, money: Worth) -> Vec<ClvRow> {
    let Some((_, names)) = &question.segment else { return Vec::new() };
    let mut places: Vec<(Option<u16>, Option<String>)> =
        names.iter().enumerate().map(|(at, name)| (Some(at as u16), Some(name.clone()))).collect();
    if valued.iter().any(|one| one.buyer.class.is_none()) {
        places.push((None, None));
    }
    let of = |class| valued.iter().filter(move |one| one.buyer.class == class);
    places.into_iter().map(|(class, name)| row(name, of(class), total_value, money)).collect()
}

/// Those who are worth most; of equal ones, in the order of their ids.
fn best(question: &ClvQuestion, valued: &[Valued<'_>], fit: Option<&BuyingFit>, money: Worth) -> Vec<ClvCustomer> {
    let mut order: Vec<&Valued<'_>> = valued.iter().collect();
    let before =
        |a: &&Valued<'_>, b: &&Valued<'_>| b.value.total_cmp(&a.value).then_with(|| a.buyer.id.cmp(&b.buyer.id));
    let many = question.limit.min(order.len());
    if many == 0 {
        return Vec::new();
    }
    // The best first, then those alone in order: a base is not sorted for a short list.
    order.select_nth_unstable_by(many - 1, before);
    order.truncate(many);
    order.sort_unstable_by(before);
    let discount = f64::from(question.discount.ppm()) / 1e6;
    let name = |class: u16| question.segment.as_ref().and_then(|(_, names)| names.get(class as usize).cloned());
    let shown = |one: &Valued<'_>| ClvCustomer {
        customer: one.buyer.id.to_string(),
        class: one.buyer.class.and_then(name),
        repeats: u64::from(one.buyer.rhythm.repeats),
        last: u64::from(one.buyer.rhythm.last),
        age: u64::from(one.buyer.rhythm.age),
        alive: Share::of_f64(one.outlook.alive),
        expected: Figure::of_f64(one.outlook.expected),
        per_purchase: money.figure(one.per_purchase),
        value: money.figure(one.value),
        margin: money.margin(one.value),
        purchases_for_ever: fit
            .and_then(|fit| fit.model.discounted_for_ever(one.buyer.rhythm, discount))
            .and_then(Figure::of_f64),
    };
    order.into_iter().map(shown).collect()
}

impl ClvModel {
    fn new(fit: &BuyingFit) -> Self {
        Self {
            name: fit.model.name(),
            parameters: fit.parameters.iter().map(ClvParameter::new).collect(),
            log_likelihood: Figure::of_f64(fit.ln_likelihood),
            customers: fit.customers,
            rhythms: fit.rhythms as u64,
            evaluations: fit.evaluations,
            doubts: fit.doubts.iter().map(ToString::to_string).collect(),
        }
    }
}

impl ClvParameter {
    fn new(fitted: &FittedParameter) -> Self {
        Self { name: fitted.name, value: Figure::of_f64(fitted.value), error: fitted.error.and_then(Figure::of_f64) }
    }
}

impl ClvSpend {
    fn new(fit: &SpendFit, money: Worth) -> Self {
        Self {
            parameters: fit.parameters.iter().map(ClvParameter::new).collect(),
            log_likelihood: Figure::of_f64(fit.ln_likelihood),
            customers: fit.customers,
            mean: fit.model.mean().and_then(|mean| money.figure(mean)),
            correlation: Figure::of_f64(fit.correlation),
            doubts: fit.doubts.iter().map(|doubt| format!("gamma-gamma: {doubt}")).collect(),
        }
    }
}

impl ClvHoldOut {
    /// Fits to what lies before the split and compares the rest; absent where nobody was known then.
    fn new(base: &[KnownBuyer], method: Method, weeks: f64) -> Option<Self> {
        let known: Vec<(Rhythm, u32)> = base.iter().filter_map(|buyer| buyer.split).collect();
        let groups = known.iter().map(|(rhythm, _)| *rhythm).collect::<Summary>().groups();
        let fit = fit_buying(&groups, method)?;
        let foretell = |(rhythm, actual): &(Rhythm, u32)| Foretold {
            expected: fit.model.expected(*rhythm, weeks),
            alive: fit.model.alive(*rhythm),
            idle: rhythm.age - rhythm.last,
            actual: *actual,
        };
        let foretold: Vec<Foretold> = known.par_iter().map(foretell).collect();
        let HoldOut { customers, returned, expected, actual, rmse, mae, bias, auc, naive_auc, alive_auc } =
            hold_out(&foretold)?;
        let mut sums = vec![(0u64, 0.0, 0u64); MOST_REPEATS as usize + 1];
        for ((rhythm, _), one) in known.iter().zip(&foretold) {
            let sum = &mut sums[rhythm.repeats.min(MOST_REPEATS) as usize];
            *sum = (sum.0 + 1, sum.1 + one.expected, sum.2 + u64::from(one.actual));
        }
        let by_repeats = (0u64..).zip(sums).filter(|(_, (customers, ..))| *customers > 0);
        let by_repeats = by_repeats.map(|(repeats, (customers, expected, actual))| ClvForetold {
            repeats,
            customers,
            expected: Figure::of_f64(expected / customers as f64),
            actual: Figure::of_f64(actual as f64 / customers as f64),
        });
        Some(Self {
            model: ClvModel::new(&fit),
            customers,
            returned,
            expected: Figure::of_f64(expected),
            actual,
            rmse: Figure::of_f64(rmse),
            mae: Figure::of_f64(mae),
            bias: Figure::of_f64(bias),
            auc: auc.and_then(Figure::of_f64),
            naive_auc: naive_auc.and_then(Figure::of_f64),
            alive_auc: alive_auc.and_then(Figure::of_f64),
            by_repeats: by_repeats.collect(),
        })
    }
}
