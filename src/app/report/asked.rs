//! What is asked of a report: names and values as somebody typed them, read against the policy in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;

use crate::analytics::report::{Head, Parameter, Report};
use crate::app::active::Active;
use crate::app::events::Events;
use crate::app::start::App;
use crate::diagnostic::nearest;
use crate::metric::{Measure, Metric, Reader, Sum, Timelines, Totals, Window};
use crate::money::Number;
use crate::store::{Failure, Read};
use crate::time::{Duration, Instant, Period};

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReportError {
    /// Something that the report does not take.
    #[error("{0}")]
    Unknown(String),
    /// A value that cannot be meant.
    #[error("{name}: {why}")]
    Invalid {
        /// The parameter.
        name: &'static str,
        /// What is wrong with its value.
        why: String,
    },
    /// The machine broke.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What is asked of a report.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The bundle in force, whose names are used.
    pub active: Arc<Active>,
    /// As of when: what happened strictly before.
    pub at: Instant,
    /// Since when, where it was asked for.
    pub from: Option<Instant>,
    window: Option<Duration>,
    given: BTreeMap<&'static str, String>,
    /// What a report made of it, in words.
    pub filters: Vec<String>,
}

impl Asked {
    /// Reads what was given, by name, for a kind of report.
    pub fn read<R: Report>(app: &App, given: impl IntoIterator<Item = (String, String)>) -> Result<Self, ReportError> {
        let mut known = BTreeMap::new();
        for (name, value) in given {
            let Some(parameter) = R::TAKES.iter().find(|parameter| parameter.name == name) else {
                return Err(unknown::<R>(&name));
            };
            if known.insert(parameter.name, value).is_some() {
                return Err(ReportError::Invalid { name: parameter.name, why: "given twice".to_owned() });
            }
        }
        let active = app.active();
        let at = app.clock().now();
        let mut asked = Self { active, at, from: None, window: None, given: known, filters: Vec::new() };
        if let Some(at) = asked.instant(Parameter::AS_OF.name)? {
            asked.at = at;
        }
        asked.from = asked.instant(Parameter::FROM.name)?;
        asked.window = asked.duration(Parameter::WINDOW.name)?;
        if let Some(window) = asked.window {
            if asked.from.is_some() {
                let why = "goes without `window`".to_owned();
                return Err(ReportError::Invalid { name: Parameter::FROM.name, why });
            }
            asked.from = Some(window.before(asked.at, asked.active.bundle.zone));
        }
        if asked.from.is_some_and(|from| from >= asked.at) {
            return Err(ReportError::Invalid { name: Parameter::FROM.name, why: "must lie before `as_of`".to_owned() });
        }
        Ok(asked)
    }

    /// The same as of an earlier instant; a window goes back as far as it did.
    pub fn as_of(&self, at: Instant) -> Result<Self, ReportError> {
        let name = Parameter::SINCE.name;
        if at >= self.at {
            return Err(ReportError::Invalid { name, why: "must lie before `as_of`".to_owned() });
        }
        let from = match self.window {
            Some(window) => Some(window.before(at, self.active.bundle.zone)),
            None => self.from,
        };
        if from.is_some_and(|from| from >= at) {
            return Err(ReportError::Invalid { name, why: "must lie after `from`".to_owned() });
        }
        Ok(Self { at, from, ..self.clone() })
    }

