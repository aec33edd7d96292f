//! What a report says about itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::value::Share;
use crate::engine::Language;
use crate::german::german;
use crate::money::{Number, round_div};
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

    /// The same in a language.
    pub fn said(&self, language: Language) -> Cow<'_, Self> {
        if language == Language::default() {
            return Cow::Borrowed(self);
        }
        let say = |text: &String| said(language, text);
        Cow::Owned(Self {
            filters: self.filters.iter().map(say).collect(),
            definitions: self.definitions.iter().map(|(word, means)| (say(word), say(means))).collect(),
            notes: self.notes.iter().map(say).collect(),
            ..self.clone()
        })
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

/// A text of a report in a language: a sentence, a title, a heading. What nobody translated stays as it is.
pub fn said(language: Language, text: &str) -> String {
    let known = match language {
        Language::English => None,
        Language::German => german(text),
    };
    known.unwrap_or_else(|| text.to_owned())
}

/// A sentence of a report in a language, with its numbers as people read them: estimates with the places that say something,
/// long numbers in groups of three digits.
pub fn spoken(language: Language, text: &str) -> String {
    let text = text.split(' ').map(short).collect::<Vec<_>>().join(" ");
    match language {
        Language::English => grouped(&text),
        Language::German => said(language, &text),
    }
}

/// A word that is a decimal with six places, rounded to two, or to three where it is below ten.
fn short(word: &str) -> Cow<'_, str> {
    let start = word.trim_start_matches('(');
    let number = start.trim_end_matches([',', ';', ')', ':']);
    let places = number.split_once('.').map_or(0, |(_, places)| places.len());
    let Some(Number(micros)) = Number::parse(number).ok().filter(|_| places == 6) else { return Cow::Borrowed(word) };
    let unit = if micros.abs() < 10_000_000 { 1_000 } else { 10_000 };
    let rounded = Number(round_div(micros, unit) * unit);
    let (before, after) = (&word[..word.len() - start.len()], &start[number.len()..]);
    Cow::Owned(format!("{before}{rounded}{after}"))
}

/// Groups the digits of numbers that stand by themselves.
fn grouped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let start = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
        let (before, rest) = word.split_at(start);
        let (digits, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let number = before.chars().all(|c| matches!(c, '(' | '-' | '+'))
            && after.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation());
        out.push_str(before);
        for (at, digit) in digits.chars().enumerate() {
            if number && digits.len() > 4 && at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(',');
            }
            out.push(digit);
        }
        out.push_str(after);
    }
    out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped_where_people_read_them() {
        let check = |text: &str, english: &str, german: &str| {
            assert_eq!(spoken(Language::English, text), english);
            assert_eq!(spoken(Language::German, text), german);
        };
        check(
            "A earns 1200877.10 without service",
            "A earns 1,200,877.10 without service",
            "A verdient 1.200.877,10 ohne Service",
        );
        check("a-12345 2026-01-01, x12345", "a-12345 2026-01-01, x12345", "a-12345 2026-01-01, x12345");
        check("Gini 0.787949; 29257.469199 times", "Gini 0.788; 29,257.47 times", "Gini 0.788; 29257.47 times");
        check("1234 customers", "1234 customers", "1234 Kunden");
    }
}
