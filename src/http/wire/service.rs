//! Service budgets and their report in JSON.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;

use super::scalar::{Cash, Shown};
use crate::analytics::{ServedGroup, ServiceRow, service_row_in_words};
use crate::app::{BaseService, ServiceState};
use crate::engine::service_in_words;
use crate::id::Revision;
use crate::money::{Money, Number, Rate};
use crate::policy::{Bundle, ServiceBudgets};
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

fn budgets(bundle: &Bundle) -> Option<&ServiceBudgets> {
    bundle.service.as_ref().and_then(|service| service.budgets.as_ref())
}

fn enforce(bundle: &Bundle) -> &'static str {
    if bundle.service.as_ref().is_some_and(|service| service.block) { "block" } else { "warn" }
}

impl ServiceBudgetOut {
    /// Presents how a customer's service stands.
    pub fn new(customer: &str, state: &ServiceState) -> Self {
        let ServiceState { bundle, at, standing } = state;
        let cash = |money: Money| Cash::new(money, bundle.currency);
        let budgets = budgets(bundle);
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
            enforce: enforce(bundle),
            because: service_in_words(bundle, standing),
        }
    }
}

/// What serving each class costs, what it earns, and what it may cost at most.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BudgetReport)]
pub struct BudgetReportOut {
    /// As of when; what happens at this very instant has happened.
    #[schema(value_type = String, format = DateTime)]
    as_of: Shown<Instant>,
    /// The policy revision that says so.
    #[schema(value_type = String)]
    revision: Shown<Revision>,
    /// The cut-off snapshot that rank and score segments were read from; null where none was needed.
    snapshot: Option<u64>,
    /// ISO 4217.
    currency: String,
    /// The segment that budgets go by; null where the policy has no budgets.
    segment: Option<String>,
    /// Over which time everything here is counted; null where the policy has no budgets: then it is the whole history.
    #[schema(value_type = Option<String>)]
    window: Option<Shown<Duration>>,
    /// When that time began.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Shown<Instant>>,
    /// Below this satisfaction a budget is raised; null without such a rule.
    #[schema(value_type = Option<String>)]
    satisfaction_floor: Option<Shown<Number>>,
    /// What happens to an interaction beyond a budget: `warn` or `block`.
    enforce: &'static str,
    /// By what a unit of service cost earned, the best first; classes that were not served come last.
    pub classes: Vec<BudgetRowOut>,
    /// The whole base.
    pub total: BudgetRowOut,
}

/// A class, or the whole base.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = BudgetReportRow)]
pub struct BudgetRowOut {
    /// The class; null for customers without one, and for the whole base.
    pub class: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// The sum of their budgets; null where none of them has one.
    pub granted: Option<Cash>,
    /// Cost of interactions within the window.
    pub used: Cash,
    /// Cost of interactions that lie ahead.
    pub planned: Cash,
    /// What is left of their budgets; null where none of them has one.
    pub left: Option<Cash>,
    /// What was paid for goods.
    pub net: Cash,
    /// Net less cost of goods.
    pub margin: Cash,
    /// Margin less service cost.
    pub profit: Cash,
    /// Average rating of their interactions; null without one.
    #[schema(value_type = Option<String>)]
    pub satisfaction: Option<Shown<Number>>,
    /// How many are below the satisfaction floor.
    pub below_floor: u64,
    /// How many lose money.
    pub losing_money: u64,
    /// How many are beyond their budgets, with what is planned.
    pub overspent: u64,
    /// Share of the base's margin; null where that is not above zero.
    #[schema(value_type = Option<String>)]
    pub share_of_margin: Option<Percent>,
    /// Share of the base's profit; null where that is not above zero.
    #[schema(value_type = Option<String>)]
    pub share_of_profit: Option<Percent>,
    /// Share of the base's service cost; null where there is none.
    #[schema(value_type = Option<String>)]
    pub share_of_service_cost: Option<Percent>,
    /// Margin per unit of service cost; null where there is none.
    #[schema(value_type = Option<String>)]
    pub margin_per_cost: Option<Shown<Number>>,
    /// Profit per unit of service cost; null where there is none.
    #[schema(value_type = Option<String>)]
    pub profit_per_cost: Option<Shown<Number>>,
    /// Service cost per customer.
    pub used_per_customer: Cash,
    /// What service may cost per customer at most, so that the class does not lose money.
    pub break_even_per_customer: Cash,
    /// What `at_most` may be in the policy, so that the class does not lose money even where every budget is used up and
    /// those who are below the satisfaction floor get theirs raised.
    pub policy_at_most: Cash,
    /// How many cost no more than that.
    pub within_customers: u64,
    /// Their average rating; null without one.
    #[schema(value_type = Option<String>)]
    pub within_satisfaction: Option<Shown<Number>>,
    /// How many cost more than that.
    pub beyond_customers: u64,
    /// Their average rating; null without one.
    #[schema(value_type = Option<String>)]
    pub beyond_satisfaction: Option<Shown<Number>>,
    /// What this says, in a sentence.
    pub says: String,
}

