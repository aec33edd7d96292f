//! Which column of a table is which field.

use std::fmt;

use thiserror::Error;

use crate::diagnostic::nearest;

/// Fields and the columns they are read from. Empty: the columns are named like the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping(Vec<(String, String)>);

/// Why a mapping does not fit.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MappingError {
    /// Not `field=column`.
    #[error("`{0}` is not of the form `field=column`")]
    Syntax(String),
    /// No such field.
    #[error("there is no field `{field}`{}", Meant(.nearest))]
    UnknownField {
        /// As written.
        field: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A field has two columns.
    #[error("`{0}` is mapped twice")]
    Twice(String),
    /// The header has no such column.
    #[error("the header has no column `{column}`{}", Meant(.nearest))]
    NoColumn {
        /// As written.
        column: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A field that is needed has no column.
    #[error("no column is mapped to `{field}`, and none has this name{}", Meant(.nearest))]
    Missing {
        /// The field.
        field: &'static str,
        /// A column with nearly this name.
        nearest: Option<String>,
    },
    /// There is no header.
    #[error("the file has no header")]
    NoHeader,
}

struct Meant<'a>(&'a Option<String>);

impl fmt::Display for Meant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |nearest| write!(f, "; did you mean `{nearest}`?"))
    }
}

impl Mapping {
    /// Reads `field=column,field=column`.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in text.split(',').filter(|part| !part.trim().is_empty()) {
            let pair = part.split_once('=').map(|(field, column)| (field.trim(), column.trim()));
            let Some((field, column)) = pair.filter(|(field, column)| !field.is_empty() && !column.is_empty()) else {
                return Err(MappingError::Syntax(part.trim().to_owned()));
            };
            if pairs.iter().any(|(known, _)| known == field) {
                return Err(MappingError::Twice(field.to_owned()));
            }
            pairs.push((field.to_owned(), column.to_owned()));
        }
        Ok(Self(pairs))
    }

    /// The column of each field, by its index in the header; `open` fields are those with any name behind a prefix.
    pub(super) fn resolve(
        &self,
        header: &[String],
        fields: &[&'static str],
        open: &[&str],
    ) -> Result<Columns, MappingError> {
        if header.iter().all(|column| column.is_empty()) {
            return Err(MappingError::NoHeader);
        }
        let known = |field: &str| fields.contains(&field) || open.iter().any(|prefix| named(field, prefix));
        let mut columns = Columns(Vec::new());
        if self.0.is_empty() {
            for (at, column) in header.iter().enumerate().filter(|(_, column)| known(column)) {
                columns.add(column, at)?;
            }
            return Ok(columns);
        }
        for (field, column) in &self.0 {
            if !known(field) {
                let nearest = nearest(field, fields.iter().copied()).map(str::to_owned);
                return Err(MappingError::UnknownField { field: field.clone(), nearest });
            }
            let Some(at) = header.iter().position(|known| known == column) else {
                let nearest = nearest(column, header.iter().map(String::as_str)).map(str::to_owned);
                return Err(MappingError::NoColumn { column: column.clone(), nearest });
            };
            columns.add(field, at)?;
        }
        Ok(columns)
    }
}

fn named(field: &str, prefix: &str) -> bool {
    field.strip_prefix(prefix).is_some_and(|name| !name.is_empty())
}

/// The columns of mapped fields.
#[derive(Debug, Clone)]
pub(super) struct Columns(Vec<(String, usize)>);

impl Columns {
    fn add(&mut self, field: &str, at: usize) -> Result<(), MappingError> {
        if self.0.iter().any(|(known, _)| known == field) {
            return Err(MappingError::Twice(field.to_owned()));
        }
        self.0.push((field.to_owned(), at));
        Ok(())
    }

    /// The column of a field.
    pub fn of(&self, field: &str) -> Option<usize> {
        self.0.iter().find(|(known, _)| known == field).map(|(_, at)| *at)
    }

    /// The column of a field that is needed.
    pub fn need(&self, field: &'static str, header: &[String]) -> Result<usize, MappingError> {
        self.of(field).ok_or_else(|| MappingError::Missing {
            field,
            nearest: nearest(field, header.iter().map(String::as_str)).map(str::to_owned),
        })
    }

    /// All fields behind a prefix: the rest of their name, and their column.
    pub fn behind<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, usize)> {
        self.0.iter().filter_map(move |(field, at)| Some((field.strip_prefix(prefix)?, *at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named() {
        let header: Vec<String> = ["InvoiceNo", "Quantity", "at"].map(str::to_owned).to_vec();
        let check = |text: &str, expect: &str| {
            let mapping = Mapping::parse(text);
            let found = mapping.and_then(|mapping| mapping.resolve(&header, &["purchase", "quantity", "at"], &[]));
            assert_eq!(found.map(|columns| format!("{:?}", columns.0)).unwrap_or_else(|e| e.to_string()), expect);
        };
        check("purchase=InvoiceNo, quantity = Quantity", r#"[("purchase", 0), ("quantity", 1)]"#);
        check("", r#"[("at", 2)]"#);
        check("purchase", "`purchase` is not of the form `field=column`");
        check("purchase=InvoiceNo,purchase=at", "`purchase` is mapped twice");
        check("purchas=InvoiceNo", "there is no field `purchas`; did you mean `purchase`?");
        check("purchase=InvoiceNr", "the header has no column `InvoiceNr`; did you mean `InvoiceNo`?");
        check("purchase=x", "the header has no column `x`");
    }
}
