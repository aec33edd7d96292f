//! Replay equals serving: a shop's history, made through the app purchase by purchase, replayed under the same policy,
//! gives the same decisions, byte for byte but for the number of the cut-offs.

use std::collections::HashMap;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use treue::app::{App, Clock, DemoOptions, Purchasing, Returning, Settings, WantedLine};
use treue::model::{Attribute, Basket, Customer, Decision, Interaction, Line};
use treue::money::{Money, Quantity, UnitPrice};
use treue::simulate::{Base, BaseBuilder, Demo, Grants, Outcome, Policy, Progress, Sample, Watch, replay};
use treue::store::{Read, Store};
use treue::time::{Instant, Period};

const NAMES: [&str; 5] = ["ada", "bob", "cyd", "dan", "eve"];
const DAY: i64 = 86_400_000_000;

const POLICY: &str = "\
currency: EUR
timezone: Europe/Berlin
costs: { default_margin: 30% }
metrics:
  orders:       { count: purchases }
  orders_1m:    { count: purchases, within: 1 month }
  spend:        { sum: net }
  spend_3m:     { sum: net, within: 3 months }
  spend_1m:     { sum: net, within: 1 month }
  spend_year:   { sum: net, since: year }
  given:        { sum: discount, within: 60 days }
  shoes:        { sum: net, only: { category: shoes } }
  old_gross:    { sum: gross, within: 60 days, except: { tag: new } }
  units:        { sum: quantity, since: quarter }
  profit_3m:    { sum: profit, within: 3 months }
  basket_size:  { average: net }
  recency:      { days_since: last_purchase }
  tenure:       { days_since: first_purchase }
  last_contact: { days_since: last_interaction }
  satisfaction: { average: rating, within: 6 months }
segments:
  value:  { rank_by: profit_3m, classes: { A: 60%, B: 90%, C: 100% } }
  weekly: { rank_by: spend_3m, classes: { A: 50%, C: 100% }, refresh: week }
  rfm:
    score: { recency: 3, orders: 3, spend: 2 }
    classes: { best: { recency: [3], orders: [2, 3] }, gone: { recency: [1] }, others: {} }
  tier:   { by: spend_3m, classes: { gold: 300, silver: 100, basic: 0 }, keep: 2 months }
  month:  { by: spend_1m, classes: { gold: 200, silver: 80, basic: 0 }, keep: 1 month }
  often:  { by: orders_1m, classes: { very: 3, some: 2, no: 0 }, keep: 60 days }
  year:   { by: spend_year, classes: { gold: 300, silver: 100 }, keep: 6 months }
  rich:   { by: profit_3m, classes: { rich: 40, poor: 0 }, keep: 1 month }
  fresh:  { by: recency, classes: { long: 20, short: 0 }, keep: 30 days }
  feet:   { by: shoes, classes: { many: 150, few: 1 }, keep: 1 year }
discounts:
  regulars: { ladder: { by: orders, steps: { 0: 3%, 2: 7.5% } }, budget: 30 per month, group: loyalty }
  climbing: { ladder: { by: spend_3m, steps: { 50: 2%, 200: 6% }, sliced: true, counting_basket: true }, group: loyalty }
  golden:   { when: { month: gold }, rate: 5%, uses: { per_customer: 2 per quarter } }
  kept:     { when: { tier: [gold, silver], often: [very, some] }, rate: 4% }
  best:     { when: { rfm: best }, rate: 3% }
  a:        { when: { value: A }, amount: 1.50 }
  weekly_a: { when: { weekly: A }, rate: 1% }
  poor:     { when: { rich: poor, fresh: long }, rate: 2% }
  walker:   { when: { feet: many, year: [gold, silver] }, rate: 1.5% }
  gift:     { amount: 4.99, lines: { only: { category: shoes } }, uses: { total: 3 per month, per_customer: 1 per month } }
  whole:    { rate: 10%, lines: { except: { tag: new } }, budget: { amount: 12, per: week, partial: false } }
  code:     { when: { code: HELLO, given: { at_most: 20 } }, rate: 6%, uses: { total: 9 } }
  sorry:    { when: { satisfaction: { less_than: 3 }, last_contact: { at_most: 30 } }, amount: 2 }
  young:    { when: { birthday_within: 20 days, tenure: { at_least: 5 } }, rate: 2% }
  staff:    { when: { attribute: { role: staff } }, rate: 20%, exclusive: true }
  units:    { when: { units: { at_least: 5 }, old_gross: { more_than: 50 } }, rate: 1% }
