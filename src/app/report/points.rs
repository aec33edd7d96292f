//! The points programme, from the ledger.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::asked::{Asked, ReportError};
use crate::analytics::report::Head;
use crate::analytics::{PointsReport, PointsTally};
use crate::app::events::Events;
use crate::app::points::redeemable_points;
use crate::app::start::App;
use crate::engine::{Gather, Wanted, gather_wanted};
use crate::model::{Customer, Entry};
use crate::store::{Failure, Read, Snapshot};

/// Entries that one thread reads at a time.
const STRETCH: usize = 16_384;

impl App {
    /// What came and went of points, what is owed, and what of it will probably never be claimed.
    pub fn points_report(&self, asked: Asked) -> Result<PointsReport, ReportError> {
        let bundle = &asked.active.bundle;
        let segment = asked.segment()?.or((!bundle.segments.is_empty()).then_some(0));
        let mut wanted = Wanted::default();
        if let Some(segment) = segment {
            wanted.class(bundle, segment);
        }
        let rows = &*self.store.snapshot();
        let empty = PointsTally::new(asked.from, asked.at, bundle.zone);
        let read = |stretch| {
            let (mut tally, mut taken) = (empty.clone(), Ok(()));
            rows.each_ledger(stretch, |customer, entries| {
                taken = take(&mut tally, rows, &asked, (segment, &wanted), customer, entries);
                if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            taken.map(|()| tally)
        };
        let stretches = rows.ledger_stretches(STRETCH)?;
        let all = stretches.par_iter().map(read);
        let tally = all.try_reduce(|| empty.clone(), |a, b| Ok::<_, Failure>(a.merge(b)))?;
        let id = asked.active.cut_offs.id;
        let mut head = Head { snapshot: (id > 0).then_some(id), ..asked.head::<PointsReport>() };
        head.define(
            "outstanding",
            "points that customers hold as of `as_of`, pending or not; what expired by then is gone",
        );
        head.define("liability", "outstanding points at what a point is worth today when it pays");
        head.define("breakage", "of points whose life is over by `as_of`: the share that nobody redeemed");
        head.define("class", "the class that the customer has as of `as_of`");
        let names = segment.map(|at| &bundle.segments[at as usize]);
        let classes: Vec<String> = names.iter().flat_map(|it| &it.classes).map(ToString::to_string).collect();
        let value = bundle.points.as_ref().and_then(|points| points.redeem).map(|redeem| redeem.value);
        let segment = names.map(|segment| segment.name.to_string());
        Ok(PointsReport::new(head, (segment, &classes), value, &tally, bundle.currency))
    }
}

fn take(
    tally: &mut PointsTally,
    rows: &Snapshot,
    asked: &Asked,
    (segment, wanted): (Option<u16>, &Wanted),
    customer: &str,
    entries: &[Entry],
) -> Result<(), Failure> {
    let class = match segment {
        Some(segment) => {
            let (active, at) = (&asked.active, asked.at);
            let (card, points) = if wanted.reads_cards() {
                let known = rows.customer(customer)?;
                let card = known.unwrap_or_else(|| Customer { id: customer.to_owned(), ..Customer::default() });
                (Some(card), redeemable_points(rows, customer, at, at)?)
            } else {
                (None, 0)
            };
            let given = Gather { customer: card, allowances: Vec::new(), points, cut_offs: &active.cut_offs, at };
            let mut events = Events::of(rows, active, customer, at)?;
            gather_wanted(&active.bundle, given, wanted, &mut events)?.classes[segment as usize]
        }
        None => None,
    };
    tally.push(entries, class);
    Ok(())
}
