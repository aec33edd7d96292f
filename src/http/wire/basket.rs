//! What a checkout asks.

use std::borrow::Cow;
use std::fmt::Display;

use serde::Deserialize;
use utoipa::ToSchema;

use super::object::objects;
use super::scalar::{Invalids, read_instant};
use crate::http::problem::Problem;
use crate::id::check_id;
use crate::model::{Basket, Line, MAX_LINES};
use crate::money::{DecimalError, Exact, Quantity, UnitPrice};
use crate::time::Instant;

/// One row of a basket.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Line)]
pub struct LineIn<'a> {
    /// The shop's article number.
    #[serde(borrow)]
    #[schema(min_length = 1, max_length = 200)]
    pub sku: Cow<'a, str>,
    /// How many: above 0, up to 3 decimals.
    #[serde(borrow)]
    pub quantity: Exact<'a>,
    /// Price of one: not below 0, up to 4 decimals.
    #[serde(borrow)]
    pub unit_price: Exact<'a>,
    /// Cost of one: not below 0, up to 4 decimals. The policy's default margin stands in where it is absent.
    #[serde(borrow)]
    pub unit_cost: Option<Exact<'a>>,
    /// The article's category.
    #[serde(borrow)]
    pub category: Option<Cow<'a, str>>,
    /// Free labels.
    #[serde(borrow)]
    pub tags: Option<Vec<Cow<'a, str>>>,
}

/// A question for a discount.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = QuoteRequest, examples(json!({ "customer": "c-1", "lines": [{ "sku": "SH-1", "quantity": 1, "unit_price": "99.90", "category": "shoes" }] })))]
pub struct QuoteIn<'a> {
    /// Who buys; absent or unknown: a guest, all metrics absent or 0.
    #[serde(borrow)]
    pub customer: Option<Cow<'a, str>>,
    /// As of when; now where it is absent.
    #[serde(borrow)]
    #[schema(format = DateTime)]
    pub at: Option<Cow<'a, str>>,
    /// What is in the basket.
    #[serde(borrow, deserialize_with = "objects")]
    #[schema(min_items = 1)]
    pub lines: Vec<LineIn<'a>>,
    /// Codes that the customer presents.
    #[serde(borrow)]
    pub codes: Option<Vec<Cow<'a, str>>>,
    /// Points that the customer wants to pay with.
    #[schema(minimum = 0)]
    pub redeem_points: Option<i64>,
}

impl QuoteIn<'_> {
    /// Reads whom the question is about, as of when, and the basket.
    pub fn read(&self) -> Result<(Option<String>, Option<Instant>, Basket), Problem> {
        let mut invalids = Invalids::default();
        let customer = read_customer(self.customer.as_deref(), &mut invalids);
        let at = self.at.as_deref().map(|at| invalids.keep("/at", read_instant(at)));
        let basket = read_basket(&self.lines, self.codes.as_deref(), self.redeem_points, &mut invalids);
        invalids.finish()?;
        Ok((customer, at, basket))
    }
}

/// Reads whom a request is about; a mistake is noted.
pub fn read_customer(customer: Option<&str>, invalids: &mut Invalids) -> Option<String> {
    let customer = customer?;
    check_text(customer, "/customer", invalids);
    Some(customer.to_owned())
}

/// Reads a basket; mistakes are noted under their JSON pointers.
pub fn read_basket(
    lines: &[LineIn<'_>],
    codes: Option<&[Cow<'_, str>]>,
    redeem_points: Option<i64>,
    invalids: &mut Invalids,
) -> Basket {
    if lines.is_empty() {
        invalids.push("/lines", "a basket needs at least one line");
    }
    if lines.len() > MAX_LINES {
        invalids
            .push("/lines", format_args!("{} lines are more than the {MAX_LINES} that a basket may have", lines.len()));
        return Basket::default();
    }
    let redeem_points = redeem_points.unwrap_or(0);
    if redeem_points < 0 {
        invalids.push("/redeem_points", "must not be below zero");
    }
    let codes = codes.unwrap_or_default();
    for (at, code) in codes.iter().enumerate() {
        check_text(code, format_args!("/codes/{at}"), invalids);
    }
    Basket {
        lines: lines.iter().enumerate().map(|(at, line)| read_line(at, line, invalids)).collect(),
        codes: codes.iter().map(|code| code.as_ref().into()).collect(),
        redeem_points,
    }
}

fn read_line(at: usize, line: &LineIn<'_>, invalids: &mut Invalids) -> Line {
    check_text(&line.sku, format_args!("/lines/{at}/sku"), invalids);
    if let Some(category) = &line.category {
        check_text(category, format_args!("/lines/{at}/category"), invalids);
    }
    let tags = line.tags.as_deref().unwrap_or_default();
    for (tag_at, tag) in tags.iter().enumerate() {
        check_text(tag, format_args!("/lines/{at}/tags/{tag_at}"), invalids);
    }
    let quantity = invalids.keep(format_args!("/lines/{at}/quantity"), read_quantity(line.quantity));
    let unit_price = invalids.keep(format_args!("/lines/{at}/unit_price"), read_price(line.unit_price));
    let unit_cost = line.unit_cost.map(|cost| invalids.keep(format_args!("/lines/{at}/unit_cost"), read_price(cost)));
    Line {
        sku: line.sku.as_ref().into(),
        quantity,
        unit_price,
        unit_cost,
        category: line.category.as_deref().map(Into::into),
        tags: tags.iter().map(|tag| tag.as_ref().into()).collect(),
    }
}

fn check_text(text: &str, pointer: impl Display, invalids: &mut Invalids) {
    if let Err(error) = check_id(text) {
        invalids.push(pointer, error);
    }
}

/// Reads a quantity: above zero, up to three decimals.
pub fn read_quantity(exact: Exact<'_>) -> Result<Quantity, String> {
    let quantity = Quantity::parse(exact.0).map_err(|error| decimal_error(exact, error))?;
    if quantity.0 > 0 { Ok(quantity) } else { Err("must be above zero".to_owned()) }
}

fn read_price(exact: Exact<'_>) -> Result<UnitPrice, String> {
    let price = UnitPrice::parse(exact.0).map_err(|error| decimal_error(exact, error))?;
    if price.0 >= 0 { Ok(price) } else { Err("must not be below zero".to_owned()) }
}

pub(super) fn decimal_error(exact: Exact<'_>, error: DecimalError) -> String {
    format!("`{}`: {error}", exact.0.chars().take(40).collect::<String>())
}
