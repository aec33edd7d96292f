//! What rules mean in words, in both languages: a compiled bundle read out, section by section.

use chrono::Weekday;

use super::measured::{amount_of, lines_in_words, metric_in_words};
use crate::console::show::Show;
use crate::engine::Language;
use crate::money::{Money, Number, Quantity, Rate};
use crate::policy::{Allotment, Bounds, Bundle, Condition, Discount, Grant, Ladder, Segment, SegmentRule, Validity};
use crate::time::Period;

/// A part of a bundle in words.
pub struct Section {
    pub heading: &'static str,
    pub rules: Vec<Rule>,
}

/// A rule in words.
pub struct Rule {
    pub name: String,
    /// What it is, in a sentence.
    pub says: String,
    /// What else has to hold, each in a phrase.
    pub conditions: Vec<String>,
    /// Its ladder, to look at and to edit.
    pub ladder: Option<LadderTable>,
}

/// A ladder as a table.
pub struct LadderTable {
    pub metric: String,
    /// Threshold and rate, as policies write them.
    pub steps: Vec<(String, String)>,
}

/// Puts rules into words of a language.
#[derive(Clone, Copy)]
pub struct Describe<'a> {
    pub bundle: &'a Bundle,
    pub show: Show,
}

impl<'a> Describe<'a> {
    /// The English or the German words.
    pub fn either<T>(&self, english: T, german: T) -> T {
        match self.show.language {
            Language::English => english,
            Language::German => german,
        }
    }

    /// The whole bundle.
    pub fn sections(&self) -> Vec<Section> {
        let bundle = self.bundle;
        let order = bundle.order.iter().filter_map(|at| bundle.discounts.get(*at as usize));
        let all = [
            (
                self.either("Discounts, in the order they apply", "Rabatte, in der Reihenfolge, in der sie gelten"),
                order.map(|d| self.discount(d)).collect(),
            ),
            (self.either("Limits on all discounts together", "Grenzen für alle Rabatte zusammen"), self.limits()),
            (self.either("Segments", "Segmente"), bundle.segments.iter().map(|s| self.segment(s)).collect()),
            (self.either("Points", "Punkte"), self.points()),
            (self.either("Service", "Service"), self.service()),
            (self.either("Experiments", "Versuche"), self.experiments()),
            (
                self.either("Metrics", "Kennzahlen"),
                bundle.metrics.iter().map(|m| rule(&m.name, metric_in_words(*self, m))).collect::<Vec<_>>(),
            ),
        ];
        all.into_iter()
            .filter(|(_, rules)| !rules.is_empty())
            .map(|(heading, rules)| Section { heading, rules })
            .collect()
    }

    pub fn money(&self, amount: Money) -> String {
        self.show.money(&amount.format(self.bundle.currency))
    }

    pub fn rate(&self, rate: Rate) -> String {
        // Four decimals at most, and all of them count in a rule.
        let text = rate.to_string();
        let number = self.show.number(text.trim_end_matches('%'));
        self.either(format!("{number}%"), format!("{number} %"))
    }

    pub fn number(&self, number: Number) -> String {
        self.show.number(number.to_string())
    }