limits: { max_rate: 35%, min_margin: 10% }
points:
  earn: { per: 1.00, points: 2, pending: 5 days, expires: 3 months }
  multiply:
    gold: { when: { tier: gold }, by: 2 }
  redeem: { value: 0.01, at_least: 10, max_share: 50% }
experiments:
  held: { on: a, control: 30%, salt: x }
";

const SCRIPTED: &str = "
  habit: { script: habits.classify, classes: [often, seldom] }
";
const SCRIPT: &str = r#"
fn classify(customer) {
    if customer.metric("orders") > 3 || customer.points > 200 { "often" } else { "seldom" }
}
"#;

#[derive(Debug, Clone)]
enum Step {
    Buy { who: usize, lines: Vec<(i64, i64, bool, bool)>, code: bool, redeem: bool },
    Back { which: prop::sample::Index, share: Option<(prop::sample::Index, i64)> },
    Meet { who: usize, cost: i64, rating: Option<u8> },
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let gap = prop_oneof![
        1 => Just(0i64),
        1 => Just(1),
        4 => 1..DAY / 4,
        1 => Just(DAY),
        3 => (1..9i64).prop_map(|days| days * DAY),
        1 => DAY..40 * DAY,
    ];
    let line = (
        prop_oneof![4 => (1i64..4).prop_map(|n| n * 1_000), 1 => 1i64..4_000],
        (100i64..12_000).prop_map(|cents| cents * 100),
        any::<bool>(),
        any::<bool>(),
    );
    // The last one is a guest.
    let who = prop_oneof![3 => Just(0usize), 3 => 1usize..=NAMES.len()];
    let step = prop_oneof![
        8 => (who, prop::collection::vec(line, 1..4), any::<bool>(), any::<bool>())
            .prop_map(|(who, lines, code, redeem)| Step::Buy { who, lines, code, redeem }),
        3 => (any::<prop::sample::Index>(), prop::option::of((any::<prop::sample::Index>(), 1i64..3_000)))
            .prop_map(|(which, share)| Step::Back { which, share }),
        1 => (0..NAMES.len(), 0i64..3_000, prop::option::of(1u8..=5))
            .prop_map(|(who, cost, rating)| Step::Meet { who, cost, rating }),
    ];
    prop::collection::vec((gap, step), 1..60)
}

struct Shop {
    app: App,
    bought: Vec<String>,
    _folder: tempfile::TempDir,
}

/// Hears what was decided.
#[derive(Default)]
struct Heard(Mutex<HashMap<(usize, String), Decision>>);

impl Watch for Heard {
    fn decided(&self, side: usize, purchase: &str, decision: &Decision) {
        self.0.lock().expect("nobody panics").insert((side, purchase.to_owned()), decision.clone());
    }
}

