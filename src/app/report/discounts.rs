//! What discounts and points cost, from the decisions of purchases.

use std::collections::HashMap;

use super::asked::{Asked, ReportError};
use crate::analytics::{DiscountReport, DiscountTally, Got, Names, Rows, count_customer, merge_rows};
use crate::app::decided::{CollectDecided, scan_decided};
use crate::app::events::Events;
use crate::app::purchase::missing_revision;
use crate::app::scan::{Collect, scan};
use crate::app::start::App;
use crate::model::{Decision, Purchase};
use crate::store::{Failure, Snapshot};
use crate::time::Instant;

impl App {
    /// What each discount cost, what was bought with it, and what it must bring to pay for itself.
    pub fn discount_report(&self, asked: Asked) -> Result<DiscountReport, ReportError> {
        let bundle = &asked.active.bundle;
        let first = (!bundle.segments.is_empty()).then_some(0);
        let names = self.names(&self.store.snapshot(), &asked.active, asked.segment()?.or(first))?;
        let rows = &*self.store.snapshot();
        let empty = Decided { asked: &asked, names: &names, tally: DiscountTally::default() };
        let mut tally = scan_decided(rows, &empty, asked.from.unwrap_or(Instant::MIN), asked.at)?.tally;
        let got = std::mem::take(&mut tally.got);
        let who = scan(rows, &asked.active, &Who { asked: &asked, got: &got, rows: Rows::new() }, asked.at)?;
        let mut sums = std::mem::take(&mut tally.rows);
        merge_rows(&mut sums, &who.rows);
        let mut head = asked.head::<DiscountReport>();
        head.define("cost", "granted less what was taken back with goods, by `as_of`; purchases within the time count");
        head.define(
            "break_even_uplift",
            "cost ÷ (margin these purchases have left): with margin m and discount d per unit of gross it is d ÷ (m − d)",
        );
        head.define("class", "the class that the customer had when the purchase was decided");
        head.define("customers_margin", "margin of all that these customers bought within the time, discounted or not");
        Ok(DiscountReport::new(head, &names, &tally, &sums, bundle.currency))
    }
}

#[derive(Clone)]
struct Decided<'a> {
    asked: &'a Asked,
    names: &'a Names,
    tally: DiscountTally,
}

impl CollectDecided for Decided<'_> {
    fn wants(&self, _: &Purchase) -> bool {
        true
    }

    fn take(&mut self, purchase: &Purchase, decision: Option<&Decision>) -> Result<(), Failure> {
        if decision.is_some_and(|decision| !self.names.knows(decision.revision)) {
            return Err(missing_revision(&purchase.id));
        }
        self.tally.push(self.names, purchase, decision, self.asked.at);
        Ok(())
    }

    fn merge(self, other: Self) -> Self {
        Self { tally: self.tally.merge(other.tally), ..self }
    }
}

/// The margin of those who got something.
#[derive(Clone)]
struct Who<'a> {
    asked: &'a Asked,
    got: &'a HashMap<Box<str>, Got>,
    rows: Rows,
}

impl Collect for Who<'_> {
    fn take(&mut self, customer: &str, events: &mut Events<'_, Snapshot>) -> Result<(), Failure> {
        if let Some(got) = self.got.get(customer) {
            let sums = self.asked.totals(None, events)?;
            let margin = i128::from(sums.gross) - i128::from(sums.discount) - i128::from(sums.cost);
            count_customer(&mut self.rows, got, margin);
        }
        Ok(())
    }

    fn merge(mut self, other: Self) -> Self {
        merge_rows(&mut self.rows, &other.rows);
        self
    }
}
