//! The values of one metric over a base, kept so that a few of them can be found by rank or by share without sorting all:
//! each value lies in a bucket, buckets know how many they hold and how much, and only the one in question is looked into.

use crate::engine::PartCuts;
use crate::money::Rate;

/// Bits of a value that tell buckets of one magnitude apart.
const BITS: u32 = 7;
/// Buckets on either side of zero.
const HALF: usize = (64 - BITS as usize + 1) << BITS;
/// The bucket of who has no value.
const ABSENT: u16 = u16::MAX;

/// Values by customer, in parts.
#[derive(Debug, Clone)]
pub(super) struct Quantiles {
    parts: Vec<Values>,
    counts: Vec<u32>,
    sums: Vec<i128>,
    /// Values are days: from this one on each has a bucket of its own.
    days_from: Option<i64>,
    /// Buckets that were looked into; what is set since is brought to them.
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

#[derive(Debug, Clone, Default)]
struct Values {
    values: Vec<i64>,
    buckets: Vec<u16>,
}

impl Quantiles {
    /// No values yet, of so many customers in each part.
    pub fn new(sizes: impl Iterator<Item = usize>, days_from: Option<i64>) -> Self {
        let part = |size| Values { values: vec![0; size], buckets: vec![ABSENT; size] };
        let (counts, sums) = (vec![0; 2 * HALF], vec![0; 2 * HALF]);
        Self { parts: sizes.map(part).collect(), counts, sums, days_from, open: Vec::new() }
    }

    /// Sets a customer's value.
    pub fn set(&mut self, part: usize, customer: usize, value: Option<i64>) {
        let bucket = value.map_or(ABSENT, |value| self.bucket(value));
        let values = &mut self.parts[part];
        let (old, before) = (values.buckets[customer], values.values[customer]);
        if old == bucket && before == value.unwrap_or(0) {
            return;
        }
        if old != ABSENT {
            self.counts[usize::from(old)] -= 1;
            self.sums[usize::from(old)] -= i128::from(before);
            if let Some(open) = self.open.iter_mut().find(|open| open.bucket == usize::from(old)) {
                let at = open.values.partition_point(|value| *value < before);
                open.values.remove(at);
            }
        }
        if let Some(value) = value {
            self.counts[usize::from(bucket)] += 1;
            self.sums[usize::from(bucket)] += i128::from(value);
            if let Some(open) = self.open.iter_mut().find(|open| open.bucket == usize::from(bucket)) {
                let at = open.values.partition_point(|known| *known < value);
                open.values.insert(at, value);
            }
        }
        values.buckets[customer] = bucket;
        values.values[customer] = value.unwrap_or(0);
    }

    /// Buckets are in the order of values.
    fn bucket(&self, value: i64) -> u16 {
        if let Some(first) = self.days_from {
            return (value - first).clamp(0, 2 * HALF as i64 - 1) as u16;
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
        let at = if value >= 0 { HALF + of(value.unsigned_abs()) } else { HALF - 1 - of(!value as u64) };
        at as u16
    }

    /// The values of a bucket, ascending.
    fn inside(&mut self, bucket: usize) -> &[i64] {
        let at = match self.open.iter().position(|open| open.bucket == bucket) {
            Some(at) => at,
            None => {
                let mut values = Vec::with_capacity(self.counts[bucket] as usize);
                for part in &self.parts {
                    let here = part.buckets.iter().zip(&part.values);
                    values.extend(here.filter(|(known, _)| usize::from(**known) == bucket).map(|(_, value)| *value));
                }
                values.sort_unstable();
                self.open.push(Open { bucket, values, used: true });
                self.open.len() - 1
            }
        };
        self.open[at].used = true;
        &self.open[at].values
    }

    /// The value at a place of a bucket.
    fn value(&mut self, bucket: usize, at: usize) -> i64 {
        match self.days_from {
            // All of them are the same day, but for what lies beyond either end.
            Some(first) if bucket > 0 && bucket < 2 * HALF - 1 => first + bucket as i64,
            _ => self.inside(bucket)[at],
        }
    }

    /// Forgets what was in the buckets that nobody looked into since this was called last.
    pub fn close(&mut self) {
        self.open.retain_mut(|open| std::mem::take(&mut open.used));
    }

    /// Quantiles as [`crate::engine::score_cuts`] gives them; `number` turns a value into the one of the metric.
    pub fn scores(&mut self, parts: u8, number: impl Fn(i64) -> i128) -> PartCuts {
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
            self.value(bucket, rank - before)
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
    pub fn ranks(&mut self, bounds: &[Rate]) -> Vec<Option<i64>> {
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
                let mut smallest = None;
                for equal in self.inside(bucket).chunk_by(|a, b| a == b).rev() {
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
            let mut quantiles = Quantiles::new([25, 15].into_iter(), days.then_some(-60));
            for (customer, value) in steps {
                let value = value.map(|value| if days { value.clamp(-60, 200) } else { value });
                known[customer] = value;
                let (part, place) = if customer < 25 { (0, customer) } else { (1, customer - 25) };
                quantiles.set(part, place, value);
                // What was looked into before stays right.
                if customer % 7 == 0 {
                    quantiles.scores(parts, i128::from);
                }
                if customer % 11 == 0 {
                    quantiles.close();
                }
            }
            let mut values: Vec<Number> = known.iter().flatten().map(|value| Number(i128::from(*value))).collect();
            values.sort_unstable();
            prop_assert_eq!(quantiles.scores(parts, i128::from), score_cuts(&values, parts));
            if !days {
                let bounds: Vec<Rate> = ["0%", "50%", "80%", "95%", "100%"].iter().map(|b| Rate::parse(b).expect("a rate")).collect();
                let found: Vec<Option<Number>> = quantiles.ranks(&bounds).into_iter().map(|v| v.map(|v| Number(i128::from(v)))).collect();
                prop_assert_eq!(found, rank_cuts(&values, &bounds));
            }
        }
    }
}
