//! Rows as JSON objects. Purchases and cards are written as the import reads them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::model::{Attribute, Customer, Entry, Interaction, Purchase, PurchaseLine, Return, ReturnLine};
use crate::money::{Currency, Money};
use crate::store::{AuditEntry, UnmatchedReturn};

#[derive(Serialize)]
pub(super) struct Card<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    birthday: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    attributes: BTreeMap<&'a str, Value<'a>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    consent: &'a BTreeMap<String, bool>,
    created_at: String,
    updated_at: String,
}

struct Value<'a>(&'a Attribute);

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Attribute::Text(text) => serializer.serialize_str(text),
            Attribute::Bool(flag) => serializer.serialize_bool(*flag),
            // A JSON number with exactly these digits.
            Attribute::Number(number) => serde_json::value::RawValue::from_string(number.to_string())
                .map_err(serde::ser::Error::custom)?
                .serialize(serializer),
        }
    }
}

pub(super) fn card(card: &Customer) -> Card<'_> {
    Card {
        id: &card.id,
        name: card.name.as_deref(),
        email: card.email.as_deref(),
        phone: card.phone.as_deref(),
        address: card.address.as_deref(),
        birthday: card.birthday.map(|day| day.to_string()),
        attributes: card.attributes.iter().map(|(name, value)| (name.as_str(), Value(value))).collect(),
        consent: &card.consent,
        created_at: card.created_at.to_string(),
        updated_at: card.updated_at.to_string(),
    }
}

#[derive(Serialize)]
pub(super) struct Bought<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    at: String,
    recorded_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<String>,
    lines: Vec<BoughtLine<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    returns: Vec<Came<'a>>,
}

#[derive(Serialize)]
struct BoughtLine<'a> {
    sku: &'a str,
    quantity: String,
    unit_price: String,
    gross: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    discount: Option<String>,
    cost: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [Box<str>],
}

#[derive(Serialize)]
pub(super) struct Came<'a> {
    id: &'a str,
    at: String,
    lines: Vec<CameLine<'a>>,
}

#[derive(Serialize)]
struct CameLine<'a> {
    line: u32,
    sku: &'a str,
    quantity: String,
    gross: String,
    discount: String,
    cost: String,
}

/// A return that stands alone says whose it is.
#[derive(Serialize)]
pub(super) struct Returned<'a> {
    purchase: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    #[serde(flatten)]
    goods: Came<'a>,
}

pub(super) fn purchase(purchase: &Purchase, currency: Currency) -> Bought<'_> {
    let line = |line| bought_line(line, currency);
    Bought {
        id: &purchase.id,
        customer: purchase.customer.as_deref(),
        at: purchase.at.to_string(),
        recorded_at: purchase.recorded_at.to_string(),
        revision: purchase.revision.map(|revision| revision.to_string()),
        lines: purchase.lines.iter().map(line).collect(),
        returns: purchase.returns.iter().map(|goods| came(purchase, goods, currency)).collect(),
    }
}

fn bought_line(line: &PurchaseLine, currency: Currency) -> BoughtLine<'_> {
    BoughtLine {
        sku: &line.sku,
        quantity: line.quantity.to_string(),
        unit_price: line.unit_price.format(currency),
        gross: line.gross.format(currency),
        discount: (line.discount != Money::ZERO).then(|| line.discount.format(currency)),
        cost: line.cost.format(currency),
        category: line.category.as_deref(),
        tags: &line.tags,
    }
}

fn came<'a>(purchase: &'a Purchase, goods: &'a Return, currency: Currency) -> Came<'a> {
    let line = |line: &'a ReturnLine| CameLine {
        line: line.line,
        sku: sku_of(purchase, line),
        quantity: line.quantity.to_string(),
        gross: line.gross.format(currency),
        discount: line.discount.format(currency),
        cost: line.cost.format(currency),
    };
    Came { id: &goods.id, at: goods.at.to_string(), lines: goods.lines.iter().map(line).collect() }
}

/// The article of a line that came back.
pub(super) fn sku_of<'a>(purchase: &'a Purchase, line: &ReturnLine) -> &'a str {
    purchase.lines.get(line.line as usize).map(|line| &*line.sku).unwrap_or_default()
}

pub(super) fn returned<'a>(purchase: &'a Purchase, goods: &'a Return, currency: Currency) -> Returned<'a> {
    Returned { purchase: &purchase.id, customer: purchase.customer.as_deref(), goods: came(purchase, goods, currency) }
}

#[derive(Serialize)]
pub(super) struct Unmatched<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    at: String,
    lines: Vec<UnmatchedLine<'a>>,
    reason: &'a str,
}

#[derive(Serialize)]
struct UnmatchedLine<'a> {
    sku: &'a str,
    quantity: String,
    unit_price: String,
}

pub(super) fn unmatched(goods: &UnmatchedReturn, currency: Currency) -> Unmatched<'_> {
    let lines = goods.lines.iter().map(|line| UnmatchedLine {
        sku: &line.sku,
        quantity: line.quantity.to_string(),
        unit_price: line.unit_price.format(currency),
    });
    Unmatched {
        id: &goods.id,
        customer: goods.customer.as_deref(),
        at: goods.at.to_string(),
        lines: lines.collect(),
        reason: &goods.reason,
    }
}

#[derive(Serialize)]
pub(super) struct Met<'a> {
    id: &'a str,
    customer: &'a str,
    kind: &'a str,
    at: String,
    cost: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

pub(super) fn interaction(met: &Interaction, currency: Currency) -> Met<'_> {
    Met {
        id: &met.id,
        customer: &met.customer,
        kind: &met.kind,
        at: met.at.to_string(),
        cost: met.cost.format(currency),
        rating: met.rating,
        note: met.note.as_deref(),
    }
}

#[derive(Serialize)]
pub(super) struct Did<'a> {
    at: String,
    who: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    action: &'static str,
    subject: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
}

pub(super) fn audit(entry: &AuditEntry) -> Did<'_> {
    Did {
        at: entry.at.to_string(),
        who: &entry.who,
        key: entry.key.as_deref(),
        action: entry.action.name(),
        subject: &entry.subject,
        detail: &entry.detail,
    }
}

#[derive(Serialize)]
pub(super) struct Posted<'a> {
    entry: u64,
    customer: &'a str,
    kind: &'static str,
    at: String,
    points: i64,
    balance: i64,
    lot: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase: Option<&'a str>,
    #[serde(rename = "return", skip_serializing_if = "Option::is_none")]
    return_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    matures_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    lapsed: i64,
}

pub(super) fn entry<'a>(customer: &'a str, entry: &'a Entry) -> Posted<'a> {
    Posted {
        entry: entry.sequence,
        customer,
        kind: entry.kind.name(),
        at: entry.at.to_string(),
        points: entry.points,
        balance: entry.balance,
        lot: entry.lot,
        purchase: entry.purchase.as_deref(),
        return_id: entry.return_id.as_deref(),
        matures_at: entry.matures_at.map(|at| at.to_string()),
        expires_at: entry.expires_at.map(|at| at.to_string()),
        lapsed: entry.lapsed,
    }
}
