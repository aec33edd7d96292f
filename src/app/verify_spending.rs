//! Checking that uses and budgets are what purchases took of them and returns gave back.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::purchase::DecisionRecord;
use super::spend::{Count, Counted, given_back, taken, total_key};
use super::start::stored_bundle;
use crate::id::Revision;
use crate::model::Purchase;
use crate::policy::Bundle;
use crate::store::{Failure, Flaw, Key, Parts, Read, Record, Rows, Snapshot, Spent, Table, decode};
use crate::time::Instant;

/// Recomputes all uses and budgets from decisions and returns, and reports each difference.
pub(super) fn verify_spending(rows: &Snapshot, report: &mut dyn FnMut(Flaw)) -> Result<(), Failure> {
    let mut sums = Sums { rows, bundles: BTreeMap::new(), spent: HashMap::new(), uses: HashMap::new() };
    let mut failure = None;
    rows.each_purchase(Instant::MIN, Instant::MAX, |_, purchase| match sums.add(&purchase) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    })?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let Sums { bundles, spent, uses, .. } = sums;
    let mut unknown = bundles.iter().filter(|(_, bundle)| bundle.is_none()).peekable();
    if unknown.peek().is_some() {
        for (revision, _) in unknown {
            let what = "it decided purchases and does not compile, so uses and budgets are not checked".to_owned();
            report(Flaw { table: Table::Revisions, row: revision.to_string(), what });
        }
        return Ok(());
    }
    compare(rows, Table::Spent, spent, report, |Spent { uses, amount }| (uses, amount.0))?;
    compare(rows, Table::CustomerUses, uses, report, |uses: u64| (uses, 0))
}

/// How often, and how much in minor units. What is kept never falls below zero, what is summed might.
type Sum = (i128, i128);

fn compare<T: Record>(
    rows: &Snapshot,
    table: Table,
    mut sums: HashMap<Vec<u8>, Sum>,
    report: &mut dyn FnMut(Flaw),
    read: impl Fn(T) -> (u64, i64),
) -> Result<(), Failure> {
    let mut flaw = |key: &[u8], found: Sum, expect: Sum| {
        let what =
            format!("{} uses of {} are kept, purchases and returns say {} of {}", found.0, found.1, expect.0, expect.1);
        report(Flaw { table, row: name_of(key), what });
    };
    for row in rows.starting(table, &Key::new())? {
        let (key, value) = row?;
        // One that cannot be read is reported by the store.
        let Ok(kept) = decode::<T>(value.value()) else { continue };
        let (uses, amount) = read(kept);
        let (found, expect) = ((uses.into(), amount.into()), sums.remove(key.value()).unwrap_or_default());
        if found != expect {
            flaw(key.value(), found, expect);
        }
    }
    let mut missing: Vec<_> = sums.into_iter().filter(|(_, sum)| *sum != (0, 0)).collect();
    missing.sort();
    for (key, expect) in missing {
        flaw(&key, (0, 0), expect);
    }
    Ok(())
}

/// The texts that a key starts with, and the instant behind them.
fn name_of(key: &[u8]) -> String {
    let (mut parts, mut names) = (Parts(key), Vec::new());
    while parts.0.len() > size_of::<Instant>() {
        let Some(name) = parts.text() else { break };
        names.push(name);
    }
    match parts.instant() {
        Some(Instant::MIN) | None => names.join(" "),
        Some(period) => format!("{} from {period}", names.join(" ")),
    }
}

struct Sums<'a> {
    rows: &'a Snapshot,
    /// Absent where one cannot be compiled.
    bundles: BTreeMap<Revision, Option<Arc<Bundle>>>,
    spent: HashMap<Vec<u8>, Sum>,
    uses: HashMap<Vec<u8>, Sum>,
}

impl Sums<'_> {
    fn add(&mut self, purchase: &Purchase) -> Result<(), Failure> {
        let Some(record) = self.rows.decision(&purchase.id)? else { return Ok(()) };
        // One that cannot be read is reported with the points.
        let Ok(DecisionRecord { decision, .. }) = decode(&record) else { return Ok(()) };
        if decision.applied.is_empty() {
            return Ok(());
        }
        let bundle = match self.bundles.get(&decision.revision) {
            Some(known) => known.clone(),
            None => {
                let bundle = stored_bundle(self.rows, decision.revision)?;
                self.bundles.insert(decision.revision, bundle.clone());
                bundle
            }
        };
        let Some(bundle) = bundle else { return Ok(()) };
        self.count(&taken(&bundle, purchase.customer.as_deref(), &decision));
        // As it happened: one return after the other.
        for count in 1..=purchase.returns.len() {
            let until = Purchase { returns: purchase.returns[..count].to_vec(), ..purchase.clone() };
            self.count(&given_back(&bundle, &until, &decision));
        }
        Ok(())
    }

    fn count(&mut self, counts: &[Count<'_>]) {
        for Count { name, period, uses, amount } in counts {
            let (sums, key) = match name {
                Counted::Customer(discount, customer) => (&mut self.uses, Key::of(customer).text(discount)),
                Counted::Everybody(discount) => (&mut self.spent, Key::of(&total_key(discount))),
                Counted::Budget(discount) => (&mut self.spent, Key::of(discount)),
            };
            let sum = sums.entry(key.instant(*period).as_bytes().to_vec()).or_default();
            sum.0 += i128::from(*uses);
            sum.1 += amount.wide();
        }
    }
}
