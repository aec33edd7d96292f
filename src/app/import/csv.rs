//! Rows of a table with a header.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;

use csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};

use super::input::open;
use super::mapping::{Columns, Mapping, MappingError};
use super::price::{Priced, Stated, quantity_of};
use super::report::{ImportError, Progress, Rejects};
use super::row::{GUEST, PLAIN, Row, Symbols, Table, join_extras};
use super::run::ImportContext;
use super::scalar::Moments;
use crate::id::check_id;
use crate::money::{Currency, Quantity, Rate};
use crate::time::Instant;

const FIELDS: &[&str] = &[
    "customer",
    "purchase",
    "at",
    "sku",
    "quantity",
    "unit_price",
    "gross",
    "total",
    "discount",
    "unit_cost",
    "cost",
    "category",
    "tags",
];
/// Rows between two reports of progress.
const STRIDE: u64 = 8_192;

/// A table that is read record by record.
pub(super) struct Records<'r> {
    reader: csv::Reader<Box<dyn Read + 'r>>,
    read: super::input::BytesRead,
    record: ByteRecord,
    count: u64,
    delimiter: u8,
    pub header: Vec<String>,
}

impl<'r> Records<'r> {
    pub fn new(input: impl Read + 'r, delimiter: u8) -> Result<Self, ImportError> {
        let (content, read) = open(input).map_err(|error| ImportError::Read { line: 0, error })?;
        // So that the last line ends like the others, and lines can be counted by their ends.
        let content: Box<dyn Read + 'r> = Box::new(content.chain(&b"\n"[..]));
        // A return before the line's end is one of the spaces around the last field; taken for a terminator, the
        // reader would count it as a line that is not over yet.
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .terminator(Terminator::Any(b'\n'))
            .flexible(true)
            .from_reader(content);
        let header = reader.byte_headers().map_err(|error| broken(1, error))?;
        let header = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        Ok(Self { reader, read, record: ByteRecord::new(), count: 0, delimiter, header })
    }

    /// The next record, if there is one.
    pub fn next(&mut self, progress: &mut dyn FnMut(Progress)) -> Result<bool, ImportError> {
        let more = loop {
            let line = self.reader.position().line();
            let more = self.reader.read_byte_record(&mut self.record).map_err(|error| broken(line, error))?;
            let empty = more && self.record.len() == 1 && self.record.as_slice().trim_ascii().is_empty();
            if !empty {
                break more;
            }
        };
        self.count += u64::from(more);
        if self.count.is_multiple_of(STRIDE) || !more {
            progress(Progress::Reading { bytes: self.read.get() });
        }
        Ok(more)
    }

    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The line where the record starts.
    pub fn line(&self) -> u64 {
        let within = self.record.as_slice().iter().filter(|byte| **byte == b'\n').count() as u64;
        self.reader.position().line() - 1 - within
    }

    /// A field without the spaces around it; empty where the record is too short.
    pub fn field(&self, column: usize) -> Cow<'_, str> {
        match String::from_utf8_lossy(self.record.get(column).unwrap_or_default()) {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }

    pub fn optional(&self, column: Option<usize>) -> Cow<'_, str> {
        column.map_or(Cow::Borrowed(""), |column| self.field(column))
    }

    /// Says so where a record has another number of fields than the header.
    pub fn check_width(&self) -> Result<(), String> {
        let (found, expected) = (self.record.len(), self.header.len());
        if found == expected { Ok(()) } else { Err(format!("{found} fields, the header has {expected}")) }
    }

    /// The record as a line.
    pub fn text(&self) -> Option<String> {
        let mut writer = WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        writer.write_record(self.record.iter().map(<[u8]>::trim_ascii)).ok()?;
        let bytes = writer.into_inner().ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
    }
}

fn broken(line: u64, error: csv::Error) -> ImportError {
    let error = match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => std::io::Error::other(format!("{other:?}")),
    };
    ImportError::Read { line, error }
}

/// Reads all rows; what is wrong with one is among the rejects.
pub(super) fn read_table(
    input: impl Read,
    delimiter: u8,
    mapping: &Mapping,
    context: &ImportContext,
    rejects: &mut Rejects,
    progress: &mut dyn FnMut(Progress),
) -> Result<(Table, u64), ImportError> {
    let mut records = Records::new(input, delimiter)?;
    let columns = PurchaseColumns::new(&mapping.resolve(&records.header, FIELDS, &[])?, &records.header)?;
    let mut rows = RowReader {
        table: Table::default(),
        moments: Moments::new(context.zone),
        currency: context.currency,
        margin: context.default_margin,
        seen: HashMap::new(),
        columns,
    };
    while records.next(progress)? {
        match records.check_width().and_then(|()| rows.row(&records)) {
            Ok(row) => rows.table.rows.push(row),
            Err(reason) => rejects.add(records.line(), reason, || records.text()),
        }
    }
    Ok((rows.table, records.count()))
}

#[derive(Debug)]
struct PurchaseColumns {
    customer: Option<usize>,
    purchase: Option<usize>,
    at: usize,
    sku: Option<usize>,
    quantity: Option<usize>,
    unit_price: Option<usize>,
    gross: Option<usize>,
    discount: Option<usize>,
    unit_cost: Option<usize>,
    cost: Option<usize>,
    category: Option<usize>,
    tags: Option<usize>,
}

