//! How long one decision takes, under the shipped bundle. Nothing is read from a store here.

#![expect(clippy::expect_used, reason = "a bench ends where something is not as it should be")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use treue::diagnostic::Sources;
use treue::engine::{CutOffs, Desk, Gather, decide, explain, gather, price};
use treue::metric::{Event, History, Totals};
use treue::model::{Allowance, Basket, Customer, Facts, Line};
use treue::money::{Quantity, UnitPrice};
use treue::policy::{Bundle, Grant, SegmentRule, compile};
use treue::time::Instant;

fn shipped() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    treue::app::read_folders(&root.join("policies"), &root.join("scripts")).expect("the shipped bundle is there")
}

/// The shipped bundle, with or without whatever asks a script.
fn bundle(scripts: bool) -> Bundle {
    let mut bundle = compile(shipped()).bundle.expect("the shipped bundle compiles");
    if !scripts {
        let scripted = |at: &u16| {
            let discount = &bundle.discounts[*at as usize];
            matches!(discount.grant, Grant::Script(_)) || discount.condition.is_some()
        };
        let order = bundle.order.iter().copied().filter(|at| !scripted(at)).collect();
        bundle.order = order;
        for segment in bundle.segments.iter_mut().filter(|segment| matches!(segment.rule, SegmentRule::Script(_))) {
            // Nobody has a class in it; the others keep their places.
            segment.rule =
                SegmentRule::Thresholds { metric: 0, floors: Vec::new(), descending: Vec::new(), keep: None };
        }
        bundle.experiments.clear();
    }
    bundle
}

fn at() -> Instant {
    Instant::parse_rfc3339("2026-03-04T10:00:00Z").expect("an instant")
}

fn facts(bundle: &Bundle) -> Facts {
    let day = 86_400_000_000;
    let events = (0..12i64).map(|nth| Event {
        at: Instant(at().0 - (400 - nth * 30) * day),
        sequence: nth as u64,
        adds: Totals { purchases: 1, quantity: 2_000, gross: 6_990, discount: 140, cost: 3_500, ..Totals::default() },
    });
    let events: Vec<Event> = events.collect();
    let filtered = bundle.filters.iter().map(|_| events.clone()).collect();
    let mut history = History::new(events, filtered);
    let cut_offs = CutOffs::empty(bundle);
    let allowances = bundle.discounts.iter().map(|discount| Allowance {
        customer_uses: discount.uses_per_customer.map(|limit| limit.count),
        total_uses: discount.uses_total.map(|limit| limit.count),
        budget: discount.budget.map(|budget| budget.amount),
    });
    let given = Gather {
        customer: Some(Customer { id: "c-17".to_owned(), ..Customer::default() }),
        allowances: allowances.collect(),
        points: 0,
        cut_offs: &cut_offs,
        at: at(),
    };
    gather(bundle, given, &mut history).unwrap_or_else(|never| match never {})
}

fn basket(lines: usize) -> Basket {
    let line = |at: usize| Line {
        sku: format!("SH-{at}").into(),
        quantity: Quantity::units(2),
        unit_price: UnitPrice(499_000),
        unit_cost: Some(UnitPrice(210_000)),
        category: Some("shoes".into()),
        tags: vec!["new".into()],
    };
    Basket { lines: (0..lines).map(line).collect(), ..Basket::default() }
}

fn decisions(c: &mut Criterion) {
    for (name, scripts) in [("without scripts", false), ("with scripts", true)] {
        let bundle = bundle(scripts);
        let facts = Arc::new(facts(&bundle));
        for lines in [1, 5] {
            let basket = Arc::new(basket(lines));
            let priced = price(&bundle, &basket).expect("the basket can be priced");
            c.bench_function(&format!("decide, {name}, {lines} lines"), |b| {
                b.iter(|| decide(black_box(&bundle), black_box(&facts), black_box(&basket), &priced));
            });
            let mut desk = Desk::default();
            c.bench_function(&format!("decide without reasons, {name}, {lines} lines"), |b| {
                b.iter(|| {
                    desk.decide_briefly(black_box(&bundle), black_box(&facts), black_box(&basket), &priced).totals
                });
            });
        }
        let basket = Arc::new(basket(1));
        let priced = price(&bundle, &basket).expect("the basket can be priced");
        let decision = decide(&bundle, &facts, &basket, &priced);
        c.bench_function(&format!("explain, {name}"), |b| b.iter(|| explain(&bundle, black_box(&decision))));
    }
    let bundle = bundle(false);
    c.bench_function("gather the facts of 12 purchases", |b| b.iter(|| facts(black_box(&bundle))));
}

/// The allocator of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, decisions);
criterion_main!(benches);
