//! What a policy's discounts are, in a line each: a report says under which rules its figures came about.

use crate::metric::{Average, Count, Measure, Metric, Since, Sum, Window};
use crate::policy::{Bundle, Discount, Grant};

/// The discounts of a bundle with what they grant.
pub(super) fn rules(bundle: &Bundle) -> Vec<String> {
    bundle.discounts.iter().map(|discount| format!("{}: {}", discount.name, rule(bundle, discount))).collect()
}

fn rule(bundle: &Bundle, discount: &Discount) -> String {
    let money = |amount: crate::money::Money| amount.format(bundle.currency);
    let mut text = match &discount.grant {
        Grant::Rate(rate) => rate.to_string(),
        Grant::Amount(amount) => money(*amount),
        Grant::Each(amount) => format!("{} each", money(*amount)),
        Grant::Free { buy, get } => format!("{get} of {} free", u64::from(*buy) + u64::from(*get)),
        Grant::Script(_) => "what a script says".to_owned(),
        Grant::Ladder(ladder) => {
            let steps: Vec<String> =
                ladder.steps.iter().map(|step| format!("{}: {}", step.threshold, step.rate)).collect();
            let sliced = if ladder.sliced { ", slice by slice" } else { "" };
            let counting = if ladder.counting_basket { ", counting the basket" } else { "" };
            let by = &bundle.metrics[ladder.metric as usize];
            format!("a ladder by {} ({}){sliced}{counting}: {}", by.name, metric(by), steps.join(", "))
        }
    };
    if let Some(cap) = discount.cap {
        text.push_str(&format!(", at most {}", money(cap)));
    }
    let conditions = discount.when.len() + usize::from(discount.condition.is_some());
    if conditions > 0 {
        text.push_str(if conditions == 1 { ", on one condition" } else { ", on conditions" });
    }
    if let Some(uses) = discount.uses_per_customer {
        let per = uses.per.map_or_else(String::new, |per| format!(" per {per}"));
        text.push_str(&format!(
            ", {} use{}{per} for each customer",
            uses.count,
            if uses.count == 1 { "" } else { "s" }
        ));
    }
    if let Some(uses) = discount.uses_total {
        let per = uses.per.map_or_else(String::new, |per| format!(" per {per}"));
        text.push_str(&format!(", {} uses{per} in all", uses.count));
    }
    if let Some(budget) = discount.budget {
        let per = budget.per.map_or_else(String::new, |per| format!(" per {per}"));
        text.push_str(&format!(", a budget of {}{per}", money(budget.amount)));
    }
    text
}

/// What a metric measures.
pub(super) fn metric(metric: &Metric) -> String {
    let what = match metric.measure {
        Measure::Sum(sum) => format!("sum of {}", sum_word(sum)),
        Measure::Count(Count::Purchases) => "number of purchases".to_owned(),
        Measure::Count(Count::Interactions) => "number of contacts".to_owned(),
        Measure::Average(average) => format!("average {}", average_word(average)),
        Measure::DaysSince(since) => format!(
            "days since the {}",
            match since {
                Since::FirstPurchase => "first purchase",
                Since::LastPurchase => "last purchase",
                Since::LastInteraction => "last contact",
            }
        ),
    };
    let window = match metric.window {
        Window::Lifetime if matches!(metric.measure, Measure::DaysSince(_)) => String::new(),
        Window::Lifetime => " over the whole history".to_owned(),
        Window::Within(duration) => format!(" within {duration}"),
        Window::Since(period) => format!(" since the start of the {period}"),
    };
    let filter = if metric.filter.is_some() { " of some lines" } else { "" };
    format!("{what}{filter}{window}")
}

const fn sum_word(sum: Sum) -> &'static str {
    match sum {
        Sum::Gross => "gross",
        Sum::Discount => "discount",
        Sum::Net => "net",
        Sum::Cost => "cost",
        Sum::Margin => "margin",
        Sum::Profit => "profit",
        Sum::ServiceCost => "service cost",
        Sum::Quantity => "units",
    }
}

const fn average_word(average: Average) -> &'static str {
    match average {
        Average::Gross => "gross",
        Average::Discount => "discount",
        Average::Net => "net",
        Average::Margin => "margin",
        Average::Quantity => "units",
        Average::Rating => "rating",
        Average::ServiceCost => "service cost",
    }
}
