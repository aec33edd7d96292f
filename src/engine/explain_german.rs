//! A trace in German words.

use std::fmt::{self, Display};

use super::explain::{What, Words, limit_name, metric_name, segment_name};
use crate::model::{Invalid, Reason};
use crate::money::Money;
use crate::policy::{Bounds, Condition};

/// A decimal as German writes it.
fn decimal(number: impl Display) -> String {
    number.to_string().replace('.', ",")
}

impl Words<'_> {
    fn money_german(&self, amount: Money) -> String {
        decimal(amount.format(self.bundle.currency))
    }

    /// Writes the step in German.
    pub(super) fn german(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            What::Reason(reason) => self.reason_german(reason, f),
            What::Cut(cut) => write!(f, "{} kürzt um {}", limit_name(cut.by), self.money_german(cut.amount)),
        }
    }

    fn reason_german(&self, reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = self.bundle;
        let metric = |at: u16| metric_name(bundle, at);
        let money = |amount: Money| self.money_german(amount);
        let other = |at: u16| bundle.discounts.get(at as usize).map_or("?", |discount| discount.name.as_ref());
        match reason {
            Reason::Class { .. }
            | Reason::Metric { .. }
            | Reason::BasketGross { .. }
            | Reason::BasketQuantity { .. }
            | Reason::Birthday { .. }
            | Reason::Attribute { .. }
            | Reason::Code { .. } => self.found_german(reason, f),
            Reason::Always => f.write_str("gilt für alle"),
            Reason::Step { metric: at, value, step } => {
                write!(f, "{} ist {}, Stufe {}", metric(*at), decimal(value), decimal(step))
            }
            Reason::Slices { metric: at, from, until } => {
                write!(f, "{} reicht von {} bis {}, Scheibe für Scheibe", metric(*at), decimal(from), decimal(until))
            }
            Reason::NoStep { metric: at, value: Some(value), first } => {
                write!(f, "{} ist {}, erste Stufe {}", metric(*at), decimal(value), decimal(first))
            }
            Reason::NoStep { metric: at, value: None, first } => {
                write!(f, "{} fehlt, erste Stufe {}", metric(*at), decimal(first))
            }
            Reason::If { holds: true } => f.write_str("sein `if` trifft zu"),
            Reason::If { holds: false } => f.write_str("sein `if` trifft nicht zu"),
            Reason::NotValid { why } => f.write_str(match why {
                Invalid::NotYet => "gilt noch nicht",
                Invalid::Over => "gilt nicht mehr",
                Invalid::Weekday => "gilt an diesem Wochentag nicht",
                Invalid::Hour => "gilt zu dieser Uhrzeit nicht",
            }),
            Reason::NoEligibleLine => f.write_str("keine Zeile kommt in Frage"),
            Reason::NothingLeft => f.write_str("von den Zeilen ist nichts mehr übrig"),
            Reason::GrantsNothing => f.write_str("ergibt bei diesem Korb nichts"),
            Reason::ScriptDeclined => f.write_str("sein Skript lehnt ab"),
            Reason::ScriptGranted => f.write_str("sein Skript gewährt es"),
            Reason::ScriptFailed { message, file, line: 0, .. } => {
                write!(f, "Skript gescheitert in {file}: {message}")
            }
            Reason::ScriptFailed { message, file, line, column } => {
                write!(f, "Skript gescheitert bei {file}:{line}:{column}: {message}")
            }
            Reason::GroupLost { winner } => match self.discount.and_then(|discount| discount.group_name.as_deref()) {
                Some(group) => write!(f, "{} gewährt in der Gruppe {group} mindestens ebenso viel", other(*winner)),
                None => write!(f, "{} gewährt mindestens ebenso viel", other(*winner)),
            },
            Reason::ExclusiveElsewhere { winner } => write!(f, "{} gilt allein", other(*winner)),
            Reason::ExclusiveLost { alone, together } => {
                write!(f, "allein gewährt er {}, die anderen zusammen {}", money(*alone), money(*together))
            }
            Reason::ExclusiveWon { alone, together } => {
                write!(f, "gilt allein: {}, die anderen zusammen {}", money(*alone), money(*together))
            }
            Reason::CutAway { by } => write!(f, "{} lässt nichts davon übrig", limit_name(*by)),
            Reason::CustomerUsesSpent => f.write_str("der Kunde hat ihn so oft genutzt, wie er darf"),
            Reason::TotalUsesSpent => f.write_str("er wurde so oft genutzt, wie er darf"),
            Reason::BudgetTooSmall { left } => {
                write!(f, "von seinem Budget sind {} übrig; das ist zu wenig", money(*left))
            }
            Reason::ControlGroup { experiment } => {
                let name = bundle.experiments.get(*experiment as usize).map_or("?", |known| known.name.as_ref());
                write!(f, "der Kunde ist in der Kontrollgruppe von {name}")
            }
            Reason::GuestsHaveNoUses => {
                f.write_str("seine Nutzungen werden je Kunde gezählt, und ein Gast lässt sich nicht zählen")
            }
        }
    }

    /// What a condition found, and what it wanted.
    fn found_german(&self, reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bundle = self.bundle;
        match reason {
            Reason::Class { condition: at, segment, class, holds } => {
                let classes = bundle.segments.get(*segment as usize).map_or(&[][..], |segment| &segment.classes);
                let class_name = |class: u16| classes.get(class as usize).map_or("?", AsRef::as_ref);
                let segment = segment_name(bundle, *segment);
                match class {
                    Some(class) => write!(f, "{segment} ist {}", class_name(*class))?,
                    None => write!(f, "{segment} fehlt")?,
                }
                match self.condition(*at) {
                    Some(Condition::Class { classes, .. }) if !holds => {
                        wanted(f, classes.iter().map(|class| class_name(*class)))
                    }
                    _ => Ok(()),
                }
            }
            Reason::Metric { condition: at, metric, value, holds } => {
                match value {
                    Some(value) => write!(f, "{} ist {}", metric_name(bundle, *metric), decimal(value))?,
                    None => write!(f, "{} fehlt", metric_name(bundle, *metric))?,
                }
                match self.condition(*at) {
                    Some(Condition::Metric { bounds, .. }) => bounded(f, *holds, bounds, |value| decimal(value)),
                    _ => Ok(()),
                }
            }
            Reason::BasketGross { condition: at, value, holds } => {
                write!(f, "der Korb ist {} wert", self.money_german(*value))?;
                match self.condition(*at) {
                    Some(Condition::BasketGross(bounds)) => {
                        bounded(f, *holds, bounds, |value| self.money_german(*value))
                    }
                    _ => Ok(()),
                }
            }
            Reason::BasketQuantity { condition: at, value, holds } => {
                write!(f, "im Korb sind {} Stück", decimal(value))?;
                match self.condition(*at) {
                    Some(Condition::BasketQuantity(bounds)) => bounded(f, *holds, bounds, |value| decimal(value)),
                    _ => Ok(()),
                }
            }
            Reason::Birthday { known: false, .. } => f.write_str("der Geburtstag ist nicht bekannt"),
            Reason::Birthday { holds: true, .. } => f.write_str("der Geburtstag ist nah genug"),
            Reason::Birthday { .. } => f.write_str("der Geburtstag ist nicht nah genug"),
            Reason::Attribute { condition: at, value, holds } => {
                let (name, values) = match self.condition(*at) {
                    Some(Condition::Attribute { name, values }) => (name.as_ref(), values.as_slice()),
                    _ => ("das Merkmal", &[][..]),
                };
                match value.as_deref() {
                    Some(value) => write!(f, "{name} ist {value}")?,
                    None => write!(f, "{name} fehlt")?,
                }
                if *holds { Ok(()) } else { wanted(f, values.iter().map(AsRef::as_ref)) }
            }
            Reason::Code { condition: at, holds } => {
                let not = if *holds { "" } else { "nicht " };
                match self.condition(*at) {
                    Some(Condition::Code(code)) => write!(f, "der Code {code} wird {not}vorgelegt"),
                    _ => write!(f, "der Code wird {not}vorgelegt"),
                }
            }
            _ => Ok(()),
        }
    }
}

fn wanted<'a>(f: &mut fmt::Formatter<'_>, names: impl Iterator<Item = &'a str>) -> fmt::Result {
    for (at, name) in names.enumerate() {
        write!(f, "{}{name}", if at == 0 { ", verlangt " } else { " oder " })?;
    }
    Ok(())
}

fn bounded<T>(f: &mut fmt::Formatter<'_>, holds: bool, bounds: &Bounds<T>, show: impl Fn(&T) -> String) -> fmt::Result {
    let stated = [
        ("mindestens", &bounds.at_least),
        ("mehr als", &bounds.more_than),
        ("höchstens", &bounds.at_most),
        ("weniger als", &bounds.less_than),
        ("genau", &bounds.is),
    ];
    let mut joint = if holds { ", " } else { ", verlangt " };
    for (words, bound) in stated.into_iter().filter_map(|(words, bound)| Some((words, bound.as_ref()?))) {
        write!(f, "{joint}{words} {}", show(bound))?;
        joint = " und ";
    }
    Ok(())
}
