//! Contacts with customers, from a table or from JSON.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::csv::Records;
use super::known::other_content;
use super::report::{ImportError, ImportReport, Progress, Rejects};
use super::run::{Import, ImportContext, RowFormat};
use super::scalar::{Moments, money};
use super::text_lines::TextLines;
use crate::engine::MAX_BASKET;
use crate::id::check_id;
use crate::model::{Interaction, MAX_NOTE};
use crate::money::{Exact, Money};
use crate::store::{Batch, PutError, Read, Snapshot, Store, WriteError};

const FIELDS: &[&str] = &["id", "customer", "kind", "at", "cost", "rating", "note"];
/// Interactions that one transaction writes.
const AT_ONCE: usize = 1_000;

/// An interaction as the file has it; the export writes it so.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    customer: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    #[serde(borrow)]
    cost: Exact<'a>,
    #[serde(default)]
    rating: Option<u8>,
    #[serde(borrow, default)]
    note: Option<Cow<'a, str>>,
    /// Answers over HTTP have these too; they follow from the rest.
    #[serde(default, rename = "planned")]
    _planned: Option<IgnoredAny>,
    #[serde(default, rename = "currency")]
    _currency: Option<IgnoredAny>,
}

/// What is to be written.
struct Contacts<'s> {
    rows: &'s Snapshot,
    context: ImportContext,
    moments: Moments,
    new: Vec<Interaction>,
    /// The line of each id of the file.
    lines: HashMap<String, u64>,
    customers: HashSet<String>,
    already_there: u64,
}

pub(super) fn import_contacts(
    store: &Store,
    context: &ImportContext,
    import: &Import,
    input: impl std::io::Read,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    let mut rejects = Rejects::new(import.skip_invalid);
    let rows = store.snapshot();
    let mut contacts = Contacts {
        rows: &rows,
        context: *context,
        moments: Moments::new(context.zone),
        new: Vec::new(),
        lines: HashMap::new(),
        customers: HashSet::new(),
        already_there: 0,
    };
    report.rows.read = match import.format {
        RowFormat::Csv => from_table(&mut contacts, import, input, &mut rejects, progress)?,
        RowFormat::JsonLines => from_lines(&mut contacts, input, &mut rejects, progress)?,
    };
    report.rows.already_there = contacts.already_there;
    report.customers = contacts.customers.len() as u64;
    let new = contacts.new;
    let mut report = report.settle(rejects, import)?;
    let (of, now) = (new.len() as u64, context.now);
    for some in new.chunks(AT_ONCE) {
        let some = some.to_vec();
        let count = some.len() as u64;
        let written = store.write_blocking(move |batch: &mut Batch<'_>| -> Result<(), ImportError> {
            some.iter().try_for_each(|interaction| {
                // Somebody may have written it while the file was read.
                if batch.interaction(&interaction.id)?.is_some() {
                    return Err(ImportError::Changed(interaction.id.clone()));
                }
                batch.put_interaction(interaction.clone(), now).map_err(|error| match error {
                    PutError::Failed(failure) => ImportError::Failed(failure),
                    _ => ImportError::OutOfRange(interaction.customer.clone()),
                })
            })
        });
        written.map_err(|error| match error {
            WriteError::Refused(error) => error,
            WriteError::Failed(failure) => failure.into(),
        })?;
        report.rows.interactions += count;
        progress(Progress::Writing { rows: report.rows.interactions, of });
    }
    Ok(report)
}

