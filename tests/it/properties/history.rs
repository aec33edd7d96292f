//! Purchases and returns through the app, on a store in memory and a clock that stands: what is then known of everybody,
//! now and as of any instant before, against a recount; and what is left of uses and budgets.

use std::fs;

use proptest::prelude::*;
use treue::app::{App, Clock, Purchasing, Returning, Settings, WantedLine};
use treue::engine::{CutOffs, Gather, gather};
use treue::metric::{Event, History, interaction_adds, purchase_adds};
use treue::model::{Basket, Interaction, Line, Purchase};
use treue::money::{Money, Number, Quantity, UnitPrice};
use treue::store::{Read, Store, verify};
use treue::time::Instant;

use super::recount::{Asked, Calendar, Of, Past, Period, Stretch, What, Which};

const NAMES: [&str; 3] = ["ada", "bob", "cyd"];

/// Every kind of metric, and what it must be.
fn metrics() -> Vec<(&'static str, &'static str, Asked)> {
    use Stretch::{Days, Ever, Months, Since};
    use Which::{All, NotNew, Shoes};
    let asked = |what, stretch, which| Asked { what, stretch, which };
    vec![
        ("orders", "count: purchases", asked(What::Purchases, Ever, All)),
        ("spend", "sum: net", asked(What::Sum(Of::Net), Ever, All)),
        ("gross_12m", "sum: gross, within: 12 months", asked(What::Sum(Of::Gross), Months(12), All)),
        ("spend_1m", "sum: net, within: 1 month", asked(What::Sum(Of::Net), Months(1), All)),
        ("orders_30d", "count: purchases, within: 30 days", asked(What::Purchases, Days(30), All)),
        ("orders_1d", "count: purchases, within: 1 day", asked(What::Purchases, Days(1), All)),
        ("discount_2w", "sum: discount, within: 2 weeks", asked(What::Sum(Of::Discount), Days(14), All)),
        ("cost_day", "sum: cost, since: day", asked(What::Sum(Of::Cost), Since(Period::Day), All)),
        ("margin_week", "sum: margin, since: week", asked(What::Sum(Of::Margin), Since(Period::Week), All)),
        ("profit_month", "sum: profit, since: month", asked(What::Sum(Of::Profit), Since(Period::Month), All)),
        ("units_quarter", "sum: quantity, since: quarter", asked(What::Sum(Of::Quantity), Since(Period::Quarter), All)),
        ("spend_year", "sum: net, since: year", asked(What::Sum(Of::Net), Since(Period::Year), All)),
        ("profit", "sum: profit", asked(What::Sum(Of::Profit), Ever, All)),
        ("service", "sum: service_cost, within: 90 days", asked(What::Sum(Of::ServiceCost), Days(90), All)),
        ("contacts", "count: interactions, since: quarter", asked(What::Contacts, Since(Period::Quarter), All)),
        (
            "shoes",
            "sum: net, within: 6 months, only: { category: [shoes] }",
            asked(What::Sum(Of::Net), Months(6), Shoes),
        ),
        ("shoe_orders", "count: purchases, only: { category: shoes }", asked(What::Purchases, Ever, Shoes)),
        (
            "old_profit",
            "sum: profit, within: 60 days, except: { tag: new }",
            asked(What::Sum(Of::Profit), Days(60), NotNew),
        ),
        ("basket_size", "average: net", asked(What::AveragePerPurchase(Of::Net), Ever, All)),
        ("margin_3m", "average: margin, within: 3 months", asked(What::AveragePerPurchase(Of::Margin), Months(3), All)),
        (
            "shoe_units",
            "average: quantity, only: { category: shoes }",
            asked(What::AveragePerPurchase(Of::Quantity), Ever, Shoes),
        ),
        ("satisfaction", "average: rating, within: 12 months", asked(What::AverageRating, Months(12), All)),
        ("contact_cost", "average: service_cost", asked(What::AverageContactCost, Ever, All)),
        ("recency", "days_since: last_purchase", asked(What::DaysSinceLast, Ever, All)),
        ("tenure", "days_since: first_purchase", asked(What::DaysSinceFirst, Ever, All)),
        ("last_contact", "days_since: last_interaction", asked(What::DaysSinceContact, Ever, All)),
        (
            "shoe_recency",
            "days_since: last_purchase, only: { category: shoes }",
            asked(What::DaysSinceLast, Ever, Shoes),
        ),
        ("old_tenure", "days_since: first_purchase, except: { tag: new }", asked(What::DaysSinceFirst, Ever, NotNew)),
    ]
}

