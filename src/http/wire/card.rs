//! The customer card in JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::scalar::{Invalids, Shown};
use crate::model::{Attribute, Customer};
use crate::money::Number;
use crate::time::Instant;

/// What an attribute looks like in JSON.
pub struct AttributeShape;

/// What changes an attribute: one in JSON, or null.
pub struct AttributeChange;

fn one_of(kinds: &[Type], text: &str) -> RefOr<Schema> {
    let kinds = kinds.iter().map(|kind| ObjectBuilder::new().schema_type(SchemaType::Type(kind.clone())));
    kinds.fold(OneOfBuilder::new(), OneOfBuilder::item).description(Some(text)).into()
}

impl PartialSchema for AttributeShape {
    fn schema() -> RefOr<Schema> {
        one_of(
            &[Type::String, Type::Number, Type::Boolean],
            "A text, a decimal with up to six decimals, true or false.",
        )
    }
}

impl ToSchema for AttributeShape {
    fn name() -> Cow<'static, str> {
        "Attribute".into()
    }
}

impl PartialSchema for AttributeChange {
    fn schema() -> RefOr<Schema> {
        one_of(&[Type::String, Type::Number, Type::Boolean, Type::Null], "An attribute, or null to remove it.")
    }
}

impl ToSchema for AttributeChange {
    fn name() -> Cow<'static, str> {
        "AttributeChange".into()
    }
}

/// A customer card as it is written.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerCard, examples(json!({ "name": "Ada Lang", "birthday": "1990-12-31", "attributes": { "club": true }, "consent": { "newsletter": true } })))]
pub struct CardIn {
    /// The id, if it is repeated here.
    id: Option<String>,
    /// Full name.
    name: Option<String>,
    /// Electronic mail address.
    email: Option<String>,
    /// Telephone number.
    phone: Option<String>,
    /// Postal address.
    address: Option<String>,
    /// Date of birth, `YYYY-MM-DD`.
    #[schema(format = Date)]
    birthday: Option<String>,
    /// Free facts by name: text, decimals with up to six decimals, true or false.
    #[schema(value_type = Option<BTreeMap<String, AttributeShape>>)]
    attributes: Option<BTreeMap<String, Box<RawValue>>>,
    /// What the customer agreed to, by purpose.
    consent: Option<BTreeMap<String, bool>>,
}

/// A change of a card (RFC 7396): what is absent stays, what is null goes.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CustomerPatch)]
pub struct CardPatch {
    /// Full name.
    #[serde(default, deserialize_with = "given")]
    name: Option<Option<String>>,
    /// Electronic mail address.
    #[serde(default, deserialize_with = "given")]
    email: Option<Option<String>>,
    /// Telephone number.
    #[serde(default, deserialize_with = "given")]
    phone: Option<Option<String>>,
    /// Postal address.
    #[serde(default, deserialize_with = "given")]
    address: Option<Option<String>>,
    /// Date of birth, `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "given")]
    birthday: Option<Option<String>>,
    /// Free facts by name; one that is null goes.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<BTreeMap<String, AttributeChange>>)]
    attributes: Option<Option<BTreeMap<String, Box<RawValue>>>>,
    /// What the customer agreed to; one that is null goes.
    #[serde(default, deserialize_with = "given")]
    consent: Option<Option<BTreeMap<String, Option<bool>>>>,
}

fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A customer card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CardOut {
    id: String,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    address: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    birthday: Option<NaiveDate>,
    #[schema(value_type = BTreeMap<String, AttributeShape>)]
    attributes: BTreeMap<String, serde_json::Value>,
    consent: BTreeMap<String, bool>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Shown<Instant>>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Shown<Instant>>,
}

impl CardOut {
    /// Presents a card; one that was never written has no times.
    pub fn new(card: Customer) -> Self {
        let time = |at: Instant| (at != Instant::default()).then_some(Shown(at));
        Self {
            created_at: time(card.created_at),
            updated_at: time(card.updated_at),
            id: card.id,
            name: card.name,
            email: card.email,
            phone: card.phone,
            address: card.address,
            birthday: card.birthday,
            attributes: card.attributes.into_iter().map(|(name, value)| (name, attribute_out(&value))).collect(),
            consent: card.consent,
        }
    }
}

fn attribute_out(value: &Attribute) -> serde_json::Value {
    match value {
        Attribute::Text(text) => text.as_str().into(),
        Attribute::Bool(flag) => (*flag).into(),
        // A decimal of a request is a number or a string; an answer gives it as a string, so that nothing is lost.
        Attribute::Number(number) => number.to_string().into(),
    }
}