fn from_table(
    contacts: &mut Contacts<'_>,
    import: &Import,
    input: impl std::io::Read,
    rejects: &mut Rejects,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ImportError> {
    let mut records = Records::new(input, import.delimiter)?;
    let columns = import.mapping.resolve(&records.header, FIELDS, &[])?;
    let need = |field| columns.need(field, &records.header);
    let (id, customer, kind) = (need("id")?, need("customer")?, need("kind")?);
    let (at, cost) = (need("at")?, need("cost")?);
    let (rating, note) = (columns.of("rating"), columns.of("note"));
    while records.next(progress)? {
        let (line, cost) = (records.line(), records.field(cost));
        let given = Some(records.optional(rating)).filter(|rating| !rating.is_empty());
        let rating = given.as_deref().map(|text| text.parse().map_err(|_| format!("rating `{text}` is no number")));
        let added = records.check_width().and_then(|()| {
            let row = Row {
                id: records.field(id),
                customer: records.field(customer),
                kind: records.field(kind),
                at: records.field(at),
                cost: Exact(&cost),
                rating: rating.transpose()?,
                note: Some(records.optional(note)).filter(|note| !note.is_empty()),
                _planned: None,
                _currency: None,
            };
            contacts.read(row)
        });
        let added = match added {
            Ok(interaction) => contacts.add(line, interaction)?,
            Err(reason) => Err(reason),
        };
        if let Err(reason) = added {
            rejects.add(line, reason, || records.text());
        }
    }
    Ok(records.count())
}

fn from_lines(
    contacts: &mut Contacts<'_>,
    input: impl std::io::Read,
    rejects: &mut Rejects,
    progress: &mut dyn FnMut(Progress),
) -> Result<u64, ImportError> {
    let mut lines = TextLines::new(input)?;
    while let Some((line, text)) = lines.next(progress)? {
        let row = serde_json::from_str::<Row<'_>>(text).map_err(|error| error.to_string());
        let added = match row.and_then(|row| contacts.read(row)) {
            Ok(interaction) => contacts.add(line, interaction)?,
            Err(reason) => Err(reason),
        };
        if let Err(reason) = added {
            rejects.add(line, reason, || Some(text.to_owned()));
        }
    }
    Ok(lines.count())
}

impl Contacts<'_> {
    fn read(&mut self, row: Row<'_>) -> Result<Interaction, String> {
        for (name, id) in [("id", &row.id), ("customer", &row.customer), ("kind", &row.kind)] {
            check_id(id).map_err(|error| format!("{name} {error}"))?;
        }
        let at = self.moments.read(&row.at);
        let at = at.ok_or_else(|| format!("at `{}` is not a date, nor a date and time", row.at))?;
        let cost =
            money(row.cost.0, self.context.currency).map_err(|error| format!("cost `{}` {error}", row.cost.0))?;
        if !(Money::ZERO..=MAX_BASKET).contains(&cost) {
            return Err(format!("cost `{}` is out of range", row.cost.0));
        }
        if row.rating.is_some_and(|rating| !(1..=5).contains(&rating)) {
            return Err("rating must be from 1 to 5".to_owned());
        }
        if row.note.as_ref().is_some_and(|note| note.len() > MAX_NOTE) {
            return Err(format!("note is longer than {MAX_NOTE} bytes"));
        }
        Ok(Interaction {
            id: row.id.into_owned(),
            customer: row.customer.into_owned(),
            kind: row.kind.into_owned(),
            at,
            cost,
            rating: row.rating,
            note: row.note.map(Cow::into_owned),
        })
    }

    /// Takes an interaction down that is new. Inside, why it is not.
    fn add(&mut self, line: u64, interaction: Interaction) -> Result<Result<(), String>, ImportError> {
        if let Some(earlier) = self.lines.get(&interaction.id) {
            return Ok(Err(format!("interaction `{}` is in line {earlier}", interaction.id)));
        }
        let before = self.rows.interaction(&interaction.id)?;
        if before.as_ref().is_some_and(|before| *before != interaction) {
            return Ok(Err(other_content("interaction", &interaction.id)));
        }
        self.lines.insert(interaction.id.clone(), line);
        self.customers.insert(interaction.customer.clone());
        match before {
            Some(_) => self.already_there += 1,
            None => self.new.push(interaction),
        }
        Ok(Ok(()))
    }
}