impl Shop {
    fn open(policy: &str, start: Instant) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let policies = folder.path().join("policies");
        let scripts = folder.path().join("scripts");
        fs::create_dir(&policies).expect("a folder");
        fs::create_dir(&scripts).expect("a folder");
        fs::write(policies.join("shop.yaml"), policy).expect("a file");
        fs::write(scripts.join("habits.rhai"), SCRIPT).expect("a file");
        let app = App::open(Store::in_memory().expect("a store"), Clock::fixed(start), Settings { policies, scripts })
            .expect("an app");
        while !app.build_filters().expect("filters") {}
        Self { app, bought: Vec::new(), _folder: folder }
    }

    fn now(&self) -> Instant {
        self.app.clock().now()
    }

    /// Moves the clock on; cut-offs are taken anew where a day begins, as the server does.
    fn wait(&self, gap: i64) {
        let until = self.now().plus_micros(gap);
        let zone = self.app.active().bundle.zone;
        loop {
            let next = Period::Day.next(self.now(), zone);
            if next > until {
                break;
            }
            self.app.clock().set(next);
            self.app.refresh_due().expect("cut-offs");
        }
        self.app.clock().set(until);
    }

    async fn step(&mut self, place: usize, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Buy { who, lines, code, redeem } => {
                let line = |(quantity, price, shoes, new): &(i64, i64, bool, bool)| Line {
                    sku: "X".into(),
                    quantity: Quantity(*quantity),
                    unit_price: UnitPrice(*price),
                    unit_cost: None,
                    category: shoes.then(|| "shoes".into()),
                    tags: if *new { vec!["new".into()] } else { Vec::new() },
                };
                let mut basket = Basket { lines: lines.iter().map(line).collect(), ..Basket::default() };
                basket.codes.extend(code.then(|| "HELLO".into()));
                let customer = NAMES.get(*who).map(|name| (*name).to_owned());
                if *redeem {
                    basket.redeem_points = 1_000_000;
                    let quote = self.app.quote(customer.clone(), None, basket.clone()).expect("a quote");
                    basket.redeem_points = quote.decision.totals.points_redeemed;
                }
                let id = format!("p{place}");
                let request = [1; 16];
                let wanted = Purchasing { id: id.clone(), request, customer, at: None, basket, terms: None };
                let done = self.app.purchase(wanted).await;
                prop_assert!(done.is_ok(), "{:?}", done.err());
                self.bought.push(id);
            }
            Step::Back { which, share } => {
                if self.bought.is_empty() {
                    return Ok(());
                }
                let purchase = which.get(&self.bought).clone();
                let (known, _) = self.app.purchase_by_id(&purchase).expect("readable").expect("there");
                let lines = share.map(|(line, thousandths)| {
                    let line = Some(line.index(known.lines.len()));
                    vec![WantedLine { line, sku: None, quantity: Some(Quantity(thousandths)) }]
                });
                let id = Some(format!("r{place}"));
                let wanted = Returning { purchase, id, request: [1; 32], at: None, lines };
                // What is no longer there cannot come back.
                let _ = self.app.take_back(wanted).await;
            }
            Step::Meet { who, cost, rating } => {
                let contact = Interaction {
                    id: format!("i{place}"),
                    customer: NAMES[*who].into(),
                    kind: "call".into(),
                    at: self.now(),
                    cost: Money(*cost),
                    rating: *rating,
                    note: None,
                };
                let now = self.now();
                let done = self.app.store().write(move |batch| batch.put_interaction(contact.clone(), now)).await;
                prop_assert!(done.is_ok(), "{:?}", done.err());
            }
        }
        Ok(())
    }

    fn replay(&self, from: Instant, grants: &[Grants]) -> (Outcome, HashMap<(usize, String), Decision>) {
        let until = self.now().plus_micros(1);
        let base = self.app.history(Sample::ALL, until, true, &|_| true).expect("readable").expect("not stopped");
        let bundle = self.app.active().bundle.clone();
        let policy =
            |grants: &Grants| Policy { name: String::new(), bundle: bundle.clone(), grants: *grants, fit: None };
        let policies: Vec<Policy> = grants.iter().map(policy).collect();
        let heard = Heard::default();
        let outcome =
            replay(&base, &policies, (from, until), Some(&heard), &Progress::default()).expect("not cancelled");
        let unheard = replay(&base, &policies, (from, until), None, &Progress::default()).expect("not cancelled");
        for (unheard, heard) in unheard.sides.iter().zip(&outcome.sides) {
            let (unheard, heard) = (&unheard.tally, &heard.tally);
            assert_eq!(
                (unheard.total, &unheard.months),
                (heard.total, &heard.months),
                "nobody need hear the decisions"
            );
            assert_eq!((&unheard.classes, &unheard.discounts), (&heard.classes, &heard.discounts));
            assert_eq!((&unheard.steps, unheard.script_failures), (&heard.steps, heard.script_failures));
        }
        (outcome, heard.0.into_inner().expect("nobody panics"))
    }
}

