//! What a script sees: `customer`, `basket` and `at`, by getters, so that nothing is built that no script asks for.

use std::sync::Arc;

use chrono::{Datelike, Timelike};
use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, Map};
use rust_decimal::Decimal;

use crate::id::Name;
use crate::model::{Attribute, Basket, Facts};
use crate::money::{Currency, Money, Number, Rate};
use crate::time::Local;

/// Names by slot, shared by all calls under one bundle.
#[derive(Debug, Default)]
pub struct Vocabulary {
    /// Metrics.
    pub metrics: Vec<Name>,
    /// Segments with their classes.
    pub segments: Vec<(Name, Vec<Name>)>,
}

/// `customer`: `id`, `attributes`, `points`, `metric(name)`, `segment(name)`.
#[derive(Clone)]
pub struct ScriptCustomer(Arc<CustomerView>);

struct CustomerView {
    facts: Arc<Facts>,
    names: Arc<Vocabulary>,
}

impl ScriptCustomer {
    /// A view of these facts under these names.
    pub fn new(facts: Arc<Facts>, names: Arc<Vocabulary>) -> Self {
        Self(Arc::new(CustomerView { facts, names }))
    }

    fn id(&mut self) -> Dynamic {
        self.0.facts.customer.as_ref().map_or(Dynamic::UNIT, |card| card.id.as_str().into())
    }

    fn attributes(&mut self) -> Map {
        let card = self.0.facts.customer.as_ref();
        card.into_iter()
            .flat_map(|card| &card.attributes)
            .map(|(name, value)| (name.as_str().into(), dynamic(value)))
            .collect()
    }

    fn points(&mut self) -> i64 {
        self.0.facts.points
    }

    fn metric(&mut self, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        match self.0.names.metrics.iter().position(|known| known.as_ref() == name) {
            Some(slot) => Ok(self.0.facts.metrics[slot].map_or(Dynamic::UNIT, |value| value.to_decimal().into())),
            None => Err(format!("no metric `{name}`").into()),
        }
    }

    fn segment(&mut self, name: &str) -> Result<Dynamic, Box<EvalAltResult>> {
        match self.0.names.segments.iter().position(|(known, _)| known.as_ref() == name) {
            Some(slot) => Ok(self.0.facts.classes[slot]
                .and_then(|class| self.0.names.segments[slot].1.get(class as usize))
                .map_or(Dynamic::UNIT, |class| class.as_ref().into())),
            None => Err(format!("no segment `{name}`").into()),
        }
    }
}

fn dynamic(value: &Attribute) -> Dynamic {
    match value {
        Attribute::Text(text) => text.as_str().into(),
        Attribute::Number(number) => number.to_decimal().into(),
        Attribute::Bool(flag) => (*flag).into(),
    }
}

/// `basket`: `lines`, `gross`, `quantity`, `codes`.
#[derive(Clone)]
pub struct ScriptBasket(Arc<BasketView>);

struct BasketView {
    basket: Arc<Basket>,
    gross: Vec<Money>,
    currency: Currency,
}

/// A row of `basket.lines`: `sku`, `quantity`, `unit_price`, `gross`, `category`, `tags`.
#[derive(Clone)]
struct ScriptLine(Arc<BasketView>, usize);

impl ScriptBasket {
    /// A view of a basket whose lines are worth `gross`.
    pub fn new(basket: Arc<Basket>, gross: Vec<Money>, currency: Currency) -> Self {
        Self(Arc::new(BasketView { basket, gross, currency }))
    }

    fn lines(&mut self) -> rhai::Array {
        (0..self.0.gross.len()).map(|at| Dynamic::from(ScriptLine(Arc::clone(&self.0), at))).collect()
    }

    fn gross(&mut self) -> Decimal {
        self.0.decimal(self.0.gross.iter().copied().sum())
    }

    fn quantity(&mut self) -> Decimal {
        let thousandths = self.0.basket.lines.iter().map(|line| line.quantity.0).sum();
        Decimal::new(thousandths, 3).normalize()
    }

    fn codes(&mut self) -> rhai::Array {
        self.0.basket.codes.iter().map(|code| code.as_ref().into()).collect()
    }
}

impl BasketView {
    fn decimal(&self, money: Money) -> Decimal {
        Number::money(money, self.currency).to_decimal()
    }
}

impl ScriptLine {
    fn line(&self) -> &crate::model::Line {
        &self.0.basket.lines[self.1]
    }

    fn sku(&mut self) -> ImmutableString {
        self.line().sku.as_ref().into()
    }

    fn quantity(&mut self) -> Decimal {
        Decimal::new(self.line().quantity.0, 3).normalize()
    }

    fn unit_price(&mut self) -> Decimal {
        Decimal::new(self.line().unit_price.0, 4).normalize()
    }

    fn gross(&mut self) -> Decimal {
        self.0.decimal(self.0.gross[self.1])
    }

    fn category(&mut self) -> Dynamic {
        self.line().category.as_deref().map_or(Dynamic::UNIT, Into::into)
    }

    fn tags(&mut self) -> rhai::Array {
        self.line().tags.iter().map(|tag| tag.as_ref().into()).collect()
    }
}

/// `at`: `year`, `month`, `day`, `hour`, `minute`, `weekday` on the wall clock of the bundle's zone.
#[derive(Clone, Copy)]
pub struct ScriptInstant(pub Local);

pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<ScriptCustomer>("Customer")
        .register_get("id", ScriptCustomer::id)
        .register_get("attributes", ScriptCustomer::attributes)
        .register_get("points", ScriptCustomer::points)
        .register_fn("metric", ScriptCustomer::metric)
        .register_fn("segment", ScriptCustomer::segment);
    engine
        .register_type_with_name::<ScriptBasket>("Basket")
        .register_get("lines", ScriptBasket::lines)
        .register_get("gross", ScriptBasket::gross)
        .register_get("quantity", ScriptBasket::quantity)
        .register_get("codes", ScriptBasket::codes);
    engine
        .register_type_with_name::<ScriptLine>("Line")
        .register_get("sku", ScriptLine::sku)
        .register_get("quantity", ScriptLine::quantity)
        .register_get("unit_price", ScriptLine::unit_price)
        .register_get("gross", ScriptLine::gross)
        .register_get("category", ScriptLine::category)
        .register_get("tags", ScriptLine::tags);
    engine
        .register_type_with_name::<ScriptInstant>("Instant")
        .register_get("year", |at: &mut ScriptInstant| i64::from(at.0.year()))
        .register_get("month", |at: &mut ScriptInstant| i64::from(at.0.month()))
        .register_get("day", |at: &mut ScriptInstant| i64::from(at.0.day()))
        .register_get("hour", |at: &mut ScriptInstant| i64::from(at.0.hour()))
        .register_get("minute", |at: &mut ScriptInstant| i64::from(at.0.minute()))
        .register_get("weekday", |at: &mut ScriptInstant| at.0.weekday().to_string().to_lowercase());
    engine
        .register_type_with_name::<Rate>("Rate")
        .register_fn("percent", |number: i64| percent(&number.to_string()))
        .register_fn("percent", |number: Decimal| percent(&number.to_string()));
}

fn percent(number: &str) -> Result<Rate, Box<EvalAltResult>> {
    Rate::parse_percent(number).map_err(|error| format!("`{number}` is no rate: {error}").into())
}
