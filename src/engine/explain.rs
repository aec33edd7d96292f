//! A trace in words, by the bundle that made it.

use crate::id::Name;
use crate::model::{Cut, Decision, Invalid, LimitKind, Reason};
use crate::money::{Money, Rate};
use crate::policy::{Bounds, Bundle, Condition, Discount};

/// A decision in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What applies, in the order it was applied.
    pub applied: Vec<ExplainedApplied>,
    /// What does not, in the order written.
    pub rejected: Vec<ExplainedRejected>,
    /// Segments whose script failed.
    pub failures: Vec<ExplainedRejected>,
}

/// A discount that applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedApplied {
    /// Its name.
    pub name: Name,
    /// Its rate, where it has one for the whole basket.
    pub rate: Option<Rate>,
    /// What it grants.
    pub amount: Money,
    /// Why, and what cut it.
    pub because: Vec<String>,
}

/// A discount that does not apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedRejected {
    /// Its name.
    pub name: Name,
    /// Why not.
    pub because: Vec<String>,
}

/// Puts a decision into words. The bundle is the one of the decision's revision.
pub fn explain(bundle: &Bundle, decision: &Decision) -> Explained {
    let discount = |at: u16| bundle.discounts.get(at as usize);
    let name = |at: u16| discount(at).map_or_else(|| Name::from("?"), |discount| Name::clone(&discount.name));
    let words = |at: u16, reasons: &[Reason]| -> Vec<String> {
        reasons.iter().map(|reason| reason_in_words(bundle, discount(at), reason)).collect()
    };
    Explained {
        applied: decision
            .applied
            .iter()
            .map(|applied| {
                let mut because = words(applied.discount, &applied.because);
                because.extend(applied.cuts.iter().map(|cut| cut_in_words(bundle, cut)));
                ExplainedApplied { name: name(applied.discount), rate: applied.rate, amount: applied.amount, because }
            })
            .collect(),
        rejected: decision
            .rejected
            .iter()
            .map(|rejected| ExplainedRejected {
                name: name(rejected.discount),
                because: words(rejected.discount, &rejected.because),
            })
            .collect(),
        failures: decision
            .failures
            .iter()
            .map(|(segment, reason)| ExplainedRejected {
                name: segment_name(bundle, *segment).into(),
                because: vec![reason_in_words(bundle, None, reason)],
            })
            .collect(),
    }
}

