//! Export: tables as JSON Lines or CSV, row by row, whatever their size.
//!
//! Reading order: [`run`] (the whole), [`object`] (a row as JSON), [`record`] (a row as CSV).

mod object;
mod record;
mod run;

pub use run::{Export, ExportError, ExportFormat, ExportTable, export};
