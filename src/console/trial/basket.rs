//! `/try`: a basket in the address of the page, and what is decided on it.

use askama::Template;
use axum::extract::Query;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::decided::Decided;
use crate::console::ask::encoded;
use crate::console::customers::interaction::instant;
use crate::console::page::{Answer, Desk, Listed, Page, html};
use crate::console::trouble::Trouble;
use crate::console::visitor::Visitor;
use crate::money::Number;

/// A row of the form.
#[derive(Clone, Default)]
struct Row {
    sku: String,
    quantity: String,
    price: String,
    cost: String,
    category: String,
    tags: String,
}

impl Row {
    fn is_empty(&self) -> bool {
        [&self.sku, &self.price, &self.cost, &self.category, &self.tags].iter().all(|text| text.trim().is_empty())
    }
}

/// The form, as the address of the page holds it.
#[derive(Default)]
struct Asked {
    customer: String,
    at: String,
    codes: String,
    redeem: String,
    draft: String,
    rows: Vec<Row>,
}

/// A stored revision to decide beside the active one.
#[derive(serde::Deserialize)]
pub struct Draft {
    pub revision: String,
    pub stored_at: String,
    pub by: String,
    pub note: String,
}

/// A decision under a heading.
struct Side {
    heading: &'static str,
    d: Decided,
}

#[derive(Template)]
#[template(path = "try.html", config = "src/console/askama.toml")]
struct Try {
    p: Page,
    asked: Asked,
    drafts: Vec<Draft>,
    sides: Vec<Side>,
    /// What the draft grants beyond the active policy.
    difference: Option<String>,
    trouble: Option<Trouble>,
    example: &'static str,
}

const EXAMPLE: &str = "/try?sku=SH-1&quantity=2&price=49.90&cost=21&category=shoes&tags=new&sku=CAP-7&quantity=1&price=19.95&cost=&category=apparel&tags=";

/// The page.
pub async fn read(visitor: Visitor, Query(pairs): Query<Vec<(String, String)>>) -> Answer {
    let mut asked = parse(pairs);
    let drafts: Vec<Draft> = match visitor.may(&Method::POST, "/v1/policies/revisions/{revision}/decisions") {
        true => visitor.get::<Listed<Draft>>("/v1/policies/revisions?limit=1000").await?.items,
        false => Vec::new(),
    };
    let mut sides = Vec::new();
    let mut trouble = None;
    if !asked.rows.is_empty() {
        let words = &visitor.words().trial;
        match decide(&visitor, &asked, None).await {
            Ok(d) => sides.push(Side { heading: words.active, d }),
            Err(error) => trouble = Some(error),
        }
        if trouble.is_none() && !asked.draft.is_empty() {
            match decide(&visitor, &asked, Some(&asked.draft)).await {
                Ok(d) => sides.push(Side { heading: words.draft, d }),
                Err(error) => trouble = Some(error),
            }
        }
    }
    let difference = match sides.as_slice() {
        [active, draft] => difference(&active.d, &draft.d),
        _ => None,
    };
    // One line more than is filled in, so that a basket grows without scripts too.
    asked.rows.push(Row { quantity: "1".to_owned(), ..Row::default() });
    let status = trouble.as_ref().map_or(StatusCode::OK, Trouble::status);
    let p = Page::new(&visitor, Desk::Try, visitor.words().trial.title);
    html(status, &Try { p, asked, drafts, sides, difference, trouble, example: EXAMPLE })
}

fn parse(pairs: Vec<(String, String)>) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in pairs {
        match name.as_str() {
            "customer" => asked.customer = value,
            "at" => asked.at = value,
            "codes" => asked.codes = value,
            "redeem" => asked.redeem = value,
            "draft" => asked.draft = value,
            // The first field of a row begins it.
            "sku" => asked.rows.push(Row { sku: value, ..Row::default() }),
            _ => {
                let Some(row) = asked.rows.last_mut() else { continue };
                match name.as_str() {
                    "quantity" => row.quantity = value,
                    "price" => row.price = value,
                    "cost" => row.cost = value,
                    "category" => row.category = value,
                    "tags" => row.tags = value,
                    _ => {}
                }
            }
        }
    }
    asked.rows.retain(|row| !row.is_empty());
    asked
}

/// Asks for a quote, under a stored revision where one is given.
async fn decide(visitor: &Visitor, asked: &Asked, revision: Option<&str>) -> Result<Decided, Trouble> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
    if !asked.customer.trim().is_empty() {
        put("customer", asked.customer.trim().into());
    }
    if let Some(at) = instant(visitor, &asked.at) {
        put("at", at.into());
    }
    let codes: Vec<&str> = asked.codes.split_whitespace().collect();
    put("codes", json!(codes));
    if let Ok(points) = asked.redeem.trim().parse::<i64>() {
        put("redeem_points", points.into());
    }
    put("lines", asked.rows.iter().map(line).collect());
    // Who may not quote may still ask what a revision would decide, the one in force included.
    let revision = match revision {
        Some(revision) => revision.to_owned(),
        None if visitor.may(&Method::POST, "/v1/quotes") => {
            return visitor.post("/v1/quotes", &Value::Object(body)).await;
        }
        None => visitor.console.app.active().bundle.revision.to_string(),
    };
    visitor.post(&format!("/v1/policies/revisions/{}/decisions", encoded(&revision)), &Value::Object(body)).await
}

fn line(row: &Row) -> Value {
    let mut line = Map::new();
    let decimal = |text: &str| text.trim().replace(',', ".");
    line.insert("sku".to_owned(), row.sku.trim().into());
    line.insert("quantity".to_owned(), decimal(&row.quantity).into());
    line.insert("unit_price".to_owned(), decimal(&row.price).into());
    if !row.cost.trim().is_empty() {
        line.insert("unit_cost".to_owned(), decimal(&row.cost).into());
    }
    if !row.category.trim().is_empty() {
        line.insert("category".to_owned(), row.category.trim().into());
    }
    let tags: Vec<&str> = row.tags.split_whitespace().collect();
    line.insert("tags".to_owned(), json!(tags));
    Value::Object(line)
}

/// What the draft's discount exceeds the active policy's by, exactly.
fn difference(active: &Decided, draft: &Decided) -> Option<String> {
    let read = |d: &Decided| Number::parse(&d.totals.discount).ok();
    let (active, draft) = (read(active)?, read(draft)?);
    Some(Number(draft.0.checked_sub(active.0)?).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_from_the_address_and_empty_ones_dropped() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let pairs =
            [("customer", "c"), ("sku", "A"), ("quantity", "2"), ("price", "1,50"), ("sku", ""), ("quantity", "1")];
        let asked = parse(pairs.into_iter().map(pair).collect());
        assert_eq!((asked.customer.as_str(), asked.rows.len()), ("c", 1));
        assert_eq!(line(&asked.rows[0]), json!({ "sku": "A", "quantity": "2", "unit_price": "1.50", "tags": [] }));
    }
}