    /// The text of a parameter, if it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.given.get(name).map(String::as_str)
    }

    /// A parameter read by a function; `expected` says what it takes.
    pub fn read_as<T>(
        &self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, ReportError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let short: String = text.chars().take(40).collect();
        let invalid = || ReportError::Invalid { name, why: format!("expected {expected}, found `{short}`") };
        read(text).map(Some).ok_or_else(invalid)
    }

    /// An instant, or a date in the policy's zone.
    pub fn instant(&self, name: &'static str) -> Result<Option<Instant>, ReportError> {
        let zone = self.active.bundle.zone;
        self.read_as(name, "a date or an instant such as `2026-03-01T11:00:00Z`", |text| zone.parse_instant(text))
    }

    /// A duration.
    pub fn duration(&self, name: &'static str) -> Result<Option<Duration>, ReportError> {
        self.read_as(name, "a duration such as `12 months`", Duration::parse)
    }

    /// A calendar period.
    pub fn period(&self) -> Result<Option<Period>, ReportError> {
        self.read_as(Parameter::PERIOD.name, "`day`, `week`, `month`, `quarter` or `year`", Period::parse)
    }

    /// A whole number within a range.
    pub fn count(&self, name: &'static str, range: std::ops::RangeInclusive<u64>) -> Result<Option<u64>, ReportError> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        self.read_as(name, &expected, |text| text.parse().ok().filter(|count| range.contains(count)))
    }

    /// The segment that was named, as an index.
    pub fn segment(&self) -> Result<Option<u16>, ReportError> {
        let names: Vec<&str> = self.active.bundle.segments.iter().map(|segment| segment.name.as_ref()).collect();
        self.named(Parameter::SEGMENT.name, "segment", &names)
    }

    /// The metric that was named: one of the policy, or a sum over the whole history.
    pub fn metric(&self) -> Result<Option<Metric>, ReportError> {
        const SUMS: [(&str, Sum); 4] =
            [("gross", Sum::Gross), ("net", Sum::Net), ("margin", Sum::Margin), ("profit", Sum::Profit)];
        let name = Parameter::METRIC.name;
        let Some(text) = self.text(name) else { return Ok(None) };
        let metrics = &self.active.bundle.metrics;
        if let Some(metric) = metrics.iter().find(|metric| metric.name.as_ref() == text) {
            return Ok(Some(metric.clone()));
        }
        if let Some((word, sum)) = SUMS.iter().find(|(word, _)| *word == text) {
            return Ok(Some(whole_sum(word, *sum)));
        }
        let known = metrics.iter().map(|metric| metric.name.as_ref()).chain(SUMS.map(|(word, _)| word));
        Err(ReportError::Invalid { name, why: not_known("metric", text, known) })
    }

    /// One of the names that are known here, as an index.
    pub fn named(&self, name: &'static str, what: &str, known: &[&str]) -> Result<Option<u16>, ReportError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match known.iter().position(|known| *known == text) {
            Some(at) => Ok(Some(at as u16)),
            None => Err(ReportError::Invalid { name, why: not_known(what, text, known.iter().copied()) }),
        }
    }

    /// The head of a report on this.
    pub fn head<R: Report>(&self) -> Head {
        let bundle = &self.active.bundle;
        Head {
            report: R::NAME,
            as_of: self.at,
            from: self.from,
            window: self.window.map(|window| window.to_string()),
            filters: self.filters.clone(),
            revision: bundle.revision.to_string(),
            currency: bundle.currency.code().to_owned(),
            timezone: bundle.zone.to_string(),
            ..Head::default()
        }
    }

    /// Whether it is asked as of now.
    pub fn is_now(&self) -> bool {
        self.text(Parameter::AS_OF.name).is_none()
    }

    /// A customer's value of a metric: over the time that was asked for, over the metric's own where none was.
    pub(in crate::app) fn value<T: Timelines>(
        &self,
        metric: &Metric,
        timelines: &mut T,
    ) -> Result<Option<Number>, T::Error> {
        if self.from.is_none() || matches!(metric.measure, Measure::DaysSince(_)) {
            return self.own_value(metric, timelines);
        }
        let totals = self.totals(metric.filter, timelines)?;
        Ok(metric.measure.value(&totals, self.active.bundle.currency))
    }

    /// A customer's value of a metric as decisions read it: over the metric's own time, whatever was asked for.
    pub(in crate::app) fn own_value<T: Timelines>(
        &self,
        metric: &Metric,
        timelines: &mut T,
    ) -> Result<Option<Number>, T::Error> {
        let bundle = &self.active.bundle;
        Reader::new(timelines, bundle.zone, bundle.currency).value(metric, self.at)
    }

    /// A customer's sums over the time that was asked for, over the whole history where none was.
    pub(in crate::app) fn totals<T: Timelines>(
        &self,
        filter: Option<u16>,
        timelines: &mut T,
    ) -> Result<Totals, T::Error> {
        let until = timelines.mark(filter, self.at)?.totals;
        let Some(from) = self.from else { return Ok(until) };
        // Both are sums of one account, and the later holds the earlier.
        Ok(until.checked_sub(timelines.mark(filter, from)?.totals).unwrap_or_default())
    }

    /// Whether somebody is a customer by now: bought something that did not come back in full, or was in contact.
    pub(in crate::app) fn is_customer<R: Read>(&self, events: &mut Events<'_, R>) -> Result<bool, Failure> {
        let totals = events.mark(None, self.at)?.totals;
        Ok(totals.purchases > 0 || totals.interactions > 0)
    }
}

/// A sum over the whole history that no policy names.
pub(in crate::app) fn whole_sum(word: &str, sum: Sum) -> Metric {
    Metric { name: word.into(), measure: Measure::Sum(sum), window: Window::Lifetime, filter: None }
}

fn unknown<R: Report>(name: &str) -> ReportError {
    let names: Vec<&str> = R::TAKES.iter().map(|parameter| parameter.name).collect();
    let short: String = name.chars().take(40).collect();
    let taken = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    ReportError::Unknown(format!("the report `{}` does not take `{short}`; it takes {taken}", R::NAME))
}

fn not_known<'a>(what: &str, text: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let short: String = text.chars().take(40).collect();
    match nearest(text, known.clone()) {
        Some(near) => format!("there is no {what} `{short}`; did you mean `{near}`"),
        None => {
            let known: Vec<&str> = known.collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            format!("there is no {what} `{short}`; known are {known}")
        }
    }
}
