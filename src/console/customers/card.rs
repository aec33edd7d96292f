//! `/customers/{id}`: the card, where the customer stands, and what happened.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::console::ask::encoded;
use crate::console::page::{Answer, Desk, Listed, Page, html};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;

#[derive(Deserialize)]
pub struct Card {
    pub id: String,
    pub name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    birthday: Option<String>,
    attributes: BTreeMap<String, Value>,
    consent: BTreeMap<String, bool>,
}

#[derive(Deserialize)]
struct Standing {
    metrics: BTreeMap<String, Option<String>>,
    segments: BTreeMap<String, Option<String>>,
    points: Balance,
    uses: Vec<Uses>,
    next_steps: Vec<NextStep>,
    next_classes: Vec<NextClass>,
}

#[derive(Deserialize)]
struct Balance {
    redeemable: i64,
    pending: i64,
}

#[derive(Deserialize)]
struct Uses {
    discount: String,
    left_to_customer: Option<u64>,
    left_in_all: Option<u64>,
}

/// What is missing to a step of a ladder.
#[derive(Deserialize)]
pub struct NextStep {
    pub discount: String,
    pub rate: String,
    pub metric: String,
    pub missing: String,
}

#[derive(Deserialize)]
struct NextClass {
    segment: String,
    class: String,
    metric: String,
    missing: String,
}

#[derive(Deserialize)]
struct Service {
    class: Option<String>,
    window: Option<String>,
    granted: Option<String>,
    used: String,
    planned: String,
    left: Option<String>,
    profit: String,
    loses_money: bool,
    satisfaction: Option<String>,
    because: Vec<String>,
}

#[derive(Deserialize)]
struct Purchase {
    id: String,
    at: String,
    /// Absent where it was imported: then nothing was decided.
    revision: Option<String>,
    currency: String,
    totals: Totals,
    #[serde(default)]
    returns: Vec<Value>,
}

#[derive(Deserialize)]
struct Totals {
    discount: String,
    net: String,
}

#[derive(Deserialize)]
struct Interaction {
    kind: String,
    at: String,
    planned: bool,
    cost: String,
    currency: String,
    rating: Option<u8>,
    note: Option<String>,
}

/// Something that happened, or will.
enum Event {
    Bought(Purchase),
    Contact(Interaction),
}

impl Event {
    fn at(&self) -> &str {
        match self {
            Self::Bought(purchase) => &purchase.at,
            Self::Contact(interaction) => &interaction.at,
        }
    }
}

/// What a form that was not taken held; empty at first.
#[derive(Default, Deserialize)]
pub struct Entry {
    /// Makes sending the form twice one contact.
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub at: String,
    #[serde(default)]
    pub cost: String,
    #[serde(default)]
    pub rating: String,
    #[serde(default)]
    pub note: String,
}

/// Whether something was just written down.
#[derive(Deserialize)]
pub struct Added {
    #[serde(default)]
    added: String,
    #[serde(default)]
    beyond: String,
}

#[derive(Template)]
#[template(path = "customer.html", config = "src/console/askama.toml")]
struct CardPage {
    p: Page,
    card: Card,
    standing: Standing,
    service: Service,
    timeline: Vec<Event>,
    shown: (usize, usize),
    /// Kinds with a standard cost.
    kinds: Vec<(String, String)>,
    entry: Entry,
    added: bool,
    beyond: String,
    trouble: Option<Trouble>,
}

/// The page.
pub async fn read(visitor: Visitor, Path(id): Path<String>, Query(asked): Query<Added>) -> Answer {
    let entry = Entry { id: fresh_id(&visitor), ..Entry::default() };
    present(&visitor, &id, entry, None, asked).await
}

/// An id for a contact that is written down with this page.
fn fresh_id(visitor: &Visitor) -> String {
    let now = visitor.console.app.clock().now();
    format!("console-{:x}", now.0)
}

/// The page with a form as it was sent, where it was not taken.
pub async fn refuse(visitor: &Visitor, id: &str, entry: Entry, trouble: Trouble) -> Answer {
    let nothing = Added { added: String::new(), beyond: String::new() };
    present(visitor, id, entry, Some(trouble), nothing).await
}

async fn present(visitor: &Visitor, id: &str, entry: Entry, trouble: Option<Trouble>, asked: Added) -> Answer {
    let call = format!("/v1/customers/{}", encoded(id));
    let card: Card = visitor.get(&call).await?;
    let standing: Standing = visitor.get(&format!("{call}/standing")).await?;
    let service: Service = visitor.get(&format!("{call}/service-budget")).await?;
    let purchases: Listed<Purchase> = visitor.get(&format!("{call}/purchases?limit=50")).await?;
    let interactions: Listed<Interaction> = visitor.get(&format!("{call}/interactions?limit=50")).await?;
    let shown = (purchases.items.len(), interactions.items.len());
    let bought = purchases.items.into_iter().map(Event::Bought);
    let mut timeline: Vec<Event> = bought.chain(interactions.items.into_iter().map(Event::Contact)).collect();
    timeline.sort_by(|one, other| other.at().cmp(one.at()));
    let bundle = &visitor.console.app.active().bundle;
    let costs = bundle.service.iter().flat_map(|service| &service.costs);
    let kinds = costs.map(|(kind, cost)| (kind.to_string(), cost.format(bundle.currency))).collect();
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    let title = card.name.clone().unwrap_or_else(|| card.id.clone());
    let p = Page::new(visitor, Desk::Customers, title);
    let (added, beyond) = (!asked.added.is_empty(), asked.beyond);
    let page = CardPage { p, card, standing, service, timeline, shown, kinds, entry, added, beyond, trouble };
    html(status, &page)
}

/// An attribute as text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
