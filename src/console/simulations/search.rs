//! `/simulations/search`: asking for the best settings of a policy.

use std::sync::Arc;

use askama::Template;
use axum::Form as Fields;
use axum::extract::Query;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Redirect};
use serde_json::{Map, json};

use super::list::{Run, revisions};
use super::wanted::{FIGURES, Wanted};
use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Page, html};
use crate::console::policies::texts::{File, Stored, body, sources, stored};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::policy::{Bundle, compile};

#[derive(Template)]
#[template(path = "search.html", config = "src/console/askama.toml")]
struct Search {
    p: Page,
    revisions: Vec<Stored>,
    wanted: Wanted,
    trouble: Option<Trouble>,
}

impl Search {
    /// What may move, by the section of the policy in which it stands.
    fn sections(&self) -> Vec<(&str, Vec<&super::wanted::Moves>)> {
        let mut sections: Vec<(&str, Vec<_>)> = Vec::new();
        for moves in &self.wanted.moves {
            let name = moves.path.split('.').next().unwrap_or_default();
            match sections.iter_mut().find(|(known, _)| *known == name) {
                Some((_, settings)) => settings.push(moves),
                None => sections.push((name, vec![moves])),
            }
        }
        // Discounts are what is asked about most.
        sections.sort_by_key(|(name, _)| *name != "discounts");
        sections
    }

    /// Whether a section is shown open.
    fn open(&self, name: &str, settings: &[&super::wanted::Moves]) -> bool {
        name == "discounts" || settings.iter().any(|moves| moves.chosen)
    }

    /// The goals that the form offers, with their words.
    fn goals(&self) -> Vec<(String, String)> {
        let words = &self.p.w.simulations;
        let mut goals = vec![("frontier".to_owned(), words.goal_frontier.to_owned())];
        for (goal, sentence) in [("maximize", words.goal_most), ("minimize", words.goal_least)] {
            let of = FIGURES.iter().filter(|figure| {
                matches!(
                    (goal, **figure),
                    ("maximize", "margin" | "profit" | "net") | ("minimize", "discount" | "service")
                )
            });
            goals.extend(of.map(|figure| (format!("{goal} {figure}"), self.p.fill1(sentence, self.figure(figure)))));
        }
        goals
    }

    /// What a figure is called.
    fn figure(&self, name: &str) -> &'static str {
        let words = &self.p.w;
        match name {
            "margin" => words.overview.margin,
            "profit" => words.overview.profit,
            "net" => words.overview.net,
            "discount" => words.trial.discount,
            "service" => words.overview.service_cost,
            _ => "",
        }
    }
}

/// The page; its address may hold the form.
pub async fn read(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Answer {
    let wanted = Wanted::read(pairs);
    let (bundle, _) = opened(&visitor, &wanted.policy).await?;
    present(&visitor, wanted, &bundle, None).await
}

/// Starts a search; one that is refused comes back with what is wrong.
pub async fn start(visitor: Visitor, Fields(pairs): Fields<Vec<(String, String)>>) -> Answer {
    let wanted = Wanted::read(pairs);
    let (bundle, files) = opened(&visitor, &wanted.policy).await?;
    let text = wanted.search(&bundle);
    let mut asked = Map::new();
    asked.insert("search".to_owned(), text.as_str().into());
    if !files.is_empty() {
        asked.insert("files".to_owned(), body(&files, "")["files"].clone());
    }
    match visitor.post::<Run>("/v1/searches", &json!(asked)).await {
        Ok(run) => Ok(Redirect::to(&format!("/simulations/{}", encoded(&run.id))).into_response()),
        Err(trouble) => present(&visitor, Wanted { text, ..wanted }, &bundle, Some(trouble)).await,
    }
}

/// The policy whose settings may move, and its files where it is not the one in force.
async fn opened(visitor: &Visitor, revision: &str) -> Result<(Arc<Bundle>, Vec<File>), Trouble> {
    let active = &visitor.console.app.active().bundle;
    if revision.is_empty() || !visitor.may(&Method::GET, "/v1/policies/revisions/{revision}") {
        return Ok((Arc::clone(active), Vec::new()));
    }
    let files = stored(visitor, revision).await?.files;
    let bundle = compile(sources(&files)).bundle.map_or_else(|| Arc::clone(active), Arc::new);
    Ok((bundle, files))
}

async fn present(visitor: &Visitor, mut wanted: Wanted, bundle: &Bundle, trouble: Option<Trouble>) -> Answer {
    wanted.complete(bundle);
    let revisions = revisions(visitor).await?;
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    let p = Page::new(visitor, Desk::Simulations, visitor.words().simulations.search);
    html(status, &Search { p, revisions, wanted, trouble })
}