fn put_cards(app: &App) {
    let now = app.clock().now();
    for (at, name) in NAMES.iter().enumerate() {
        let role = if at == 1 { "staff" } else { "customer" };
        let card = Customer {
            id: (*name).to_owned(),
            birthday: chrono::NaiveDate::from_ymd_opt(1990, 3 * at as u32 + 1, 10),
            attributes: [("role".to_owned(), Attribute::Text(role.to_owned()))].into(),
            created_at: now,
            updated_at: now,
            ..Customer::default()
        };
        app.store().write_blocking(move |batch| batch.put_customer(&card)).expect("written");
    }
}

fn check(policy: &str, start: i64, cards: bool, steps: &[(i64, Step)]) -> Result<(), TestCaseError> {
    let start = Instant::parse_rfc3339("2024-01-20T22:30:00Z").expect("an instant").plus_micros(start);
    let mut shop = Shop::open(policy, start);
    if cards {
        put_cards(&shop.app);
        shop.app.refresh_segments().expect("cut-offs");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut before_was_back = false;
    for (place, (gap, step)) in steps.iter().enumerate() {
        // What came back in the very instant of a purchase has no place before or after it that the store would know.
        let is_back = matches!(step, Step::Back { .. });
        shop.wait(if is_back || before_was_back { (*gap).max(1) } else { *gap });
        before_was_back = is_back;
        runtime.block_on(shop.step(place, step))?;
    }
    let (outcome, heard) = shop.replay(start, &[Grants::Decide, Grants::Recorded, Grants::Nothing]);
    let mut discount = Money::ZERO;
    for id in &shop.bought {
        let (purchase, record) = shop.app.purchase_by_id(id).expect("readable").expect("there");
        let served = record.expect("decided").decision;
        let mut replayed = heard.get(&(0, id.clone())).expect("decided").clone();
        replayed.snapshot = served.snapshot;
        prop_assert_eq!(&replayed, &served, "{}", id);
        let back: Money = purchase.returns.iter().flat_map(|goods| &goods.lines).map(|line| line.discount).sum();
        discount += served.totals.discount - back;
    }
    // Asked again, one by one, each decision is what it was.
    for id in &shop.bought {
        let again = shop.app.decide_again(id, None).expect("readable").expect("decided");
        prop_assert!(again.same, "{}: {:?}", id, again.differences);
    }
    // What really happened, counted from what was recorded, is what the replay counts.
    let [decided, recorded, nothing] = &outcome.sides[..] else { panic!("three sides") };
    prop_assert_eq!(decided.tally.total, recorded.tally.total);
    prop_assert_eq!(decided.tally.total.discount, discount);
    prop_assert_eq!(&decided.tally.months, &recorded.tally.months);
    prop_assert_eq!(&decided.tally.classes, &recorded.tally.classes);
    prop_assert_eq!(&decided.classes, &recorded.classes);
    prop_assert_eq!(decided.tally.total.gross, nothing.tally.total.gross);
    prop_assert_eq!(nothing.tally.total.discount, Money::ZERO);
    // Points stand where the shop's do.
    let (now, rows) = (shop.now().plus_micros(1), shop.app.store().snapshot());
    let mut outstanding = 0;
    for name in NAMES {
        let account = rows.points_account(name).expect("readable").unwrap_or_default();
        outstanding += treue::ledger::points_standing(&account, now).balance;
    }
    prop_assert_eq!(decided.tally.points.outstanding(), outstanding);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn replay_equals_serving(start in 0i64..300 * DAY, cards in any::<bool>(), steps in steps()) {
        check(POLICY, start, cards, &steps)?;
    }

    #[test]
    fn replay_equals_serving_with_scripts(start in 0i64..300 * DAY, steps in steps()) {
        let policy = POLICY.replace("\nsegments:\n", &format!("\nsegments:{SCRIPTED}"));
        let policy = policy.replace("  best:     {", "  often:    { when: { habit: often }, rate: 2% }\n  best:     {");
        check(&policy, start, true, &steps)?;
    }
}

/// A ladder, kept tiers, classes by rank, a budget that runs out every month, uses and points.
const MUSIC: &str = "\
currency: USD
timezone: America/New_York
costs: { default_margin: 40% }
metrics:
  orders:    { count: purchases }
  spend_6m:  { sum: net, within: 6 months }
  profit_6m: { sum: profit, within: 6 months }
  recency:   { days_since: last_purchase }
segments:
  value: { rank_by: profit_6m, classes: { A: 80%, B: 95%, C: 100% }, refresh: month }
  rfm:   { score: { recency: 5, orders: 5 }, classes: { best: { recency: [4, 5], orders: [4, 5] }, others: {} }, refresh: month }
  tier:  { by: spend_6m, classes: { gold: 200, silver: 60, basic: 0 }, keep: 3 months }
discounts:
  regulars: { ladder: { by: orders, steps: { 1: 2%, 3: 5%, 10: 8% } }, group: loyalty }
  spenders: { ladder: { by: spend_6m, steps: { 50: 3%, 150: 6% }, sliced: true, counting_basket: true }, group: loyalty }
  golden:   { when: { tier: [gold, silver] }, rate: 2%, budget: 60 per month }
  a:        { when: { value: A, rfm: best }, amount: 1.50, uses: { per_customer: 2 per quarter, total: 40 per month } }
limits: { max_rate: 20%, min_margin: 5% }
points: { earn: { per: 1, points: 1, expires: 1 year } }
";

#[test]
fn replay_equals_serving_on_cdnow() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/cdnow_sample.csv.gz");
    let file = fs::File::open(&path).unwrap_or_else(|error| {
        panic!("the purchase histories belong beside the repository, in ../shared/data: {}: {error}", path.display())
    });
    let zone = treue::time::Zone::from_name("America/New_York").expect("a zone");
    let mut rows: Vec<(Instant, String, String)> = csv::Reader::from_reader(flate2::read::GzDecoder::new(file))
        .records()
        .map(|row| {
            let row = row.expect("a row");
            (zone.parse_instant(&row[2]).expect("a date"), row[1].to_owned(), row[4].to_owned())
        })
        .collect();
    rows.sort();
    assert_eq!(rows.len(), 6_919);
    let start = rows[0].0;
    let mut shop = Shop::open(MUSIC, start);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for (nth, (day, customer, value)) in rows.iter().enumerate() {
        // Dates have no time: one after the other from noon on.
        let at = day.plus_micros(DAY / 2 + nth as i64 * 1_000);
        shop.wait(at.0 - shop.now().0);
        let line = Line {
            sku: "cds".into(),
            quantity: Quantity::ONE,
            unit_price: UnitPrice::parse(value).expect("an amount"),
            unit_cost: None,
            category: None,
            tags: Vec::new(),
        };
        let id = format!("o-{nth}");
        let basket = Basket { lines: vec![line], ..Basket::default() };
        let customer = Some(customer.clone());
        let wanted = Purchasing { id: id.clone(), request: [1; 16], customer, at: None, basket, terms: None };
        runtime.block_on(shop.app.purchase(wanted)).expect("committed");
        shop.bought.push(id);
    }
    let (outcome, heard) = shop.replay(start, &[Grants::Decide, Grants::Recorded]);
    let (mut spent_up, mut classes) = (0, std::collections::BTreeSet::new());
    for id in &shop.bought {
        let (_, record) = shop.app.purchase_by_id(id).expect("readable").expect("there");
        let served = record.expect("decided").decision;
        let mut replayed = heard.get(&(0, id.clone())).expect("decided").clone();
        replayed.snapshot = served.snapshot;
        assert_eq!(replayed, served, "{id}");
        let cut = served.applied.iter().flat_map(|applied| &applied.cuts);
        spent_up += cut.filter(|cut| cut.by == treue::model::LimitKind::Budget).count();
        classes.extend(served.classes);
    }
    assert!(spent_up > 3 && classes.len() >= 3, "budgets run out and classes differ: {spent_up}, {classes:?}");
    assert_eq!(outcome.sides[0].tally.total, outcome.sides[1].tally.total);
}

