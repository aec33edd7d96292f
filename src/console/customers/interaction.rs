//! Writing a contact down.

use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::card::{Entry, refuse};
use crate::console::ask::encoded;
use crate::console::page::Answer;
use crate::console::visitor::Visitor;

#[derive(Deserialize)]
struct Written {
    warning: Option<String>,
}

/// Takes the form of a customer's card; one that is refused comes back with all that it held.
pub async fn add(visitor: Visitor, Path(id): Path<String>, Form(entry): Form<Entry>) -> Answer {
    let mut body = Map::new();
    let texts = [("id", &entry.id), ("kind", &entry.kind), ("cost", &entry.cost), ("note", &entry.note)];
    for (name, text) in texts {
        if !text.trim().is_empty() {
            body.insert(name.to_owned(), text.trim().replace(',', if name == "cost" { "." } else { "," }).into());
        }
    }
    if !body.contains_key("kind") {
        body.insert("kind".to_owned(), "".into());
    }
    if let Some(at) = instant(&visitor, &entry.at) {
        body.insert("at".to_owned(), at.into());
    }
    if let Ok(rating) = entry.rating.parse::<i64>() {
        body.insert("rating".to_owned(), rating.into());
    }
    let card = format!("/customers/{}", encoded(&id));
    match visitor.post::<Written>(&format!("/v1{card}/interactions"), &Value::Object(body)).await {
        Ok(written) => {
            let beyond = written.warning.map(|warning| format!("&beyond={}", encoded(&warning))).unwrap_or_default();
            Ok(Redirect::to(&format!("{card}?added=1{beyond}#timeline")).into_response())
        }
        Err(trouble) => refuse(&visitor, &id, entry, trouble).await,
    }
}

/// What a form's `datetime-local` field says, by the bundle's clock, as the interface wants it. What cannot be read goes
/// on as it is, so that the interface says so.
pub fn instant(visitor: &Visitor, field: &str) -> Option<String> {
    let field = field.trim();
    if field.is_empty() {
        return None;
    }
    let zone = visitor.console.app.active().bundle.zone;
    Some(zone.parse_instant(field).map_or_else(|| field.to_owned(), |at| at.to_string()))
}
