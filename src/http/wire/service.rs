//! Service budgets in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use super::scalar::{Cash, Shown};
use crate::app::ServiceState;
use crate::engine::service_in_words;
use crate::id::Revision;
use crate::money::{Money, Number, Rate};
use crate::time::{Duration, Instant};

/// What serving a customer may cost, costs and brings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceBudget)]
pub struct ServiceBudgetOut {
    customer: String,
    /// As of when; what happens at this very instant has happened.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Instant>,
    /// The policy revision that says so.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// ISO 4217.
    currency: String,
    /// The segment that budgets go by; null where the policy has no budgets.
    segment: Option<String>,
    /// The customer's class of it; null where there is none.
    class: Option<String>,
    /// Over which time everything here is counted; null where the policy has no budgets: then it is the whole history.
    #[schema(value_type = Option<String>)]
    window: Option<Shown<Duration>>,
    /// When that time began.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Shown<Instant>>,
    /// The budget; null where the class has none.
    granted: Option<Cash>,
    /// Cost of interactions within the window.
    used: Cash,
    /// Cost of interactions that lie ahead.
    planned: Cash,
    /// Granted less used and planned, below zero where it is overspent; null where there is no budget.
    left: Option<Cash>,
    /// What was paid for goods within the window.
    net: Cash,
    /// Net less cost of goods.
    margin: Cash,
    /// Margin less service cost.
    profit: Cash,
    /// Whether profit is below zero.
    loses_money: bool,
    /// The value of the policy's satisfaction metric; null where it is absent.
    #[schema(value_type = Option<String>)]
    satisfaction: Option<Shown<Number>>,
    /// How the budget came about; null where there is none.
    grant: Option<GrantOut>,
    /// What happens to an interaction beyond the budget: `warn` or `block`.
    enforce: &'static str,
    /// All of it in words.
    because: Vec<String>,
}

/// How a budget came about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ServiceGrant)]
pub struct GrantOut {
    /// This share …
    #[schema(value_type = String)]
    share: Shown<Rate>,
    /// … of this metric …
    of: String,
    /// … whose value is this; null where it is absent …
    #[schema(value_type = Option<String>)]
    value: Option<Shown<Number>>,
    /// … is this …
    amount: Cash,
    /// … but at least this …
    at_least: Option<Cash>,
    /// … and at most this …
    at_most: Option<Cash>,
    /// … and this comes on top, because satisfaction is below the floor.
    raise: Cash,
}

impl ServiceBudgetOut {
    /// Presents how a customer's service stands.
    pub fn new(customer: &str, state: &ServiceState) -> Self {
        let ServiceState { bundle, at, standing } = state;
        let cash = |money: Money| Cash::new(money, bundle.currency);
        let service = bundle.service.as_ref();
        let budgets = service.and_then(|service| service.budgets.as_ref());
        let segment = budgets.map(|budgets| &bundle.segments[budgets.segment as usize]);
        let class = segment.zip(standing.class).and_then(|(segment, class)| segment.classes.get(class as usize));
        let budget = budgets.zip(standing.class).and_then(|(budgets, class)| *budgets.classes.get(class as usize)?);
        Self {
            customer: customer.to_owned(),
            at: Shown(*at),
            revision: Shown(bundle.revision),
            currency: bundle.currency.code().to_owned(),
            segment: segment.map(|segment| segment.name.to_string()),
            class: class.map(ToString::to_string),
            window: budgets.map(|budgets| Shown(budgets.window)),
            from: budgets.map(|budgets| Shown(budgets.window.before(*at, bundle.zone))),
            granted: standing.granted.map(|granted| cash(granted.amount)),
            used: cash(standing.used()),
            planned: cash(standing.planned),
            left: standing.left().map(cash),
            net: cash(standing.net()),
            margin: cash(standing.margin()),
            profit: cash(standing.profit()),
            loses_money: standing.loses_money(),
            satisfaction: standing.satisfaction.map(Shown),
            grant: budget.zip(standing.granted).map(|(budget, granted)| GrantOut {
                share: Shown(budget.share),
                of: bundle.metrics[budget.of as usize].name.to_string(),
                value: granted.of.map(Shown),
                amount: cash(granted.share),
                at_least: budget.at_least.map(cash),
                at_most: budget.at_most.map(cash),
                raise: cash(granted.raise),
            }),
            enforce: if service.is_some_and(|service| service.block) { "block" } else { "warn" },
            because: service_in_words(bundle, standing),
        }
    }
}
