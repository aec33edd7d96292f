//! The values of some metrics over a base, kept so that a few of them can be found by rank or by share without sorting
//! all: each value lies in a bucket, buckets know how many they hold and how much, and only the one in question is looked
//! into.

use crate::engine::PartCuts;
use crate::money::Rate;

/// Bits of a value that tell buckets of one magnitude apart.
const BITS: u32 = 7;
/// Buckets on either side of zero.
const HALF: usize = (64 - BITS as usize + 1) << BITS;
/// Stands for the value of who has none: no amount is as low.
const ABSENT: i64 = i64::MIN;

/// Values of one part of a base: those of a customer lie beside each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    metrics: usize,
    values: Vec<i64>,
}

/// That a customer's value of a metric is another one now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    metric: u32,
    before: i64,
    after: i64,
}

impl Values {
    /// No values yet.
    pub fn new(customers: usize, metrics: usize) -> Self {
        Self { metrics, values: vec![ABSENT; customers * metrics] }
    }

    /// Looks at some customers' values, which are set soon.
    pub fn fetch(&self, customers: &[u32]) {
        let seen = customers.iter().filter_map(|customer| self.values.get(*customer as usize * self.metrics));
        std::hint::black_box(seen.fold(0, |seen, value| seen ^ value));
    }

    /// Sets a customer's values; what changed is noted.
    pub fn set(&mut self, customer: usize, values: impl Iterator<Item = Option<i64>>, changes: &mut Vec<Change>) {
        let known = &mut self.values[customer * self.metrics..][..self.metrics];
        for (metric, (known, value)) in known.iter_mut().zip(values).enumerate() {
            let after = value.unwrap_or(ABSENT);
            if *known != after {
                changes.push(Change { metric: metric as u32, before: *known, after });
                *known = after;
            }
        }
    }

    /// Everybody's value of one metric.
    fn of(&self, metric: usize) -> impl Iterator<Item = i64> {
        self.values.chunks_exact(self.metrics.max(1)).map(move |of| of[metric])
    }
}

/// How the values of one metric lie.
#[derive(Debug, Clone)]
pub(super) struct Quantiles {
    /// Which of a customer's values.
    metric: usize,
    counts: Vec<u32>,
    sums: Vec<i128>,
    /// Values are days: from this one on each has a bucket of its own.
    days_from: Option<i64>,
    /// Buckets that were looked into; what changes since is brought to them.
    open: Vec<Open>,
}

/// A bucket with its values, ascending.
#[derive(Debug, Clone)]
struct Open {
    bucket: usize,
    values: Vec<i64>,
    /// Whether it was looked into since the last [`Quantiles::close`].
    used: bool,
}

impl Quantiles {
    /// No values yet.
    pub fn new(metric: usize, days_from: Option<i64>) -> Self {
        Self { metric, counts: vec![0; 2 * HALF], sums: vec![0; 2 * HALF], days_from, open: Vec::new() }
    }

    /// Takes in what changed.
    pub fn change(&mut self, changes: &[Change]) {
        for change in changes.iter().filter(|change| change.metric as usize == self.metric) {
            if change.before != ABSENT {
                let bucket = self.bucket(change.before);
                self.counts[bucket] -= 1;
                self.sums[bucket] -= i128::from(change.before);
                if let Some(open) = self.open.iter_mut().find(|open| open.bucket == bucket) {
                    let at = open.values.partition_point(|value| *value < change.before);
                    open.values.remove(at);
                }
            }
            if change.after != ABSENT {
                let bucket = self.bucket(change.after);
                self.counts[bucket] += 1;
                self.sums[bucket] += i128::from(change.after);
                if let Some(open) = self.open.iter_mut().find(|open| open.bucket == bucket) {
                    let at = open.values.partition_point(|known| *known < change.after);
                    open.values.insert(at, change.after);
                }
            }
        }
    }

    /// Buckets are in the order of values.
    fn bucket(&self, value: i64) -> usize {
        if let Some(first) = self.days_from {
            return (value - first).clamp(0, 2 * HALF as i64 - 1) as usize;
        }
        // A few leading bits say which bucket, so that a bucket is narrow beside its values; small values have their own.
        let of = |size: u64| {
            let width = u64::BITS - size.leading_zeros();
            if width <= BITS {
                size as usize
            } else {
                (((width - BITS) as usize) << BITS) + ((size >> (width - BITS)) as usize & ((1 << BITS) - 1))
            }
        };
        if value >= 0 { HALF + of(value.unsigned_abs()) } else { HALF - 1 - of(!value as u64) }
    }

    /// The values of a bucket, ascending.
    fn inside(&mut self, parts: &[&Values], bucket: usize) -> &[i64] {
        let at = match self.open.iter().position(|open| open.bucket == bucket) {
            Some(at) => at,
            None => {
                let mut values = Vec::with_capacity(self.counts[bucket] as usize);
                let (low, high) = self.range(bucket);
                for part in parts {
                    values.extend(part.of(self.metric).filter(|value| (low..=high).contains(value)));
                }
                values.sort_unstable();
                self.open.push(Open { bucket, values, used: true });
                self.open.len() - 1
            }
        };
        self.open[at].used = true;
        &self.open[at].values
    }

    /// The least and the largest value that a bucket can hold.
    fn range(&self, bucket: usize) -> (i64, i64) {
        if let Some(first) = self.days_from {
            // What lies beyond either end is put into the last bucket there.
            let (low, high) = (if bucket == 0 { ABSENT + 1 } else { first + bucket as i64 }, first + bucket as i64);
            return (low, if bucket == 2 * HALF - 1 { i64::MAX } else { high });
        }
        let of = |bucket: usize| {
            let shift = bucket >> BITS;
            let leading = (bucket & ((1 << BITS) - 1)) as u64;
            (leading << shift, ((leading + 1) << shift) - 1)
        };
        match bucket.checked_sub(HALF) {
            Some(bucket) => (of(bucket).0 as i64, of(bucket).1 as i64),
            None => ((!(of(HALF - 1 - bucket).1 as i64)).max(ABSENT + 1), !(of(HALF - 1 - bucket).0 as i64)),
        }
    }

