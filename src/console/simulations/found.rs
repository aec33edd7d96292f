//! What a search found: its points, each a policy that can be taken as a draft.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::console::ask::encoded;
use crate::console::policies::draft::{Change, changes};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

/// A search that is done.
#[derive(Deserialize)]
pub struct Search {
    pub report: Found,
}

/// What it found.
#[derive(Deserialize)]
pub struct Found {
    pub head: Head,
    pub start: Figures,
    pub points: Vec<Point>,
}

/// Of which policy.
#[derive(Deserialize)]
pub struct Head {
    pub revision: String,
}

/// A policy that was found.
#[derive(Deserialize)]
pub struct Point {
    pub point: usize,
    pub settings: Vec<Setting>,
    #[serde(flatten)]
    pub figures: Figures,
    diff: String,
    /// The files that differ, as they would be written.
    pub files: BTreeMap<String, String>,
}

/// A setting of it.
#[derive(Deserialize)]
pub struct Setting {
    pub path: String,
    pub now: String,
    pub found: String,
}

/// What a policy achieves.
#[derive(Deserialize)]
pub struct Figures {
    pub discount: Option<String>,
    pub net: Option<String>,
    pub margin: Option<String>,
    pub margin_low: Option<String>,
    pub margin_high: Option<String>,
    pub profit: Option<String>,
}

impl Point {
    /// The lines that differ.
    pub fn changes(&self) -> Vec<Change> {
        changes(&self.diff)
    }

    /// The settings that differ from those of now, in a line.
    pub fn note(&self) -> String {
        let moved = self.settings.iter().filter(|setting| setting.now != setting.found);
        moved
            .map(|setting| format!("{} {} → {}", setting.path, setting.now, setting.found))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What a search found.
pub async fn found(visitor: &Visitor, id: &str) -> Result<Found, Trouble> {
    Ok(visitor.get::<Search>(&format!("/v1/simulations/{}", encoded(id))).await?.report)
}