/// The longest text on a card, in bytes.
const MAX_TEXT: usize = 1_000;
const MAX_ATTRIBUTES: usize = 200;

impl CardIn {
    /// Reads the card of this id.
    pub fn read(self, id: &str, invalids: &mut Invalids) -> Customer {
        if self.id.is_some_and(|stated| stated != id) {
            invalids.push("/id", "is another id than the path's");
        }
        let attributes = self.attributes.unwrap_or_default();
        let consent = self.consent.unwrap_or_default();
        Customer {
            id: id.to_owned(),
            name: text("/name", self.name, invalids),
            email: text("/email", self.email, invalids),
            phone: text("/phone", self.phone, invalids),
            address: text("/address", self.address, invalids),
            birthday: birthday(self.birthday.as_deref(), invalids),
            attributes: read_attributes(attributes, invalids).into_iter().filter_map(|(k, v)| Some((k, v?))).collect(),
            consent,
            ..Customer::default()
        }
    }
}

impl CardPatch {
    /// Reads the change.
    pub fn read(self, invalids: &mut Invalids) -> impl Fn(&mut Customer) + Send + 'static {
        let name = self.name.map(|name| text("/name", name, invalids));
        let email = self.email.map(|email| text("/email", email, invalids));
        let phone = self.phone.map(|phone| text("/phone", phone, invalids));
        let address = self.address.map(|address| text("/address", address, invalids));
        let day = self.birthday.map(|day| birthday(day.as_deref(), invalids));
        let attributes = self.attributes.map(|given| given.map(|given| read_attributes(given, invalids)));
        let consent = self.consent;
        move |card| {
            let set = |to: &mut Option<String>, from: &Option<Option<String>>| {
                if let Some(given) = from {
                    to.clone_from(given);
                }
            };
            set(&mut card.name, &name);
            set(&mut card.email, &email);
            set(&mut card.phone, &phone);
            set(&mut card.address, &address);
            if let Some(day) = day {
                card.birthday = day;
            }
            match &attributes {
                None => {}
                Some(None) => card.attributes.clear(),
                Some(Some(given)) => merge(&mut card.attributes, given),
            }
            match &consent {
                None => {}
                Some(None) => card.consent.clear(),
                Some(Some(given)) => merge(&mut card.consent, given),
            }
        }
    }
}

fn merge<T: Clone>(into: &mut BTreeMap<String, T>, given: &BTreeMap<String, Option<T>>) {
    for (name, value) in given {
        match value {
            Some(value) => into.insert(name.clone(), value.clone()),
            None => into.remove(name),
        };
    }
}

fn text(pointer: &str, value: Option<String>, invalids: &mut Invalids) -> Option<String> {
    if value.as_ref().is_some_and(|text| text.len() > MAX_TEXT) {
        invalids.push(pointer, format_args!("is longer than {MAX_TEXT} bytes"));
    }
    value
}

fn birthday(day: Option<&str>, invalids: &mut Invalids) -> Option<NaiveDate> {
    let day = day?;
    let read = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok();
    let read = read.filter(|day| (1..=9999).contains(&chrono::Datelike::year(day)));
    if read.is_none() {
        invalids.push("/birthday", "expected a date such as `1990-03-08`");
    }
    read
}

/// Attributes by name; a null is absent.
fn read_attributes(
    given: BTreeMap<String, Box<RawValue>>,
    invalids: &mut Invalids,
) -> BTreeMap<String, Option<Attribute>> {
    if given.len() > MAX_ATTRIBUTES {
        invalids.push("/attributes", format_args!("are more than {MAX_ATTRIBUTES}"));
    }
    let mut attributes = BTreeMap::new();
    for (name, value) in given {
        let pointer = format!("/attributes/{}", name.replace('~', "~0").replace('/', "~1"));
        if name.len() > MAX_TEXT {
            invalids.push(&pointer, format_args!("its name is longer than {MAX_TEXT} bytes"));
        }
        let value = match value.get().as_bytes() {
            b"null" => None,
            b"true" => Some(Attribute::Bool(true)),
            b"false" => Some(Attribute::Bool(false)),
            [b'"', ..] => {
                let read = serde_json::from_str(value.get()).map_err(|_| "is not readable text");
                text(&pointer, Some(invalids.keep(&pointer, read)), invalids).map(Attribute::Text)
            }
            [b'-' | b'0'..=b'9', ..] => Some(Attribute::Number(invalids.keep(&pointer, Number::parse(value.get())))),
            _ => {
                invalids.push(&pointer, "expected text, a number, true or false");
                None
            }
        };
        attributes.insert(name, value);
    }
    attributes
}
