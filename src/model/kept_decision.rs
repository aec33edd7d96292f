//! A decision as it is compared and kept: each discount with its own reasons.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smallvec::SmallVec;

use super::decision::{Applied, Because, Cut, DecidedLine, Decision, NextStep, Reason, Rejected, Totals};
use crate::id::Revision;
use crate::money::{Money, Rate};
use crate::time::Instant;

#[derive(Debug, PartialEq, Serialize)]
struct Shown<'a> {
    revision: Revision,
    at: Instant,
    lines: &'a [DecidedLine],
    totals: Totals,
    applied: Vec<ShownApplied<'a>>,
    rejected: Vec<(u16, &'a [Reason])>,
    classes: &'a [Option<u16>],
    snapshot: u64,
    next_steps: &'a [NextStep],
    failures: &'a [(u16, Reason)],
}

#[derive(Debug, PartialEq, Serialize)]
struct ShownApplied<'a> {
    discount: u16,
    rate: Option<Rate>,
    amount: Money,
    because: &'a [Reason],
    cuts: &'a [Cut],
}

#[derive(Deserialize)]
struct Kept {
    revision: Revision,
    at: Instant,
    lines: Vec<DecidedLine>,
    totals: Totals,
    applied: Vec<KeptApplied>,
    rejected: Vec<(u16, Vec<Reason>)>,
    classes: Vec<Option<u16>>,
    snapshot: u64,
    next_steps: Vec<NextStep>,
    failures: Vec<(u16, Reason)>,
}

#[derive(Deserialize)]
struct KeptApplied {
    discount: u16,
    rate: Option<Rate>,
    amount: Money,
    because: Vec<Reason>,
    cuts: SmallVec<[Cut; 1]>,
}

impl Decision {
    fn shown(&self) -> Shown<'_> {
        let applied = self.applied.iter().map(|applied| ShownApplied {
            discount: applied.discount,
            rate: applied.rate,
            amount: applied.amount,
            because: self.because(applied.because),
            cuts: &applied.cuts,
        });
        Shown {
            revision: self.revision,
            at: self.at,
            lines: &self.lines,
            totals: self.totals,
            applied: applied.collect(),
            rejected: self.rejected.iter().map(|it| (it.discount, self.because(it.because))).collect(),
            classes: &self.classes,
            snapshot: self.snapshot,
            next_steps: &self.next_steps,
            failures: &self.failures,
        }
    }
}

impl PartialEq for Decision {
    fn eq(&self, other: &Self) -> bool {
        self.shown() == other.shown()
    }
}

impl Eq for Decision {}

impl fmt::Debug for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown().fmt(f)
    }
}

impl Serialize for Decision {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.shown().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decision {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        let mut trace = Vec::new();
        let mut put = |because: Vec<Reason>| {
            let start = trace.len() as u32;
            trace.extend(because);
            Because { start, end: trace.len() as u32 }
        };
        let applied = kept.applied.into_iter().map(|it| Applied {
            discount: it.discount,
            rate: it.rate,
            amount: it.amount,
            because: put(it.because),
            cuts: it.cuts,
        });
        let applied = applied.collect();
        let rejected = kept.rejected.into_iter();
        let rejected = rejected.map(|(discount, because)| Rejected { discount, because: put(because) }).collect();
        Ok(Self {
            revision: kept.revision,
            at: kept.at,
            lines: kept.lines,
            totals: kept.totals,
            applied,
            rejected,
            classes: kept.classes,
            snapshot: kept.snapshot,
            next_steps: kept.next_steps,
            failures: kept.failures,
            trace,
        })
    }
}
