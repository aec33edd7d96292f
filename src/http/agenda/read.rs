//! `GET /v1/agenda`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::{AgendaItem, AgendaPlace, App, days_after};
use crate::http::answer::{Answer, Listed, Problems, json};
use crate::http::blocking;
use crate::http::body::Params;
use crate::http::problem::Problem;
use crate::http::wire::{InteractionOut, Invalids, Shown};
use crate::money::Currency;
use crate::time::Instant;

/// The most days at once.
const MOST_DAYS: u64 = 400;

/// Which part of the agenda is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AgendaParams {
    /// From when, RFC 3339 or a date in the policy's zone; now where it is absent.
    from: Option<String>,
    /// Until before when, likewise; the end of the seventh day from `from` on where it is absent.
    until: Option<String>,
    /// The most items, 1 to 1000; 100 where it is absent.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<usize>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// Something that is coming up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AgendaItem)]
pub struct AgendaItemOut {
    /// `birthday` or `interaction`.
    what: &'static str,
    /// When; of a birthday, when the day begins.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// The day in the policy's zone. A birthday on 29 February is kept on the 28th where the year has none.
    #[schema(value_type = String, format = Date)]
    on: Shown<chrono::NaiveDate>,
    /// The customer.
    customer: String,
    /// The name on the customer's card.
    name: Option<String>,
    /// How old the customer gets; null for an interaction.
    age: Option<i32>,
    /// The interaction; null for a birthday.
    interaction: Option<InteractionOut>,
}

/// Lists planned interactions and birthdays, in order of time. Where the range reaches back, what happened in it is there too.
#[utoipa::path(get, path = "/v1/agenda", tag = "customers", params(AgendaParams),
    responses((status = 200, description = "a page of the agenda", body = Listed<AgendaItemOut>), Problems))]
pub async fn read_agenda(State(app): State<Arc<App>>, Params(params): Params<AgendaParams>) -> Answer {
    let active = app.active();
    let bundle = &active.bundle;
    let now = app.clock().now();
    let mut invalids = Invalids::default();
    let mut instant = |pointer: &str, text: &Option<String>| {
        text.as_deref().map(|text| {
            let read = bundle.zone.parse_instant(text);
            invalids.keep(pointer, read.ok_or("expected a date or an instant such as `2026-03-01T11:00:00Z`"))
        })
    };
    let from = instant("/from", &params.from).unwrap_or(now);
    let until = instant("/until", &params.until).unwrap_or_else(|| days_after(bundle, from, 7));
    let limit = params.limit.unwrap_or(100);
    if !(1..=1_000).contains(&limit) {
        invalids.push("/limit", "must be between 1 and 1000");
    }
    if until < from {
        invalids.push("/until", "lies before `from`");
    } else if until > days_after(bundle, from, MOST_DAYS + 1) {
        invalids.push("/until", format_args!("lies more than {MOST_DAYS} days after `from`"));
    }
    invalids.finish()?;
    let read = |text: &String| read_cursor(text).ok_or_else(|| Problem::unreadable("the cursor cannot be read"));
    let after = params.cursor.as_ref().map(read).transpose()?;
    let work = Arc::clone(&app);
    let agenda = blocking(move || work.agenda(from, until, after, limit)).await??;
    let body = Listed {
        items: agenda.items.into_iter().map(|item| present(item, now, bundle.currency, bundle.zone)).collect(),
        next: agenda.next.map(write_cursor),
    };
    json(StatusCode::OK, &body)
}

fn present(item: AgendaItem, now: Instant, currency: Currency, zone: crate::time::Zone) -> AgendaItemOut {
    match item {
        AgendaItem::Birthday { at, on, customer, age } => AgendaItemOut {
            what: "birthday",
            at: Shown(at),
            on: Shown(on),
            customer: customer.id,
            name: customer.name,
            age: Some(age),
            interaction: None,
        },
        AgendaItem::Interaction { interaction, name } => AgendaItemOut {
            what: "interaction",
            at: Shown(interaction.at),
            on: Shown(zone.local(interaction.at).date()),
            customer: interaction.customer.clone(),
            name,
            age: None,
            interaction: Some(InteractionOut::new(interaction, now, currency)),
        },
    }
}

fn write_cursor(place: AgendaPlace) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", place.at.0, place.shown))
}

fn read_cursor(text: &str) -> Option<AgendaPlace> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (at, shown) = text.split_once(' ')?;
    let shown = shown.parse().ok().filter(|shown| *shown <= 10_000_000)?;
    Some(AgendaPlace { at: Instant::from_micros(at.parse().ok()?)?, shown })
}
