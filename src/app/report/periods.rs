//! Calendar periods one after another, and which of them an instant lies in.

use super::asked::{Asked, ReportError};
use crate::analytics::report::Parameter;
use crate::time::{Instant, Period, Zone};

/// The most periods of a report: every one of them may be a row.
const MOST: usize = 1_000;
/// The most where each is compared with each.
const MOST_SQUARED: usize = 400;

/// Calendar periods one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Periods {
    /// Where each starts, and where the last ends.
    edges: Vec<Instant>,
}

impl Periods {
    /// The whole periods within what is asked, or so many before `as_of` where nothing is.
    pub fn whole(asked: &Asked, period: Period, usual: usize) -> Result<Self, ReportError> {
        let zone = asked.active.bundle.zone;
        let end = period.start(asked.at, zone);
        let mut first = match asked.from {
            Some(from) if period.start(from, zone) == from => from,
            Some(from) => period.next(from, zone),
            None => (0..usual).fold(end, |start, _| before(period, start, zone)),
        };
        let mut edges = Vec::new();
        while first < end && edges.len() <= MOST {
            edges.push(first);
            first = period.next(first, zone);
        }
        edges.push(end);
        Self::few(edges, MOST, asked)
    }

    /// All periods from the one that `first` lies in to the one that `as_of` lies in, whose end may lie ahead.
    pub fn all(asked: &Asked, period: Period, first: Instant) -> Result<Self, ReportError> {
        let zone = asked.active.bundle.zone;
        let mut edges = vec![period.start(first, zone)];
        while edges.last().is_some_and(|last| *last < asked.at) && edges.len() <= MOST_SQUARED + 1 {
            edges.push(period.next(edges[edges.len() - 1], zone));
        }
        Self::few(edges, MOST_SQUARED, asked)
    }

    fn few(edges: Vec<Instant>, most: usize, asked: &Asked) -> Result<Self, ReportError> {
        if edges.len() > most + 1 {
            let why = format!("more than {most} periods lie before {}; take longer ones", asked.at);
            return Err(ReportError::Invalid { name: Parameter::PERIOD.name, why });
        }
        Ok(Self { edges })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Where they start.
    pub fn starts(&self) -> &[Instant] {
        &self.edges[..self.len()]
    }

    /// Whether the last is not over by an instant.
    pub fn partial(&self, at: Instant) -> bool {
        self.edges.last().is_some_and(|end| *end > at)
    }

    /// Which of them an instant lies in.
    pub fn place(&self, at: Instant) -> Option<usize> {
        let after = self.edges.partition_point(|edge| *edge <= at);
        after.checked_sub(1).filter(|place| *place < self.len())
    }

    /// From the start of one to the end of the last.
    pub fn span(&self, from: usize) -> Option<(Instant, Instant)> {
        Some((*self.starts().get(from)?, *self.edges.last()?))
    }
}

/// The start of the period before the one that starts at an instant.
fn before(period: Period, start: Instant, zone: Zone) -> Instant {
    period.start(start.plus_micros(-1), zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_lies_in_one_period() {
        let edges = [10, 20, 30].map(Instant).to_vec();
        let periods = Periods { edges };
        let check = |at, expect| assert_eq!(periods.place(Instant(at)), expect, "{at}");
        check(9, None);
        check(10, Some(0));
        check(19, Some(0));
        check(20, Some(1));
        check(29, Some(1));
        check(30, None);
        assert_eq!((periods.len(), periods.span(1)), (2, Some((Instant(20), Instant(30)))));
        assert_eq!(Periods { edges: vec![Instant(5)] }.len(), 0);
    }
}
