//! A made-up base, written into a store.

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use serde::Serialize;
use thiserror::Error;

use super::purchase::{PurchaseError, Purchasing, commit_then};
use super::start::App;
use crate::model::Purchase;
use crate::money::Currency;
use crate::simulate::{Demo, MadeUp};
use crate::store::{Batch, Failure, PutError, Read, Store, WriteError};
use crate::time::{Duration, Instant, Zone};

/// Which base to make up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DemoOptions {
    /// The same seed makes the same base.
    pub seed: u64,
    /// How many customers.
    pub customers: u64,
    /// How often a customer bought, on average.
    pub mean_purchases: f64,
    /// Whether a store may hold something already.
    pub into_existing: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { seed: 1, customers: 10_000, mean_purchases: 8.0, into_existing: false }
    }
}

/// What was made up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct DemoReport {
    /// Cards.
    pub customers: u64,
    /// Purchases.
    pub purchases: u64,
    /// Of these, partly returned.
    pub returns: u64,
    /// Calls, greetings, complaints.
    pub interactions: u64,
}

/// Why there is no made-up base, or not all of it.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The store holds something.
    #[error("the store holds {customers} customers and {purchases} purchases already")]
    NotEmpty {
        /// Cards.
        customers: u64,
        /// Purchases.
        purchases: u64,
    },
    /// The store holds something with an id of the made-up base.
    #[error("`{0}` is in the store already")]
    Exists(String),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Customers that one transaction writes.
const AT_ONCE: u64 = 2_000;
/// The policy in force decides on what was bought within the last so many days, or fewer where that is much.
const DECIDED_DAYS: f64 = 21.0;
/// About so many purchases are decided at most: each is a checkout of its own.
const DECIDED: f64 = 10_000.0;
/// Decisions that one transaction writes.
const DECIDED_AT_ONCE: usize = 500;

/// Makes up a base that ends at `now`, and writes it; no policy decides on it. `progress` hears how many customers are
/// written. Blocks.
pub fn fill_demo(
    store: &Store,
    currency: Currency,
    zone: Zone,
    now: Instant,
    options: &DemoOptions,
    progress: impl FnMut(u64),
) -> Result<DemoReport, DemoError> {
    let demo = Demo::new(options.seed, options.customers, options.mean_purchases, now, zone, currency);
    fill(store, &demo, options, Instant::MAX, progress).map(|(report, _)| report)
}

/// The same but for purchases from an instant on, which it hands back unwritten.
fn fill(
    store: &Store,
    demo: &Demo,
    options: &DemoOptions,
    until: Instant,
    mut progress: impl FnMut(u64),
) -> Result<(DemoReport, Vec<Purchase>), DemoError> {
    let counts = store.snapshot().counts()?;
    if !options.into_existing && (counts.customers, counts.purchases, counts.interactions) != (0, 0, 0) {
        return Err(DemoError::NotEmpty { customers: counts.customers, purchases: counts.purchases });
    }
    let mut later = Vec::new();
    let (jobs, waiting) = std::sync::mpsc::sync_channel::<Vec<MadeUp>>(1);
    let (done, finished) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let mut written = DemoReport::default();
            for made in waiting {
                let some = write(store, made)?;
                written.customers += some.customers;
                written.purchases += some.purchases;
                written.returns += some.returns;
                written.interactions += some.interactions;
                // Whoever shows progress may have given up.
                let _ = done.send(written.customers);
            }
            Ok(written)
        });
        let mut from = 0;
        while from < options.customers {
            let last = options.customers.min(from + AT_ONCE);
            let mut made: Vec<MadeUp> = (from..last).into_par_iter().map(|number| demo.make(number)).collect();
            for made in &mut made {
                later.extend(made.purchases.split_off(made.purchases.partition_point(|bought| bought.at < until)));
            }
            // Where the writer ended early, what it says below tells why.
            if jobs.send(made).is_err() {
                break;
            }
            finished.try_iter().for_each(&mut progress);
            from = last;
        }
        drop(jobs);
        finished.into_iter().for_each(&mut progress);
        let written: Result<DemoReport, DemoError> =
            writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((written?, later))
    })
}

