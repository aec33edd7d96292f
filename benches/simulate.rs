//! How long a replay takes: a made-up base under two policies of the shipped one's size, without scripts.

#![expect(clippy::expect_used, reason = "a bench ends where something is not as it should be")]

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use treue::diagnostic::Sources;
use treue::policy::{Bundle, Grant, SegmentRule, compile};
use treue::simulate::{Base, BaseBuilder, Demo, Grants, Policy, Progress, Sample, replay};
use treue::time::Instant;

fn shipped() -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = treue::app::read_folders(&root.join("policies"), &root.join("scripts")).expect("the shipped bundle");
    without_scripts(compile(sources).bundle.expect("it compiles"))
}

fn without_scripts(mut bundle: Bundle) -> Bundle {
    let scripted = |at: &u16| {
        let discount = &bundle.discounts[*at as usize];
        matches!(discount.grant, Grant::Script(_)) || discount.condition.is_some()
    };
    bundle.order = bundle.order.iter().copied().filter(|at| !scripted(at)).collect();
    for segment in bundle.segments.iter_mut().filter(|segment| matches!(segment.rule, SegmentRule::Script(_))) {
        segment.rule = SegmentRule::Thresholds { metric: 0, floors: Vec::new(), descending: Vec::new(), keep: None };
    }
    bundle
}

fn until() -> Instant {
    Instant::parse_rfc3339("2026-11-01T00:00:00Z").expect("an instant")
}

fn base(customers: u64, bundle: &Bundle) -> Base {
    let demo = Demo::new(1, customers, 10.0, until(), bundle.zone, bundle.currency);
    let mut builder = BaseBuilder::new(Sample::ALL, until());
    let mut sequence = 0;
    for number in 0..customers {
        let made = demo.make(number);
        builder.card(&made.customer);
        for purchase in &made.purchases {
            sequence += 1;
            builder.purchase(sequence, purchase, None);
        }
        for interaction in &made.interactions {
            sequence += 1;
            builder.interaction(sequence, interaction);
        }
    }
    builder.finish()
}

fn one_ladder() -> Bundle {
    let text = "currency: EUR\ntimezone: Europe/Berlin\nmetrics: { spend: { sum: gross } }\ndiscounts:\n  ladder: { ladder: { by: spend, steps: { 500: 3%, 1000: 5%, 2500: 7%, 5000: 10% } } }\n";
    compile(Sources::new([("policies/a.yaml".to_owned(), text.to_owned())])).bundle.expect("it compiles")
}

fn simulate(c: &mut Criterion) {
    let shipped = Arc::new(shipped());
    let base = base(5_000, &shipped);
    let (first, _) = base.span().expect("something happened");
    let policy = |bundle: &Arc<Bundle>| Policy {
        name: String::new(),
        bundle: Arc::clone(bundle),
        grants: Grants::Decide,
        fit: None,
    };
    let mut group = c.benchmark_group("simulate");
    group.sample_size(10).throughput(Throughput::Elements(2 * base.purchases()));
    for (name, bundle) in [("shipped", &shipped), ("one ladder", &Arc::new(one_ladder()))] {
        let policies = [policy(bundle), policy(bundle)];
        group.bench_function(name, |b| {
            b.iter(|| black_box(replay(&base, &policies, (first, until()), None, &Progress::default())));
        });
    }
    group.finish();
}

criterion_group!(benches, simulate);
criterion_main!(benches);
