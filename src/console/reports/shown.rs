//! A report as the interface shows it.

use std::borrow::Borrow;

use serde::Deserialize;

use crate::console::show::{NOTHING, Show};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

/// A report: sentences, tables and pictures.
#[derive(Deserialize)]
pub struct Shown {
    pub head: Head,
    pub says: Vec<String>,
    pub tables: Vec<Table>,
    pub charts: Vec<Chart>,
}

/// What a report says about itself.
#[derive(Deserialize)]
pub struct Head {
    pub as_of: String,
    pub window: Option<String>,
    pub from: Option<String>,
    pub filters: Vec<String>,
    pub definitions: std::collections::BTreeMap<String, String>,
    pub notes: Vec<String>,
}

/// A table.
#[derive(Deserialize)]
pub struct Table {
    pub name: String,
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a table.
#[derive(Deserialize)]
pub struct Cell {
    pub kind: String,
    pub value: String,
}

/// A picture.
#[derive(Deserialize)]
pub struct Chart {
    pub name: String,
    pub title: String,
    svg: String,
}

/// The most rows of a table that is shown unfolded.
const MOST_OPEN: usize = 15;
/// The most rows of a table that a page shows; all of them are in the download.
const MOST_ROWS: usize = 200;

impl Table {
    /// The rows that are shown.
    pub fn first(&self) -> &[Vec<Cell>] {
        &self.rows[..self.rows.len().min(MOST_ROWS)]
    }

    /// Whether it is folded: the next one should be seen too.
    pub fn is_long(&self) -> bool {
        self.rows.len() > MOST_OPEN
    }

    /// Whether all rows are shown.
    pub fn is_whole(&self) -> bool {
        self.rows.len() <= MOST_ROWS
    }

    /// Whether a column holds numbers.
    pub fn numeric(&self, column: impl Borrow<usize>) -> bool {
        let cells = self.rows.iter().filter_map(|row| row.get(*column.borrow()));
        let mut stated = cells.filter(|cell| cell.kind != "none").peekable();
        stated.peek().is_some() && stated.all(Cell::is_number)
    }
}

impl Cell {
    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "count" | "share" | "figure")
    }

    /// Whether it is kept on one line.
    pub fn is_narrow(&self) -> bool {
        self.is_number() || matches!(self.kind.as_str(), "series" | "instant")
    }

    /// As people of the language write it.
    pub fn shown(&self, show: &Show) -> String {
        match self.kind.as_str() {
            "none" => NOTHING.to_owned(),
            "count" => show.number(&self.value),
            "share" => show.share(&self.value),
            "figure" => show.number(shortened(&self.value)),
            "instant" => show.when(&self.value),
            "series" => self
                .value
                .split(' ')
                .map(|share| if share.is_empty() { NOTHING.to_owned() } else { show.share(share) })
                .collect::<Vec<_>>()
                .join(" "),
            _ => self.value.clone(),
        }
    }
}

/// A decimal without the zeroes at the end of six places.
fn shortened(figure: &str) -> &str {
    match figure.split_once('.') {
        Some((_, decimals)) if decimals.len() > 3 => figure.trim_end_matches('0').trim_end_matches('.'),
        _ => figure,
    }
}

impl Chart {
    /// The picture for the page it stands on as number `at`: names inside it are its own, so that two do not meet.
    pub fn svg(&self, at: impl Borrow<usize>) -> String {
        let at = at.borrow();
        let mut svg = self.svg.clone();
        for mark in ["id=\"", "url(#", "href=\"#"] {
            svg = svg.replace(mark, &format!("{mark}p{at}-"));
        }
        svg
    }
}

/// The media type of a report as it is shown.
pub const SHOWN: &str = "application/vnd.treue.shown+json";

/// Asks for a report.
pub async fn ask(visitor: &Visitor, call: &str) -> Result<Shown, Trouble> {
    visitor.get_as(call, SHOWN).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_pictures_do_not_meet() {
        let svg = r##"<clipPath id="a"/><g clip-path="url(#a)"/><use href="#a"/>"##.to_owned();
        let chart = Chart { name: String::new(), title: String::new(), svg };
        assert_eq!(chart.svg(1), r##"<clipPath id="p1-a"/><g clip-path="url(#p1-a)"/><use href="#p1-a"/>"##);
    }

    #[test]
    fn six_places_are_cut_to_what_they_say() {
        assert_eq!(shortened("3.540000"), "3.54");
        assert_eq!(shortened("3.000000"), "3");
        assert_eq!(shortened("3.50"), "3.50");
        assert_eq!(shortened("300"), "300");
    }
}
