//! Customer cards, from a table or from JSON.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::csv::Records;
use super::mapping::Columns;
use super::report::{ImportError, ImportReport, Progress, Rejects};
use super::run::{Import, ImportContext, RowFormat};
use super::text_lines::TextLines;
use crate::id::check_id;
use crate::model::{Attribute, Customer};
use crate::money::Number;
use crate::store::{Batch, Failure, Read, Snapshot, Store, WriteError, decode, encode};
use crate::time::Instant;

const FIELDS: &[&str] = &["id", "name", "email", "phone", "address", "birthday"];
const ATTRIBUTES: &str = "attributes.";
const CONSENT: &str = "consent.";
/// The longest text on a card, in bytes.
const MAX_TEXT: usize = 2_000;
/// Cards that one transaction writes.
const CARDS_AT_ONCE: usize = 5_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonCard<'a> {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    birthday: Option<String>,
    #[serde(borrow, default)]
    attributes: BTreeMap<String, &'a RawValue>,
    #[serde(default)]
    consent: BTreeMap<String, bool>,
    #[serde(default)]
    created_at: Option<String>,
    /// Written by the export; an imported card is changed when it is imported.
    #[serde(default, rename = "updated_at")]
    _updated_at: Option<String>,
}

/// Cards to write, encoded one behind the other: that is small.
struct Cards<'s> {
    rows: &'s Snapshot,
    now: Instant,
    encoded: Vec<Box<[u8]>>,
    /// The line of each id of the file.
    lines: HashMap<String, u64>,
    already_there: u64,
}

impl Cards<'_> {
    /// The card to change, and the one in the store.
    fn before(&self, id: &str, line: u64) -> Result<Result<Option<Customer>, String>, Failure> {
        if let Err(error) = check_id(id) {
            return Ok(Err(format!("id {error}")));
        }
        if let Some(earlier) = self.lines.get(id) {
            return Ok(Err(format!("customer `{id}` is in line {earlier}")));
        }
        debug_assert!(line > 0, "lines are counted from 1");
        self.rows.customer(id).map(Ok)
    }

    fn add(&mut self, line: u64, card: Customer, before: Option<&Customer>) -> Result<(), Failure> {
        self.lines.insert(card.id.clone(), line);
        let created_at = before.map_or(card.created_at, |before| before.created_at);
        let unchanged = before
            .is_some_and(|before| *before == Customer { created_at, updated_at: before.updated_at, ..card.clone() });
        if unchanged {
            self.already_there += 1;
        } else {
            let card = Customer { created_at, updated_at: self.now, ..card };
            self.encoded.push(encode(&card)?.into_boxed_slice());
        }
        Ok(())
    }
}

pub(super) fn import_cards(
    store: &Store,
    context: &ImportContext,
    import: &Import,
    input: impl std::io::Read,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    let mut rejects = Rejects::new(import.skip_invalid);
    let rows = store.snapshot();
    let mut cards =
        Cards { rows: &rows, now: context.now, encoded: Vec::new(), lines: HashMap::new(), already_there: 0 };
    report.rows.read = match import.format {
        RowFormat::Csv => from_table(&mut cards, import, input, &mut rejects, progress)?,
        RowFormat::JsonLines => from_lines(&mut cards, input, &mut rejects, progress)?,
    };
    report.rows.already_there = cards.already_there;
    report.customers = cards.lines.len() as u64;
    let encoded = cards.encoded;
    let mut report = report.settle(rejects, import)?;
    let of = encoded.len() as u64;
    for some in encoded.chunks(CARDS_AT_ONCE) {
        let some = some.to_vec();
        let count = some.len() as u64;
        let written = store.write_blocking(move |batch: &mut Batch<'_>| -> Result<(), Failure> {
            some.iter().try_for_each(|bytes| batch.put_customer(&decode::<Customer>(bytes)?))
        });
        written.map_err(|(WriteError::Refused(failure) | WriteError::Failed(failure))| failure)?;
        report.rows.cards += count;
        progress(Progress::Writing { rows: report.rows.cards, of });
    }
    Ok(report)
}