/// A number of per cent, below zero for a loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Percent(pub Number);

impl std::fmt::Display for Percent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl BudgetReportOut {
    /// Presents a report.
    pub fn new(base: &BaseService) -> Self {
        let bundle = &base.active.bundle;
        let budgets = budgets(bundle);
        let segment = budgets.map(|budgets| &bundle.segments[budgets.segment as usize]);
        let rule = bundle.service.as_ref().and_then(|service| service.satisfaction);
        let name = |row: &ServiceRow| {
            segment.zip(row.class).and_then(|(segment, class)| segment.classes.get(class as usize)).map(AsRef::as_ref)
        };
        let id = base.active.cut_offs.id;
        Self {
            as_of: Shown(base.at),
            revision: Shown(bundle.revision),
            snapshot: (id > 0).then_some(id),
            currency: bundle.currency.code().to_owned(),
            segment: segment.map(|segment| segment.name.to_string()),
            window: budgets.map(|budgets| Shown(budgets.window)),
            from: budgets.map(|budgets| Shown(budgets.window.before(base.at, bundle.zone))),
            satisfaction_floor: rule.map(|rule| Shown(rule.floor)),
            enforce: enforce(bundle),
            classes: base
                .report
                .classes
                .iter()
                .map(|row| row_out(bundle, row, name(row), name(row).unwrap_or("who has no class")))
                .collect(),
            total: row_out(bundle, &base.report.total, None, "the base"),
        }
    }
}

fn row_out(bundle: &Bundle, row: &ServiceRow, class: Option<&str>, who: &str) -> BudgetRowOut {
    let cash = |money: Money| Cash::new(money, bundle.currency);
    let ServedGroup { customers: within_customers, satisfaction: within } = row.within;
    let ServedGroup { customers: beyond_customers, satisfaction: beyond } = row.beyond;
    BudgetRowOut {
        class: class.map(str::to_owned),
        customers: row.customers,
        granted: row.granted.map(cash),
        used: cash(row.used),
        planned: cash(row.planned),
        left: row.left.map(cash),
        net: cash(row.net),
        margin: cash(row.margin),
        profit: cash(row.profit),
        satisfaction: row.satisfaction.map(Shown),
        below_floor: row.unhappy,
        losing_money: row.losing,
        overspent: row.overspent,
        share_of_margin: row.share_of_margin.map(Percent),
        share_of_profit: row.share_of_profit.map(Percent),
        share_of_service_cost: row.share_of_service_cost.map(Percent),
        margin_per_cost: row.margin_per_cost.map(Shown),
        profit_per_cost: row.profit_per_cost.map(Shown),
        used_per_customer: cash(row.used_per_customer),
        break_even_per_customer: cash(row.break_even_per_customer),
        policy_at_most: cash(row.policy_at_most),
        within_customers,
        within_satisfaction: within.map(Shown),
        beyond_customers,
        beyond_satisfaction: beyond.map(Shown),
        says: service_row_in_words(bundle, row, who),
    }
}
