//! Flat tables: what CSV and the terminal show of a report.

use super::head::said;
use super::value::{Figure, Share};
use crate::engine::Language;
use crate::german::german;
use crate::time::Instant;

/// Words that stand in cells by themselves.
const OWN_WORDS: [&str; 9] = ["total", "all", "unattributed", "points", "now", "yes", "no", "nothing", "none"];

/// A table.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name, by which it is asked for.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Its rows, each with a cell per column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether it is too long for a terminal, and shown there only when it is asked for.
    pub long: bool,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known, or it makes no sense here.
    None,
    /// A name or a sentence.
    Text(String),
    /// How many.
    Count(u64),
    /// A share of a whole.
    Share(Share),
    /// A decimal.
    Figure(Figure),
    /// An instant.
    At(Instant),
    /// A series that the terminal draws as a sparkline.
    Series(Vec<Option<Share>>),
}

impl Sheet {
    /// A table without rows.
    pub fn new(name: &'static str, title: impl Into<String>, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        Self { name, title: title.into(), columns, rows: Vec::new(), long: false }
    }

    /// The same, shown on a terminal only when it is asked for.
    pub fn long(self) -> Self {
        Self { long: true, ..self }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, row: [Cell; N]) {
        self.rows.push(row.into());
    }

    /// The same for people who read a language: titles and columns in words, and what stands in cells where it is said here.
    pub fn said(self, language: Language) -> Self {
        // A single word in a cell is a name of the policy or the base, but for these.
        let own = |text: &str| text.contains(' ') || text.starts_with('(') || OWN_WORDS.contains(&text);
        let cell = |cell| match cell {
            Cell::Text(text) if own(&text) => Cell::Text(said(language, &text)),
            other => other,
        };
        let column = |column: &String| {
            // What the policy calls a metric stays as it is called there.
            let words = column.replace('_', " ");
            if german(&words).is_some() { said(language, &words) } else { column.clone() }
        };
        Self {
            title: said(language, &self.title),
            columns: self.columns.iter().map(column).collect(),
            rows: self.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect(),
            ..self
        }
    }

    /// As comma-separated values with a header. Cells that a spreadsheet would run as a formula begin with an apostrophe.
    pub fn csv(&self) -> std::io::Result<Vec<u8>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Cell::plain))?;
        }
        writer.into_inner().map_err(|error| error.into_error())
    }
}

impl Cell {
    /// For machines: empty for nothing, decimals with all their places.
    pub fn plain(&self) -> String {
        match self {
            Self::None => String::new(),
            // What a spreadsheet takes for a formula is told apart as text.
            Self::Text(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => format!("'{text}"),
            Self::Text(text) => text.clone(),
            Self::Count(count) => count.to_string(),
            Self::Share(share) => share.to_string(),
            Self::Figure(figure) => figure.to_string(),
            Self::At(at) => at.to_string(),
            Self::Series(shares) => {
                let shares: Vec<String> =
                    shares.iter().map(|s| s.map_or_else(String::new, |s| s.to_string())).collect();
                shares.join(" ")
            }
        }
    }

    /// For people: shares in per cent, six places cut to what they need.
    pub fn shown(&self) -> String {
        match self {
            Self::None => "-".to_owned(),
            Self::Text(text) => text.clone(),
            Self::Share(share) => share.percent(),
            Self::Figure(figure) => {
                let text = figure.to_string();
                match text.split_once('.') {
                    Some((_, places)) if places.len() == 6 => {
                        text.trim_end_matches('0').trim_end_matches('.').to_owned()
                    }
                    _ => text,
                }
            }
            Self::Series(shares) => sparkline(shares),
            Self::Count(_) | Self::At(_) => self.plain(),
        }
    }

    /// Whether it is a number, which belongs to the right.
    pub const fn is_number(&self) -> bool {
        matches!(self, Self::Count(_) | Self::Share(_) | Self::Figure(_))
    }
}

/// So many customers, in words.
pub fn customers(many: u64) -> String {
    format!("{many} customer{}", if many == 1 { "" } else { "s" })
}

/// A series in a line of blocks, from nothing to the largest.
fn sparkline(shares: &[Option<Share>]) -> String {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let largest = shares.iter().flatten().map(|share| share.0).max().unwrap_or(0).max(1);
    let block = |share: &Option<Share>| match share {
        Some(share) => {
            let eighth = i128::from(share.0.max(0)) * 7 / i128::from(largest);
            BLOCKS[usize::try_from(eighth).unwrap_or(0).min(7)]
        }
        None => ' ',
    };
    shares.iter().map(block).collect()
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u64> for Cell {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<Share> for Cell {
    fn from(share: Share) -> Self {
        Self::Share(share)
    }
}

impl From<Figure> for Cell {
    fn from(figure: Figure) -> Self {
        Self::Figure(figure)
    }
}

impl From<Instant> for Cell {
    fn from(at: Instant) -> Self {
        Self::At(at)
    }
}

impl<T: Into<Self>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::None, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Number;

    #[test]
    fn machines_get_all_places_and_people_what_they_need() {
        let check = |cell: Cell, plain: &str, shown: &str| {
            assert_eq!((cell.plain().as_str(), cell.shown().as_str()), (plain, shown));
        };
        check(None::<u64>.into(), "", "-");
        check(Share(61_234).into(), "0.061234", "6.12 %");
        check(Figure::number(Number(1_500_000)).into(), "1.500000", "1.5");
        check(Figure::rounded(Number(1_500_000), 2).into(), "1.50", "1.50");
        check("=SUM(A1)".into(), "'=SUM(A1)", "=SUM(A1)");
        check(
            Cell::Series(vec![Some(Share(Share::WHOLE)), None, Some(Share(0)), Some(Share(500_000))]),
            "1.000000  0.000000 0.500000",
            "█ ▁▄",
        );
    }

    #[test]
    fn csv_has_a_header() {
        let mut sheet = Sheet::new("x", "X", &["name", "many"]);
        sheet.push(["a, b".into(), 3u64.into()]);
        let text = String::from_utf8(sheet.csv().expect("bytes")).expect("text");
        assert_eq!(text, "name,many\n\"a, b\",3\n");
    }
}