/// By which metric, thresholds of gold and silver, how long a class is kept.
type Tier = (&'static str, i64, i64, Option<(&'static str, Stretch)>);

fn tiers() -> Vec<Tier> {
    vec![
        ("spend", 300, 100, None),
        ("gross_12m", 300, 100, Some(("12 months", Stretch::Months(12)))),
        ("spend_1m", 200, 80, Some(("1 month", Stretch::Months(1)))),
        ("orders_30d", 3, 2, Some(("60 days", Stretch::Days(60)))),
        ("orders_1d", 2, 1, Some(("3 months", Stretch::Months(3)))),
        ("spend_year", 300, 100, Some(("6 months", Stretch::Months(6)))),
        ("profit_month", 40, 5, Some(("2 months", Stretch::Months(2)))),
        ("old_profit", 60, 10, Some(("45 days", Stretch::Days(45)))),
        ("margin_3m", 40, 10, Some(("1 month", Stretch::Months(1)))),
        ("recency", 20, 5, Some(("30 days", Stretch::Days(30)))),
        ("shoes", 200, 50, Some(("1 year", Stretch::Months(12)))),
    ]
}

fn policy() -> String {
    let mut text = "currency: EUR\ntimezone: Europe/Berlin\ncosts: { default_margin: 30% }\nmetrics:\n".to_owned();
    for (name, written, _) in metrics() {
        text += &format!("  {name}: {{ {written} }}\n");
    }
    text += "segments:\n";
    for (at, (metric, gold, silver, keep)) in tiers().iter().enumerate() {
        let keep = keep.map_or_else(String::new, |(written, _)| format!(", keep: {written}"));
        text +=
            &format!("  t{at}: {{ by: {metric}, classes: {{ gold: {gold}, silver: {silver}, basic: 0 }}{keep} }}\n");
    }
    text += "discounts:
  regulars: { ladder: { by: orders, steps: { 0: 3%, 2: 7.5% } }, budget: 20 per month }
  golden: { when: { t2: gold }, rate: 5%, uses: { per_customer: 2 per quarter } }
  gift: { amount: 4.99, lines: { only: { category: shoes } }, uses: { total: 5 per year, per_customer: 1 per month } }
  whole: { rate: 10%, lines: { except: { tag: new } }, budget: { amount: 30, per: quarter, partial: false } }
";
    text
}

#[derive(Debug, Clone)]
enum Step {
    Buy { who: usize, lines: Vec<(i64, i64, bool, bool)>, quoted: bool, twice: bool },
    Back { which: prop::sample::Index, share: Option<(prop::sample::Index, i64)>, twice: bool },
    Meet { who: usize, cost: i64, rating: Option<u8> },
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    const DAY: i64 = 86_400_000_000;
    let gap = prop_oneof![
        1 => Just(0i64),
        1 => Just(1),
        3 => 1..DAY,
        1 => Just(DAY),
        3 => (1..20i64).prop_map(|days| days * DAY),
        3 => DAY..40 * DAY,
        1 => 100 * DAY..250 * DAY,
    ];
    let line = (
        prop_oneof![4 => (1i64..4).prop_map(|n| n * 1_000), 1 => 1i64..4_000],
        (100i64..12_000).prop_map(|cents| cents * 100),
        any::<bool>(),
        any::<bool>(),
    );
    let who = prop_oneof![3 => Just(0usize), 1 => 1usize..3];
    let step = prop_oneof![
        6 => (who.clone(), prop::collection::vec(line, 1..4), prop::bool::weighted(0.2), prop::bool::weighted(0.2))
            .prop_map(|(who, lines, quoted, twice)| Step::Buy { who, lines, quoted, twice }),
        3 => (any::<prop::sample::Index>(), prop::option::of((any::<prop::sample::Index>(), 1i64..3_000)), prop::bool::weighted(0.2))
            .prop_map(|(which, share, twice)| Step::Back { which, share, twice }),
        1 => (who, 0i64..3_000, prop::option::of(1u8..=5))
            .prop_map(|(who, cost, rating)| Step::Meet { who, cost, rating }),
    ];
    prop::collection::vec((gap, step), 1..24)
}

