//! `/agenda`: a week of planned interactions and birthdays.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use chrono::{Datelike, Days, NaiveDate};
use serde::Deserialize;

use crate::console::page::{Answer, Desk, Listed, Page, html};
use crate::console::visitor::Visitor;

/// The most entries of a week.
const MOST: usize = 500;

/// Which week.
#[derive(Deserialize)]
pub struct Week {
    #[serde(default)]
    from: String,
}

#[derive(Deserialize)]
struct Item {
    what: String,
    at: String,
    on: NaiveDate,
    customer: String,
    name: Option<String>,
    age: Option<i64>,
    interaction: Option<Contact>,
}

#[derive(Deserialize)]
struct Contact {
    kind: String,
    cost: String,
    planned: bool,
    note: Option<String>,
}

struct Day {
    day: NaiveDate,
    items: Vec<Item>,
}

#[derive(Template)]
#[template(path = "agenda.html", config = "src/console/askama.toml")]
struct Agenda {
    p: Page,
    from: NaiveDate,
    until: NaiveDate,
    before: NaiveDate,
    days: Vec<Day>,
    today: NaiveDate,
    cut: bool,
}

/// The most entries of a day that are shown unfolded; today's are in any case.
const MOST_OPEN: usize = 12;

impl Agenda {
    /// Whether a day is shown unfolded.
    fn is_open(&self, day: &Day) -> bool {
        day.day == self.today || day.items.len() <= MOST_OPEN
    }

    /// The last day that is shown.
    fn sunday(&self) -> NaiveDate {
        self.until.pred_opt().unwrap_or(self.until)
    }
}

/// The page: from Monday on, the current week where none is asked for.
pub async fn read(visitor: Visitor, Query(asked): Query<Week>) -> Answer {
    let app = &visitor.console.app;
    let today = app.active().bundle.zone.local(app.clock().now()).date();
    let day = NaiveDate::parse_from_str(&asked.from, "%Y-%m-%d").unwrap_or(today);
    let step = |day: NaiveDate, days: i64| {
        let moved = if days < 0 {
            day.checked_sub_days(Days::new(days.unsigned_abs()))
        } else {
            day.checked_add_days(Days::new(days.unsigned_abs()))
        };
        moved.unwrap_or(day)
    };
    let from = step(day, -i64::from(day.weekday().num_days_from_monday()));
    let (until, before) = (step(from, 7), step(from, -7));
    let found: Listed<Item> = visitor.get(&format!("/v1/agenda?from={from}&until={until}&limit={MOST}")).await?;
    let mut days: Vec<Day> = Vec::new();
    for item in found.items {
        match days.last_mut() {
            Some(day) if day.day == item.on => day.items.push(item),
            _ => days.push(Day { day: item.on, items: vec![item] }),
        }
    }
    let p = Page::new(&visitor, Desk::Customers, visitor.words().customers.agenda_title);
    html(StatusCode::OK, &Agenda { p, from, until, before, days, today, cut: found.next.is_some() })
}
