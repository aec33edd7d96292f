//! Replays a large made-up base in memory and says how fast that was; with a file named, also writes what happened as
//! CSV, for another program to compute the same on.
//!
//! `cargo run --release --example replay_speed -- CUSTOMERS MEAN_PURCHASES [FILE.csv]`

#![expect(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "a program of one page that measures, prints and ends where something fails"
)]

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant as Watch;

use rayon::prelude::*;
use treue::diagnostic::Sources;
use treue::policy::{Bundle, Grant, SegmentRule, compile};
use treue::simulate::{Base, BaseBuilder, Demo, Grants, MadeUp, Outcome, Policy, Progress, Sample, replay};
use treue::time::Instant;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const LADDER: &str = "currency: EUR\ntimezone: Europe/Berlin\nmetrics: { spend: { sum: gross } }\ndiscounts:\n  \
    ladder: { ladder: { by: spend, steps: { 500: 3%, 1000: 5%, 2500: 7%, 5000: 10% } } }\n";

fn shipped() -> Bundle {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = treue::app::read_folders(&root.join("policies"), &root.join("scripts")).expect("the shipped bundle");
    let mut bundle = compile(sources).bundle.expect("it compiles");
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

fn base(customers: u64, mean: f64, until: Instant, bundle: &Bundle, file: Option<&str>) -> Base {
    let demo = Demo::new(1, customers, mean, until, bundle.zone, bundle.currency);
    let mut builder = BaseBuilder::new(Sample::ALL, until);
    let mut file = file.map(|file| std::io::BufWriter::new(std::fs::File::create(file).expect("a file")));
    let mut sequence = 0;
    for from in (0..customers).step_by(10_000) {
        let made: Vec<MadeUp> =
            (from..customers.min(from + 10_000)).into_par_iter().map(|number| demo.make(number)).collect();
        for mut made in made {
            builder.card(&made.customer);
            for purchase in &mut made.purchases {
                sequence += 1;
                // What came back is left out where another program computes the same.
                if let Some(file) = &mut file {
                    purchase.returns.clear();
                    let gross: i64 = purchase.lines.iter().map(|line| line.gross.0).sum();
                    let customer = made.customer.id.trim_start_matches("c-");
                    writeln!(file, "{customer},{},{gross}", purchase.at.0).expect("written");
                }
                builder.purchase(sequence, purchase, None);
            }
            for interaction in &made.interactions {
                sequence += 1;
                builder.interaction(sequence, interaction);
            }
        }
    }
    builder.finish()
}

fn run(name: &str, base: &Base, bundle: &Arc<Bundle>, sides: usize, until: Instant) -> Outcome {
    let policy = || Policy { name: String::new(), bundle: Arc::clone(bundle), grants: Grants::Decide, fit: None };
    let policies: Vec<Policy> = (0..sides).map(|_| policy()).collect();
    let (first, _) = base.span().expect("something happened");
    let begun = Watch::now();
    let outcome = replay(base, &policies, (first, until), None, &Progress::default()).expect("not cancelled");
    let seconds = begun.elapsed().as_secs_f64();
    let rate = (base.purchases() * sides as u64) as f64 / seconds;
    let granted = outcome.sides[0].tally.total.discount.0;
    println!("{name}: {seconds:.2} s, {rate:.0} purchase-decisions/s, {granted} cents granted");
    outcome
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |at: usize| arguments.get(at).map(|text| text.parse::<f64>().expect("a number"));
    let (customers, mean) = (number(1).unwrap_or(100_000.0) as u64, number(2).unwrap_or(10.0));
    let until = Instant::parse_rfc3339("2026-11-01T00:00:00Z").expect("an instant");
    let shipped = Arc::new(shipped());
    let begun = Watch::now();
    let base = base(customers, mean, until, &shipped, arguments.get(3).map(String::as_str));
    println!(
        "base: {} purchases of {customers} customers, laid out in {:.1} s",
        base.purchases(),
        begun.elapsed().as_secs_f64()
    );
    let ladder =
        compile(Sources::new([("policies/a.yaml".to_owned(), LADDER.to_owned())])).bundle.expect("it compiles");
    run("one ladder, one side", &base, &Arc::new(ladder), 1, until);
    if arguments.len() < 4 {
        run("shipped policy without scripts, two sides", &base, &shipped, 2, until);
    }
}