/// A made-up base under a policy with a ladder.
fn made_up(customers: u64) -> (Base, Policy) {
    let until = Instant::parse_rfc3339("2026-11-01T00:00:00Z").expect("an instant");
    let sources = treue::diagnostic::Sources::new([("policies/shop.yaml".to_owned(), POLICY.to_owned())]);
    let bundle = Arc::new(treue::policy::compile(sources).bundle.expect("it compiles"));
    let demo = Demo::new(1, customers, 30.0, until, bundle.zone, bundle.currency);
    let mut builder = BaseBuilder::new(Sample::ALL, until);
    let mut sequence = 0;
    for made in (0..customers).map(|number| demo.make(number)) {
        builder.card(&made.customer);
        for purchase in &made.purchases {
            sequence += 1;
            builder.purchase(sequence, purchase, None);
        }
    }
    (builder.finish(), Policy { name: String::new(), bundle, grants: Grants::Decide, fit: None })
}

/// Ends a replay at one of its decisions.
struct Ends<'a> {
    progress: &'a Progress,
    at: u64,
    heard: AtomicU64,
}

impl Watch for Ends<'_> {
    fn decided(&self, _: usize, _: &str, _: &Decision) {
        if self.heard.fetch_add(1, Ordering::Relaxed) + 1 == self.at {
            self.progress.cancel();
        }
    }
}

