//! What an experiment or a plan says, in sentences that claim no more than the numbers.

#![expect(clippy::float_arithmetic, reason = "shares are statistics")]

use super::arms::{Compared, ExperimentResult, Outcome};
use super::plan::Plan;
use crate::analytics::report::Share;
use crate::money::{Currency, Money, Number};

/// Fewer customers than this in an arm are no basis for an interval of means that are as skewed as spend.
const FEW: u64 = 100;

/// A value of an outcome as text: money in major units, counts with four decimals.
fn amount(value: f64, outcome: Outcome, currency: Currency) -> String {
    if outcome.is_money() {
        format!("{} {currency}", Money(value.round() as i64).format(currency))
    } else {
        Number((value * 1e4).round() as i128 * 100).to_string()
    }
}

fn percent(share: f64) -> String {
    Share::of_f64(share).map_or_else(|| "-".to_owned(), Share::percent)
}

/// First how large an effect these arms could show at all, then what they show, then what else is to be known.
pub fn result_in_words(result: &ExperimentResult, discount: &str, currency: Currency) -> Vec<String> {
    let (treated, control) = (&result.treated, &result.control);
    let mut says = Vec::new();
    if treated.customers() < FEW || control.customers() < FEW {
        says.push(format!(
            "{} and {} customers are too few to say anything: {FEW} in each arm are the least",
            treated.customers(),
            control.customers()
        ));
        return says;
    }
    says.extend(result.outcomes.first().map(|spend| could_show(spend, result, currency)));
    for compared in &result.outcomes {
        says.push(shows(compared, discount, currency));
    }
    says.push(format!(
        "this is the effect of being able to get `{discount}`, over all {} who could, whether they did ({}) or not",
        treated.customers(),
        treated.reached
    ));
    if control.reached > 0 {
        says.push(format!(
            "{} of the control group got the discount since the start, so the difference is understated",
            control.reached
        ));
    }
    if !result.split_by_chance() {
        says.push(
            "chance alone does not split a base like this: find out who is missing before believing any of it"
                .to_owned(),
        );
    }
    says
}

fn could_show(spend: &Compared, result: &ExperimentResult, currency: Currency) -> String {
    let arms = format!("{} treated and {} held out", result.treated.customers(), result.control.customers());
    let Some(smallest) = spend.smallest() else {
        return format!("{arms} show nothing: no customer differs from any other");
    };
    let relative = spend.relative(smallest).map_or_else(String::new, |share| format!(" ({})", percent(share)));
    format!(
        "{arms} show a difference in spend of {}{relative} per customer or more four times in five; a smaller one mostly \
         goes unseen",
        amount(smallest, Outcome::Spend, currency)
    )
}

fn shows(compared: &Compared, discount: &str, currency: Currency) -> String {
    let (outcome, name) = (compared.outcome, compared.outcome.name());
    let Some(found) = compared.judged() else {
        return format!("{name}: nothing to compare, since no customer differs from any other");
    };
    let cash = |value: f64| amount(value, outcome, currency);
    let interval = format!("95 % interval {} to {}", cash(found.low), cash(found.high));
    if !found.is_shown() {
        return format!("{name}: no difference is shown ({interval}); that is no proof that there is none");
    }
    let more = if found.estimate > 0.0 { "more" } else { "less" };
    let relative = compared.relative(found.estimate.abs());
    let relative = relative.map_or_else(String::new, |share| format!(" ({})", percent(share)));
    format!(
        "{name}: {}{relative} {more} per customer where `{discount}` could be had ({interval})",
        cash(found.estimate.abs())
    )
}

