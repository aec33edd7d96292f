//! Looking ahead: what metrics will be if nothing more happens.

use super::event::{Correction, Event, Mark};
use super::fold::Timelines;
use crate::time::Instant;

/// Events that end at an instant, to be read as of a later one: nothing happens in between.
pub struct Frozen<'a, T: Timelines> {
    /// The events.
    pub timelines: &'a mut T,
    /// Where they end.
    pub at: Instant,
}

impl<T: Timelines> Timelines for Frozen<'_, T> {
    type Error = T::Error;

    fn mark(&mut self, filter: Option<u16>, before: Instant) -> Result<Mark, Self::Error> {
        self.timelines.mark(filter, before.min(self.at))
    }

    fn first_purchase(&mut self, filter: Option<u16>) -> Result<Option<Instant>, Self::Error> {
        Ok(self.timelines.first_purchase(filter)?.filter(|first| *first < self.at))
    }

    fn events(&mut self, filter: Option<u16>, from: Instant, until: Instant) -> Result<Vec<Event>, Self::Error> {
        self.timelines.events(filter, from, until.min(self.at))
    }

    fn corrections(&mut self, filter: Option<u16>) -> Result<Vec<Correction>, Self::Error> {
        let mut known = self.timelines.corrections(filter)?;
        known.retain(|correction| correction.at < self.at);
        Ok(known)
    }
}
