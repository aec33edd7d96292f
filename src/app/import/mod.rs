//! Import: a shop's history and customers from CSV or JSON Lines, each row accounted for.
//!
//! Reading order: [`run`] (the whole), [`mapping`] (which column is what), [`input`] (gzip, bytes read), [`scalar`]
//! (numbers and instants), [`price`] (what a row says about money), [`row`] (rows held small), [`csv`] (rows of a table), [`group`] (rows that are one
//! purchase), [`text_lines`] and [`lines`] (purchases as JSON), [`known`] (what the store has already), [`matching`] (what came back of
//! what), [`mod@write`], [`card`] (customers), [`contact`] (interactions), [`report`].
//!
//! Reading parses; writing starts when the whole file is read and checked. Absent: decisions and points, an imported
//! purchase has none.

mod card;
mod contact;
mod csv;
mod group;
mod input;
mod known;
mod lines;
mod mapping;
mod matching;
mod price;
mod report;
mod row;
mod run;
mod scalar;
#[cfg(test)]
mod tests;
mod text_lines;
mod write;

pub use mapping::{Mapping, MappingError};
pub use report::{ImportError, ImportReport, Progress, Rejected, RowCounts};
pub use run::{Import, ImportContext, RowFormat, What, import};