/// One step of a trace as a sentence without a full stop.
pub fn reason_in_words(bundle: &Bundle, discount: Option<&Discount>, reason: &Reason) -> String {
    let metric = |at: u16| metric_name(bundle, at);
    let money = |amount: Money| amount.format(bundle.currency);
    let other = |at: u16| bundle.discounts.get(at as usize).map_or("?", |discount| discount.name.as_ref());
    let condition = |at: u16| discount.and_then(|discount| discount.when.get(at as usize));
    let stated = |text: String, holds: bool, wanted: String| {
        if wanted.is_empty() {
            text
        } else if holds {
            format!("{text}, {wanted}")
        } else {
            format!("{text}, wanted {wanted}")
        }
    };
    match reason {
        Reason::Always => "applies to everyone".to_owned(),
        Reason::Step { metric: at, value, step } => format!("{} is {value}, step {step}", metric(*at)),
        Reason::Slices { metric: at, from, until } => {
            format!("{} goes from {from} to {until}, slice by slice", metric(*at))
        }
        Reason::NoStep { metric: at, value: Some(value), first } => {
            format!("{} is {value}, first step {first}", metric(*at))
        }
        Reason::NoStep { metric: at, value: None, first } => format!("{} is absent, first step {first}", metric(*at)),
        Reason::Class { condition: at, segment, class, holds } => {
            let classes = bundle.segments.get(*segment as usize).map_or(&[][..], |segment| &segment.classes);
            let class_name = |class: u16| classes.get(class as usize).map_or("?", AsRef::as_ref);
            let text = format!("{} is {}", segment_name(bundle, *segment), class.map_or("absent", class_name));
            match condition(*at) {
                Some(Condition::Class { classes, .. }) if !holds => {
                    let wanted: Vec<&str> = classes.iter().map(|class| class_name(*class)).collect();
                    stated(text, false, wanted.join(" or "))
                }
                _ => text,
            }
        }
        Reason::Metric { condition: at, metric: slot, value, holds } => {
            let found = value.map_or_else(|| "absent".to_owned(), |value| value.to_string());
            let wanted = match condition(*at) {
                Some(Condition::Metric { bounds, .. }) => bounds_in_words(bounds, ToString::to_string),
                _ => String::new(),
            };
            stated(format!("{} is {found}", metric(*slot)), *holds, wanted)
        }
        Reason::BasketGross { condition: at, value, holds } => {
            let wanted = match condition(*at) {
                Some(Condition::BasketGross(bounds)) => bounds_in_words(bounds, |amount| money(*amount)),
                _ => String::new(),
            };
            stated(format!("the basket is worth {}", money(*value)), *holds, wanted)
        }
        Reason::BasketQuantity { condition: at, value, holds } => {
            let wanted = match condition(*at) {
                Some(Condition::BasketQuantity(bounds)) => bounds_in_words(bounds, ToString::to_string),
                _ => String::new(),
            };
            stated(format!("the basket holds {value} units"), *holds, wanted)
        }
        Reason::Birthday { known: false, .. } => "no birthday is known".to_owned(),
        Reason::Birthday { condition: at, holds, .. } => {
            let within = match condition(*at) {
                Some(Condition::BirthdayWithin(duration)) => format!("within {duration}"),
                _ => "near".to_owned(),
            };
            format!("the birthday is {}{within}", if *holds { "" } else { "not " })
        }
        Reason::Attribute { condition: at, value, holds } => {
            let (name, wanted) = match condition(*at) {
                Some(Condition::Attribute { name, values }) => {
                    (name.as_ref(), values.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" or "))
                }
                _ => ("attribute", String::new()),
            };
            let text = format!("{name} is {}", value.as_deref().unwrap_or("absent"));
            if *holds { text } else { stated(text, false, wanted) }
        }
        Reason::Code { condition: at, holds } => {
            let code = match condition(*at) {
                Some(Condition::Code(code)) => code.as_ref(),
                _ => "",
            };
            format!("code {code} is {}presented", if *holds { "" } else { "not " })
        }
        Reason::If { holds: true } => "its `if` holds".to_owned(),
        Reason::If { holds: false } => "its `if` does not hold".to_owned(),
        Reason::NotValid { why } => match why {
            Invalid::NotYet => "is not valid yet",
            Invalid::Over => "is no longer valid",
            Invalid::Weekday => "is not valid on this day of the week",
            Invalid::Hour => "is not valid at this hour",
        }
        .to_owned(),
        Reason::NoEligibleLine => "no line is eligible".to_owned(),
        Reason::NothingLeft => "nothing is left of the eligible lines".to_owned(),
        Reason::GrantsNothing => "comes to nothing on this basket".to_owned(),
        Reason::ScriptDeclined => "its script declined".to_owned(),
        Reason::ScriptGranted => "its script granted".to_owned(),
        Reason::ScriptFailed { message, file, line: 0, .. } => format!("script failed in {file}: {message}"),
        Reason::ScriptFailed { message, file, line, column } => {
            format!("script failed at {file}:{line}:{column}: {message}")
        }
        Reason::GroupLost { winner } => match discount.and_then(|discount| discount.group_name.as_deref()) {
            Some(group) => format!("{} grants more in group {group}", other(*winner)),
            None => format!("{} grants more", other(*winner)),
        },
        Reason::ExclusiveElsewhere { winner } => format!("{} applies alone", other(*winner)),
        Reason::ExclusiveLost { alone, together } => {
            format!("alone it grants {}, the others together {}", money(*alone), money(*together))
        }
        Reason::ExclusiveWon { alone, together } => {
            format!("applies alone: {}, the others together {}", money(*alone), money(*together))
        }
        Reason::CutAway { by } => format!("{} left nothing of it", limit_name(*by)),
        Reason::CustomerUsesSpent => "the customer has used it as often as allowed".to_owned(),
        Reason::TotalUsesSpent => "it was used as often as allowed".to_owned(),
        Reason::BudgetTooSmall { left } => format!("its budget has {} left, which is too little", money(*left)),
        Reason::ControlGroup { experiment } => {
            let name = bundle.experiments.get(*experiment as usize).map_or("?", |known| known.name.as_ref());
            format!("the customer is in the control group of {name}")
        }
        Reason::GuestsHaveNoUses => "its uses are counted per customer, and a guest cannot be counted".to_owned(),
    }
}

fn cut_in_words(bundle: &Bundle, cut: &Cut) -> String {
    format!("{} cut {}", limit_name(cut.by), cut.amount.format(bundle.currency))
}

fn limit_name(by: LimitKind) -> &'static str {
    match by {
        LimitKind::Cap => "cap",
        LimitKind::Budget => "budget",
        LimitKind::MaxRate => "max_rate",
        LimitKind::MaxAmount => "max_amount",
        LimitKind::MinMargin => "min_margin",
    }
}

fn metric_name(bundle: &Bundle, at: u16) -> &str {
    bundle.metrics.get(at as usize).map_or("?", |metric| metric.name.as_ref())
}

fn segment_name(bundle: &Bundle, at: u16) -> &str {
    bundle.segments.get(at as usize).map_or("?", |segment| segment.name.as_ref())
}

fn bounds_in_words<T>(bounds: &Bounds<T>, write: impl Fn(&T) -> String) -> String {
    let stated = [
        ("at least", &bounds.at_least),
        ("more than", &bounds.more_than),
        ("at most", &bounds.at_most),
        ("less than", &bounds.less_than),
        ("exactly", &bounds.is),
    ];
    let parts: Vec<String> = stated
        .into_iter()
        .filter_map(|(words, bound)| bound.as_ref().map(|b| format!("{words} {}", write(b))))
        .collect();
    parts.join(" and ")
}