impl PurchaseColumns {
    fn new(columns: &Columns, header: &[String]) -> Result<Self, MappingError> {
        let gross = match (columns.of("gross"), columns.of("total")) {
            (Some(_), Some(_)) => return Err(MappingError::Twice("gross".to_owned())),
            (gross, total) => gross.or(total),
        };
        if gross.is_none() {
            columns.need("unit_price", header)?;
        }
        Ok(Self {
            customer: columns.of("customer"),
            purchase: columns.of("purchase"),
            at: columns.need("at", header)?,
            sku: columns.of("sku"),
            quantity: columns.of("quantity"),
            unit_price: columns.of("unit_price"),
            gross,
            discount: columns.of("discount"),
            unit_cost: columns.of("unit_cost"),
            cost: columns.of("cost"),
            category: columns.of("category"),
            tags: columns.of("tags"),
        })
    }
}

struct RowReader {
    table: Table,
    moments: Moments,
    currency: Currency,
    margin: Option<Rate>,
    columns: PurchaseColumns,
    /// How often a row with this content came, where rows have no purchase id.
    seen: HashMap<[u8; 10], u32>,
}

impl RowReader {
    fn row(&mut self, record: &Records<'_>) -> Result<Row, String> {
        let customer = record.optional(self.columns.customer);
        let customer_number = match &*customer {
            "" => GUEST,
            text => id(&mut self.table.customers, "customer", text)?,
        };
        let at = record.field(self.columns.at);
        let at = match (self.moments.read(&at), &*at) {
            (Some(at), _) => at,
            (None, "") => return Err("`at` is missing".to_owned()),
            (None, text) => return Err(format!("at `{text}` is not a date, nor a date and time")),
        };
        let quantity = match self.columns.quantity.map(|column| record.field(column)) {
            None => Quantity::ONE,
            Some(text) => quantity_of(&text)?,
        };
        let priced = self.price(record, quantity)?;
        let sku = match self.columns.sku.map(|column| record.field(column)) {
            None => Cow::Borrowed("-"),
            Some(text) => text,
        };
        let sku_number = id(&mut self.table.skus, "sku", &sku)?;
        let extras = self.extras(record)?;
        let purchase = match self.columns.purchase {
            Some(column) => {
                let text = record.field(column);
                id(&mut self.table.purchases, "purchase", &text)?
            }
            None => {
                let own = self.own_id(&customer, &sku, at, quantity, &priced, extras);
                self.table.purchases.intern(&own)
            }
        };
        Ok(Row {
            line: record.line(),
            purchase,
            customer: customer_number,
            sku: sku_number,
            extras,
            at,
            quantity,
            unit_price: priced.unit_price,
            gross: priced.gross,
            discount: priced.discount,
            cost: priced.cost,
        })
    }

    fn price(&self, record: &Records<'_>, quantity: Quantity) -> Result<Priced, String> {
        let columns = &self.columns;
        let texts = [columns.unit_price, columns.gross, columns.discount, columns.unit_cost, columns.cost]
            .map(|column| record.optional(column));
        let [unit_price, gross, discount, unit_cost, cost] = texts.each_ref().map(|text| &**text);
        let stated = Stated { unit_price, gross, discount, unit_cost, cost };
        stated.priced(quantity, self.currency, self.margin)
    }

    fn extras(&mut self, record: &Records<'_>) -> Result<u32, String> {
        let category = record.optional(self.columns.category);
        let tags = record.optional(self.columns.tags);
        if category.is_empty() && tags.is_empty() {
            return Ok(PLAIN);
        }
        let tags: Vec<&str> = tags.split([';', '|']).map(str::trim).filter(|tag| !tag.is_empty()).collect();
        if !category.is_empty() {
            check_id(&category).map_err(|error| format!("category {error}"))?;
        }
        for tag in &tags {
            check_id(tag).map_err(|error| format!("tag {error}"))?;
        }
        Ok(self.table.extras.intern(&join_extras(&category, &tags)))
    }

    /// The id of a row that is a purchase of its own: of what it says, and how many equal ones came before it.
    ///
    /// The cost is left out: it may stem from the margin of the policies in force.
    fn own_id(
        &mut self,
        customer: &str,
        sku: &str,
        at: Instant,
        quantity: Quantity,
        priced: &Priced,
        extras: u32,
    ) -> String {
        let mut hash = blake3::Hasher::new();
        let extras = if extras == PLAIN { "" } else { self.table.extras.text(extras) };
        for text in [customer, sku, extras] {
            hash.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        for number in [at.0, quantity.0, priced.unit_price.0, priced.gross.0, priced.discount.0] {
            hash.update(&number.to_le_bytes());
        }
        let mut short = [0; 10];
        hash.finalize_xof().fill(&mut short);
        let digits: String = short.iter().map(|byte| format!("{byte:02x}")).collect();
        let times = self.seen.entry(short).or_default();
        *times += 1;
        if *times == 1 { format!("row-{digits}") } else { format!("row-{digits}-{times}") }
    }
}

fn id(symbols: &mut Symbols, name: &str, text: &str) -> Result<u32, String> {
    if let Some(known) = symbols.find(text) {
        return Ok(known);
    }
    check_id(text).map_err(|error| format!("{name} {error}"))?;
    Ok(symbols.intern(text))
}
