//! `/`: what the base brings and costs, and what needs attention.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::page::{Answer, Desk, Page, html};
use super::visitor::Visitor;
use super::words::filled;

/// The report on service budgets.
#[derive(Deserialize)]
struct Budgets {
    currency: String,
    segment: Option<String>,
    window: Option<String>,
    satisfaction_floor: Option<String>,
    classes: Vec<Served>,
    total: Served,
}

/// A class, or the whole base.
#[derive(Deserialize)]
struct Served {
    class: Option<String>,
    customers: u64,
    granted: Option<String>,
    used: String,
    net: String,
    margin: String,
    profit: String,
    satisfaction: Option<String>,
    below_floor: u64,
    overspent: u64,
    share_of_profit: Option<String>,
    share_of_service_cost: Option<String>,
    profit_per_cost: Option<String>,
    says: String,
}

/// What is in force.
#[derive(Deserialize)]
struct State {
    revision: String,
    activated_at: String,
    activated_by: String,
    note: String,
    last_failed_reload: Option<FailedReload>,
    planned: Option<Planned>,
}

#[derive(Deserialize)]
struct FailedReload {
    at: String,
}

#[derive(Deserialize)]
struct Planned {
    revision: String,
    at: String,
}

#[derive(Deserialize)]
struct Counts {
    customers: u64,
    purchases: u64,
}

struct Alert {
    kind: &'static str,
    text: String,
    link: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "overview.html", config = "src/console/askama.toml")]
struct Overview {
    p: Page,
    counts: Counts,
    budgets: Option<Budgets>,
    state: Option<State>,
    alerts: Vec<Alert>,
}

/// The page.
pub async fn read(visitor: Visitor) -> Answer {
    let p = Page::new(&visitor, Desk::Overview, visitor.words().overview.title);
    let counts: Counts = visitor.get("/readyz").await?;
    // A key that may not see one part still sees the others.
    let budgets: Option<Budgets> = match p.may("GET", "/v1/reports/budgets") {
        true => Some(visitor.get("/v1/reports/budgets").await?),
        false => None,
    };
    let state: Option<State> = match p.may("GET", "/v1/policies") {
        true => Some(visitor.get("/v1/policies").await?),
        false => None,
    };
    let alerts = alerts(&p, budgets.as_ref(), state.as_ref());
    html(StatusCode::OK, &Overview { p, counts, budgets, state, alerts })
}

fn alerts(p: &Page, budgets: Option<&Budgets>, state: Option<&State>) -> Vec<Alert> {
    let words = &p.w.overview;
    let mut alerts = Vec::new();
    let mut add = |kind, link, sentence: &str, values: &[&str]| {
        alerts.push(Alert { kind, link, text: filled(sentence, values) });
    };
    if let Some(failed) = state.and_then(|state| state.last_failed_reload.as_ref()) {
        add("bad", Some("/policies"), words.refused_file, &[&p.show.when(&failed.at)]);
    }
    for row in budgets.into_iter().flat_map(|budgets| &budgets.classes) {
        let class = row.class.as_deref().unwrap_or(p.w.common.without_class);
        if row.profit.starts_with('-') {
            add("bad", None, words.at_a_loss, &[class, &p.show.money(&row.profit)]);
        }
        if let (Some(value), Some(floor)) = (&row.satisfaction, budgets.and_then(|b| b.satisfaction_floor.as_ref()))
            && below(value, floor)
        {
            add("warn", None, words.unhappy, &[class, &p.show.number(value), &p.show.number(floor)]);
        }
        if row.overspent > 0 {
            add("warn", None, words.overspent, &[class, &p.show.count(&row.overspent)]);
        }
    }
    if let Some(planned) = state.and_then(|state| state.planned.as_ref()) {
        add("", Some("/policies"), words.planned, &[&p.short(&planned.revision), &p.show.when(&planned.at)]);
    }
    alerts
}

/// Whether one decimal of the interface is below another.
fn below(value: &str, floor: &str) -> bool {
    let read = |text: &str| crate::money::Number::parse(text).ok();
    read(value).zip(read(floor)).is_some_and(|(value, floor)| value < floor)
}
