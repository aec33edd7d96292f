//! The report on service budgets: what serving each class costs, what it earns, and what it may cost at most.

use serde::Serialize;
use utoipa::ToSchema;

use super::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet};
use super::service::{ServiceReport, ServiceRow, service_row_in_words};
use crate::chart::{Picture, Plot};
use crate::money::{Money, Number};
use crate::policy::Bundle;

/// What serving each class costs, what it earns, and what it may cost at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct BudgetReport {
    /// What this is. What happens at the very instant `as_of` has happened. `from` is when the window of the budgets
    /// began; without budgets in the policy everything is counted over the whole history.
    pub head: Head,
    /// The segment that budgets go by; null where the policy has no budgets.
    pub segment: Option<String>,
    /// Below this satisfaction a budget is raised; null without such a rule.
    pub satisfaction_floor: Option<Figure>,
    /// What happens to an interaction beyond a budget: `warn` or `block`.
    pub enforce: &'static str,
    /// By what a unit of service cost earned, the best first; classes that were not served come last.
    pub classes: Vec<BudgetRow>,
    /// The whole base.
    pub total: BudgetRow,
}

/// A class, or the whole base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = BudgetReportRow)]
pub struct BudgetRow {
    /// The class; null for customers without one, and for the whole base.
    pub class: Option<String>,
    /// How many customers.
    pub customers: u64,
    /// The sum of their budgets; null where none of them has one.
    pub granted: Option<Figure>,
    /// Cost of interactions within the window.
    pub used: Figure,
    /// Cost of interactions that lie ahead.
    pub planned: Figure,
    /// What is left of their budgets; null where none of them has one.
    pub left: Option<Figure>,
    /// What they paid for goods.
    pub net: Figure,
    /// Net less cost of goods.
    pub margin: Figure,
    /// Margin less service cost.
    pub profit: Figure,
    /// Average rating of their interactions; null without one.
    pub satisfaction: Option<Figure>,
    /// How many are below the satisfaction floor.
    pub below_floor: u64,
    /// How many lose money.
    pub losing_money: u64,
    /// How many are beyond their budgets, with what is planned.
    pub overspent: u64,
    /// Share of the base's margin; null where that is not above zero.
    pub share_of_margin: Option<Share>,
    /// Share of the base's profit; null where that is not above zero.
    pub share_of_profit: Option<Share>,
    /// Share of the base's service cost; null where there is none.
    pub share_of_service_cost: Option<Share>,
    /// Margin per unit of service cost; null where there is none.
    pub margin_per_cost: Option<Figure>,
    /// Profit per unit of service cost; null where there is none.
    pub profit_per_cost: Option<Figure>,
    /// Service cost per customer.
    pub used_per_customer: Figure,
    /// What service may cost per customer at most, so that the class does not lose money.
    pub break_even_per_customer: Figure,
    /// What `at_most` may be in the policy, so that the class does not lose money even where every budget is used up and
    /// those who are below the satisfaction floor get theirs raised.
    pub policy_at_most: Figure,
    /// How many cost no more than that.
    pub within_customers: u64,
    /// Their average rating; null without one.
    pub within_satisfaction: Option<Figure>,
    /// How many cost more than that.
    pub beyond_customers: u64,
    /// Their average rating; null without one.
    pub beyond_satisfaction: Option<Figure>,
    /// What this says, in a sentence.
    pub says: String,
}

impl BudgetReport {
    /// Presents how the service of the base stands.
    pub fn new(head: Head, bundle: &Bundle, report: &ServiceReport) -> Self {
        let service = bundle.service.as_ref();
        let budgets = service.and_then(|service| service.budgets.as_ref());
        let segment = budgets.map(|budgets| &bundle.segments[budgets.segment as usize]);
        let name = |row: &ServiceRow| {
            segment.zip(row.class).and_then(|(segment, class)| segment.classes.get(class as usize)).map(AsRef::as_ref)
        };
        let head = Head {
            from: budgets.map(|budgets| budgets.window.before(head.as_of, bundle.zone)),
            window: budgets.map(|budgets| budgets.window.to_string()),
            ..head
        };
        let classes = report.classes.iter();
        Self {
            head,
            segment: segment.map(|segment| segment.name.to_string()),
            satisfaction_floor: service
                .and_then(|service| service.satisfaction)
                .map(|rule| Figure::rounded(rule.floor, 2)),
            enforce: if service.is_some_and(|service| service.block) { "block" } else { "warn" },
            classes: classes
                .map(|row| budget_row(bundle, row, name(row), name(row).unwrap_or("who has no class")))
                .collect(),
            total: budget_row(bundle, &report.total, None, "the base"),
        }
    }
}

