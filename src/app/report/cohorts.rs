//! Cohorts over the base.

use super::asked::{Asked, ReportError};
use super::periods::Periods;
use crate::analytics::report::Parameter;
use crate::analytics::{CohortPurchase, CohortReport, CohortTally};
use crate::app::events::Events;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::metric::Timelines;
use crate::store::{Failure, Listing, Read, Snapshot};
use crate::time::{Instant, Period};

impl App {
    /// Customers by the period of their first purchase, and what became of them.
    pub fn cohort_report(&self, asked: Asked) -> Result<CohortReport, ReportError> {
        let period = asked.period()?.unwrap_or(Period::Month);
        if period == Period::Day {
            let why = "a cohort is a `week`, `month`, `quarter` or `year`".to_owned();
            return Err(ReportError::Invalid { name: Parameter::PERIOD.name, why });
        }
        let rows = &*self.store.snapshot();
        let oldest = rows.purchases(&Listing { limit: 1, ..Listing::default() })?.items.first().map(|first| first.at);
        let since = asked.from.unwrap_or(Instant::MIN);
        let first = oldest.map_or(asked.at, |oldest| oldest.max(since)).min(asked.at);
        let periods = Periods::all(&asked, period, first)?;
        let empty = Kept {
            asked: &asked,
            since,
            periods: &periods,
            tally: CohortTally::new(periods.len(), asked.active.bundle.zone),
            bought: Vec::new(),
        };
        let tally = scan(rows, &asked.active, &empty, asked.at)?.tally;
        let partial = periods.partial(asked.at);
        let mut head = asked.head::<CohortReport>();
        head.define(
            "cohort",
            format!("customers by the {period} of their first purchase that did not come back in full"),
        );
        head.define(
            "retention",
            "the share of a cohort that bought in a period; a purchase that came back in full is none",
        );
        head.define("lost", "bought in the period before and not in this one");
        head.define("back", "had bought before, but not in the period before");
        head.define(
            "between",
            "whole days of 24 hours from one purchase to the next; quantiles by Hyndman and Fan's type 7",
        );
        if partial {
            head.note(format!("the last {period} is not over: its figures will grow"));
        }
        let currency = asked.active.bundle.currency;
        Ok(CohortReport::new(head, period, currency, (periods.starts(), partial), &tally))
    }
}

/// What customers bought, period by period.
#[derive(Clone)]
struct Kept<'a> {
    asked: &'a Asked,
    since: Instant,
    periods: &'a Periods,
    tally: CohortTally,
    /// Purchases of the customer at hand; kept for its room.
    bought: Vec<CohortPurchase>,
}

impl Collect for Kept<'_> {
    fn take(&mut self, _: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        self.bought.clear();
        for event in events.events(None, Instant::MIN, self.asked.at)? {
            if event.adds.purchases > 0 {
                let net = event.adds.gross - event.adds.discount;
                // What lies before all periods shows that the customer is none of their cohorts'.
                let Some(period) = self.periods.place(event.at).filter(|_| event.at >= self.since) else {
                    return Ok(());
                };
                self.bought.push(CohortPurchase { period, at: event.at, net, margin: net - event.adds.cost });
            }
        }
        self.tally.push(&self.bought);
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        Self { tally: self.tally.merge(other.tally), ..self }
    }
}
