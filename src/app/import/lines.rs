//! Purchases as JSON, one per line, as the export writes them.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::known::{other_content, same};
use super::price::{Stated, quantity_of};
use super::report::{ImportError, ImportReport, Progress, Rejects};
use super::row::{GUEST, Symbols};
use super::run::{Import, ImportContext};
use super::scalar::{Moments, money};
use super::text_lines::TextLines;
use super::write::{Work, write};
use crate::engine::MAX_BASKET;
use crate::id::check_id;
use crate::ledger::{Asked, take_back};
use crate::model::{Purchase, PurchaseLine, Return};
use crate::money::{Exact, Money};
use crate::store::{Failure, PurchaseRow, Read, Store, decode, encode};
use crate::time::Instant;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonPurchase<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    customer: Option<Cow<'a, str>>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    lines: Vec<JsonLine<'a>>,
    #[serde(borrow, default)]
    returns: Vec<JsonReturn<'a>>,
    /// Written by the export; an imported purchase is history without a decision.
    #[serde(default, rename = "revision")]
    _revision: Option<IgnoredAny>,
    #[serde(default, rename = "recorded_at")]
    _recorded_at: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonLine<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
    #[serde(borrow)]
    quantity: Exact<'a>,
    #[serde(borrow)]
    unit_price: Option<Exact<'a>>,
    #[serde(borrow)]
    gross: Option<Exact<'a>>,
    #[serde(borrow)]
    discount: Option<Exact<'a>>,
    #[serde(borrow)]
    unit_cost: Option<Exact<'a>>,
    #[serde(borrow)]
    cost: Option<Exact<'a>>,
    #[serde(borrow, default)]
    category: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    tags: Vec<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonReturn<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    lines: Vec<JsonReturnLine<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonReturnLine<'a> {
    line: usize,
    #[serde(borrow)]
    quantity: Exact<'a>,
    /// What is given back follows from the line; where it is stated it must agree.
    #[serde(borrow)]
    gross: Option<Exact<'a>>,
    #[serde(borrow)]
    discount: Option<Exact<'a>>,
    #[serde(borrow)]
    cost: Option<Exact<'a>>,
    #[serde(default, rename = "sku")]
    _sku: Option<IgnoredAny>,
}

/// A purchase of the file, encoded: that is small.
struct Entry {
    line: u64,
    customer: u32,
    at: Instant,
    start: usize,
    end: usize,
}

#[derive(Default)]
struct Entries {
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    /// The number of an id is the index of its entry.
    ids: Symbols,
    customers: Symbols,
}

impl Entries {
    fn purchase(&self, entry: &Entry) -> Result<Purchase, Failure> {
        let kept: PurchaseRow = decode(&self.bytes[entry.start..entry.end])?;
        Ok(kept.purchase)
    }

    fn add(&mut self, line: u64, purchase: Purchase) -> Result<(), Failure> {
        let start = self.bytes.len();
        self.ids.intern(&purchase.id);
        let customer = purchase.customer.as_deref().map_or(GUEST, |customer| self.customers.intern(customer));
        let at = purchase.at;
        self.bytes.extend(encode(&PurchaseRow { purchase, points: None, decision: None })?);
        self.entries.push(Entry { line, customer, at, start, end: self.bytes.len() });
        Ok(())
    }
}

pub(super) fn import_lines(
    store: &Store,
    context: &ImportContext,
    import: &Import,
    input: impl std::io::Read,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    let mut rejects = Rejects::new(import.skip_invalid);
    let mut known = Entries::default();
    let mut moments = Moments::new(context.zone);
    let rows = store.snapshot();
    let any = rows.counts()?.purchases > 0;
    let mut lines = TextLines::new(input)?;
    while let Some((line, text)) = lines.next(progress)? {
        let purchase = match read_purchase(text, context, &mut moments) {
            Ok(purchase) => purchase,
            Err(reason) => {
                rejects.add(line, reason, || Some(text.to_owned()));
                continue;
            }
        };
        let earlier = match known.ids.find(&purchase.id).map(|at| &known.entries[at as usize]) {
            Some(entry) => {
                Some((known.purchase(entry)?, format!("purchase `{}` is in line {}", purchase.id, entry.line)))
            }
            None if any => rows.purchase(&purchase.id)?.map(|stored| (stored, other_content("purchase", &purchase.id))),
            None => None,
        };
        match earlier {
            Some((earlier, _)) if same(&earlier, &purchase) => {
                report.rows.already_there += 1;
                report.purchases_already_there += 1;
            }
            Some((_, reason)) => rejects.add(line, reason, || Some(text.to_owned())),
            None => known.add(line, purchase)?,
        }
    }
    drop(rows);
    report.rows.read = lines.count();
    report.customers = known.customers.len() as u64;
    let mut report = report.settle(rejects, import)?;
    let of = known.entries.len() as u64;
    let mut broken = None;
    write(store, work(&known, &mut broken), of, &mut report, progress)?;
    if let Some(failure) = broken {
        return Err(failure.into());
    }
    Ok(report)
}

