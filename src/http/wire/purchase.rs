//! Purchases and returns as they are kept.

use serde::Serialize;
use utoipa::ToSchema;

use super::decided::QuantityOut;
use super::scalar::{Cash, Shown};
use crate::id::Revision;
use crate::ledger::PointsShare;
use crate::model::{Purchase, PurchaseLine, Return};
use crate::money::{Currency, Money, Quantity, UnitPrice};
use crate::time::Instant;

/// A purchase with what came back of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Purchase)]
pub struct KeptPurchaseOut {
    /// The shop's own id.
    id: String,
    /// Who bought; null for a guest.
    customer: Option<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Shown<Instant>,
    /// The policy revision that decided; null for an imported purchase.
    #[schema(value_type = Option<String>)]
    revision: Option<Shown<Revision>>,
    /// ISO 4217.
    currency: String,
    /// What was bought.
    lines: Vec<KeptLineOut>,
    /// Sums of what was bought, before anything came back.
    totals: SumsOut,
    /// What came back.
    returns: Vec<ReturnOut>,
}

/// A line as it was bought.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PurchaseLine)]
pub struct KeptLineOut {
    sku: Box<str>,
    #[schema(value_type = f64)]
    quantity: QuantityOut,
    /// How many of them came back.
    #[schema(value_type = f64)]
    returned: QuantityOut,
    #[schema(value_type = String)]
    unit_price: PriceOut,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<Box<str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<Box<str>>,
    gross: Cash,
    discount: Cash,
    net: Cash,
    /// Cost of goods.
    cost: Cash,
}

/// Sums of lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Sums)]
pub struct SumsOut {
    gross: Cash,
    discount: Cash,
    net: Cash,
}

impl SumsOut {
    fn new(gross: Money, discount: Money, currency: Currency) -> Self {
        let cash = |money| Cash::new(money, currency);
        Self { gross: cash(gross), discount: cash(discount), net: cash(gross - discount) }
    }
}

/// Goods that came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Return)]
pub struct ReturnOut {
    /// The id of the return.
    id: String,
    /// The purchase.
    purchase: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// ISO 4217.
    currency: String,
    /// What of which line.
    lines: Vec<ReturnLineOut>,
    /// Sums.
    totals: SumsOut,
    /// What points had paid of it; they come back as points.
    points_paid: Cash,
    /// What the customer gets back in money: net less what points had paid.
    refund: Cash,
    /// Points that come back and go.
    points: ReturnedPointsOut,
}

/// What a return does to points.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReturnedPoints)]
pub struct ReturnedPointsOut {
    /// Points that paid for the goods and are the customer's again, unless they expired meanwhile.
    given_back: i64,
    /// Points that the goods had earned.
    taken_back: i64,
}

/// Units of one line that came back.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReturnLine)]
pub struct ReturnLineOut {
    /// Index of the purchase's line, from 0.
    line: u32,
    sku: Box<str>,
    #[schema(value_type = f64)]
    quantity: QuantityOut,
    gross: Cash,
    discount: Cash,
    net: Cash,
    /// The same: what was paid for them, in money and points.
    refund: Cash,
}

/// A unit price: a decimal string with the currency's decimals at least.
#[derive(Debug, Clone, Copy)]
pub struct PriceOut {
    price: UnitPrice,
    currency: Currency,
}

impl Serialize for PriceOut {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.price.format(self.currency))
    }
}

impl KeptPurchaseOut {
    /// Presents a purchase; `points` is what each of its returns holds of its points.
    pub fn new(purchase: &Purchase, points: &[PointsShare], currency: Currency) -> Self {
        let sum = |part: fn(&PurchaseLine) -> Money| purchase.lines.iter().map(part).sum();
        let shares = points.iter().copied().chain(std::iter::repeat(PointsShare::default()));
        let returns = purchase.returns.iter().zip(shares);
        let returns = returns.map(|(goods, points)| ReturnOut::new(purchase, goods, points, currency));
        Self {
            id: purchase.id.clone(),
            customer: purchase.customer.clone(),
            at: Shown(purchase.at),
            recorded_at: Shown(purchase.recorded_at),
            revision: purchase.revision.map(Shown),
            currency: currency.code().to_owned(),
            lines: purchase.lines.iter().enumerate().map(|(at, line)| line_out(purchase, at, line, currency)).collect(),
            totals: SumsOut::new(sum(|line| line.gross), sum(|line| line.discount), currency),
            returns: returns.collect(),
        }
    }
}

fn line_out(purchase: &Purchase, at: usize, line: &PurchaseLine, currency: Currency) -> KeptLineOut {
    let cash = |money| Cash::new(money, currency);
    let back = purchase.returns.iter().flat_map(|goods| &goods.lines).filter(|back| back.line as usize == at);
    KeptLineOut {
        sku: line.sku.clone(),
        quantity: QuantityOut(line.quantity),
        returned: QuantityOut(Quantity(back.map(|back| back.quantity.0).sum())),
        unit_price: PriceOut { price: line.unit_price, currency },
        category: line.category.clone(),
        tags: line.tags.clone(),
        gross: cash(line.gross),
        discount: cash(line.discount),
        net: cash(line.gross - line.discount),
        cost: cash(line.cost),
    }
}

impl ReturnOut {
    /// Presents a return of a purchase with what it holds of the purchase's points.
    pub fn new(purchase: &Purchase, goods: &Return, points: PointsShare, currency: Currency) -> Self {
        let cash = |money| Cash::new(money, currency);
        let gross = goods.lines.iter().map(|line| line.gross).sum();
        let discount = goods.lines.iter().map(|line| line.discount).sum();
        Self {
            id: goods.id.clone(),
            purchase: purchase.id.clone(),
            at: Shown(goods.at),
            currency: currency.code().to_owned(),
            lines: goods
                .lines
                .iter()
                .map(|line| ReturnLineOut {
                    line: line.line,
                    sku: purchase.lines.get(line.line as usize).map_or_else(|| "".into(), |line| line.sku.clone()),
                    quantity: QuantityOut(line.quantity),
                    gross: cash(line.gross),
                    discount: cash(line.discount),
                    net: cash(line.gross - line.discount),
                    refund: cash(line.gross - line.discount),
                })
                .collect(),
            totals: SumsOut::new(gross, discount, currency),
            points_paid: cash(points.paid),
            refund: cash(gross - discount - points.paid),
            points: ReturnedPointsOut { given_back: points.redeemed, taken_back: points.earned },
        }
    }
}
