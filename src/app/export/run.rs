//! An export from beginning to end.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;
use std::str::FromStr;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use thiserror::Error;

use super::object;
use super::record;
use crate::app::start::App;
use crate::money::Currency;
use crate::store::{Failure, Listing, Page, Read, Snapshot, Store};
use crate::time::Instant;

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportTable {
    /// Cards, by id.
    Customers,
    /// Purchases with their returns, by time. As CSV, a row per line.
    Purchases,
    /// Returns, in the order of their purchases. As CSV, a row per line.
    Returns,
    /// Goods that came back without a known purchase, by id. As CSV, a row per line.
    UnmatchedReturns,
    /// Interactions, by time.
    Interactions,
    /// The audit trail, in order. Over HTTP for admins only.
    Audit,
    /// Entries of the points ledger, by customer.
    Points,
}

impl ExportTable {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Customers,
        Self::Purchases,
        Self::Returns,
        Self::UnmatchedReturns,
        Self::Interactions,
        Self::Points,
        Self::Audit,
    ];

    /// The name in commands and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Purchases => "purchases",
            Self::Returns => "returns",
            Self::UnmatchedReturns => "unmatched_returns",
            Self::Interactions => "interactions",
            Self::Audit => "audit",
            Self::Points => "points",
        }
    }
}

impl FromStr for ExportTable {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().copied().find(|table| table.name() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|table| table.name()).collect();
            format!("there is no table `{name}`, only {}", names.join(", "))
        })
    }
}

/// How rows are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// A JSON object per row, with everything.
    #[default]
    JsonLines,
    /// A table with a header.
    Csv,
}

/// What to export, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Export {
    /// Which table.
    pub table: ExportTable,
    /// How rows are written.
    pub format: ExportFormat,
    /// Whether to pack them.
    pub gzip: bool,
}

/// Why an export ended early.
#[derive(Debug, Error)]
pub enum ExportError {
    /// What is written to took no more.
    #[error("the export cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Rows read at once.
const PAGE: usize = 1_000;

/// Writes a table, as it is now, and says how many rows (of JSON) it has. Blocks.
pub fn export(store: &Store, currency: Currency, wanted: Export, to: impl Write) -> Result<u64, ExportError> {
    let rows = store.snapshot();
    if wanted.gzip {
        let mut packed = GzEncoder::new(to, Compression::fast());
        let count = write(&rows, currency, wanted, BufWriter::with_capacity(1 << 16, &mut packed))?;
        packed.finish()?.flush()?;
        Ok(count)
    } else {
        write(&rows, currency, wanted, BufWriter::with_capacity(1 << 16, to))
    }
}

impl App {
    /// Exports in the currency of the bundle in force. Blocks: not for a thread that drives tasks.
    pub fn export(&self, wanted: Export, to: impl Write) -> Result<u64, ExportError> {
        export(&self.store, self.active().bundle.currency, wanted, to)
    }
}

/// Where rows go.
struct Sink<W: Write> {
    to: Form<W>,
    count: u64,
}

enum Form<W: Write> {
    Json(W),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Sink<W> {
    fn new(format: ExportFormat, to: W, header: &[&str]) -> io::Result<Self> {
        let to = match format {
            ExportFormat::JsonLines => Form::Json(to),
            ExportFormat::Csv => {
                let mut table = csv::Writer::from_writer(to);
                table.write_record(header)?;
                Form::Csv(Box::new(table))
            }
        };
        Ok(Self { to, count: 0 })
    }

    /// Writes a row: as an object, or as records.
    fn row<O: Serialize>(
        &mut self,
        object: impl FnOnce() -> O,
        records: impl FnOnce() -> Vec<Vec<String>>,
    ) -> io::Result<()> {
        self.count += 1;
        match &mut self.to {
            Form::Json(to) => {
                serde_json::to_writer(&mut *to, &object())?;
                to.write_all(b"\n")
            }
            Form::Csv(table) => Ok(records().iter().try_for_each(|record| table.write_record(record))?),
        }
    }

    fn finish(self) -> io::Result<u64> {
        match self.to {
            Form::Json(mut to) => to.flush()?,
            Form::Csv(mut table) => table.flush()?,
        }
        Ok(self.count)
    }
}

fn write(rows: &Snapshot, currency: Currency, wanted: Export, to: impl Write) -> Result<u64, ExportError> {
    let new = |to, header: &[&str]| Sink::new(wanted.format, to, header);
    match wanted.table {
        ExportTable::Customers => {
            let attributes = match wanted.format {
                ExportFormat::Csv => record::card_columns(rows)?,
                ExportFormat::JsonLines => record::CardColumns::default(),
            };
            let header = attributes.header();
            let mut sink = new(to, &header.iter().map(String::as_str).collect::<Vec<_>>())?;
            pages(
                |listing| rows.customers(listing),
                |card| Ok(sink.row(|| object::card(&card), || vec![attributes.record(&card)])?),
            )?;
            Ok(sink.finish()?)
        }
        ExportTable::Purchases | ExportTable::Returns => {
            let returns = wanted.table == ExportTable::Returns;
            let mut sink = new(to, if returns { record::RETURNS } else { record::PURCHASES })?;
            let mut written = Ok(());
            rows.each_purchase(Instant::MIN, Instant(i64::MAX), |_, purchase| {
                written = if returns {
                    purchase.returns.iter().try_for_each(|goods| {
                        sink.row(
                            || object::returned(&purchase, goods, currency),
                            || record::returned(&purchase, goods, currency),
                        )
                    })
                } else {
                    sink.row(|| object::purchase(&purchase, currency), || record::purchase(&purchase, currency))
                };
                if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            written?;
            Ok(sink.finish()?)
        }
        ExportTable::UnmatchedReturns => {
            let mut sink = new(to, record::UNMATCHED)?;
            pages(
                |listing| rows.unmatched_returns(listing),
                |goods| Ok(sink.row(|| object::unmatched(&goods, currency), || record::unmatched(&goods, currency))?),
            )?;
            Ok(sink.finish()?)
        }
        ExportTable::Points => {
            let mut sink = new(to, record::POINTS)?;
            pages(
                |listing| rows.entries(listing),
                |(customer, entry)| {
                    Ok(sink.row(|| object::entry(&customer, &entry), || vec![record::entry(&customer, &entry)])?)
                },
            )?;
            Ok(sink.finish()?)
        }
        ExportTable::Interactions => {
            let mut sink = new(to, record::INTERACTIONS)?;
            pages(
                |listing| rows.interactions(listing),
                |met| {
                    Ok(sink.row(|| object::interaction(&met, currency), || vec![record::interaction(&met, currency)])?)
                },
            )?;
            Ok(sink.finish()?)
        }
        ExportTable::Audit => {
            let mut sink = new(to, record::AUDIT)?;
            pages(
                |listing| rows.audit(None, listing),
                |entry| Ok(sink.row(|| object::audit(&entry), || vec![record::audit(&entry)])?),
            )?;
            Ok(sink.finish()?)
        }
    }
}

/// Visits all pages of a list.
pub(super) fn pages<T>(
    read: impl Fn(&Listing) -> Result<Page<T>, Failure>,
    mut visit: impl FnMut(T) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    let mut listing = Listing { limit: PAGE, ..Listing::default() };
    loop {
        let page = read(&listing)?;
        page.items.into_iter().try_for_each(&mut visit)?;
        match page.next {
            Some(next) => listing.after = Some(next),
            None => return Ok(()),
        }
    }
}
