//! Interactions in JSON.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::scalar::{Cash, Invalids, Shown, read_instant, wide_request_hash};
use super::service::ServiceBudgetOut;
use crate::app::{Interacted, Interacting};
use crate::engine::MAX_BASKET;
use crate::id::check_id;
use crate::model::{Interaction, MAX_NOTE};
use crate::money::{Currency, Exact, Money};
use crate::time::Instant;

/// A contact with a customer: it happened, or is planned where `at` lies ahead.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InteractionRequest, examples(json!({ "kind": "call", "cost": "4.50", "rating": 5, "note": "asked about her size" })))]
pub struct InteractionIn<'a> {
    /// The shop's own id; an `Idempotency-Key` serves as well, and without either one is made.
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    /// A kind that the policy knows a standard cost of, such as `call`, or any other.
    #[serde(borrow)]
    kind: Cow<'a, str>,
    /// When; now where it is absent.
    #[serde(borrow)]
    #[schema(format = DateTime)]
    at: Option<Cow<'a, str>>,
    /// What it cost; the policy's standard cost of the kind where it is absent.
    #[serde(borrow)]
    cost: Option<Exact<'a>>,
    /// How the customer rated it, from 1 (bad) to 5 (good).
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<i64>,
    /// Free text.
    #[serde(borrow)]
    #[schema(max_length = 10000)]
    note: Option<Cow<'a, str>>,
}

impl InteractionIn<'_> {
    /// What is to be written. The id of the body wins over the key of the request.
    pub fn read(
        &self,
        customer: String,
        key: Option<String>,
        currency: Currency,
        invalids: &mut Invalids,
    ) -> Interacting {
        if let Some(Err(error)) = self.id.as_deref().map(check_id) {
            invalids.push("/id", error);
        }
        if let Err(error) = check_id(&self.kind) {
            invalids.push("/kind", error);
        }
        let at = self.at.as_deref().map(|at| invalids.keep("/at", read_instant(at)));
        let cost = self.cost.map(|cost| invalids.keep("/cost", read_cost(cost, currency)));
        let rating = self.rating.map(|rating| {
            let read = u8::try_from(rating).ok().filter(|rating| (1..=5).contains(rating));
            invalids.keep("/rating", read.ok_or("must be from 1 to 5"))
        });
        if self.note.as_ref().is_some_and(|note| note.len() > MAX_NOTE) {
            invalids.push("/note", format_args!("is longer than {MAX_NOTE} bytes"));
        }
        let request = wide_request_hash(&(&customer, &self.kind, at, cost, rating, self.note.as_deref()));
        Interacting {
            customer,
            id: self.id.as_deref().map(str::to_owned).or(key),
            request,
            kind: self.kind.to_string(),
            at,
            cost,
            rating,
            note: self.note.as_deref().map(str::to_owned),
        }
    }

    /// The id that the body states.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }
}

fn read_cost(cost: Exact<'_>, currency: Currency) -> Result<Money, String> {
    let money = Money::parse(cost.0, currency).map_err(|error| error.to_string())?;
    let inside = (Money::ZERO..=MAX_BASKET).contains(&money);
    inside.then_some(money).ok_or_else(|| "is out of range".to_owned())
}

/// A contact with a customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Interaction)]
pub struct InteractionOut {
    /// Its id.
    id: String,
    /// Whom it is with.
    customer: String,
    /// Its kind.
    kind: String,
    /// When it happens or happened.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// Whether it lies ahead.
    planned: bool,
    /// What it costs.
    cost: Cash,
    /// ISO 4217.
    currency: String,
    /// How the customer rated it, from 1 (bad) to 5 (good).
    #[schema(minimum = 1, maximum = 5)]
    rating: Option<u8>,
    /// Free text.
    note: Option<String>,
}

impl InteractionOut {
    /// Presents an interaction as it is now.
    pub fn new(interaction: Interaction, now: Instant, currency: Currency) -> Self {
        Self {
            id: interaction.id,
            customer: interaction.customer,
            kind: interaction.kind,
            at: Shown(interaction.at),
            planned: interaction.at > now,
            cost: Cash::new(interaction.cost, currency),
            currency: currency.code().to_owned(),
            rating: interaction.rating,
            note: interaction.note,
        }
    }
}

/// An interaction that was written, with the budget that it was taken from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WrittenInteraction)]
pub struct WrittenInteractionOut {
    #[serde(flatten)]
    interaction: InteractionOut,
    /// That it goes beyond the customer's service budget; null where it does not.
    warning: Option<String>,
    /// The customer's service budget with it.
    service_budget: ServiceBudgetOut,
}

impl WrittenInteractionOut {
    /// Presents what was written.
    pub fn new(written: Interacted) -> Self {
        let Interacted { interaction, service, beyond, .. } = written;
        let currency = service.bundle.currency;
        let money = |amount: Money| amount.format(currency);
        let standing = &service.standing;
        let over = standing.granted.zip(standing.left()).filter(|_| beyond);
        let warning = over.map(|(granted, left)| {
            format!(
                "beyond the service budget: {} are granted, {} are used and {} planned, which is {} too much",
                money(granted.amount),
                money(standing.used()),
                money(standing.planned),
                money(Money(left.0.saturating_neg()))
            )
        });
        Self {
            service_budget: ServiceBudgetOut::new(&interaction.customer, &service),
            interaction: InteractionOut::new(interaction, service.at, currency),
            warning,
        }
    }
}