/// What is to be written, customer by customer. What was encoded above is read back; should that fail, it is noted.
fn work<'e>(known: &'e Entries, broken: &'e mut Option<Failure>) -> impl Iterator<Item = Work> + 'e {
    let ranks = known.customers.ranks();
    let rank = move |entry: &Entry| ranks.get(entry.customer as usize).copied().unwrap_or(GUEST);
    let mut order: Vec<&Entry> = known.entries.iter().collect();
    order.sort_unstable_by_key(|entry| (rank(entry), entry.at, entry.line));
    let mut next = 0;
    std::iter::from_fn(move || {
        let first = *order.get(next)?;
        let same = order[next..].iter().take_while(|entry| entry.customer == first.customer).count();
        let take = if first.customer == GUEST { 1 } else { same };
        let read = order[next..next + take].iter().map(|entry| known.purchase(entry)).collect();
        next += take;
        match read {
            Ok(purchases) => Some(Work {
                customer: (first.customer != GUEST).then(|| known.customers.text(first.customer).into()),
                purchases,
                rows_bought: take as u64,
                came: Vec::new(),
            }),
            Err(failure) => {
                *broken = Some(failure);
                None
            }
        }
    })
}

fn read_purchase(text: &str, context: &ImportContext, moments: &mut Moments) -> Result<Purchase, String> {
    let json: JsonPurchase<'_> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    check_id(&json.id).map_err(|error| format!("id {error}"))?;
    if let Some(customer) = &json.customer {
        check_id(customer).map_err(|error| format!("customer {error}"))?;
    }
    if json.lines.is_empty() {
        return Err("a purchase needs at least one line".to_owned());
    }
    let mut purchase = Purchase {
        at: instant(moments, &json.at)?,
        recorded_at: context.now,
        revision: None,
        id: json.id.into_owned(),
        customer: json.customer.map(Cow::into_owned),
        lines: Vec::with_capacity(json.lines.len()),
        returns: Vec::with_capacity(json.returns.len()),
    };
    let (mut gross, mut cost) = (Money::ZERO, Money::ZERO);
    for (at, json) in json.lines.into_iter().enumerate() {
        let line = read_line(json, context).map_err(|reason| format!("lines/{at}: {reason}"))?;
        gross += line.gross;
        cost += line.cost;
        if gross > MAX_BASKET || cost > MAX_BASKET {
            return Err("the amount of the purchase is out of range".to_owned());
        }
        purchase.lines.push(line);
    }
    for (at, json) in json.returns.into_iter().enumerate() {
        let goods = read_return(json, &purchase, context, moments);
        purchase.returns.push(goods.map_err(|reason| format!("returns/{at}: {reason}"))?);
    }
    Ok(purchase)
}

fn instant(moments: &mut Moments, text: &str) -> Result<Instant, String> {
    moments.read(text).ok_or_else(|| format!("at `{text}` is not a date, nor a date and time"))
}

/// What was written, or nothing.
fn text(exact: Option<Exact<'_>>) -> &str {
    exact.map_or("", |exact| exact.0)
}

fn read_line(json: JsonLine<'_>, context: &ImportContext) -> Result<PurchaseLine, String> {
    check_id(&json.sku).map_err(|error| format!("sku {error}"))?;
    for label in json.category.iter().chain(&json.tags) {
        check_id(label).map_err(|error| format!("category or tag {error}"))?;
    }
    let quantity = quantity_of(json.quantity.0)?;
    if quantity.0 < 0 {
        return Err("quantity is below zero: what came back belongs into `returns`".to_owned());
    }
    let stated = Stated {
        unit_price: text(json.unit_price),
        gross: text(json.gross),
        discount: text(json.discount),
        unit_cost: text(json.unit_cost),
        cost: text(json.cost),
    };
    let priced = stated.priced(quantity, context.currency, context.default_margin)?;
    Ok(PurchaseLine {
        sku: json.sku.into(),
        category: json.category.map(Into::into),
        tags: json.tags.into_iter().map(Into::into).collect(),
        quantity,
        unit_price: priced.unit_price,
        gross: priced.gross,
        discount: priced.discount,
        cost: priced.cost,
    })
}

fn read_return(
    json: JsonReturn<'_>,
    purchase: &Purchase,
    context: &ImportContext,
    moments: &mut Moments,
) -> Result<Return, String> {
    check_id(&json.id).map_err(|error| format!("id {error}"))?;
    if purchase.returns.iter().any(|known| known.id == *json.id) {
        return Err(format!("there are two returns `{}`", json.id));
    }
    let at = instant(moments, &json.at)?;
    if at < purchase.at {
        return Err("it lies before the purchase".to_owned());
    }
    let mut asked = Vec::with_capacity(json.lines.len());
    for line in &json.lines {
        let quantity = quantity_of(line.quantity.0)?;
        if quantity.0 < 0 {
            return Err("quantity is below zero".to_owned());
        }
        asked.push(Asked { line: line.line, quantity: Some(quantity) });
    }
    let lines = take_back(purchase, Some(&asked)).map_err(|error| error.to_string())?;
    for (stated, line) in json.lines.iter().zip(&lines) {
        for (name, stated, follows) in [
            ("gross", text(stated.gross), line.gross),
            ("discount", text(stated.discount), line.discount),
            ("cost", text(stated.cost), line.cost),
        ] {
            if !stated.is_empty() && money(stated, context.currency) != Ok(follows) {
                let follows = follows.format(context.currency);
                return Err(format!("{name} `{stated}` does not follow from the line, it would be {follows}"));
            }
        }
    }
    Ok(Return { id: json.id.into_owned(), at, lines })
}
