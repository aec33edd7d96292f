//! Every segment of the policy over the base.

use super::asked::{Asked, ReportError};
use crate::analytics::report::Head;
use crate::analytics::{SegmentReport, SegmentTally};
use crate::app::events::Events;
use crate::app::points::redeemable_points;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::engine::{Gather, gather};
use crate::model::Customer;
use crate::policy::SegmentRule;
use crate::store::{Failure, Read, Snapshot};

impl App {
    /// Every segment of the policy, class by class, as decisions see it: with the cut-offs in force.
    pub fn segment_report(&self, mut asked: Asked) -> Result<SegmentReport, ReportError> {
        let one = asked.segment()?;
        if let Some(at) = one {
            asked.filters.push(format!("segment {}", asked.active.bundle.segments[usize::from(at)].name));
        }
        let bundle = &asked.active.bundle;
        let rows = &*self.store.snapshot();
        let scripted = bundle.segments.iter().any(|segment| matches!(segment.rule, SegmentRule::Script(_)));
        let empty = Sorted { rows, asked: &asked, scripted, tally: SegmentTally::new(bundle) };
        let tally = scan(rows, &asked.active, &empty, asked.at)?.tally;
        let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
        let service = match budgets {
            Some(_) => Some(self.service_report(&asked.active, asked.at)?),
            None => None,
        };
        let id = asked.active.cut_offs.id;
        let mut head = Head { snapshot: (id > 0).then_some(id), ..asked.head::<SegmentReport>() };
        head.define("customers", "who bought something that did not come back in full, or were in contact");
        head.define("class", "as decisions see it, by the cut-offs in force");
        if !asked.is_now() && id > 0 {
            head.note(
                "classes that compare with the base are read from the cut-offs in force now, not from those of then",
            );
        }
        if let Some(budgets) = budgets {
            head.define("granted", format!("service budgets, over {}", budgets.window));
        }
        let mut report = SegmentReport::new(head, bundle, &tally, service.as_ref());
        if let Some(at) = one {
            let name = bundle.segments[usize::from(at)].name.as_ref();
            report.segments.retain(|segment| segment.segment == name);
        }
        Ok(report)
    }
}

/// Customers in their classes.
#[derive(Clone)]
struct Sorted<'a> {
    rows: &'a Snapshot,
    asked: &'a Asked,
    /// Whether a script may read cards and points.
    scripted: bool,
    tally: SegmentTally,
}

impl Collect for Sorted<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        let asked = self.asked;
        if !asked.is_customer(events)? {
            return Ok(());
        }
        let bundle = &asked.active.bundle;
        let (mut card, mut points) = (None, 0);
        if self.scripted {
            let known = self.rows.customer(customer)?;
            card = Some(known.unwrap_or_else(|| Customer { id: customer.to_owned(), ..Customer::default() }));
            if bundle.points.is_some() {
                points = redeemable_points(self.rows, customer, asked.at, asked.at)?;
            }
        }
        let totals = asked.totals(None, events)?;
        let cut_offs = &asked.active.cut_offs;
        let given = Gather { customer: card, allowances: Vec::new(), points, cut_offs, at: asked.at };
        let facts = gather(bundle, given, events)?;
        self.tally.push(&totals, &facts.metrics, &facts.classes);
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        Self { tally: self.tally.merge(other.tally), ..self }
    }
}