impl App {
    /// Fills the store with a made-up base in the currency and zone of the bundle in force, which decides on the latest
    /// purchases; of these nothing came back yet. Blocks: not for a thread that drives tasks.
    #[expect(clippy::float_arithmetic, reason = "about how many purchases there will be in a day")]
    pub fn fill_demo(&self, options: &DemoOptions, progress: impl FnMut(u64)) -> Result<DemoReport, DemoError> {
        let (bundle, now) = (std::sync::Arc::clone(&self.active().bundle), self.clock.now());
        let (zone, currency) = (bundle.zone, bundle.currency);
        let demo = Demo::new(options.seed, options.customers, options.mean_purchases, now, zone, currency);
        let a_day = options.customers as f64 * options.mean_purchases / Demo::DAYS as f64;
        let days = DECIDED_DAYS.min(DECIDED / a_day).max(1.0) as u32;
        let until = Duration::Days(days).before(now, zone);
        let (mut report, mut later) = fill(&self.store, &demo, options, until, progress)?;
        // Classes as they are before the first decision.
        self.after_bulk()?;
        later.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        report.purchases += later.len() as u64;
        while !later.is_empty() {
            let rest = later.split_off(later.len().min(DECIDED_AT_ONCE));
            self.check_out(std::mem::replace(&mut later, rest))?;
        }
        Ok(report)
    }

    /// Commits purchases of the past as checkouts would have done.
    fn check_out(&self, bought: Vec<Purchase>) -> Result<(), DemoError> {
        let active = self.active();
        let committed = self.store.write_blocking(move |batch| {
            bought.iter().try_for_each(|bought| {
                let wanted = Purchasing {
                    id: bought.id.clone(),
                    request: [0; 16],
                    customer: bought.customer.clone(),
                    at: Some(bought.at),
                    basket: Demo::basket(bought),
                    terms: None,
                };
                commit_then(batch, &active, wanted, bought.at)
            })
        });
        committed.map_err(|error| match error {
            WriteError::Refused(PurchaseError::Exists(id)) => DemoError::Exists(id),
            WriteError::Refused(PurchaseError::Failed(failure)) | WriteError::Failed(failure) => failure.into(),
            WriteError::Refused(error) => Failure::Damaged { what: "made-up purchase", why: error.to_string() }.into(),
        })
    }
}

