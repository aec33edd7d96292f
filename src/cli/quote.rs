//! `treue quote` and `treue explain`.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use comfy_table::{CellAlignment, Table, presets};

use super::args::{ExplainArgs, QuoteArgs};
use super::config::{Config, DEFAULT_STORE};
use super::{End, print};
use crate::app::App;
use crate::engine::{Steps, explain as in_words};
use crate::http::problem::Problem;
use crate::http::purchases::decision::{AgainOut, DecisionOut};

use crate::http::quotes::create::QuoteOut;
use crate::http::wire::{QuoteIn, decided};
use crate::id::Revision;
use crate::model::Decision;
use crate::money::{Money, Quantity};
use crate::policy::{Bundle, compile};
use crate::store::Store;

pub(super) fn run(args: &QuoteArgs, config: &Config) -> anyhow::Result<End> {
    let text = read(&args.file)?;
    // Where nobody names a store and there is none, nothing is known of anybody; none is made for a question.
    let store = match config.store.exists() || config.store != Path::new(DEFAULT_STORE) {
        true => config.open_existing_store()?,
        false => Store::in_memory()?,
    };
    let app = config.open_app(store)?;
    let quoted = match ask(&app, &text) {
        Ok(quoted) => quoted,
        Err(problem) => {
            anstream::eprintln!("error: {}", problem.detail);
            // One is said in the line above.
            for error in problem.errors.iter().skip(usize::from(problem.errors.len() == 1)) {
                anstream::eprintln!("  {}: {}", error.pointer, error.detail);
            }
            return Ok(End::No);
        }
    };
    if args.json {
        return print::json(&QuoteOut::new(&quoted));
    }
    let lines = quoted.basket.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
    print_decision(&quoted.active.bundle, quoted.customer.as_deref(), lines, &quoted.decision)?;
    Ok(End::Done)
}

fn ask(app: &App, text: &[u8]) -> Result<crate::app::Quoted, Problem> {
    let asked: QuoteIn<'_> = serde_json::from_slice(text)
        .map_err(|error| Problem::unreadable(format!("the basket cannot be read: {error}")))?;
    let (customer, at, basket) = asked.read()?;
    Ok(app.quote(customer, at, basket)?)
}

/// The content of a file, or of standard input.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    if file == Path::new("-") {
        std::io::stdin().read_to_end(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    }
    Ok(text)
}

pub(super) fn explain(args: &ExplainArgs, config: &Config) -> anyhow::Result<End> {
    if !config.store.exists() {
        bail!("there is no store at {}", config.store.display());
    }
    let app = config.open_app_to_look(config.open_store()?)?;
    if let Some(under) = &args.under {
        return explain_under(args, under, &app, config);
    }
    let Some((purchase, record)) = app.purchase_by_id(&args.purchase)? else {
        anstream::eprintln!("there is no purchase `{}`", args.purchase);
        return Ok(End::No);
    };
    let Some(record) = record else {
        anstream::eprintln!("purchase `{}` was imported: no decision was made", args.purchase);
        return Ok(End::No);
    };
    let bundle = app
        .bundle_of(record.decision.revision)?
        .ok_or_else(|| anyhow!("the policy that decided `{}` is no longer stored", args.purchase))?;
    let lines = || purchase.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
    if args.json {
        let decided = decided(&bundle, purchase.customer.as_deref(), lines(), &record.decision);
        return print::json(&DecisionOut::new(&args.purchase, &record, decided));
    }
    print_decision(&bundle, purchase.customer.as_deref(), lines(), &record.decision)?;
    Ok(End::Done)
}

fn explain_under(args: &ExplainArgs, under: &str, app: &App, config: &Config) -> anyhow::Result<End> {
    let under = match (under, Revision::parse(under)) {
        ("own", _) => None,
        (_, Some(revision)) => {
            Some(app.bundle_of(revision)?.ok_or_else(|| anyhow!("there is no revision {revision}"))?)
        }
        (folder, None) => {
            let sources = super::simulate::read_side(Path::new(folder), config)
                .map_err(|(path, error)| anyhow!("cannot read {}: {error}", path.display()))?;
            let compiled = compile(sources);
            let Some(bundle) = compiled.bundle else {
                print::diagnostics(&compiled.diagnostics, &compiled.sources);
                bail!("the policies in {folder} do not compile");
            };
            Some(Arc::new(bundle))
        }
    };
    let Some(again) = app.decide_again(&args.purchase, under)? else {
        anstream::eprintln!("no decision about `{}` is kept", args.purchase);
        return Ok(End::No);
    };
    if args.json {
        return print::json(&AgainOut::new(&args.purchase, &again));
    }
    let lines = again.purchase.lines.iter().map(|line| (line.sku.as_ref(), line.quantity));
    print_decision(&again.under, again.purchase.customer.as_deref(), lines, &again.decision)?;
    print::line(if again.same { "\nthe same as it was, byte for byte" } else { "\nbeside the decision as it was" })?;
    for text in &again.differences {
        print::line(&format!("  {text}"))?;
    }
    for note in &again.notes {
        print::line(&format!("note: {note}"))?;
    }
    Ok(End::Done)
}

fn print_decision<'a>(
    bundle: &Bundle,
    customer: Option<&str>,
    lines: impl Iterator<Item = (&'a str, Quantity)>,
    decision: &Decision,
) -> anyhow::Result<()> {
    let money = |amount: Money| amount.format(bundle.currency);
    print::line(&format!(
        "{} at {}, policy {}",
        customer.unwrap_or("a guest"),
        bundle.zone.local(decision.at).format("%Y-%m-%d %H:%M:%S"),
        &decision.revision.to_string()[..8]
    ))?;
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["sku", "quantity", "gross", "discount", "net"]);
    for ((sku, quantity), line) in lines.zip(&decision.lines) {
        table.add_row([
            sku.to_owned(),
            quantity.to_string(),
            money(line.gross),
            money(line.discount),
            money(line.gross - line.discount),
        ]);
    }
    let totals = &decision.totals;
    table.add_row(["", "", &money(totals.gross), &money(totals.discount), &money(totals.net())].map(str::to_owned));
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    print::line(&table.to_string())?;
    let words = in_words(bundle, decision);
    if !words.applied.is_empty() {
        print::line("\napplied")?;
    }
    for applied in &words.applied {
        let rate = applied.rate.map(|rate| format!(" ({rate})")).unwrap_or_default();
        print::line(&format!("  {}{rate}: {}, {}", applied.name, money(applied.amount), listed(applied.because)))?;
    }
    if !words.rejected.is_empty() {
        print::line("\nnot applied")?;
    }
    for rejected in words.rejected.iter().chain(&words.failures) {
        print::line(&format!("  {}: {}", rejected.name, listed(rejected.because)))?;
    }
    if !decision.next_steps.is_empty() {
        print::line("\nnext steps")?;
    }
    for next in &decision.next_steps {
        let discount = &bundle.discounts[next.discount as usize].name;
        let metric = &bundle.metrics[next.metric as usize].name;
        print::line(&format!("  {discount}: {} with {} more {metric}", next.rate, next.missing))?;
    }
    Ok(())
}

fn listed(because: Steps<'_>) -> String {
    because.iter().map(|words| words.to_string()).collect::<Vec<_>>().join(", ")
}
