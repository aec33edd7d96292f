//! A trace in words, by the bundle that made it.

use std::fmt;

use crate::model::{Applied, Because, Cut, Decision, Invalid, LimitKind, Reason, Rejected};
use crate::money::{Money, Rate};
use crate::policy::{Bounds, Bundle, Condition, Discount};

/// A decision in words.
#[derive(Debug, Clone)]
pub struct Explained<'a> {
    /// What applies, in the order it was applied.
    pub applied: Vec<ExplainedApplied<'a>>,
    /// What does not, in the order written.
    pub rejected: Vec<ExplainedRejected<'a>>,
    /// Segments whose script failed.
    pub failures: Vec<ExplainedRejected<'a>>,
}

/// A discount that applies.
#[derive(Debug, Clone)]
pub struct ExplainedApplied<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its rate, where it has one for the whole basket.
    pub rate: Option<Rate>,
    /// What it grants.
    pub amount: Money,
    /// Why, and what cut it.
    pub because: Steps<'a>,
}

/// A discount that does not apply.
#[derive(Debug, Clone)]
pub struct ExplainedRejected<'a> {
    /// Its name.
    pub name: &'a str,
    /// Why not.
    pub because: Steps<'a>,
}

/// One step of a trace, shown as a sentence without a full stop: written where it goes, not before.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) discount: Option<&'a Discount>,
    pub(super) what: What<'a>,
    language: Language,
}

/// A language that traces are put into.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What<'a> {
    Reason(&'a Reason),
    Cut(&'a Cut),
}

/// The steps of a trace that concern one discount or segment; each is put into words where it is written.
#[derive(Debug, Clone, Copy)]
pub struct Steps<'a> {
    bundle: &'a Bundle,
    discount: Option<&'a Discount>,
    reasons: &'a [Reason],
    cuts: &'a [Cut],
    language: Language,
}

impl<'a> Steps<'a> {
    /// These reasons of a segment.
    pub const fn of_segment(bundle: &'a Bundle, reasons: &'a [Reason]) -> Self {
        Self { bundle, discount: None, reasons, cuts: &[], language: Language::English }
    }

    /// The same in another language.
    pub const fn in_language(self, language: Language) -> Self {
        Self { language, ..self }
    }

    /// Step by step.
    pub fn iter(self) -> impl Iterator<Item = Words<'a>> {
        let whats = self.reasons.iter().map(What::Reason).chain(self.cuts.iter().map(What::Cut));
        let Self { bundle, discount, language, .. } = self;
        whats.map(move |what| Words { bundle, discount, what, language })
    }
}

/// Puts a decision into words. The bundle is the one of the decision's revision.
pub fn explain<'a>(bundle: &'a Bundle, decision: &'a Decision) -> Explained<'a> {
    let discount = |at: u16| bundle.discounts.get(at as usize);
    let name = |at: u16| discount(at).map_or("?", |discount| discount.name.as_ref());
    let steps = |at: u16, because: Because, cuts: &'a [Cut]| {
        let reasons = decision.because(because);
        Steps { bundle, discount: discount(at), reasons, cuts, language: Language::English }
    };
    let applied = |applied: &'a Applied| ExplainedApplied {
        name: name(applied.discount),
        rate: applied.rate,
        amount: applied.amount,
        because: steps(applied.discount, applied.because, &applied.cuts),
    };
    let rejected = |rejected: &Rejected| ExplainedRejected {
        name: name(rejected.discount),
        because: steps(rejected.discount, rejected.because, &[]),
    };
    let failure = |(segment, reason): &'a (u16, Reason)| ExplainedRejected {
        name: segment_name(bundle, *segment),
        because: Steps::of_segment(bundle, std::slice::from_ref(reason)),
    };
    Explained {
        applied: decision.applied.iter().map(applied).collect(),
        rejected: decision.rejected.iter().map(rejected).collect(),
        failures: decision.failures.iter().map(failure).collect(),
    }
}

/// One step of a trace in words.
pub const fn reason_in_words<'a>(bundle: &'a Bundle, discount: Option<&'a Discount>, reason: &'a Reason) -> Words<'a> {
    Words { bundle, discount, what: What::Reason(reason), language: Language::English }
}

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.language == Language::German {
            return self.german(f);
        }
        match self.what {
            What::Reason(reason) => self.reason(reason, f),
            What::Cut(cut) => {
                write!(f, "{} cut {}", limit_name(cut.by), cut.amount.text(self.bundle.currency))
            }
        }
    }
}

