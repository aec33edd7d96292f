//! What a row says about money, as texts, and what follows from it.

use super::scalar::{money, unit_price};
use crate::engine::MAX_BASKET;
use crate::money::{Currency, Money, Quantity, Rate, UnitPrice, round_div};

/// The texts of a row; empty where it states nothing.
#[derive(Debug, Default)]
pub(super) struct Stated<'a> {
    pub unit_price: &'a str,
    /// The line's value, for a file without unit prices, or one whose values were rounded otherwise.
    pub gross: &'a str,
    pub discount: &'a str,
    pub unit_cost: &'a str,
    /// Cost of the whole line.
    pub cost: &'a str,
}

/// A row in money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Priced {
    pub unit_price: UnitPrice,
    pub gross: Money,
    pub discount: Money,
    pub cost: Money,
}

impl Stated<'_> {
    /// Reads the texts for a quantity other than zero; below zero it came back.
    pub fn priced(&self, quantity: Quantity, currency: Currency, margin: Option<Rate>) -> Result<Priced, String> {
        let units = Quantity(quantity.0.abs());
        let stated = price("unit_price", self.unit_price)?;
        // The value of what came back is below zero, as its quantity is.
        let given = amount("gross", self.gross, currency)?;
        let given = given.map(|gross| if quantity.0 < 0 { -gross } else { gross });
        if given.is_some_and(|gross| gross < Money::ZERO) {
            return Err("gross and quantity have different signs".to_owned());
        }
        let (unit_price, gross) = match (stated, given) {
            (Some(price), Some(gross)) => (price, within("gross", Some(gross))?),
            (Some(price), None) => (price, within("the amount", price.times(units, currency))?),
            (None, Some(gross)) => {
                let gross = within("gross", Some(gross))?;
                let decimals = UnitPrice::DECIMALS + Quantity::DECIMALS - currency.exponent();
                let exact = round_div(gross.wide() * 10i128.pow(decimals), i128::from(units.0));
                let price = i64::try_from(exact).map_err(|_| "the price of one is out of range".to_owned())?;
                (UnitPrice(price), gross)
            }
            (None, None) => return Err("`unit_price` is missing".to_owned()),
        };
        let discount = amount("discount", self.discount, currency)?.unwrap_or(Money::ZERO);
        if discount < Money::ZERO || discount > gross {
            return Err("discount is below zero or above the line's value".to_owned());
        }
        let unit_cost = price("unit_cost", self.unit_cost)?;
        let cost = match (amount("cost", self.cost, currency)?, unit_cost, margin) {
            (Some(cost), ..) => Some(cost),
            (None, Some(cost), _) => cost.times(units, currency),
            (None, None, Some(margin)) if given.is_some() => Some(less(gross, margin)),
            (None, None, Some(margin)) => unit_price.times_less(units, margin, currency),
            (None, None, None) => Some(Money::ZERO),
        };
        Ok(Priced { unit_price, gross, discount, cost: within("cost", cost)? })
    }
}

fn amount(name: &str, text: &str, currency: Currency) -> Result<Option<Money>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    money(text, currency).map(Some).map_err(|error| unreadable(name, text, error))
}

fn price(name: &str, text: &str) -> Result<Option<UnitPrice>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let price = unit_price(text).map_err(|error| unreadable(name, text, error))?;
    if price.0 < 0 { Err(format!("{name} `{text}` is below zero")) } else { Ok(Some(price)) }
}

fn within(name: &str, money: Option<Money>) -> Result<Money, String> {
    let inside = money.filter(|money| (Money::ZERO..=MAX_BASKET).contains(money));
    inside.ok_or_else(|| format!("{name} is out of range"))
}

fn less(gross: Money, margin: Rate) -> Money {
    let whole = i128::from(Rate::ONE.ppm());
    // A part of an amount that fits.
    Money(round_div(gross.wide() * (whole - i128::from(margin.ppm())), whole) as i64)
}

/// Reads the quantity of a row: below zero for what came back, never zero.
pub(super) fn quantity_of(text: &str) -> Result<Quantity, String> {
    let quantity = super::scalar::quantity(text).map_err(|error| unreadable("quantity", text, error))?;
    match quantity.0.unsigned_abs() {
        0 => Err("quantity is zero".to_owned()),
        units if units > MAX_BASKET.0.unsigned_abs() => Err("quantity is out of range".to_owned()),
        _ => Ok(quantity),
    }
}

fn unreadable(name: &str, text: &str, error: impl std::fmt::Display) -> String {
    if text.is_empty() { format!("`{name}` is missing") } else { format!("{name} `{text}`: {error}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_of_a_row() {
        let currency = Currency::from_code("USD").expect("a currency");
        let margin = Rate::parse("40%").ok();
        let check = |quantity: &str, stated: Stated<'_>, expect: Result<(i64, i64, i64, i64), &str>| {
            let quantity = quantity_of(quantity).expect("a quantity");
            let found = stated.priced(quantity, currency, margin);
            let found = found.map(|p| (p.unit_price.0, p.gross.0, p.discount.0, p.cost.0));
            assert_eq!(found, expect.map_err(str::to_owned), "{stated:?}");
        };
        let none = Stated::default;
        check("6", Stated { unit_price: "2.55", ..none() }, Ok((25_500, 1_530, 0, 918)));
        check("-6", Stated { unit_price: "2.55", ..none() }, Ok((25_500, 1_530, 0, 918)));
        check("3", Stated { gross: "10.00", ..none() }, Ok((33_333, 1_000, 0, 600)));
        check("-3", Stated { gross: "-10.00", ..none() }, Ok((33_333, 1_000, 0, 600)));
        check("3", Stated { gross: "0", ..none() }, Ok((0, 0, 0, 0)));
        check(
            "2",
            Stated { unit_price: "5", unit_cost: "1.5", discount: "1", ..none() },
            Ok((50_000, 1_000, 100, 300)),
        );
        check("2", Stated { unit_price: "5", cost: "1", gross: "9.99", ..none() }, Ok((50_000, 999, 0, 100)));
        check("1", Stated { gross: "-1", ..none() }, Err("gross and quantity have different signs"));
        check("1", Stated { unit_price: "-1", ..none() }, Err("unit_price `-1` is below zero"));
        check("1", Stated { unit_price: "1.00001", ..none() }, Err("unit_price `1.00001`: more than 4 decimals"));
        check("1", Stated { unit_price: "99999999999999", ..none() }, Err("the amount is out of range"));
        check("1", none(), Err("`unit_price` is missing"));
        let too_much = Stated { unit_price: "1", discount: "1.01", ..none() };
        check("1", too_much, Err("discount is below zero or above the line's value"));
    }
}
