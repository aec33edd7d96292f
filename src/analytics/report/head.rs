//! What a report says about itself.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::value::Share;
use crate::time::Instant;

/// What a report says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
#[schema(as = ReportHead)]
pub struct Head {
    /// Its name.
    pub report: &'static str,
    /// As of when: what happened strictly before this instant, as it was known then.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub as_of: Instant,
    /// What happened before this instant is left out; null where nothing is.
    #[serde(serialize_with = "maybe_shown")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub from: Option<Instant>,
    /// How long that is, where it was asked for as a duration.
    pub window: Option<String>,
    /// What was asked for besides, such as a metric or a class.
    pub filters: Vec<String>,
    /// The policy revision whose names are used.
    pub revision: String,
    /// The cut-off snapshot that classes were read from; null where the report computed its own, or needed none.
    pub snapshot: Option<u64>,
    /// ISO 4217.
    pub currency: String,
    /// Where days begin.
    pub timezone: String,
    /// The confidence level of intervals; null where there are none.
    pub level: Option<Share>,
    /// What words and figures mean, and the source of a method.
    pub definitions: BTreeMap<String, String>,
    /// What to know before relying on it, such as a period that is not over.
    pub notes: Vec<String>,
}

impl Head {
    /// Says what a word means.
    pub fn define(&mut self, word: &str, means: impl Into<String>) {
        self.definitions.insert(word.to_owned(), means.into());
    }

    /// Says what to know before relying on it.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// What was asked for, in a line.
    pub fn in_words(&self) -> String {
        let mut text = format!("{} as of {}", self.report, self.as_of);
        if let Some(from) = self.from {
            text.push_str(&format!(", from {from}"));
        }
        if let Some(window) = &self.window {
            text.push_str(&format!(" ({window})"));
        }
        for filter in &self.filters {
            text.push_str(&format!(", {filter}"));
        }
        text
    }
}

/// Anything as the text it shows, such as an instant in RFC 3339.
pub fn shown<T: std::fmt::Display, S: Serializer>(at: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

/// The same where there may be none.
pub fn maybe_shown<T: std::fmt::Display, S: Serializer>(at: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}
