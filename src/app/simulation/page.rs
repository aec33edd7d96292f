//! The report of a simulation or a search as one HTML file that opens without a server.

use askama::Template;

use super::found::SearchReport;
use super::report::SimulationReport;
use crate::analytics::report::{Head, Report, Sheet, said, spoken};
use crate::engine::Language;

#[derive(Template)]
#[template(path = "page.html", config = "src/app/simulation/askama.toml")]
struct Page<'a> {
    language: Language,
    title: &'static str,
    /// When, of whom and in which currency, in a line.
    lead: String,
    says: Vec<String>,
    sheets: Vec<Sheet>,
    pictures: Vec<String>,
    /// What the parts are of, such as the rules of each side.
    of_parts: &'static str,
    parts: Vec<Part>,
    head: &'a Head,
}

/// A part that only this report has.
struct Part {
    heading: String,
    note: String,
    lines: Vec<String>,
    /// Text that is shown as it is written.
    code: String,
}

impl<'a> Page<'a> {
    fn new(report: &'a impl Report, language: Language, title: &'static str, lead: String) -> Self {
        Self {
            language,
            title,
            lead: said(language, &lead),
            says: report.says().iter().map(|says| spoken(language, says)).collect(),
            sheets: report.sheets().into_iter().map(|sheet| sheet.said(language)).collect(),
            pictures: report
                .pictures()
                .iter()
                .filter(|(_, picture)| picture.has_something())
                .map(|(_, picture)| picture.svg(&|text| said(language, text)))
                .collect(),
            of_parts: "",
            parts: Vec::new(),
            head: report.head(),
        }
    }

    fn said(&self, text: &str) -> String {
        said(self.language, text)
    }

    const fn code(&self) -> &'static str {
        match self.language {
            Language::English => "en",
            Language::German => "de",
        }
    }

    fn written(&self) -> String {
        // Writing into a string does not fail.
        self.render().unwrap_or_default()
    }
}

impl SimulationReport {
    /// One HTML file with tables and pictures; nothing in it is fetched from anywhere.
    pub fn page(&self, language: Language) -> String {
        let lead = format!(
            "from {} to {} ({}), {} customers, sample {}, amounts in {}",
            self.window.from, self.window.until, self.head.timezone, self.customers, self.sample, self.head.currency
        );
        let parts = self.sides.iter().map(|side| Part {
            heading: side.name.clone(),
            note: said(language, &format!("{}, revision {}", side.grants, side.revision)),
            lines: side.rules.clone(),
            code: String::new(),
        });
        let page = Page::new(self, language, "Simulation", lead);
        Page { of_parts: "Under which rules", parts: parts.collect(), ..page }.written()
    }
}

impl SearchReport {
    /// One HTML file with tables, pictures and the diff of every point; nothing in it is fetched from anywhere.
    pub fn page(&self, language: Language) -> String {
        let from = self.head.from.map_or_else(String::new, |from| from.to_string());
        let lead = format!(
            "from {from} to {} ({}), policy {}, amounts in {}",
            self.head.as_of, self.head.timezone, self.head.revision, self.head.currency
        );
        let parts = self.points.iter().map(|point| Part {
            heading: said(language, &format!("point {}", point.point)),
            note: String::new(),
            lines: Vec::new(),
            code: point.diff.clone(),
        });
        let page = Page::new(self, language, "The best settings", lead);
        Page { of_parts: "What each point changes", parts: parts.collect(), ..page }.written()
    }
}