fn budget_row(bundle: &Bundle, row: &ServiceRow, class: Option<&str>, who: &str) -> BudgetRow {
    let cash = |money: Money| Figure::money(money, bundle.currency);
    let rating = |value: Number| Figure::rounded(value, 2);
    let ratio = |value: Number| Figure::rounded(value, 4);
    // The row counts in per cent, with two places.
    let share = |percent: Number| Share((percent.0 / 100) as i64);
    BudgetRow {
        class: class.map(str::to_owned),
        customers: row.customers,
        granted: row.granted.map(cash),
        used: cash(row.used),
        planned: cash(row.planned),
        left: row.left.map(cash),
        net: cash(row.net),
        margin: cash(row.margin),
        profit: cash(row.profit),
        satisfaction: row.satisfaction.map(rating),
        below_floor: row.unhappy,
        losing_money: row.losing,
        overspent: row.overspent,
        share_of_margin: row.share_of_margin.map(share),
        share_of_profit: row.share_of_profit.map(share),
        share_of_service_cost: row.share_of_service_cost.map(share),
        margin_per_cost: row.margin_per_cost.map(ratio),
        profit_per_cost: row.profit_per_cost.map(ratio),
        used_per_customer: cash(row.used_per_customer),
        break_even_per_customer: cash(row.break_even_per_customer),
        policy_at_most: cash(row.policy_at_most),
        within_customers: row.within.customers,
        within_satisfaction: row.within.satisfaction.map(rating),
        beyond_customers: row.beyond.customers,
        beyond_satisfaction: row.beyond.satisfaction.map(rating),
        says: service_row_in_words(bundle, row, who),
    }
}

impl Report for BudgetReport {
    const NAME: &'static str = "budgets";
    const TAKES: &'static [Parameter] = &[Parameter {
        name: Parameter::AS_OF.name,
        says: "As of when, RFC 3339 or a date in the policy's zone; now where it is absent. What happens at this very instant \
               has happened.",
    }];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        vec![self.money(), self.people()]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let names = self.classes.iter().map(|row| row.class.clone().unwrap_or_else(|| "(none)".to_owned())).collect();
        let of = |part: fn(&BudgetRow) -> Figure| self.classes.iter().map(|row| part(row).as_f64()).collect();
        let picture = Picture {
            title: "What each class brings and what serving it costs".to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Stacked(
                names,
                vec![("profit".to_owned(), of(|row| row.profit)), ("service cost".to_owned(), of(|row| row.used))],
            ),
        };
        vec![("classes", picture)]
    }

    fn says(&self) -> Vec<String> {
        self.classes.iter().chain([&self.total]).map(|row| row.says.clone()).collect()
    }
}

impl BudgetReport {
    /// The classes and then the base, each with the name it is shown by.
    fn rows(&self) -> impl Iterator<Item = (Cell, &BudgetRow)> {
        let name = |row: &BudgetRow| row.class.as_deref().unwrap_or("(none)").into();
        self.classes.iter().map(move |row| (name(row), row)).chain([("total".into(), &self.total)])
    }

    fn money(&self) -> Sheet {
        let columns = [
            "class",
            "customers",
            "granted",
            "used",
            "planned",
            "left",
            "net",
            "margin",
            "profit",
            "share_of_margin",
            "share_of_profit",
            "share_of_service_cost",
        ];
        let mut sheet = Sheet::new("classes", "What each class costs and brings", &columns);
        for (name, row) in self.rows() {
            sheet.push([
                name,
                row.customers.into(),
                row.granted.into(),
                row.used.into(),
                row.planned.into(),
                row.left.into(),
                row.net.into(),
                row.margin.into(),
                row.profit.into(),
                row.share_of_margin.into(),
                row.share_of_profit.into(),
                row.share_of_service_cost.into(),
            ]);
        }
        sheet
    }

    fn people(&self) -> Sheet {
        let columns = [
            "class",
            "satisfaction",
            "below_floor",
            "losing_money",
            "overspent",
            "margin_per_cost",
            "profit_per_cost",
            "used_per_customer",
            "break_even_per_customer",
            "policy_at_most",
            "within_customers",
            "within_satisfaction",
            "beyond_customers",
            "beyond_satisfaction",
        ];
        let mut sheet = Sheet::new("customers", "What each customer of a class costs, and may cost at most", &columns);
        for (name, row) in self.rows() {
            sheet.push([
                name,
                row.satisfaction.into(),
                row.below_floor.into(),
                row.losing_money.into(),
                row.overspent.into(),
                row.margin_per_cost.into(),
                row.profit_per_cost.into(),
                row.used_per_customer.into(),
                row.break_even_per_customer.into(),
                row.policy_at_most.into(),
                row.within_customers.into(),
                row.within_satisfaction.into(),
                row.beyond_customers.into(),
                row.beyond_satisfaction.into(),
            ]);
        }
        sheet
    }
}
