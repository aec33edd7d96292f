//! Rows as records of a table. Columns of purchases and cards are named as the import knows them.

use std::collections::BTreeSet;

use super::object::sku_of;
use super::run::{ExportError, pages};
use crate::model::{Customer, Entry, Interaction, Purchase, Return};
use crate::money::Currency;
use crate::store::{AuditEntry, Read, Snapshot, UnmatchedReturn};

pub(super) const PURCHASES: &[&str] =
    &["purchase", "customer", "at", "sku", "quantity", "unit_price", "gross", "discount", "cost", "category", "tags"];
pub(super) const RETURNS: &[&str] =
    &["return", "purchase", "customer", "at", "line", "sku", "quantity", "gross", "discount", "cost"];
pub(super) const UNMATCHED: &[&str] = &["return", "customer", "at", "sku", "quantity", "unit_price", "reason"];
pub(super) const INTERACTIONS: &[&str] = &["id", "customer", "kind", "at", "cost", "rating", "note"];
pub(super) const AUDIT: &[&str] = &["at", "who", "key", "action", "subject", "detail"];

pub(super) const POINTS: &[&str] = &[
    "entry",
    "customer",
    "kind",
    "at",
    "points",
    "balance",
    "lot",
    "purchase",
    "return",
    "matures_at",
    "expires_at",
    "lapsed",
];

/// The columns of cards that depend on what the cards hold.
#[derive(Debug, Default)]
pub(super) struct CardColumns {
    attributes: BTreeSet<String>,
    consent: BTreeSet<String>,
}

/// Looks through all cards for attributes and consents.
pub(super) fn card_columns(rows: &Snapshot) -> Result<CardColumns, ExportError> {
    let mut columns = CardColumns::default();
    pages(
        |listing| rows.customers(listing),
        |card| {
            columns.attributes.extend(card.attributes.into_keys());
            columns.consent.extend(card.consent.into_keys());
            Ok(())
        },
    )?;
    Ok(columns)
}

impl CardColumns {
    pub fn header(&self) -> Vec<String> {
        let fixed = ["id", "name", "email", "phone", "address", "birthday"].map(str::to_owned);
        let attributes = self.attributes.iter().map(|name| format!("attributes.{name}"));
        let consent = self.consent.iter().map(|name| format!("consent.{name}"));
        fixed.into_iter().chain(attributes).chain(consent).collect()
    }

    pub fn record(&self, card: &Customer) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mut record = vec![
            card.id.clone(),
            text(&card.name),
            text(&card.email),
            text(&card.phone),
            text(&card.address),
            card.birthday.map(|day| day.to_string()).unwrap_or_default(),
        ];
        let attribute = |name| card.attributes.get(name).map(ToString::to_string).unwrap_or_default();
        let consent = |name| card.consent.get(name).map(ToString::to_string).unwrap_or_default();
        record.extend(self.attributes.iter().map(attribute));
        record.extend(self.consent.iter().map(consent));
        record
    }
}

pub(super) fn purchase(purchase: &Purchase, currency: Currency) -> Vec<Vec<String>> {
    let lines = purchase.lines.iter().map(|line| {
        vec![
            purchase.id.clone(),
            purchase.customer.clone().unwrap_or_default(),
            purchase.at.to_string(),
            line.sku.to_string(),
            line.quantity.to_string(),
            line.unit_price.format(currency),
            line.gross.format(currency),
            line.discount.format(currency),
            line.cost.format(currency),
            line.category.as_deref().unwrap_or_default().to_owned(),
            line.tags.join(";"),
        ]
    });
    lines.collect()
}

pub(super) fn returned(purchase: &Purchase, goods: &Return, currency: Currency) -> Vec<Vec<String>> {
    let lines = goods.lines.iter().map(|line| {
        vec![
            goods.id.clone(),
            purchase.id.clone(),
            purchase.customer.clone().unwrap_or_default(),
            goods.at.to_string(),
            line.line.to_string(),
            sku_of(purchase, line).to_owned(),
            line.quantity.to_string(),
            line.gross.format(currency),
            line.discount.format(currency),
            line.cost.format(currency),
        ]
    });
    lines.collect()
}

pub(super) fn unmatched(goods: &UnmatchedReturn, currency: Currency) -> Vec<Vec<String>> {
    let lines = goods.lines.iter().map(|line| {
        vec![
            goods.id.clone(),
            goods.customer.clone().unwrap_or_default(),
            goods.at.to_string(),
            line.sku.to_string(),
            line.quantity.to_string(),
            line.unit_price.format(currency),
            goods.reason.clone(),
        ]
    });
    lines.collect()
}

pub(super) fn entry(customer: &str, entry: &Entry) -> Vec<String> {
    let instant = |at: Option<crate::time::Instant>| at.map(|at| at.to_string()).unwrap_or_default();
    vec![
        entry.sequence.to_string(),
        customer.to_owned(),
        entry.kind.name().to_owned(),
        entry.at.to_string(),
        entry.points.to_string(),
        entry.balance.to_string(),
        entry.lot.to_string(),
        entry.purchase.clone().unwrap_or_default(),
        entry.return_id.clone().unwrap_or_default(),
        instant(entry.matures_at),
        instant(entry.expires_at),
        entry.lapsed.to_string(),
    ]
}

pub(super) fn interaction(met: &Interaction, currency: Currency) -> Vec<String> {
    vec![
        met.id.clone(),
        met.customer.clone(),
        met.kind.clone(),
        met.at.to_string(),
        met.cost.format(currency),
        met.rating.map(|rating| rating.to_string()).unwrap_or_default(),
        met.note.clone().unwrap_or_default(),
    ]
}

pub(super) fn audit(entry: &AuditEntry) -> Vec<String> {
    vec![
        entry.at.to_string(),
        entry.who.clone(),
        entry.key.clone().unwrap_or_default(),
        entry.action.name().to_owned(),
        entry.subject.clone(),
        entry.detail.clone(),
    ]
}
