//! `/simulations/service`: what is best spent on serving each class, asked by a file.

use askama::Template;
use axum::extract::Query;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::console::page::{Answer, Desk, Page, html};
use crate::console::reports::shown::{SHOWN, Shown};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

/// The question, as the address holds it.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    question: String,
}

#[derive(Template)]
#[template(path = "optimum.html", config = "src/console/askama.toml")]
struct OptimumPage {
    p: Page,
    question: String,
    shown: Option<Result<Shown, Trouble>>,
    /// Nothing to ask for as a file: the question is no part of an address there.
    base: &'static str,
}

/// A question to begin with: everything else is measured on the base.
const BEGINNING: &str = "discount_rate: 10%\nclasses:\n";

/// The page.
pub async fn read(visitor: Visitor, Query(asked): Query<Asked>) -> Answer {
    let question = asked.question.replace("\r\n", "\n");
    let shown: Option<Result<Shown, Trouble>> = match question.trim().is_empty() {
        true => None,
        false => {
            let body = json!({ "question": question });
            Some(visitor.post_with("/v1/reports/service-optimum", &body, &[("accept", SHOWN.to_owned())]).await)
        }
    };
    let status = match &shown {
        Some(Err(trouble)) => trouble.status(),
        _ => StatusCode::OK,
    };
    let question = if shown.is_some() { question } else { beginning(&visitor) };
    let p = Page::new(&visitor, Desk::Simulations, visitor.words().simulations.optimum);
    html(status, &OptimumPage { p, question, shown, base: "" })
}

/// A question with the classes that service budgets go by.
fn beginning(visitor: &Visitor) -> String {
    let bundle = &visitor.console.app.active().bundle;
    let budgets = bundle.service.as_ref().and_then(|service| service.budgets.as_ref());
    let segment = budgets.and_then(|budgets| bundle.segments.get(budgets.segment as usize));
    let classes = segment.map_or(&[][..], |segment| &segment.classes);
    let classes = classes.iter().map(|class| format!("  {class}: {{ keeps: 80%, ceiling: 90% }}\n"));
    format!("{BEGINNING}{}", classes.collect::<String>())
}