fn write(store: &Store, made: Vec<MadeUp>) -> Result<DemoReport, DemoError> {
    let written = store.write_blocking(move |batch: &mut Batch<'_>| -> Result<DemoReport, PutError> {
        let mut report = DemoReport::default();
        for made in &made {
            batch.put_customer(&made.customer)?;
            batch.put_history(Some(&made.customer.id), &made.purchases, &made.interactions)?;
            report.customers += 1;
            report.purchases += made.purchases.len() as u64;
            report.returns += made.purchases.iter().filter(|purchase| !purchase.returns.is_empty()).count() as u64;
            report.interactions += made.interactions.len() as u64;
        }
        Ok(report)
    });
    written.map_err(|error| match error {
        WriteError::Refused(PutError::Exists(id) | PutError::NoPurchase(id)) => DemoError::Exists(id),
        WriteError::Refused(PutError::Failed(failure)) | WriteError::Failed(failure) => failure.into(),
        WriteError::Refused(error @ PutError::OutOfRange) => {
            Failure::Damaged { what: "account", why: error.to_string() }.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::app::{Clock, Settings, verify};
    use crate::metric::{LineFilter, Lists, Timelines};
    use crate::store::{FilterHash, Listing};

    fn fill(store: &Store, options: &DemoOptions) -> Result<DemoReport, DemoError> {
        let currency = Currency::from_code("EUR").expect("a currency");
        let zone = Zone::from_name("Europe/Berlin").expect("a zone");
        let now = zone.parse_instant("2026-11-01").expect("an instant");
        let mut last = 0;
        let report = fill_demo(store, currency, zone, now, options, |customers| {
            assert!(customers > last, "progress goes on");
            last = customers;
        })?;
        assert_eq!(last, options.customers);
        Ok(report)
    }

    fn store() -> Store {
        Store::in_memory().expect("a store in memory")
    }

    /// Customers, what their accounts hold, and all purchases.
    fn content(store: &Store) -> (Vec<(String, String)>, Vec<crate::model::Purchase>) {
        let rows = store.snapshot();
        let mut accounts = Vec::new();
        let visit = |customer, row: crate::store::CustomerRow| {
            let account = row.account(FilterHash::ALL).expect("an account");
            accounts.push((customer, format!("{:?} {:?}", account.spilled.totals, account.tail.last())));
            ControlFlow::Continue(())
        };
        rows.each_customer(None, None, visit).expect("a read");
        let purchases = rows.purchases(&Listing { limit: usize::MAX, ..Listing::default() }).expect("a read");
        (accounts, purchases.items)
    }

    #[test]
    fn a_seed_makes_one_base() {
        let options = DemoOptions { customers: 300, ..DemoOptions::default() };
        let (first, second) = (store(), store());
        let report = fill(&first, &options).expect("a base");
        assert_eq!(report, fill(&second, &options).expect("a base"));
        assert_eq!(content(&first), content(&second));
        let counts = first.snapshot().counts().expect("a read");
        assert_eq!(
            (counts.customers, counts.purchases, counts.interactions),
            (report.customers, report.purchases, report.interactions)
        );
        assert!(report.returns > 0 && report.purchases > 300 * 4, "{report:?}");
    }

    #[test]
    fn the_policy_in_force_decides_on_the_latest_purchases() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let settings = Settings { policies: root.join("policies"), scripts: root.join("scripts") };
        let open = || {
            let now = Instant::parse_rfc3339("2026-11-01T00:00:00Z").expect("an instant");
            let app = App::open(store(), Clock::fixed(now), settings.clone()).expect("an app");
            let report = app.fill_demo(&DemoOptions { customers: 400, ..DemoOptions::default() }, |_| {});
            (app, report.expect("a base"))
        };
        let ((app, report), (other, again)) = (open(), open());
        assert_eq!(report, again);
        let rows = app.store.snapshot();
        assert_eq!(rows.counts().expect("a read").purchases, report.purchases);
        let (_, purchases) = content(&app.store);
        assert_eq!(purchases, content(&other.store).1);
        let decided: Vec<_> = purchases.iter().filter(|bought| bought.revision.is_some()).collect();
        let granted = |bought: &&&Purchase| bought.lines.iter().any(|line| line.discount > crate::money::Money::ZERO);
        assert!(decided.len() > 50 && decided.iter().filter(granted).count() > 20, "{}", decided.len());
        assert!(decided.iter().all(|bought| rows.decision(&bought.id).expect("a read").is_some()));
        verify(&rows, &mut |flaw| panic!("{flaw:?}")).expect("it is read");
    }

    #[test]
    fn the_accounts_are_those_of_the_whole_history() {
        let store = store();
        let filter =
            LineFilter { only: Lists { category: vec!["shoes".into()], ..Lists::default() }, ..LineFilter::default() };
        let hash = FilterHash::of(&filter).expect("a hash");
        let known = filter.clone();
        store.write_blocking(move |batch| batch.add_filter(&known)).expect("a filter");
        fill(&store, &DemoOptions { customers: 200, mean_purchases: 30.0, ..DemoOptions::default() }).expect("a base");
        let rows = store.snapshot();
        for number in 1..=200 {
            let customer = format!("c-{number}");
            let (filters, hashes) = ([filter.clone()], [hash]);
            let mut history = rows.history(&customer, &filters, Instant::MAX).expect("a read");
            let mut accounts = rows.timelines(&customer, &hashes);
            for filter in [None, Some(0)] {
                let whole = history.mark(filter, Instant::MAX).unwrap_or_else(|never| match never {});
                assert_eq!(accounts.mark(filter, Instant::MAX).expect("a read"), whole, "{customer}");
                let first = history.first_purchase(filter).unwrap_or_else(|never| match never {});
                assert_eq!(accounts.first_purchase(filter).expect("a read"), first, "{customer}");
            }
        }
    }

    #[test]
    fn a_store_that_holds_something_is_left_alone() {
        let store = store();
        let options = DemoOptions { customers: 3, ..DemoOptions::default() };
        fill(&store, &options).expect("a base");
        let before = content(&store);
        assert!(matches!(fill(&store, &options), Err(DemoError::NotEmpty { customers: 3, .. })));
        let again = fill(&store, &DemoOptions { into_existing: true, ..options });
        assert!(matches!(again, Err(DemoError::Exists(_))), "{again:?}");
        assert_eq!(content(&store), before);
    }
}