#[test]
fn a_replay_ends_soon_after_somebody_asks() {
    let (base, policy) = made_up(300);
    let (first, last) = base.span().expect("something happened");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool");
    let heard = |at: u64| {
        let progress = Progress::default();
        let ends = Ends { progress: &progress, at, heard: AtomicU64::new(0) };
        let policies = [policy.clone(), policy.clone()];
        let found = pool.install(|| replay(&base, &policies, (first, last), Some(&ends), &progress));
        (found.is_some(), ends.heard.into_inner())
    };
    let (whole, all) = heard(u64::MAX);
    assert!(whole && all > 10_000, "{all}");
    for at in [1, 2, 999, all / 2, all] {
        let (whole, heard) = heard(at);
        // One part of the base may come to its next stop; a part has hundreds of purchases here.
        assert!(!whole && heard < at + 2_048, "asked at {at}, ended at {heard}");
    }
}

#[test]
fn reading_a_history_ends_at_once() {
    let shop = Shop::open(POLICY, Instant::parse_rfc3339("2026-11-01T00:00:00Z").expect("an instant"));
    let options = DemoOptions { customers: 400, mean_purchases: 12.0, ..DemoOptions::default() };
    shop.app.fill_demo(&options, |_| {}).expect("a base");
    let looks = AtomicU64::new(0);
    let found = |stop: u64| {
        looks.store(0, Ordering::Relaxed);
        let go_on = |_| looks.fetch_add(1, Ordering::Relaxed) != stop;
        shop.app.history(Sample::ALL, shop.now(), true, &go_on).expect("readable").is_some()
    };
    assert!(found(u64::MAX));
    let all = looks.load(Ordering::Relaxed);
    assert!(all > 16, "{all}");
    for stop in 0..all {
        assert!(!found(stop));
        assert_eq!(looks.load(Ordering::Relaxed), stop + 1, "nothing is read after the look that ended it");
    }
}