impl<'a> Words<'a> {
    pub(super) fn condition(&self, at: u16) -> Option<&'a Condition> {
        self.discount.and_then(|discount| discount.when.get(at as usize))
    }

    fn reason(&self, reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = self.bundle;
        let metric = |at: u16| metric_name(bundle, at);
        let money = |amount: Money| amount.text(bundle.currency);
        let other = |at: u16| bundle.discounts.get(at as usize).map_or("?", |discount| discount.name.as_ref());
        match reason {
            Reason::Class { .. }
            | Reason::Metric { .. }
            | Reason::BasketGross { .. }
            | Reason::BasketQuantity { .. }
            | Reason::Birthday { .. }
            | Reason::Attribute { .. }
            | Reason::Code { .. } => self.found(reason, f),
            Reason::Always => f.write_str("applies to everyone"),
            Reason::Step { metric: at, value, step } => write!(f, "{} is {value}, step {step}", metric(*at)),
            Reason::Slices { metric: at, from, until } => {
                write!(f, "{} goes from {from} to {until}, slice by slice", metric(*at))
            }
            Reason::NoStep { metric: at, value: Some(value), first } => {
                write!(f, "{} is {value}, first step {first}", metric(*at))
            }
            Reason::NoStep { metric: at, value: None, first } => {
                write!(f, "{} is absent, first step {first}", metric(*at))
            }
            Reason::If { holds: true } => f.write_str("its `if` holds"),
            Reason::If { holds: false } => f.write_str("its `if` does not hold"),
            Reason::NotValid { why } => f.write_str(match why {
                Invalid::NotYet => "is not valid yet",
                Invalid::Over => "is no longer valid",
                Invalid::Weekday => "is not valid on this day of the week",
                Invalid::Hour => "is not valid at this hour",
            }),
            Reason::NoEligibleLine => f.write_str("no line is eligible"),
            Reason::NothingLeft => f.write_str("nothing is left of the eligible lines"),
            Reason::GrantsNothing => f.write_str("comes to nothing on this basket"),
            Reason::ScriptDeclined => f.write_str("its script declined"),
            Reason::ScriptGranted => f.write_str("its script granted"),
            Reason::ScriptFailed { message, file, line: 0, .. } => write!(f, "script failed in {file}: {message}"),
            Reason::ScriptFailed { message, file, line, column } => {
                write!(f, "script failed at {file}:{line}:{column}: {message}")
            }
            Reason::GroupLost { winner } => match self.discount.and_then(|discount| discount.group_name.as_deref()) {
                Some(group) => write!(f, "{} grants at least as much in group {group}", other(*winner)),
                None => write!(f, "{} grants at least as much", other(*winner)),
            },
            Reason::ExclusiveElsewhere { winner } => write!(f, "{} applies alone", other(*winner)),
            Reason::ExclusiveLost { alone, together } => {
                write!(f, "alone it grants {}, the others together {}", money(*alone), money(*together))
            }
            Reason::ExclusiveWon { alone, together } => {
                write!(f, "applies alone: {}, the others together {}", money(*alone), money(*together))
            }
            Reason::CutAway { by } => write!(f, "{} left nothing of it", limit_name(*by)),
            Reason::CustomerUsesSpent => f.write_str("the customer has used it as often as allowed"),
            Reason::TotalUsesSpent => f.write_str("it was used as often as allowed"),
            Reason::BudgetTooSmall { left } => {
                write!(f, "its budget has {} left, which is too little", money(*left))
            }
            Reason::ControlGroup { experiment } => {
                let name = bundle.experiments.get(*experiment as usize).map_or("?", |known| known.name.as_ref());
                write!(f, "the customer is in the control group of {name}")
            }
            Reason::GuestsHaveNoUses => f.write_str("its uses are counted per customer, and a guest cannot be counted"),
        }
    }

    /// What a condition found, and what it wanted.
    fn found(&self, reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = self.bundle;
        let money = |amount: &Money| amount.text(bundle.currency);
        match reason {
            Reason::Class { condition: at, segment, class, holds } => {
                let classes = bundle.segments.get(*segment as usize).map_or(&[][..], |segment| &segment.classes);
                let class_name = |class: u16| classes.get(class as usize).map_or("?", AsRef::as_ref);
                write!(f, "{} is {}", segment_name(bundle, *segment), class.map_or("absent", class_name))?;
                match self.condition(*at) {
                    Some(Condition::Class { classes, .. }) if !holds => {
                        wanted_one_of(f, classes.iter().map(|class| class_name(*class)))
                    }
                    _ => Ok(()),
                }
            }
            Reason::Metric { condition: at, metric, value, holds } => {
                match value {
                    Some(value) => write!(f, "{} is {value}", metric_name(bundle, *metric))?,
                    None => write!(f, "{} is absent", metric_name(bundle, *metric))?,
                }
                match self.condition(*at) {
                    Some(Condition::Metric { bounds, .. }) => bounds_in_words(f, *holds, bounds, |bound| *bound),
                    _ => Ok(()),
                }
            }
            Reason::BasketGross { condition: at, value, holds } => {
                write!(f, "the basket is worth {}", money(value))?;
                match self.condition(*at) {
                    Some(Condition::BasketGross(bounds)) => bounds_in_words(f, *holds, bounds, money),
                    _ => Ok(()),
                }
            }
            Reason::BasketQuantity { condition: at, value, holds } => {
                write!(f, "the basket holds {value} units")?;
                match self.condition(*at) {
                    Some(Condition::BasketQuantity(bounds)) => bounds_in_words(f, *holds, bounds, |bound| *bound),
                    _ => Ok(()),
                }
            }
            Reason::Birthday { known: false, .. } => f.write_str("no birthday is known"),
            Reason::Birthday { condition: at, holds, .. } => {
                let not = if *holds { "" } else { "not " };
                match self.condition(*at) {
                    Some(Condition::BirthdayWithin(duration)) => write!(f, "the birthday is {not}within {duration}"),
                    _ => write!(f, "the birthday is {not}near"),
                }
            }
            Reason::Attribute { condition: at, value, holds } => {
                let found = value.as_deref().unwrap_or("absent");
                match self.condition(*at) {
                    Some(Condition::Attribute { name, values }) => {
                        write!(f, "{name} is {found}")?;
                        if *holds { Ok(()) } else { wanted_one_of(f, values.iter().map(AsRef::as_ref)) }
                    }
                    _ => write!(f, "attribute is {found}"),
                }
            }
            Reason::Code { condition: at, holds } => {
                let not = if *holds { "" } else { "not " };
                match self.condition(*at) {
                    Some(Condition::Code(code)) => write!(f, "code {code} is {not}presented"),
                    _ => write!(f, "the code is {not}presented"),
                }
            }
            _ => Ok(()),
        }
    }
}

