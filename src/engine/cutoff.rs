//! Cut-offs: what the whole base says about one customer's value.

use serde::{Deserialize, Serialize};

use crate::metric::BaseFit;
use crate::money::Number;
use crate::policy::{Bundle, Segment, SegmentRule};
use crate::time::Instant;

/// A snapshot of what the whole base says for one bundle: cut-offs of its segments, models that its metrics ask.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CutOffs {
    /// Counts up; decisions name it. 0 means that nothing in the bundle needs the whole base.
    pub id: u64,
    /// One per segment of the bundle.
    pub segments: Vec<SegmentCuts>,
    /// Models that metrics of the bundle ask, one per choice of lines.
    pub fits: Vec<BaseFit>,
}

/// Cut-offs of one segment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SegmentCuts {
    /// It needs none.
    #[default]
    None,
    /// Per class the smallest value that has it; absent where none has.
    Rank {
        /// As of when.
        taken_at: Instant,
        /// One per class.
        smallest: Vec<Option<Number>>,
    },
    /// Per scored metric its quantiles.
    Score {
        /// As of when.
        taken_at: Instant,
        /// One per part.
        parts: Vec<PartCuts>,
    },
}

/// Quantiles of a metric scored in `n` parts: at 1/n … (n−1)/n, by Hyndman and Fan's type 7, times n, so exact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCuts(pub Vec<i128>);

impl CutOffs {
    /// Cut-offs before anything was bought: one empty set per segment.
    pub fn empty(bundle: &Bundle) -> Self {
        Self { id: 0, segments: vec![SegmentCuts::None; bundle.segments.len()], fits: Vec::new() }
    }

    /// The class of a customer with these metrics in a segment that needs cut-offs.
    pub fn class(&self, slot: usize, segment: &Segment, metrics: &[Option<Number>]) -> Option<u16> {
        let last = segment.classes.len().checked_sub(1)? as u16;
        let cuts = self.segments.get(slot).unwrap_or(&SegmentCuts::None);
        match &segment.rule {
            SegmentRule::Rank { metric, .. } => {
                let SegmentCuts::Rank { smallest, .. } = cuts else { return Some(last) };
                Some(rank_class(metrics[*metric as usize], smallest))
            }
            SegmentRule::Score { parts, conditions, .. } => {
                let score = |at: usize| {
                    let part = &parts[at];
                    let none = PartCuts::default();
                    let cuts = match cuts {
                        SegmentCuts::Score { parts, .. } => parts.get(at).unwrap_or(&none),
                        _ => &none,
                    };
                    cuts.score(metrics[part.metric as usize], part.parts, part.reversed)
                };
                let found = conditions.iter().position(|conditions| {
                    conditions.iter().all(|condition| condition.scores.contains(&score(condition.part as usize)))
                });
                found.map(|class| class as u16)
            }
            SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => None,
        }
    }
}

/// The class of a value: the first whose smallest value it reaches; the last for one that is absent or not above zero.
pub fn rank_class(value: Option<Number>, smallest: &[Option<Number>]) -> u16 {
    let last = smallest.len().saturating_sub(1) as u16;
    let Some(value) = value.filter(|value| *value > Number::ZERO) else { return last };
    let found = smallest.iter().position(|cut| cut.is_some_and(|cut| value >= cut));
    found.map_or(last, |class| class as u16)
}

impl PartCuts {
    /// 1 + the number of cut-offs below the value; the other way round where less is better; 1 where it is absent.
    pub fn score(&self, value: Option<Number>, parts: u8, reversed: bool) -> u8 {
        let Some(value) = value else { return 1 };
        let scaled = value.0.saturating_mul(i128::from(parts));
        let below = self.0.iter().filter(|cut| **cut < scaled).count() as u8;
        if reversed { parts - below } else { 1 + below }
    }
}
