//! `/`: what the base brings and costs, and what needs attention.

use askama::Template;
use axum::http::StatusCode;
use serde::Deserialize;

use super::page::{Answer, Desk, Page, html};
use super::reports::page::Reports;
use super::visitor::Visitor;
use super::words::filled;
use crate::money::Number;

/// The report on service budgets.
#[derive(Deserialize)]
struct Budgets {
    head: Head,
    segment: Option<String>,
    satisfaction_floor: Option<String>,
    classes: Vec<Served>,
    total: Served,
}

/// A class, or the whole base.
#[derive(Deserialize)]
struct Served {
    class: Option<String>,
    customers: u64,
    used: String,
    net: String,
    margin: String,
    profit: String,
    satisfaction: Option<String>,
    overspent: u64,
    share_of_profit: Option<String>,
    share_of_service_cost: Option<String>,
    profit_per_cost: Option<String>,
    says: String,
}

#[derive(Deserialize)]
struct Head {
    currency: String,
    window: Option<String>,
}

/// What is left of uses and budgets.
#[derive(Deserialize)]
struct Uses {
    discounts: Vec<Left>,
}

#[derive(Deserialize)]
struct Left {
    discount: String,
    budget: Option<String>,
    budget_left: Option<String>,
    budget_until: Option<String>,
    uses: Option<u64>,
    uses_left: Option<u64>,
}

impl Left {
    /// How much of the budget is spent, from 0 to 1.
    fn spent(&self) -> Option<String> {
        let read = |text: &Option<String>| Number::parse(text.as_deref()?).ok().map(|number| number.0);
        let (budget, left) = (read(&self.budget)?, read(&self.budget_left)?);
        (budget > 0).then(|| Number((budget - left) * 1_000_000 / budget).to_string())
    }

    /// Whether a tenth or less of the budget is left.
    fn nearly_spent(&self) -> bool {
        self.spent().and_then(|spent| Number::parse(&spent).ok()).is_some_and(|spent| spent.0 >= 900_000)
    }
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
    purchases: u64,
}

struct Alert {
    kind: &'static str,
    text: String,
    /// Where it leads, and what is said there.
    link: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "overview.html", config = "src/console/askama.toml")]
struct Overview {
    p: Page,
    counts: Counts,
    budgets: Option<Budgets>,
    state: Option<State>,
    uses: Vec<Left>,
    alerts: Vec<Alert>,
    /// Reports whose first picture is put on the page once it is there.
    glances: Vec<(&'static str, &'static str)>,
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
    let (mut state, mut uses) = (None, Vec::new());
    if p.may("GET", "/v1/policies") {
        state = Some(visitor.get::<State>("/v1/policies").await?);
        uses = visitor.get::<Uses>("/v1/policies/uses").await?.discounts;
    }
    let mut alerts = alerts(&p, budgets.as_ref(), state.as_ref(), &uses);
    if p.may("GET", "/metrics") && scripts_failed(&visitor.get_text("/metrics").await?) {
        alerts.push(Alert { kind: "bad", link: None, text: p.w.overview.scripts_failed.to_owned() });
    }
    let mut glances = Vec::new();
    if p.may("GET", "/v1/reports") && counts.purchases > 0 {
        let words = &p.w.reports;
        let known: Reports = visitor.get("/v1/reports").await?;
        let wanted =
            [("abc", words.abc), ("next", words.next), ("discounts", words.discounts), ("points", words.points)];
        glances =
            wanted.into_iter().filter(|(name, _)| known.reports.iter().any(|report| report.name == *name)).collect();
    }
    html(StatusCode::OK, &Overview { p, counts, budgets, state, uses, alerts, glances })
}

/// Whether a script failed since the server started, by its counters.
fn scripts_failed(metrics: &str) -> bool {
    let counted = metrics.lines().filter_map(|line| line.strip_prefix("treue_script_failures_total"));
    counted
        .filter_map(|rest| rest.rsplit(' ').next())
        .any(|count| count.bytes().any(|digit| matches!(digit, b'1'..=b'9')))
}

fn alerts(p: &Page, budgets: Option<&Budgets>, state: Option<&State>, uses: &[Left]) -> Vec<Alert> {
    let words = &p.w.overview;
    let mut alerts = Vec::new();
    let report = |call, page| p.may("GET", call).then_some((page, p.w.reports.whole));
    let budget = report("/v1/reports/budgets", "/reports/budgets");
    let discounts = report("/v1/reports/discounts", "/reports/discounts");
    let mut add = |kind, link, sentence: &str, values: &[&str]| {
        alerts.push(Alert { kind, link, text: filled(sentence, values) });
    };
    if let Some(failed) = state.and_then(|state| state.last_failed_reload.as_ref()) {
        add("bad", Some(("/policies", words.refused_see)), words.refused_file, &[&p.show.when(&failed.at)]);
    }
    for left in uses.iter().filter(|left| left.nearly_spent()) {
        add("warn", discounts, words.budget_low, &[&left.discount, &p.show.maybe_money(&left.budget_left)]);
    }
    for row in budgets.into_iter().flat_map(|budgets| &budgets.classes) {
        let class = row.class.as_deref().unwrap_or(p.w.common.without_class);
        if row.profit.starts_with('-') {
            add("bad", budget, words.at_a_loss, &[class, &p.show.money(&row.profit)]);
        }
        if let (Some(value), Some(floor)) = (&row.satisfaction, budgets.and_then(|b| b.satisfaction_floor.as_ref()))
            && below(value, floor)
        {
            add("warn", budget, words.unhappy, &[class, &p.show.number(value), &p.show.number(floor)]);
        }
        if row.overspent > 0 {
            add("warn", budget, words.overspent, &[class, &p.show.count(&row.overspent)]);
        }
    }
    if let Some(planned) = state.and_then(|state| state.planned.as_ref()) {
        add(
            "",
            Some(("/policies", p.w.policies.open)),
            words.planned,
            &[&p.short(&planned.revision), &p.show.when(&planned.at)],
        );
    }
    alerts
}

/// Whether one decimal of the interface is below another.
fn below(value: &str, floor: &str) -> bool {
    let read = |text: &str| Number::parse(text).ok();
    read(value).zip(read(floor)).is_some_and(|(value, floor)| value < floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_above_zero_is_a_failure() {
        assert!(scripts_failed("# TYPE treue_script_failures_total counter\ntreue_script_failures_total 3\n"));
        assert!(!scripts_failed("treue_script_failures_total 0\ntreue_grants_total 7\n"));
    }

    #[test]
    fn a_budget_is_nearly_spent_at_nine_tenths() {
        let check = |left: &str, spent: &str, nearly| {
            let budget = serde_json::json!({ "discount": "d", "budget": "100.00", "budget_left": left });
            let budget: Left = serde_json::from_value(budget).expect("what is left");
            assert_eq!((budget.spent().as_deref(), budget.nearly_spent()), (Some(spent), nearly), "{left}");
        };
        check("100.00", "0", false);
        check("10.01", "0.8999", false);
        check("10.00", "0.9", true);
        check("0.00", "1", true);
    }
}