fn wanted_one_of<'a>(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'a str>) -> fmt::Result {
    for (at, name) in names.enumerate() {
        write!(f, "{}{name}", if at == 0 { ", wanted " } else { " or " })?;
    }
    Ok(())
}

pub(super) fn limit_name(by: LimitKind) -> &'static str {
    match by {
        LimitKind::Cap => "cap",
        LimitKind::Budget => "budget",
        LimitKind::MaxRate => "max_rate",
        LimitKind::MaxAmount => "max_amount",
        LimitKind::MinMargin => "min_margin",
    }
}

pub(super) fn metric_name(bundle: &Bundle, at: u16) -> &str {
    bundle.metrics.get(at as usize).map_or("?", |metric| metric.name.as_ref())
}

pub(super) fn segment_name(bundle: &Bundle, at: u16) -> &str {
    bundle.segments.get(at as usize).map_or("?", |segment| segment.name.as_ref())
}

fn bounds_in_words<T, S: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    holds: bool,
    bounds: &Bounds<T>,
    show: impl Fn(&T) -> S,
) -> fmt::Result {
    let stated = [
        ("at least", &bounds.at_least),
        ("more than", &bounds.more_than),
        ("at most", &bounds.at_most),
        ("less than", &bounds.less_than),
        ("exactly", &bounds.is),
    ];
    let mut joint = if holds { ", " } else { ", wanted " };
    for (words, bound) in stated.into_iter().filter_map(|(words, bound)| Some((words, bound.as_ref()?))) {
        write!(f, "{joint}{words} {}", show(bound))?;
        joint = " and ";
    }
    Ok(())
}