struct Shop {
    app: App,
    past: [Past; 3],
    /// Customer and place of each purchase.
    bought: Vec<(usize, usize)>,
    _folder: tempfile::TempDir,
}

impl Shop {
    fn open(start: Instant) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let policies = folder.path().join("policies");
        fs::create_dir(&policies).expect("a folder");
        fs::write(policies.join("shop.yaml"), policy()).expect("a file");
        let settings = Settings { policies, scripts: folder.path().join("scripts") };
        let store = Store::in_memory().expect("a store");
        let app = App::open(store, Clock::fixed(start), settings).expect("an app");
        while !app.build_filters().expect("filters") {}
        Self { app, past: Default::default(), bought: Vec::new(), _folder: folder }
    }

    fn now(&self) -> Instant {
        self.app.clock().now()
    }

    async fn step(&mut self, place: usize, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Buy { who, lines, quoted, twice } => self.buy(place, *who, lines, *quoted, *twice).await,
            Step::Back { which, share, twice } => self.back(place, which, share.as_ref(), *twice).await,
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
                let (written, now) = (contact.clone(), self.now());
                let done = self.app.store().write(move |batch| batch.put_interaction(written.clone(), now)).await;
                prop_assert!(done.is_ok(), "{:?}", done.err());
                self.past[*who].interactions.push(contact);
                Ok(())
            }
        }
    }

    async fn buy(
        &mut self,
        place: usize,
        who: usize,
        lines: &[(i64, i64, bool, bool)],
        quoted: bool,
        twice: bool,
    ) -> Result<(), TestCaseError> {
        let line = |(quantity, price, shoes, new): &(i64, i64, bool, bool)| Line {
            sku: "X".into(),
            quantity: Quantity(*quantity),
            unit_price: UnitPrice(*price),
            unit_cost: None,
            category: shoes.then(|| "shoes".into()),
            tags: if *new { vec!["new".into()] } else { Vec::new() },
        };
        let basket = Basket { lines: lines.iter().map(line).collect(), ..Basket::default() };
        let customer = Some(NAMES[who].to_owned());
        let mut wanted = Purchasing {
            id: format!("p{place}"),
            request: [1; 16],
            customer: customer.clone(),
            at: None,
            basket: basket.clone(),
            terms: None,
        };
        if quoted {
            let quote = self.app.quote(customer, None, basket).expect("a quote");
            wanted.terms = Some(self.app.open_quote(&quote.token).expect("terms"));
            wanted.basket = Basket::default();
        }
        let done = self.app.purchase(wanted.clone()).await;
        prop_assert!(done.is_ok(), "{:?}", done.err());
        let purchase = done.expect("checked").purchase;
        if twice {
            // Property 5: the same id twice is once; with other content it is refused.
            let again = self.app.purchase(wanted.clone()).await;
            prop_assert!(again.is_ok_and(|again| again.again && again.purchase == purchase));
            let other = self.app.purchase(Purchasing { request: [2; 16], ..wanted }).await;
            prop_assert!(other.is_err(), "the id is taken");
        }
        self.bought.push((who, self.past[who].purchases.len()));
        self.past[who].purchases.push(purchase);
        Ok(())
    }

    async fn back(
        &mut self,
        place: usize,
        which: &prop::sample::Index,
        share: Option<&(prop::sample::Index, i64)>,
        twice: bool,
    ) -> Result<(), TestCaseError> {
        if self.bought.is_empty() {
            return Ok(());
        }
        let (who, at) = *which.get(&self.bought);
        let purchase = &self.past[who].purchases[at];
        let lines = share.map(|(line, thousandths)| {
            let line = line.index(purchase.lines.len());
            vec![WantedLine { line: Some(line), sku: None, quantity: Some(Quantity(*thousandths)) }]
        });
        let wanted = Returning {
            purchase: purchase.id.clone(),
            id: Some(format!("r{place}")),
            request: [1; 32],
            at: None,
            lines,
        };
        // What is no longer there cannot come back; then nothing changes, which the recount will see.
        let Ok(done) = self.app.take_back(wanted.clone()).await else { return Ok(()) };
        if twice {
            let again = self.app.take_back(wanted.clone()).await;
            prop_assert!(again.is_ok_and(|again| again.again && again.purchase == done.purchase));
            let other = self.app.take_back(Returning { request: [2; 32], ..wanted }).await;
            prop_assert!(other.is_err(), "the id is taken");
        }
        self.past[who].purchases[at] = done.purchase;
        Ok(())
    }

    /// Property 9, at one instant: facts of serving, of a recount, and of a fold in one go.
    fn compare(&self, who: usize, at: Instant) -> Result<(), TestCaseError> {
        let calendar = Calendar(chrono_tz::Europe::Berlin);
        let past = &self.past[who];
        if past.purchases.is_empty() && past.interactions.is_empty() {
            return Ok(());
        }
        let standing = self.app.standing(NAMES[who], Some(at)).expect("readable").expect("known");
        let facts = &standing.facts;
        for ((name, _, asked), got) in metrics().iter().zip(&facts.metrics) {
            let expect = past.value(*asked, at, calendar).map(Number);
            prop_assert_eq!(*got, expect, "{} of {} as of {}", name, NAMES[who], at);
        }
        let known = metrics();
        for (slot, (metric, gold, silver, keep)) in tiers().iter().enumerate() {
            let asked = known.iter().find(|(name, ..)| name == metric).expect("known").2;
            let value = match keep {
                None => past.value(asked, at, calendar),
                Some((_, keep)) => past.best(asked, calendar.start(*keep, at), at, calendar),
            };
            let class = value
                .and_then(|value| [*gold, *silver, 0].iter().position(|floor| i128::from(*floor) * 1_000_000 <= value));
            let got = facts.classes[slot].map(usize::from);
            prop_assert_eq!(got, class, "tier by {} of {} as of {}: {:?}", metric, NAMES[who], at, value);
        }
        // Folding in one go, from the purchases as they stand, equals what was folded purchase by purchase.
        let bundle = &standing.active.bundle;
        let mut history = folded(past, bundle, at);
        let given = Gather { customer: None, allowances: Vec::new(), points: 0, cut_offs: &CutOffs::empty(bundle), at };
        let Ok(replayed) = gather(bundle, given, &mut history);
        prop_assert_eq!(&replayed.metrics, &facts.metrics);
        Ok(())
    }

    /// Property 3: what is left is the limit less what was granted and has not come back.
    fn sums_hold(&self) -> Result<(), TestCaseError> {
        let now = self.now();
        let calendar = Calendar(chrono_tz::Europe::Berlin);
        let bundle = self.app.active().bundle.clone();
        let rows = self.app.store().snapshot();
        let mut granted = [0i64; 4];
        let mut used = [0u64; 4];
        let per = [Period::Month, Period::Quarter, Period::Year, Period::Quarter];
        for purchase in self.past.iter().flat_map(|past| &past.purchases) {
            let record = self.app.purchase_by_id(&purchase.id).expect("readable").expect("there").1.expect("decided");
            let decision = record.decision;
            let whole = returned(purchase) == purchase.lines.iter().map(|line| line.quantity.0).sum::<i64>();
            for (slot, period) in per.iter().enumerate() {
                let here = calendar.start(Stretch::Since(*period), now)
                    == calendar.start(Stretch::Since(*period), purchase.at);
                let applied = decision.applied.iter().find(|applied| applied.discount as usize == slot);
                let Some(applied) = applied.filter(|_| here) else { continue };
                used[slot] += u64::from(!whole);
                granted[slot] += applied.amount.0 - given_back(purchase, &decision.lines, slot);
            }
        }
        for (slot, budget) in [(0usize, 2_000i64), (3, 3_000)] {
            let name = &bundle.discounts[slot].name;
            let start = calendar.start(Stretch::Since(per[slot]), now);
            let spent = rows.spent(name, start).expect("readable");
            prop_assert_eq!(spent.amount, Money(granted[slot]), "budget of {}", name);
            prop_assert!(0 <= granted[slot] && granted[slot] <= budget, "no budget is overspent");
        }
        let gift = self.app.standing(NAMES[0], None).expect("readable");
        if let Some(gift) = gift {
            prop_assert_eq!(gift.facts.allowances[2].total_uses, Some(5u64.saturating_sub(used[2])));
            prop_assert!(used[2] <= 5);
        }
        let mut flaws = Vec::new();
        verify(&*rows, &mut |flaw| flaws.push(flaw)).expect("readable");
        prop_assert!(flaws.is_empty(), "{:?}", flaws);
        Ok(())
    }

    /// Property 4: when all came back, uses, budgets and metrics are as if nothing had been.
    async fn all_comes_back(&mut self) -> Result<(), TestCaseError> {
        for (place, (who, at)) in self.bought.clone().into_iter().enumerate() {
            let purchase = &self.past[who].purchases[at];
            let wanted = Returning {
                purchase: purchase.id.clone(),
                id: Some(format!("all{place}")),
                request: [3; 32],
                at: None,
                lines: None,
            };
            if let Ok(done) = self.app.take_back(wanted).await {
                self.past[who].purchases[at] = done.purchase;
            }
            let purchase = &self.past[who].purchases[at];
            for (at, line) in purchase.lines.iter().enumerate() {
                let back =
                    purchase.returns.iter().flat_map(|goods| &goods.lines).filter(|back| back.line as usize == at);
                let sum = back.fold((0, 0, 0, 0), |sum, back| {
                    (sum.0 + back.quantity.0, sum.1 + back.gross.0, sum.2 + back.discount.0, sum.3 + back.cost.0)
                });
                prop_assert_eq!(sum, (line.quantity.0, line.gross.0, line.discount.0, line.cost.0));
            }
        }
        // A return is seen from after its instant on.
        self.app.clock().set(self.now().plus_micros(1));
        self.sums_hold()?;
        for name in NAMES {
            let Some(standing) = self.app.standing(name, None).expect("readable") else { continue };
            let facts = standing.facts;
            for ((name, _, asked), got) in metrics().iter().zip(&facts.metrics) {
                if matches!(
                    asked.what,
                    What::Sum(Of::Gross | Of::Discount | Of::Net | Of::Cost | Of::Margin | Of::Quantity)
                        | What::Purchases
                ) {
                    prop_assert_eq!(*got, Some(Number::ZERO), "{}", name);
                }
                if matches!(asked.what, What::AveragePerPurchase(_) | What::DaysSinceFirst | What::DaysSinceLast) {
                    prop_assert_eq!(*got, None, "{}", name);
                }
            }
            let left: Vec<_> =
                facts.allowances.iter().map(|left| (left.customer_uses, left.total_uses, left.budget)).collect();
            prop_assert_eq!(
                left,
                vec![
                    (None, None, Some(Money(2_000))),
                    (Some(2), None, None),
                    (Some(1), Some(5), None),
                    (None, None, Some(Money(3_000))),
                ]
            );
        }
        Ok(())
    }
}

