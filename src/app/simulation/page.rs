//! A simulation's report as one HTML file that opens without a server.

use askama::Template;

use super::report::SimulationReport;
use crate::analytics::report::{Report, Sheet};

#[derive(Template)]
#[template(path = "page.html", config = "src/app/simulation/askama.toml")]
struct Page<'a> {
    report: &'a SimulationReport,
    sheets: Vec<Sheet>,
    says: Vec<String>,
    pictures: Vec<(&'static str, String)>,
}

impl SimulationReport {
    /// One HTML file with tables and pictures; nothing in it is fetched from anywhere.
    pub fn page(&self) -> String {
        let page = Page {
            report: self,
            sheets: self.sheets(),
            says: self.says(),
            pictures: self.pictures().iter().map(|(name, picture)| (*name, picture.svg())).collect(),
        };
        // Writing into a string does not fail.
        page.render().unwrap_or_default()
    }
}