/// A table changes the fields it has columns for; the rest of a card stays.
fn from_table(
    cards: &mut Cards<'_>,
    import: &Import,
    input: impl std::io::Read,
    rejects: &mut Rejects,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ImportError> {
    let mut records = Records::new(input, import.delimiter)?;
    let columns = import.mapping.resolve(&records.header, FIELDS, &[ATTRIBUTES, CONSENT])?;
    let id = columns.need("id", &records.header)?;
    while records.next(progress)? {
        let line = records.line();
        let key = records.field(id).into_owned();
        let read = match cards.before(&key, line)? {
            Ok(before) => records.check_width().and_then(|()| {
                let mut card = before.clone().unwrap_or_else(|| new_card(&key, cards.now));
                fill(&mut card, &records, &columns).map(|()| (card, before))
            }),
            Err(reason) => Err(reason),
        };
        match read {
            Ok((card, before)) => cards.add(line, card, before.as_ref())?,
            Err(reason) => rejects.add(line, reason, || records.text()),
        }
    }
    Ok(records.count())
}

fn new_card(id: &str, now: Instant) -> Customer {
    Customer { id: id.to_owned(), created_at: now, updated_at: now, ..Customer::default() }
}

fn fill(card: &mut Customer, records: &Records<'_>, columns: &Columns) -> Result<(), String> {
    let text = |name: &str, at: usize| text(name, records.field(at).into_owned());
    for (name, field) in [
        ("name", &mut card.name),
        ("email", &mut card.email),
        ("phone", &mut card.phone),
        ("address", &mut card.address),
    ] {
        if let Some(at) = columns.of(name) {
            *field = text(name, at)?;
        }
    }
    if let Some(at) = columns.of("birthday") {
        card.birthday = text("birthday", at)?.map(|day| birthday(&day)).transpose()?;
    }
    for (name, at) in columns.behind(ATTRIBUTES) {
        match text(name, at)? {
            Some(value) => card.attributes.insert(name.to_owned(), attribute(value)),
            None => card.attributes.remove(name),
        };
    }
    for (name, at) in columns.behind(CONSENT) {
        match &*records.field(at) {
            "true" => card.consent.insert(name.to_owned(), true),
            "false" => card.consent.insert(name.to_owned(), false),
            "" => card.consent.remove(name),
            other => return Err(format!("consent.{name} `{other}` is neither `true` nor `false`")),
        };
    }
    Ok(())
}

/// A text that is not empty.
fn text(name: &str, text: String) -> Result<Option<String>, String> {
    if text.len() > MAX_TEXT {
        return Err(format!("{name} is longer than {MAX_TEXT} bytes"));
    }
    Ok((!text.is_empty()).then_some(text))
}

fn birthday(text: &str) -> Result<NaiveDate, String> {
    text.parse().map_err(|_| format!("birthday `{text}` is not a date like 1990-12-31"))
}

/// What a text stands for: only a number that is written as Treue writes it is one, so that `007` stays a text.
fn attribute(text: String) -> Attribute {
    match (text.as_str(), Number::parse(&text)) {
        ("true", _) => Attribute::Bool(true),
        ("false", _) => Attribute::Bool(false),
        (_, Ok(number)) if number.to_string() == text => Attribute::Number(number),
        _ => Attribute::Text(text),
    }
}

/// A JSON object replaces the card, as `PUT` does.
fn from_lines(
    cards: &mut Cards<'_>,
    input: impl std::io::Read,
    rejects: &mut Rejects,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ImportError> {
    let mut lines = TextLines::new(input)?;
    while let Some((line, text)) = lines.next(progress)? {
        let read = match read_card(text, cards.now) {
            Ok(card) => cards.before(&card.id, line)?.map(|before| (card, before)),
            Err(reason) => Err(reason),
        };
        match read {
            Ok((card, before)) => cards.add(line, card, before.as_ref())?,
            Err(reason) => rejects.add(line, reason, || Some(text.to_owned())),
        }
    }
    Ok(lines.count())
}

fn read_card(json: &str, now: Instant) -> Result<Customer, String> {
    let json: JsonCard<'_> = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let field = |name: &str, value: Option<String>| text(name, value.unwrap_or_default());
    let created_at = match json.created_at {
        Some(at) => Instant::parse_rfc3339(&at).ok_or_else(|| format!("created_at `{at}` is not an instant"))?,
        None => now,
    };
    let mut attributes = BTreeMap::new();
    for (name, raw) in json.attributes {
        let raw = raw.get();
        let value = match raw.as_bytes() {
            b"true" => Attribute::Bool(true),
            b"false" => Attribute::Bool(false),
            [b'"', ..] => Attribute::Text(serde_json::from_str(raw).map_err(|error| error.to_string())?),
            _ => Attribute::Number(Number::parse(raw).map_err(|error| format!("attributes.{name} `{raw}`: {error}"))?),
        };
        attributes.insert(name, value);
    }
    Ok(Customer {
        id: json.id,
        name: field("name", json.name)?,
        email: field("email", json.email)?,
        phone: field("phone", json.phone)?,
        address: field("address", json.address)?,
        birthday: json.birthday.map(|day| birthday(&day)).transpose()?,
        attributes,
        consent: json.consent,
        created_at,
        updated_at: now,
    })
}