fn returned(purchase: &Purchase) -> i64 {
    purchase.returns.iter().flat_map(|goods| &goods.lines).map(|back| back.quantity.0).sum()
}

/// What of a discount came back with the goods: unit by unit, of the line's units in their order.
fn given_back(purchase: &Purchase, lines: &[treue::model::DecidedLine], slot: usize) -> i64 {
    let mut sum = 0;
    for (at, line) in lines.iter().enumerate() {
        let granted =
            line.discounts.iter().find(|(discount, _)| *discount as usize == slot).map_or(0, |(_, amount)| amount.0);
        let back: i64 = purchase
            .returns
            .iter()
            .flat_map(|goods| &goods.lines)
            .filter(|b| b.line as usize == at)
            .map(|b| b.quantity.0)
            .sum();
        sum += treue::ledger::spread(Money(granted), purchase.lines[at].quantity, Quantity(back)).0;
    }
    sum
}

fn folded(past: &Past, bundle: &treue::policy::Bundle, at: Instant) -> History {
    let events = |filter: Option<&treue::metric::LineFilter>| {
        let mut events: Vec<Event> = Vec::new();
        for purchase in past.purchases.iter().filter(|purchase| purchase.at < at) {
            let adds = purchase_adds(purchase, filter, at);
            events.extend(adds.map(|adds| Event { at: purchase.at, sequence: events.len() as u64, adds }));
        }
        if filter.is_none() {
            for contact in past.interactions.iter().filter(|contact| contact.at < at) {
                events.push(Event { at: contact.at, sequence: events.len() as u64, adds: interaction_adds(contact) });
            }
        }
        events.sort_by_key(|event| event.at);
        events
    };
    History::new(events(None), bundle.filters.iter().map(|filter| events(Some(filter))).collect())
}

