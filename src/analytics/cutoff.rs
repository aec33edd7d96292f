//! Collecting the whole base's values for cut-offs.

use crate::engine::{SegmentCuts, rank_cuts, score_cuts};
use crate::money::Number;
use crate::policy::{Bundle, SegmentRule};
use crate::time::Instant;

/// Whether a segment's classes depend on the whole base.
pub const fn needs_cut_offs(rule: &SegmentRule) -> bool {
    matches!(rule, SegmentRule::Rank { .. } | SegmentRule::Score { .. })
}

/// Values of metrics over the whole base, one list per metric that some segment needs.
#[derive(Debug, Clone, Default)]
pub struct BaseValues {
    slots: Vec<u16>,
    values: Vec<Vec<Number>>,
}

impl BaseValues {
    /// Empty lists for what the chosen segments of a bundle need.
    pub fn new(bundle: &Bundle, segments: &[usize]) -> Self {
        let mut slots: Vec<u16> = Vec::new();
        for &at in segments {
            match &bundle.segments[at].rule {
                SegmentRule::Rank { metric, .. } => slots.push(*metric),
                SegmentRule::Score { parts, .. } => slots.extend(parts.iter().map(|part| part.metric)),
                SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => {}
            }
        }
        slots.sort_unstable();
        slots.dedup();
        Self { values: vec![Vec::new(); slots.len()], slots }
    }

    /// Slots of the metrics that are needed.
    pub fn slots(&self) -> &[u16] {
        &self.slots
    }

    /// Adds one customer's value of the `at`-th needed metric, if there is one.
    pub fn push(&mut self, at: usize, value: Option<Number>) {
        self.values[at].extend(value);
    }

    /// Takes in what another scan found.
    pub fn merge(mut self, other: Self) -> Self {
        self.values.iter_mut().zip(other.values).for_each(|(mine, theirs)| mine.extend(theirs));
        self
    }

    /// Computes the cut-offs of one segment as of an instant.
    pub fn cuts(&mut self, rule: &SegmentRule, taken_at: Instant) -> SegmentCuts {
        match rule {
            SegmentRule::Rank { metric, bounds, .. } => {
                SegmentCuts::Rank { taken_at, smallest: rank_cuts(self.sorted(*metric), bounds) }
            }
            SegmentRule::Score { parts, .. } => SegmentCuts::Score {
                taken_at,
                parts: parts.iter().map(|part| score_cuts(self.sorted(part.metric), part.parts)).collect(),
            },
            SegmentRule::Thresholds { .. } | SegmentRule::Script(_) => SegmentCuts::None,
        }
    }

    fn sorted(&mut self, slot: u16) -> &[Number] {
        match self.slots.iter().position(|known| *known == slot) {
            Some(at) => {
                self.values[at].sort_unstable();
                &self.values[at]
            }
            None => &[],
        }
    }
}