/// What a plan says.
pub fn plan_in_words(plan: &Plan, period: &str, currency: Currency) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(half) = plan.shown.first() {
        let smallest = half.smallest_adjusted.map_or(half.smallest, |adjusted| adjusted.min(half.smallest));
        says.push(format!(
            "{} customers, half of them held out, show an uplift in spend of {} or more four times in five",
            plan.customers,
            percent(smallest)
        ));
    }
    let Some(needed) = plan.per_arm else {
        says.push(format!("{} customers spent nothing to speak of within {period}", plan.customers));
        return says;
    };
    let enough = |suffices: bool| if suffices { "this base has them" } else { "this base does not have them" };
    says.push(format!(
        "an uplift of {} on {} per customer within {period} needs {needed} customers per arm: {}",
        plan.uplift,
        amount(plan.mean, Outcome::Spend, currency),
        enough(plan.suffices())
    ));
    if let (Some(adjusted), Some(rho)) = (plan.per_arm_adjusted, plan.correlation) {
        says.push(format!(
            "with CUPED it needs {adjusted}, since what they spent before explains {} of the variance: {}",
            percent(rho * rho),
            enough(plan.suffices_adjusted())
        ));
    }
    says
}

#[cfg(test)]
mod tests {
    use super::super::{Arm, Behaviour, Sample, plan};
    use super::*;
    use crate::money::Rate;

    fn euro() -> Currency {
        Currency::from_code("EUR").expect("a currency")
    }

    /// Each customer spends 0 or 200 cents more than the arm's offset.
    fn arm(customers: i64, offset: i64, reached: i64) -> Arm {
        let mut arm = Arm::default();
        for n in 0..customers {
            let spend = offset + n % 2 * 200;
            arm.push(Behaviour { spend, orders: n % 2, margin: spend / 2, before: 0, reached: n < reached });
        }
        arm
    }

    fn says(treated: Arm, control: Arm) -> Vec<String> {
        result_in_words(
            &ExperimentResult::new(treated, control, Rate::parse("10%").expect("a rate")),
            "birthday",
            euro(),
        )
    }

    #[test]
    fn what_is_shown_is_said_and_no_more() {
        assert_eq!(
            says(arm(9_000, 1_030, 300), arm(1_000, 1_000, 0)),
            [
                "9000 treated and 1000 held out show a difference in spend of 0.09 EUR (0.79 %) per customer or more four \
                 times in five; a smaller one mostly goes unseen",
                "spend: 0.30 EUR (2.73 %) more per customer where `birthday` could be had (95 % interval 0.23 EUR to 0.37 EUR)",
                "orders: no difference is shown (95 % interval -0.0327 to 0.0327); that is no proof that there is none",
                "margin: 0.15 EUR (2.73 %) more per customer where `birthday` could be had (95 % interval 0.12 EUR to 0.18 \
                 EUR)",
                "this is the effect of being able to get `birthday`, over all 9000 who could, whether they did (300) or not",
            ]
        );
    }

    #[test]
    fn two_alike_arms_claim_nothing() {
        let said = says(arm(9_000, 1_000, 0), arm(1_000, 1_000, 0)).join("\n");
        assert_eq!(said.matches("no difference is shown").count(), 3, "{said}");
        assert!(!said.contains("more per customer where") && !said.contains("less per customer where"), "{said}");
    }

    #[test]
    fn few_customers_and_odd_splits_are_named() {
        let said = says(arm(9_000, 1_000, 0), arm(99, 0, 0));
        assert_eq!(said, ["9000 and 99 customers are too few to say anything: 100 in each arm are the least"]);
        let said = says(arm(9_000, 0, 0), arm(500, 0, 3)).join("\n");
        assert!(said.contains("3 of the control group got the discount"), "{said}");
        assert!(said.contains("chance alone does not split a base like this"), "{said}");
    }

    #[test]
    fn a_plan_says_whether_the_base_suffices() {
        let mut base = Sample::default();
        (0..10_000).for_each(|n| base.push(n % 2 * 200, 0));
        let words =
            |uplift: &str| plan_in_words(&plan(&base, Rate::parse(uplift).expect("a rate")), "3 months", euro());
        assert_eq!(
            words("5%"),
            [
                "10000 customers, half of them held out, show an uplift in spend of 5.60 % or more four times in five",
                "an uplift of 5% on 1.00 EUR per customer within 3 months needs 6280 customers per arm: this base does not \
                 have them",
            ]
        );
        assert!(words("6%")[1].ends_with("needs 4361 customers per arm: this base has them"));
        assert_eq!(
            plan_in_words(&plan(&Sample::default(), Rate::ONE), "3 months", euro()),
            ["0 customers spent nothing to speak of within 3 months"]
        );
    }
}