/// Instants to ask about: around what happened, and a stretch later.
fn instants(shop: &Shop, who: usize, picks: &[(prop::sample::Index, i64)]) -> Vec<Instant> {
    let past = &shop.past[who];
    let happened: Vec<Instant> = past
        .purchases
        .iter()
        .flat_map(|purchase| purchase.returns.iter().map(|goods| goods.at).chain([purchase.at]))
        .chain(past.interactions.iter().map(|contact| contact.at))
        .collect();
    if happened.is_empty() {
        return Vec::new();
    }
    picks.iter().map(|(index, later)| index.get(&happened).plus_micros(*later)).filter(|at| *at <= shop.now()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24),
        failure_persistence: None,
        max_shrink_iters: 600,
        ..ProptestConfig::default()
    })]

    /// Properties 3, 4, 5, 8 and 9.
    #[test]
    fn what_is_known_is_what_happened(
        steps in steps(),
        start in (0i64..400).prop_map(|hours| Instant(1_741_000_000_000_000 + hours * 7 * 3_600_000_000)),
        picks in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just(0i64), Just(1), Just(-1), Just(86_400_000_000), Just(30 * 86_400_000_000 + 1), 0i64..400 * 86_400_000_000,
        ]), 4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut shop = Shop::open(start);
        runtime.block_on(async {
            for (place, (gap, step)) in steps.iter().enumerate() {
                shop.app.clock().set(shop.now().plus_micros(*gap));
                shop.step(place, step).await?;
            }
            shop.sums_hold()?;
            for who in 0..NAMES.len() {
                shop.compare(who, shop.now())?;
                shop.compare(who, shop.now().plus_micros(1))?;
                for at in instants(&shop, who, &picks) {
                    shop.compare(who, at)?;
                }
            }
            shop.all_comes_back().await
        })?;
    }
}

