//! An import from beginning to end.

use std::io::Read as Input;

use super::card::import_cards;
use super::contact::import_contacts;
use super::csv::read_table;
use super::known::mark_known;
use super::lines::import_lines;
use super::mapping::Mapping;
use super::report::{ImportError, ImportReport, Progress, Rejects};
use super::write::write;
use crate::app::access::Actor;
use crate::app::start::App;
use crate::money::{Currency, Rate};
use crate::store::Store;
use crate::time::{Instant, Zone};

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RowFormat {
    /// A table with a header.
    #[default]
    Csv,
    /// A JSON object per line.
    JsonLines,
}

/// What the rows are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum What {
    /// Purchases and returns.
    #[default]
    Purchases,
    /// Customer cards.
    Customers,
    /// Contacts with customers.
    Interactions,
}

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Import {
    /// How its rows are written.
    pub format: RowFormat,
    /// What they are.
    pub what: What,
    /// Which column is which field, for a table.
    pub mapping: Mapping,
    /// What separates the fields of a table.
    pub delimiter: u8,
    /// The zone of times without an offset; the bundle's where it is absent.
    pub zone: Option<Zone>,
    /// Whether to import the rest where rows are invalid.
    pub skip_invalid: bool,
}

impl Default for Import {
    fn default() -> Self {
        Self {
            format: RowFormat::Csv,
            what: What::Purchases,
            mapping: Mapping::default(),
            delimiter: b',',
            zone: None,
            skip_invalid: false,
        }
    }
}

/// What an import needs to know of the shop.
#[derive(Debug, Clone, Copy)]
pub struct ImportContext {
    /// Of all amounts.
    pub currency: Currency,
    /// Of times without an offset.
    pub zone: Zone,
    /// What stands in where a row states no cost.
    pub default_margin: Option<Rate>,
    /// When the rows are written down.
    pub now: Instant,
}

/// Reads all of `input`, checks it, and writes what is new. Blocks.
///
/// Where rows are rejected that are not to be skipped, nothing is written.
pub fn import(
    store: &Store,
    context: &ImportContext,
    import: &Import,
    input: impl Input,
    mut progress: impl FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let context = ImportContext { zone: import.zone.unwrap_or(context.zone), ..*context };
    match (import.what, import.format) {
        (What::Purchases, RowFormat::Csv) => import_table(store, &context, import, input, &mut progress),
        (What::Purchases, RowFormat::JsonLines) => import_lines(store, &context, import, input, &mut progress),
        (What::Customers, _) => import_cards(store, &context, import, input, &mut progress),
        (What::Interactions, _) => import_contacts(store, &context, import, input, &mut progress),
    }
}

impl App {
    /// Imports with currency, zone and margin of the bundle in force. Blocks: not for a thread that drives tasks.
    pub fn import(
        &self,
        actor: &Actor,
        wanted: &Import,
        input: impl Input,
        progress: impl FnMut(Progress),
    ) -> Result<ImportReport, ImportError> {
        let bundle = &self.active().bundle;
        let context = ImportContext {
            currency: bundle.currency,
            zone: bundle.zone,
            default_margin: bundle.default_margin,
            now: self.clock.now(),
        };
        let outcome = import(&self.store, &context, wanted, input, progress);
        self.note_import(actor, wanted.what, &outcome)?;
        outcome
    }
}

fn import_table(
    store: &Store,
    context: &ImportContext,
    import: &Import,
    input: impl Input,
    progress: &mut dyn FnMut(Progress),
) -> Result<ImportReport, ImportError> {
    let mut report = ImportReport::default();
    let mut rejects = Rejects::new(import.skip_invalid);
    let (mut table, read) = read_table(input, import.delimiter, &import.mapping, context, &mut rejects, progress)?;
    report.rows.read = read;
    let mut invoices = table.group(&mut rejects);
    mark_known(&store.snapshot(), &mut table, &mut invoices, &mut report, &mut rejects)?;
    report.customers = table.customers_seen();
    let mut report = report.settle(rejects, import)?;
    let of = read - report.rows.rejected - report.rows.already_there;
    write(store, table.work(invoices, context.now), of, &mut report, progress)?;
    Ok(report)
}
