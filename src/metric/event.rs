//! What one purchase or interaction adds, and sums of it.

use serde::{Deserialize, Serialize};

use super::filter::LineFilter;
use crate::model::{Interaction, Purchase};
use crate::time::Instant;

/// Sums over events. Money in minor units, quantity in thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Purchases that were not fully returned.
    pub purchases: i64,
    /// Units, less returns.
    pub quantity: i64,
    /// Gross, less returns.
    pub gross: i64,
    /// Discount, less returns.
    pub discount: i64,
    /// Cost of goods, less returns.
    pub cost: i64,
    /// Interactions.
    pub interactions: i64,
    /// Their cost.
    pub service_cost: i64,
    /// Rated interactions.
    pub ratings: i64,
    /// Sum of their ratings.
    pub rating_sum: i64,
}

impl Totals {
    /// Both together; `None` where a sum no longer fits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.zip(other, i64::checked_add)
    }

    /// What `other` lacks to this; `None` where a difference does not fit.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.zip(other, i64::checked_sub)
    }

    fn zip(self, other: Self, join: impl Fn(i64, i64) -> Option<i64>) -> Option<Self> {
        Some(Self {
            purchases: join(self.purchases, other.purchases)?,
            quantity: join(self.quantity, other.quantity)?,
            gross: join(self.gross, other.gross)?,
            discount: join(self.discount, other.discount)?,
            cost: join(self.cost, other.cost)?,
            interactions: join(self.interactions, other.interactions)?,
            service_cost: join(self.service_cost, other.service_cost)?,
            ratings: join(self.ratings, other.ratings)?,
            rating_sum: join(self.rating_sum, other.rating_sum)?,
        })
    }

    /// Whether nothing is in it.
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }
}

/// What one purchase (with what came back of it) or one interaction adds, at its instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// Tells events of one instant apart, and finds the one that a return corrects.
    pub sequence: u64,
    /// What it adds. All zero for a purchase that was fully returned.
    pub adds: Totals,
}

/// What a return took away from an event, from its own instant on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// When it came back.
    pub at: Instant,
    /// When it was bought.
    pub event_at: Instant,
    /// What the event added until then, and no longer does.
    pub took: Totals,
}

/// Everything strictly before an instant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Sums.
    pub totals: Totals,
    /// The last purchase that was not fully returned.
    pub last_purchase: Option<Instant>,
    /// The last interaction.
    pub last_interaction: Option<Instant>,
}

impl Mark {
    /// Takes one more event in; events come in order of time. `None` where a sum no longer fits.
    pub fn checked_take(self, event: &Event) -> Option<Self> {
        let later = |known: Option<Instant>, happened: bool| if happened { Some(event.at) } else { known };
        Some(Self {
            totals: self.totals.checked_add(event.adds)?,
            last_purchase: later(self.last_purchase, event.adds.purchases > 0),
            last_interaction: later(self.last_interaction, event.adds.interactions > 0),
        })
    }

    /// Takes one more event of an account whose sums are known to fit.
    pub fn take(self, event: &Event) -> Self {
        // The writer refuses an event with which a sum would not fit, so stored events always do.
        self.checked_take(event).unwrap_or(self)
    }
}

/// What a purchase adds as of an instant: its matching lines less what came back of them strictly before.
///
/// `None` where no line matches. A purchase whose matching lines all came back adds zeros.
pub fn purchase_adds(purchase: &Purchase, filter: Option<&LineFilter>, as_of: Instant) -> Option<Totals> {
    let mut adds = Totals::default();
    let mut matched = false;
    let mut left = 0i64;
    for (at, line) in purchase.lines.iter().enumerate() {
        if !filter.is_none_or(|filter| filter.matches(&line.sku, line.category.as_deref(), &line.tags)) {
            continue;
        }
        matched = true;
        let (mut quantity, mut gross, mut discount, mut cost) =
            (line.quantity.0, line.gross.0, line.discount.0, line.cost.0);
        let earlier = purchase.returns.iter().filter(|goods| goods.at < as_of);
        for back in earlier.flat_map(|goods| &goods.lines).filter(|back| back.line as usize == at) {
            quantity -= back.quantity.0;
            gross -= back.gross.0;
            discount -= back.discount.0;
            cost -= back.cost.0;
        }
        left += i64::from(quantity > 0);
        adds.quantity = adds.quantity.saturating_add(quantity);
        adds.gross = adds.gross.saturating_add(gross);
        adds.discount = adds.discount.saturating_add(discount);
        adds.cost = adds.cost.saturating_add(cost);
    }
    adds.purchases = i64::from(left > 0);
    matched.then_some(adds)
}

/// What each return of a purchase took, of those strictly before an instant.
pub fn purchase_corrections(purchase: &Purchase, filter: Option<&LineFilter>, as_of: Instant) -> Vec<Correction> {
    let mut instants: Vec<Instant> = purchase.returns.iter().map(|goods| goods.at).filter(|at| *at < as_of).collect();
    instants.sort_unstable();
    instants.dedup();
    let took = |at: Instant| {
        let before = purchase_adds(purchase, filter, at)?;
        before.checked_sub(purchase_adds(purchase, filter, at.plus_micros(1))?)
    };
    let correction = |at| Some(Correction { at, event_at: purchase.at, took: took(at)? });
    instants.into_iter().filter_map(correction).collect()
}

/// What an interaction adds.
pub fn interaction_adds(interaction: &Interaction) -> Totals {
    Totals {
        interactions: 1,
        service_cost: interaction.cost.0,
        ratings: i64::from(interaction.rating.is_some()),
        rating_sum: interaction.rating.map_or(0, i64::from),
        ..Totals::default()
    }
}
