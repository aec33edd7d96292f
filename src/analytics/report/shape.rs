//! What every report can be shown as.

use serde::Serialize;

use super::head::Head;
use super::sheet::Sheet;
use crate::chart::Picture;

/// A report: one struct whose fields are the JSON, with what follows from them.
pub trait Report: Serialize {
    /// Its name: `GET /v1/reports/NAME`, `treue report NAME`.
    const NAME: &'static str;
    /// What may be asked of it.
    const TAKES: &'static [Parameter];

    /// What it says about itself.
    fn head(&self) -> &Head;

    /// Flat tables of its content, the main one first.
    fn sheets(&self) -> Vec<Sheet>;

    /// Pictures of its content by name, the main one first.
    fn pictures(&self) -> Vec<(&'static str, Picture)>;

    /// What it says, in sentences.
    fn says(&self) -> Vec<String>;
}

/// Something that may be asked of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, in a query; on the command line with hyphens in place of underscores.
    pub name: &'static str,
    /// What it asks for, and what holds without it.
    pub says: &'static str,
}

impl Parameter {
    /// As of when.
    pub const AS_OF: Self = Self {
        name: "as_of",
        says: "As of when, RFC 3339 or a date in the policy's zone: what happened strictly before, as it was known then; now \
               where it is absent.",
    };
    /// How far back.
    pub const WINDOW: Self = Self {
        name: "window",
        says: "Only what happened at most this long before `as_of`, such as `12 months`; the report's own where it is absent.",
    };
    /// Since when.
    pub const FROM: Self =
        Self { name: "from", says: "Only what happened at or after this instant or date; in place of `window`." };
    /// Which segment.
    pub const SEGMENT: Self = Self { name: "segment", says: "A segment of the policy." };
    /// Which metric.
    pub const METRIC: Self = Self {
        name: "metric",
        says: "A metric of the policy, or one of `gross`, `net`, `margin`, `profit` over the whole history.",
    };
    /// Since when something moved.
    pub const SINCE: Self = Self { name: "since", says: "An earlier instant or date to compare with." };
    /// How long a period is.
    pub const PERIOD: Self =
        Self { name: "period", says: "Length of a period: `day`, `week`, `month`, `quarter` or `year`." };
    /// How many rows.
    pub const LIMIT: Self = Self { name: "limit", says: "The most rows." };
}