/// A month before each of 28 to 31 March is 28 February: what was bought then leaves a window and is in it again.
#[test]
fn windows_at_the_ends_of_months() {
    let calendar = Calendar(chrono_tz::Europe::Berlin);
    let zone = treue::time::Zone::from_name("Europe/Berlin").expect("a zone");
    let at = |text: &str| zone.parse_instant(text).expect("an instant");
    let bought = |when: &str| {
        let totals = treue::metric::Totals { purchases: 1, gross: 6_000, ..Default::default() };
        Event { at: at(when), sequence: at(when).0.unsigned_abs(), adds: totals }
    };
    let yaml = "currency: EUR\ntimezone: Europe/Berlin\nmetrics: { m: { sum: gross, within: 1 month } }\n\
                segments: { t: { by: m, classes: { gold: 100, basic: 0 }, keep: 2 weeks } }\n";
    let bundle = super::deciding::bundle(&[("policies/a.yaml", yaml)]);
    let check = |first: &str, second: &str, as_of: &str, gold: bool| {
        let given = Gather {
            customer: None,
            allowances: Vec::new(),
            points: 0,
            cut_offs: &CutOffs::empty(&bundle),
            at: at(as_of),
        };
        let Ok(facts) = gather(&bundle, given, &mut History::new([bought(first), bought(second)], Vec::new()));
        assert_eq!(facts.classes[0], Some(u16::from(!gold)), "{first} and {second} as of {as_of}");
        let start = calendar.start(Stretch::Months(1), at(as_of));
        let inside = [first, second].iter().filter(|when| start <= at(when) && at(when) < at(as_of)).count();
        assert_eq!(facts.metrics[0], Some(Number::int(60 * inside as i64)));
    };
    check("2026-02-28 10:00", "2026-03-28 12:00", "2026-03-29 09:00", true);
    check("2026-02-28 10:00", "2026-03-28 12:00", "2026-04-05 09:00", true);
    check("2026-02-28 10:00", "2026-03-28 12:00", "2026-04-20 09:00", false);
    check("2026-02-27 10:00", "2026-03-28 12:00", "2026-04-05 09:00", false);
}