    /// The value of a bucket that holds no other.
    fn only(&self, bucket: usize) -> Option<i64> {
        let (low, high) = self.range(bucket);
        (low == high).then_some(low)
    }

    /// The value at a place of a bucket.
    fn value(&mut self, parts: &[&Values], bucket: usize, at: usize) -> i64 {
        self.only(bucket).unwrap_or_else(|| self.inside(parts, bucket)[at])
    }

    /// Forgets what was in the buckets that nobody looked into since this was called last.
    pub fn close(&mut self) {
        self.open.retain_mut(|open| std::mem::take(&mut open.used));
    }

    /// Quantiles as [`crate::engine::score_cuts`] gives them; `number` turns a value into the one of the metric.
    pub fn scores(&mut self, values: &[&Values], parts: u8, number: impl Fn(i64) -> i128) -> PartCuts {
        let size: usize = self.counts.iter().map(|count| *count as usize).sum();
        let Some(last) = size.checked_sub(1) else { return PartCuts::default() };
        let n = i128::from(parts);
        let mut before = 0;
        let mut bucket = 0;
        let mut at = |rank: usize| {
            // Ranks are asked for in rising order, but for the one behind the last.
            if rank < before {
                (before, bucket) = (0, 0);
            }
            while before + self.counts[bucket] as usize <= rank {
                before += self.counts[bucket] as usize;
                bucket += 1;
            }
            self.value(values, bucket, rank - before)
        };
        let cut = |part: usize| {
            let (whole, rest) = (last * part / parts as usize, (last * part % parts as usize) as i128);
            let low = number(at(whole));
            // Without a rest the next value has no say, and asking for it would lead past what is asked for next.
            let high = if rest == 0 { low } else { number(at(whole + 1)) };
            low * n + (high - low) * rest
        };
        PartCuts((1..parts as usize).map(cut).collect())
    }

    /// Per bound the smallest value above zero whose share of the total held by greater ones lies below it, as
    /// [`crate::engine::rank_cuts`] has it.
    pub fn ranks(&mut self, values: &[&Values], bounds: &[Rate]) -> Vec<Option<i64>> {
        let positive = HALF + 1..2 * HALF;
        let total: i128 = self.sums[positive.clone()].iter().sum();
        if total == 0 {
            return bounds.iter().map(|bound| (*bound > Rate::ZERO).then_some(1)).collect();
        }
        let below = |above: i128, bound: &Rate| above * i128::from(Rate::ONE.ppm()) < i128::from(bound.ppm()) * total;
        bounds
            .iter()
            .map(|bound| {
                let mut above = 0;
                let mut lowest = None;
                for bucket in positive.clone().rev().filter(|bucket| self.counts[*bucket] > 0) {
                    if !below(above, bound) {
                        break;
                    }
                    lowest = Some((bucket, above));
                    above += self.sums[bucket];
                }
                let (bucket, mut above) = lowest?;
                if let Some(only) = self.only(bucket) {
                    return Some(only);
                }
                let mut smallest = None;
                for equal in self.inside(values, bucket).chunk_by(|a, b| a == b).rev() {
                    if !below(above, bound) {
                        break;
                    }
                    smallest = Some(equal[0]);
                    above += equal.iter().map(|value| i128::from(*value)).sum::<i128>();
                }
                smallest
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{rank_cuts, score_cuts};
    use crate::money::Number;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_finds_what_sorting_finds(
            steps in prop::collection::vec((0usize..40, prop::option::of(prop_oneof![
                -50i64..200, -5_000_000i64..90_000_000, any::<i32>().prop_map(i64::from)
            ])), 0..200),
            parts in 2u8..12,
            days in any::<bool>(),
        ) {
            let mut known = [None; 40];
            let mut values = [Values::new(25, 2), Values::new(15, 2)];
            let mut quantiles = Quantiles::new(1, days.then_some(-60));
            for (customer, value) in steps {
                let value = value.map(|value| if days { value.clamp(-60, 200) } else { value });
                known[customer] = value;
                let (part, place) = if customer < 25 { (0, customer) } else { (1, customer - 25) };
                let mut changes = Vec::new();
                values[part].set(place, [Some(customer as i64), value].into_iter(), &mut changes);
                quantiles.change(&changes);
                // What was looked into before stays right.
                if customer % 7 == 0 {
                    quantiles.scores(&[&values[0], &values[1]], parts, i128::from);
                }
                if customer % 11 == 0 {
                    quantiles.close();
                }
            }
            let mut sorted: Vec<Number> = known.iter().flatten().map(|value| Number(i128::from(*value))).collect();
            sorted.sort_unstable();
            prop_assert_eq!(quantiles.scores(&[&values[0], &values[1]], parts, i128::from), score_cuts(&sorted, parts));
            if !days {
                let bounds: Vec<Rate> = ["0%", "50%", "80%", "95%", "100%"].iter().map(|b| Rate::parse(b).expect("a rate")).collect();
                let found: Vec<Option<Number>> = quantiles.ranks(&[&values[0], &values[1]], &bounds).into_iter().map(|v| v.map(|v| Number(i128::from(v)))).collect();
                prop_assert_eq!(found, rank_cuts(&sorted, &bounds));
            }
        }
    }
}
