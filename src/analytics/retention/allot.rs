//! The best spends between given ends, by the curves above the values of the classes.

use super::class::ClassModel;
use super::span::Span;

/// What the spends of all classes have to keep to. Multipliers are prices: `budget` is what a unit of money is worth,
/// `quality` what a unit of satisfaction of one customer is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The most that may be spent in all; infinite where nothing bounds it.
    pub(super) budget: f64,
    /// The least that the satisfaction of all customers must sum to; minus infinity where nothing does.
    pub(super) quality: f64,
}

/// Prices of both bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Prices {
    pub(super) budget: f64,
    pub(super) quality: f64,
}

/// Spends by class that keep the bounds, and prices at which hardly anybody would choose otherwise.
#[derive(Debug, Clone, Default)]
pub(super) struct Allotted {
    pub(super) spend: Vec<f64>,
    pub(super) prices: Prices,
    /// What no spends between the ends exceed within the bounds.
    pub(super) bound: f64,
}

/// A price too low for spends that keep a bound, and one just high enough, with what comes of each.
struct Sides<P> {
    short: (f64, P),
    kept: (f64, P),
}

/// The spends that are worth most within the bounds by the curves above the values; absent where nothing is within them.
///
/// By duality (D. P. Bertsekas, Nonlinear Programming, chapter 6): the higher the price of money the less is spent, the
/// higher that of satisfaction the more there is, so each price is where its bound is just kept. Where spends jump across
/// a bound at one price, both sides of the jump are mixed. Whatever the prices, they bound the value from above.
pub(super) fn allot(spans: &[Span<'_>], bounds: Bounds) -> Option<Allotted> {
    let at = |prices: Prices| -> Vec<f64> { spans.iter().map(|span| span.best(prices)).collect() };
    let sum = |spends: &[f64], of: &dyn Fn(&ClassModel, f64) -> f64| -> f64 {
        spans.iter().zip(spends).map(|(span, spend)| span.class.customers * of(span.class, *spend)).sum()
    };
    let cost = |spends: &[f64]| sum(spends, &|_, spend| spend);
    let quality = |spends: &[f64]| sum(spends, &quality_of);
    let ends: (Vec<f64>, Vec<f64>) = spans.iter().map(|span| (span.from, span.until)).unzip();
    let slack = if bounds.budget.is_finite() { 1e-12 * bounds.budget.abs().max(1.0) } else { 0.0 };
    let short_of = |spends: &[f64]| bounds.quality - quality(spends);
    if cost(&ends.0) > bounds.budget + slack || short_of(&ends.1) > 0.0 {
        return None;
    }
    // The price of money at a price of satisfaction, and what is spent.
    let within_budget = |quality: f64| -> (f64, Vec<f64>) {
        let over = |budget: f64| {
            let spends = at(Prices { budget, quality });
            (cost(&spends) - bounds.budget, spends)
        };
        let free = over(0.0);
        if free.0 <= 0.0 {
            return (0.0, free.1);
        }
        // At this price nobody wants more than the least.
        let dear = spans.iter().map(|span| span.first_slope(quality)).fold(0.0, f64::max);
        let sides = narrow(over, (0.0, free), (dear, (cost(&ends.0) - bounds.budget, ends.0.clone())));
        (sides.kept.0, mix(&sides))
    };
    let missing = |price: f64| {
        let (budget, spends) = within_budget(price);
        (short_of(&spends), (budget, spends))
    };
    let (mut short, mut kept) = ((0.0, missing(0.0)), None);
    while kept.is_none() && short.1.0 > 0.0 {
        const DEAREST: f64 = 1e30;
        let price = if short.0 == 0.0 { 1.0 } else { short.0 * 16.0 };
        let there = missing(price);
        if there.0 <= 0.0 {
            kept = Some((price, there));
        } else if price < DEAREST {
            short = (price, there);
        } else {
            return None;
        }
    }
    let (prices, spend) = match kept {
        None => (Prices { budget: short.1.1.0, quality: 0.0 }, short.1.1.1),
        Some(kept) => {
            let sides = narrow(missing, short, kept);
            let prices = Prices { budget: sides.kept.1.1.0, quality: sides.kept.0 };
            let plain = |(price, (by, (_, spends))): (f64, (f64, (f64, Vec<f64>)))| (price, (by, spends));
            (prices, mix(&Sides { short: plain(sides.short), kept: plain(sides.kept) }))
        }
    };
    let there = at(prices);
    let above: f64 = spans.iter().zip(&there).map(|(span, spend)| span.class.customers * span.above(*spend)).sum();
    let of_money = if prices.budget > 0.0 { prices.budget * (bounds.budget - cost(&there)) } else { 0.0 };
    let of_quality = if prices.quality > 0.0 { prices.quality * short_of(&there) } else { 0.0 };
    let bound = above + of_money - of_quality;
    // Prices beyond what floats hold tell nothing.
    (bound.is_finite() && spend.iter().all(|spend| spend.is_finite())).then_some(Allotted { spend, prices, bound })
}

/// How satisfied a customer of a class is at a spend; nothing where nothing is assumed of it.
pub(super) fn quality_of(class: &ClassModel, spend: f64) -> f64 {
    class.satisfaction.map_or(0.0, |curve| curve.at(spend))
}

/// Narrows down where a function that falls with the price crosses zero, to the last digit of a float, by the method of
/// false position with halved ends (M. Dowell and P. Jarratt, BIT 11, 1971) and halving where that is slow.
fn narrow<P>(f: impl Fn(f64) -> (f64, P), short: (f64, (f64, P)), kept: (f64, (f64, P))) -> Sides<(f64, P)> {
    const MOST: u32 = 200;
    let (mut low, mut high) = (short, kept);
    let (mut of_low, mut of_high) = (low.1.0, high.1.0);
    let mut rose = None;
    for n in 0..MOST {
        let width = high.0 - low.0;
        let middle = 0.5 * (low.0 + high.0);
        if high.1.0 == 0.0 || middle <= low.0 || middle >= high.0 {
            break;
        }
        let guess = high.0 - of_high * width / (of_high - of_low);
        let place = if n % 3 == 2 || !(guess > low.0 && guess < high.0) { middle } else { guess };
        let found = f(place);
        if found.0 > 0.0 {
            of_low = found.0;
            low = (place, found);
            // The same end again: the other counts for less.
            of_high *= if rose == Some(true) { 0.5 } else { 1.0 };
            rose = Some(true);
        } else {
            of_high = found.0;
            high = (place, found);
            of_low *= if rose == Some(false) { 0.5 } else { 1.0 };
            rose = Some(false);
        }
    }
    Sides { short: low, kept: high }
}

/// Between what is spent on both sides of a price, so that the bound is just kept.
fn mix(sides: &Sides<(f64, Vec<f64>)>) -> Vec<f64> {
    let ((over, dear), (under, cheap)) = (&sides.short.1, &sides.kept.1);
    let share = if *over > 0.0 { -under / (over - under) } else { 0.0 };
    dear.iter().zip(cheap).map(|(a, b)| b + share * (a - b)).collect()
}