    pub fn metric(&self, at: u16) -> &'a str {
        self.bundle.metrics.get(at as usize).map_or("?", |metric| metric.name.as_ref())
    }

    /// A value of a metric, as money where it is money.
    fn value(&self, metric: u16, value: Number) -> String {
        let money = self.bundle.metrics.get(metric as usize).is_some_and(|metric| metric.measure.is_money());
        if money { amount_of(*self, value) } else { self.number(value) }
    }

    pub fn period(&self, period: Option<Period>) -> &'static str {
        match period {
            None => self.either("ever", "überhaupt"),
            Some(Period::Day) => self.either("per day", "je Tag"),
            Some(Period::Week) => self.either("per week", "je Woche"),
            Some(Period::Month) => self.either("per month", "je Monat"),
            Some(Period::Quarter) => self.either("per quarter", "je Quartal"),
            Some(Period::Year) => self.either("per year", "je Jahr"),
        }
    }

    fn discount(&self, discount: &Discount) -> Rule {
        let mut says = self.grant(&discount.grant);
        if let Some(cap) = discount.cap {
            says.push_str(
                &self.either(format!(", at most {}", self.money(cap)), format!(", höchstens {}", self.money(cap))),
            );
        }
        if let Some(lines) =
            self.bundle.eligible[discount.lines as usize].as_ref().and_then(|lines| lines_in_words(*self, lines))
        {
            says.push_str(&self.either(format!(", on {lines}"), format!(", auf {lines}")));
        }
        let mut conditions: Vec<String> = discount.when.iter().map(|condition| self.condition(condition)).collect();
        if discount.condition.is_some() {
            conditions.push(self.either("its `if` expression holds", "sein Ausdruck unter `if` trifft zu").to_owned());
        }
        self.validity(&discount.valid, &mut conditions);
        let mut uses = |allotment: Option<Allotment>, english: &str, german: &str| {
            if let Some(Allotment { count, per }) = allotment {
                let (times, mal) = match count {
                    1 => ("once".to_owned(), "einmal".to_owned()),
                    _ => (format!("{} times", self.show.count(&count)), format!("{}-mal", self.show.count(&count))),
                };
                let per = self.period(per);
                conditions.push(
                    self.either(format!("{english} at most {times} {per}"), format!("{german} höchstens {mal} {per}")),
                );
            }
        };
        uses(discount.uses_per_customer, "each customer", "jeder Kunde");
        uses(discount.uses_total, "everybody together", "alle zusammen");
        if let Some(budget) = discount.budget {
            let (amount, per) = (self.money(budget.amount), self.period(budget.per));
            conditions
                .push(self.either(format!("a budget of {amount} {per}"), format!("ein Budget von {amount} {per}")));
        }
        if let Some(group) = &discount.group_name {
            conditions.push(self.either(
                format!("of the group {group} only the one that grants most applies"),
                format!("aus der Gruppe {group} gilt nur, was am meisten gewährt"),
            ));
        }
        if discount.exclusive {
            conditions.push(self.either(
                "applies alone, where it grants more than all others together".to_owned(),
                "gilt allein, wenn er mehr gewährt als alle anderen zusammen".to_owned(),
            ));
        }
        let ladder = match &discount.grant {
            Grant::Ladder(ladder) => Some(self.ladder(ladder)),
            _ => None,
        };
        Rule { name: discount.name.to_string(), says, conditions, ladder }
    }

    fn grant(&self, grant: &Grant) -> String {
        match grant {
            Grant::Rate(rate) => {
                self.either(format!("Grants {}", self.rate(*rate)), format!("Gewährt {}", self.rate(*rate)))
            }
            Grant::Amount(amount) => {
                self.either(format!("Grants {}", self.money(*amount)), format!("Gewährt {}", self.money(*amount)))
            }
            Grant::Each(amount) => {
                let amount = self.money(*amount);
                self.either(format!("Grants {amount} per unit"), format!("Gewährt {amount} je Stück"))
            }
            Grant::Free { buy, get: 1 } => self.either(
                format!("Of every {} units the cheapest is free", buy + 1),
                format!("Von je {} Stück ist das billigste frei", buy + 1),
            ),
            Grant::Free { buy, get } => self.either(
                format!("Of every {} units the {get} cheapest are free", buy + get),
                format!("Von je {} Stück sind die {get} billigsten frei", buy + get),
            ),
            Grant::Script(_) => self.either("Grants what its script says", "Gewährt, was sein Skript sagt").to_owned(),
            Grant::Ladder(ladder) => {
                let metric = self.metric(ladder.metric);
                let mut says = self.either(format!("Climbs with {metric}"), format!("Steigt mit {metric}"));
                if ladder.counting_basket {
                    says.push_str(self.either(", counting the basket", ", der Korb zählt mit"));
                }
                if ladder.sliced {
                    says.push_str(self.either("; each rate on its slice only", "; jeder Satz nur auf seine Scheibe"));
                }
                says
            }
        }
    }

    fn ladder(&self, ladder: &Ladder) -> LadderTable {
        let steps = ladder.steps.iter().map(|step| (step.threshold.to_string(), step.rate.to_string())).collect();
        LadderTable { metric: self.metric(ladder.metric).to_owned(), steps }
    }

    fn condition(&self, condition: &Condition) -> String {
        let or = self.either(" or ", " oder ");
        match condition {
            Condition::Class { segment, classes } => {
                let Some(segment) = self.bundle.segments.get(*segment as usize) else { return "?".to_owned() };
                let names: Vec<&str> =
                    classes.iter().filter_map(|c| segment.classes.get(*c as usize)).map(AsRef::as_ref).collect();
                let (segment, names) = (&segment.name, names.join(or));
                self.either(format!("{segment} is {names}"), format!("{segment} ist {names}"))
            }
            Condition::Metric { metric, bounds } => {
                format!("{} {}", self.metric(*metric), self.bounds(bounds, |value| self.value(*metric, *value)))
            }
            Condition::BasketGross(bounds) => {
                let bounds = self.bounds(bounds, |value: &Money| self.money(*value));
                self.either(format!("the basket is worth {bounds}"), format!("der Korb ist {bounds} wert"))
            }
            Condition::BasketQuantity(bounds) => {
                let bounds = self.bounds(bounds, |value: &Quantity| self.show.number(value.to_string()));
                self.either(format!("the basket holds {bounds} units"), format!("im Korb sind {bounds} Stück"))
            }
            Condition::BirthdayWithin(duration) => {
                let duration = self.duration(&duration.to_string());
                self.either(
                    format!("the birthday is within {duration}"),
                    format!("der Geburtstag ist höchstens {duration} entfernt"),
                )
            }
            Condition::Attribute { name, values } => {
                let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
                let values = values.join(or);
                self.either(format!("the attribute {name} is {values}"), format!("das Merkmal {name} ist {values}"))
            }
            Condition::Code(code) => {
                self.either(format!("the code {code} is presented"), format!("der Code {code} wird vorgelegt"))
            }
        }
    }

    fn bounds<T>(&self, bounds: &Bounds<T>, show: impl Fn(&T) -> String) -> String {
        let stated = [
            (self.either("at least", "mindestens"), &bounds.at_least),
            (self.either("more than", "mehr als"), &bounds.more_than),
            (self.either("at most", "höchstens"), &bounds.at_most),
            (self.either("less than", "weniger als"), &bounds.less_than),
            (self.either("exactly", "genau"), &bounds.is),
        ];
        let phrases: Vec<String> = stated
            .into_iter()
            .filter_map(|(words, bound)| Some(format!("{words} {}", show(bound.as_ref()?))))
            .collect();
        phrases.join(self.either(" and ", " und "))
    }

    /// A duration as policies write it, in the language.
    pub fn duration(&self, duration: &str) -> String {
        self.show.duration(duration)
    }

    fn validity(&self, valid: &Validity, conditions: &mut Vec<String>) {
        let day = |at: crate::time::Instant| self.show.when(&at.to_string());
        if let Some(from) = valid.from {
            conditions.push(self.either(format!("from {}", day(from)), format!("ab {}", day(from))));
        }
        if let Some(until) = valid.until {
            conditions.push(self.either(format!("until before {}", day(until)), format!("bis vor {}", day(until))));
        }
        if !valid.weekdays.is_empty() {
            let names: Vec<&str> = valid.weekdays.iter().map(|day| self.weekday(*day)).collect();
            conditions.push(names.join(", "));
        }
        if let Some((from, until)) = valid.hours {
            let (from, until) = (from.format("%H:%M"), until.format("%H:%M"));
            conditions.push(self.either(format!("from {from} to {until}"), format!("von {from} bis {until} Uhr")));
        }
    }

    fn weekday(&self, day: Weekday) -> &'static str {
        match day {
            Weekday::Mon => self.either("Mondays", "montags"),
            Weekday::Tue => self.either("Tuesdays", "dienstags"),
            Weekday::Wed => self.either("Wednesdays", "mittwochs"),
            Weekday::Thu => self.either("Thursdays", "donnerstags"),
            Weekday::Fri => self.either("Fridays", "freitags"),
            Weekday::Sat => self.either("Saturdays", "samstags"),
            Weekday::Sun => self.either("Sundays", "sonntags"),
        }
    }

    fn limits(&self) -> Vec<Rule> {
        let limits = &self.bundle.limits;
        let mut rules = Vec::new();
        if let Some(rate) = limits.max_rate {
            let rate = self.rate(rate);
            rules.push(rule(
                "max_rate",
                self.either(format!("At most {rate} of the basket"), format!("Höchstens {rate} des Korbs")),
            ));
        }
        if let Some(rate) = limits.min_margin {
            let rate = self.rate(rate);
            rules.push(rule(
                "min_margin",
                self.either(
                    format!("At least {rate} margin stay on every line"),
                    format!("Auf jeder Zeile bleiben mindestens {rate} Rohertrag"),
                ),
            ));
        }
        if let Some(amount) = limits.max_amount {
            let amount = self.money(amount);
            rules.push(rule(
                "max_amount",
                self.either(format!("At most {amount} on a basket"), format!("Höchstens {amount} auf einen Korb")),
            ));
        }
        rules
    }

    fn segment(&self, segment: &Segment) -> Rule {
        let class = |at: usize| segment.classes.get(at).map_or("?", AsRef::as_ref);
        let (says, conditions) =
            match &segment.rule {
                SegmentRule::Rank { metric, bounds, .. } => {
                    let metric = self.metric(*metric);
                    let classes = bounds.iter().enumerate().map(|(at, bound)| {
                        let (class, bound) = (class(at), self.rate(*bound));
                        self.either(
                            format!("{class}: up to {bound} of the total"),
                            format!("{class}: bis {bound} der Summe"),
                        )
                    });
                    let says = self.either(
                        format!("Ranks customers by {metric}; the best hold the first shares of the total"),
                        format!("Ordnet die Kunden nach {metric}; die besten halten die ersten Anteile der Summe"),
                    );
                    (says, classes.collect())
                }
                SegmentRule::Thresholds { metric, floors, keep, .. } => {
                    let name = self.metric(*metric);
                    let classes = floors.iter().enumerate().map(|(at, floor)| {
                        let (class, floor) = (class(at), self.value(*metric, *floor));
                        self.either(format!("{class}: from {floor}"), format!("{class}: ab {floor}"))
                    });
                    let mut says = self.either(format!("Sorts by {name}"), format!("Ordnet nach {name}"));
                    if let Some(keep) = keep {
                        let keep = self.duration(&keep.to_string());
                        says.push_str(&self.either(
                            format!("; a class is kept for {keep}"),
                            format!("; eine Klasse bleibt {keep} lang"),
                        ));
                    }
                    (says, classes.collect())
                }
                SegmentRule::Score { parts, .. } => {
                    let parts: Vec<String> = parts
                        .iter()
                        .map(|part| {
                            let (metric, parts) = (self.metric(part.metric), part.parts);
                            self.either(format!("{metric} in {parts} parts"), format!("{metric} in {parts} Teilen"))
                        })
                        .collect();
                    let names: Vec<&str> = segment.classes.iter().map(AsRef::as_ref).collect();
                    let classes = self.either("classes: ", "Klassen: ");
                    let says =
                        self.either(format!("Scores {}", parts.join(", ")), format!("Bewertet {}", parts.join(", ")));
                    (says, vec![format!("{classes}{}", names.join(", "))])
                }
                SegmentRule::Script(_) => {
                    let names: Vec<&str> = segment.classes.iter().map(AsRef::as_ref).collect();
                    let classes = self.either("classes: ", "Klassen: ");
                    (
                        self.either("Sorted by a script", "Ordnet ein Skript").to_owned(),
                        vec![format!("{classes}{}", names.join(", "))],
                    )
                }
            };
        Rule { name: segment.name.to_string(), says, conditions, ladder: None }
    }

    fn points(&self) -> Vec<Rule> {
        let Some(points) = &self.bundle.points else { return Vec::new() };
        let earn = &points.earn;
        let (per, count) = (self.money(earn.per), earn.points);
        let mut earned = rule(
            "earn",
            self.either(format!("{count} points for every full {per}"), format!("{count} Punkte für je volle {per}")),
        );
        let mut add = |duration: Option<crate::time::Duration>, english: &str, german: &str| {
            if let Some(duration) = duration {
                let duration = self.duration(&duration.to_string());
                earned.conditions.push(self.either(format!("{english} {duration}"), format!("{german} {duration}")));
            }
        };
        add(earn.pending, "can be redeemed after", "einlösbar nach");
        add(earn.expires, "expire after", "verfallen nach");
        let mut rules = vec![earned];
        for multiplier in &points.multiply {
            let by = self.number(multiplier.by);
            let says = self.either(format!("{by} times as many points"), format!("{by}-mal so viele Punkte"));
            let conditions = multiplier.when.iter().map(|condition| self.condition(condition)).collect();
            rules.push(Rule { name: multiplier.name.to_string(), says, conditions, ladder: None });
        }
        if let Some(redeem) = &points.redeem {
            let (value, least, share) = (amount_of(*self, redeem.value), redeem.at_least, self.rate(redeem.max_share));
            rules.push(rule(
                "redeem",
                self.either(
                    format!("A point is worth {value}; from {least} points on, up to {share} of a purchase"),
                    format!("Ein Punkt ist {value} wert; ab {least} Punkten, bis {share} eines Einkaufs"),
                ),
            ));
        }
        rules
    }

    fn service(&self) -> Vec<Rule> {
        let Some(service) = &self.bundle.service else { return Vec::new() };
        let mut rules: Vec<Rule> = Vec::new();
        if !service.costs.is_empty() {
            let costs: Vec<String> =
                service.costs.iter().map(|(kind, cost)| format!("{kind} {}", self.money(*cost))).collect();
            rules.push(rule("costs", costs.join(", ")));
        }
        if let Some(budgets) = &service.budgets {
            let segment = self.bundle.segments.get(budgets.segment as usize);
            let classes = segment.map_or(&[][..], |segment| &segment.classes);
            for (class, budget) in classes.iter().zip(&budgets.classes) {
                let Some(budget) = budget else { continue };
                let (share, of) = (self.rate(budget.share), self.metric(budget.of));
                let mut says = self.either(format!("{share} of {of}"), format!("{share} von {of}"));
                if let Some(least) = budget.at_least {
                    says.push_str(&self.either(
                        format!(", at least {}", self.money(least)),
                        format!(", mindestens {}", self.money(least)),
                    ));
                }
                if let Some(most) = budget.at_most {
                    says.push_str(&self.either(
                        format!(", at most {}", self.money(most)),
                        format!(", höchstens {}", self.money(most)),
                    ));
                }
                rules.push(rule(class, says));
            }
        }
        if let Some(satisfaction) = service.satisfaction {
            let (metric, floor, raise) =
                (self.metric(satisfaction.metric), self.number(satisfaction.floor), self.rate(satisfaction.raise));
            rules.push(rule(
                "satisfaction",
                self.either(
                    format!("Where {metric} is below {floor}, budgets grow by {raise}"),
                    format!("Wo {metric} unter {floor} liegt, wachsen Budgets um {raise}"),
                ),
            ));
        }
        rules
    }

    fn experiments(&self) -> Vec<Rule> {
        let experiments = self.bundle.experiments.iter();
        experiments
            .map(|experiment| {
                let name = self.bundle.discounts.get(experiment.discount as usize).map_or("?", |d| d.name.as_ref());
                let control = self.rate(experiment.control);
                rule(
                    &experiment.name,
                    self.either(
                        format!("{control} of the customers do not get {name}, to compare"),
                        format!("{control} der Kunden bekommen {name} nicht, zum Vergleich"),
                    ),
                )
            })
            .collect()
    }
}

fn rule(name: &str, says: String) -> Rule {
    Rule { name: name.to_owned(), says, conditions: Vec::new(), ladder: None }
}
