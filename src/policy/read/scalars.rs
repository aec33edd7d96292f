//! Single values: rates, money, durations and the like.

use chrono::{NaiveTime, Weekday};

use super::context::{Cx, show};
use super::fields::list;
use crate::diagnostic::Diagnostic;
use crate::metric::{Average, Measure, Sum};
use crate::money::{DecimalError, Money, Number, Quantity, Rate, UnitPrice, parse_scaled};
use crate::policy::bundle::Allotment;
use crate::policy::syntax::{Node, Value};
use crate::time::{Duration, Instant, Period, Zone};

/// Decimals of money while no currency is known.
const ANY_CURRENCY: u32 = 4;

impl Cx<'_> {
    /// The text of a single value.
    pub(in crate::policy) fn scalar<'n>(&mut self, node: &'n Node, expected: &str) -> Option<&'n str> {
        let text = node.text();
        if text.is_none() {
            self.wrong_type(node, expected);
        }
        text
    }

    pub(in crate::policy) fn bad(
        &mut self,
        code: &'static str,
        node: &Node,
        what: &str,
        label: &str,
        help: Option<String>,
    ) {
        let message = format!("`{}` is not {what}", show(node.text().unwrap_or_default()));
        let mut finding = Diagnostic::error(code, node.span, message).label(label);
        finding.help = help;
        self.note(finding);
    }

    pub(in crate::policy) fn rate(&mut self, node: &Node) -> Option<Rate> {
        let text = self.scalar(node, "a rate such as `5%`")?;
        match Rate::parse(text) {
            Ok(rate) => Some(rate),
            Err(error) => {
                let (label, help) = match error {
                    DecimalError::TooPrecise(decimals) => (format!("expected at most {decimals} decimals"), None),
                    DecimalError::TooLarge => ("expected a rate from 0% to 100%".to_owned(), None),
                    DecimalError::Syntax => {
                        let number = Rate::parse_percent(text).ok();
                        // Who writes 0.2 means a fifth more often than a fifth of a percent.
                        let share =
                            |rate: Rate| (rate.ppm() < 10_000).then(|| Rate::from_ppm(rate.ppm() * 100)).flatten();
                        let help = number.map(|rate| match share(rate) {
                            Some(share) if rate.ppm() > 0 => format!("write `{share}`, or `{rate}`"),
                            _ => format!("write `{rate}`"),
                        });
                        ("expected a rate such as `5%`".to_owned(), help)
                    }
                };
                self.bad("bad-rate", node, "a rate", &label, help);
                None
            }
        }
    }

    /// Money, possibly below zero.
    pub(in crate::policy) fn any_money(&mut self, node: &Node) -> Option<Money> {
        let text = self.scalar(node, "an amount of money such as `49.90`")?;
        self.money_text(node, text)
    }

    fn money_text(&mut self, node: &Node, text: &str) -> Option<Money> {
        let read = match self.currency {
            Some(currency) => Money::parse(text, currency),
            // Its size does not matter then: nothing is compiled without a currency.
            None => parse_scaled(text, ANY_CURRENCY).map(|_| Money::ZERO),
        };
        match read {
            Ok(money) => Some(money),
            Err(error) => {
                let label = match error {
                    DecimalError::Syntax => "expected an amount of money such as `49.90`".to_owned(),
                    DecimalError::TooPrecise(decimals) => match self.currency {
                        Some(currency) if decimals == 0 => format!("expected no decimals in {currency}"),
                        Some(currency) => format!("expected at most {decimals} decimals in {currency}"),
                        None => format!("expected at most {decimals} decimals"),
                    },
                    DecimalError::TooLarge => "expected a smaller amount".to_owned(),
                };
                self.bad("bad-money", node, "an amount of money", &label, None);
                None
            }
        }
    }

    /// Money not below zero.
    pub(in crate::policy) fn money(&mut self, node: &Node) -> Option<Money> {
        let money = self.any_money(node)?;
        if money < Money::ZERO {
            self.bad("bad-money", node, "an amount for this", "expected an amount not below zero", None);
            return None;
        }
        Some(money)
    }

    /// Money above zero.
    pub(in crate::policy) fn positive_money(&mut self, node: &Node) -> Option<Money> {
        let money = self.money(node)?;
        if money == Money::ZERO && self.currency.is_some() {
            self.bad("bad-money", node, "an amount for this", "expected an amount above zero", None);
            return None;
        }
        Some(money)
    }

    /// A value that a metric may have.
    pub(in crate::policy) fn value_of(&mut self, node: &Node, measure: Option<Measure>) -> Option<Number> {
        let Some(measure) = measure else {
            self.scalar(node, "a number")?;
            return None;
        };
        if measure.is_money() {
            let money = self.any_money(node)?;
            return self.currency.map(|currency| Number::money(money, currency));
        }
        let (decimals, what) = match measure {
            Measure::Sum(Sum::Quantity) => (3, "a quantity"),
            Measure::Average(Average::Quantity | Average::Rating) => (6, "an average"),
            Measure::Model(_) => (4, "a number of purchases"),
            Measure::DaysSince(_) => (0, "a number of days"),
            _ => (0, "a count"),
        };
        self.decimal(node, decimals, what)
    }

    /// A number not below zero with at most so many decimals.
    pub(in crate::policy) fn decimal(&mut self, node: &Node, decimals: u32, what: &str) -> Option<Number> {
        let text = self.scalar(node, what)?;
        let label = match parse_scaled(text, decimals) {
            Ok(scaled) if scaled < 0 => "expected a number not below zero".to_owned(),
            Ok(_) => match Number::parse(text) {
                Ok(number) => return Some(number),
                Err(_) => "expected a smaller number".to_owned(),
            },
            Err(DecimalError::TooPrecise(0)) => "expected a whole number".to_owned(),
            Err(DecimalError::TooPrecise(most)) => format!("expected at most {most} decimals"),
            Err(DecimalError::TooLarge) => "expected a smaller number".to_owned(),
            Err(DecimalError::Syntax) => "expected a number".to_owned(),
        };
        self.bad("bad-number", node, what, &label, None);
        None
    }

    /// A number above zero with at most six decimals.
    pub(in crate::policy) fn positive(&mut self, node: &Node, what: &str) -> Option<Number> {
        let number = self.decimal(node, Number::DECIMALS, what)?;
        if number == Number::ZERO {
            self.bad("bad-number", node, what, "expected a number above zero", None);
            return None;
        }
        Some(number)
    }

    pub(in crate::policy) fn quantity(&mut self, node: &Node) -> Option<Quantity> {
        let number = self.decimal(node, Quantity::DECIMALS, "a quantity")?;
        let quantity = i64::try_from(number.0 / 1_000).ok().map(Quantity);
        if quantity.is_none() {
            self.bad("bad-number", node, "a quantity", "expected a smaller number", None);
        }
        quantity
    }

    pub(in crate::policy) fn price(&mut self, node: &Node) -> Option<UnitPrice> {
        let text = self.scalar(node, "a price such as `49.90`")?;
        match UnitPrice::parse(text) {
            Ok(price) if price.0 >= 0 => return Some(price),
            Ok(_) => self.bad("bad-money", node, "a price", "expected a price not below zero", None),
            Err(error) => {
                self.bad(
                    "bad-money",
                    node,
                    "a price",
                    &format!("expected a price with at most 4 decimals ({error})"),
                    None,
                );
            }
        }
        None
    }

    /// A whole number within these bounds.
    pub(in crate::policy) fn whole(&mut self, node: &Node, least: i64, most: i64) -> Option<i64> {
        let expected = format!("a whole number from {least} to {most}");
        let text = self.scalar(node, &expected)?;
        let number = parse_scaled(text, 0).ok().and_then(|n| i64::try_from(n).ok());
        let found = number.filter(|n| (least..=most).contains(n));
        if found.is_none() {
            self.bad("bad-number", node, "a number for this", &format!("expected {expected}"), None);
        }
        found
    }

    pub(in crate::policy) fn duration(&mut self, node: &Node) -> Option<Duration> {
        let expected = "a duration such as `90 days`, `6 weeks`, `12 months` or `1 year`";
        let text = self.scalar(node, expected)?;
        let read = Duration::parse(text);
        if read.is_none() {
            self.bad("bad-duration", node, "a duration", &format!("expected {expected}"), None);
        }
        read
    }

    pub(in crate::policy) fn period(&mut self, node: &Node) -> Option<Period> {
        let text = self.scalar(node, "a period such as `month`")?;
        self.period_text(node, text)
    }

    fn period_text(&mut self, node: &Node, text: &str) -> Option<Period> {
        let read = Period::parse(text);
        if read.is_none() {
            let help = self.did_you_mean(text, Period::ALL.map(Period::name));
            let message = format!("`{}` is not a period", show(text));
            let mut finding = Diagnostic::error("bad-period", node.span, message)
                .label("expected `day`, `week`, `month`, `quarter` or `year`");
            finding.help = help;
            self.note(finding);
        }
        read
    }

    pub(in crate::policy) fn instant(&mut self, node: &Node) -> Option<Instant> {
        let expected = "an instant such as `2026-12-01` or `2026-12-01T18:00:00+01:00`";
        let text = self.scalar(node, expected)?;
        let read = self.zone.unwrap_or(Zone::UTC).parse_instant(text);
        if read.is_none() {
            self.bad("bad-instant", node, "an instant", &format!("expected {expected}"), None);
        }
        read
    }

    pub(in crate::policy) fn boolean(&mut self, node: &Node) -> Option<bool> {
        match &node.value {
            Value::Scalar { text, plain: true } if text == "true" => Some(true),
            Value::Scalar { text, plain: true } if text == "false" => Some(false),
            _ => {
                self.wrong_type(node, "`true` or `false`");
                None
            }
        }
    }

    /// A name that is defined here.
    pub(in crate::policy) fn name<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        let text = self.scalar(node, &format!("the name of a {what}"))?;
        self.check_name(text, node.span, what);
        Some(text)
    }

    /// A text of at most 200 bytes without control characters.
    pub(in crate::policy) fn label<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let text = self.scalar(node, "a text")?;
        match crate::id::check_id(text) {
            Ok(()) => Some(text),
            Err(error) => {
                let message = format!("this text {error}");
                self.error("bad-text", node.span, message, "expected 1 to 200 bytes of plain text");
                None
            }
        }
    }

    /// The index of one of these words.
    pub(in crate::policy) fn word(&mut self, node: &Node, words: &[&str]) -> Option<usize> {
        let known: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let expected = list(&known);
        let text = self.scalar(node, &expected)?;
        let found = words.iter().position(|word| *word == text);
        if found.is_none() {
            let help = self.did_you_mean(text, words.iter().copied());
            self.bad("unknown-word", node, "one of the words known here", &format!("expected {expected}"), help);
        }
        found
    }

    /// One value or a list of them.
    pub(in crate::policy) fn one_or_many<'n>(&mut self, node: &'n Node) -> &'n [Node] {
        match &node.value {
            Value::Sequence(items) => {
                if items.is_empty() {
                    self.error("empty", node.span, "this list is empty", "expected at least one value");
                }
                items
            }
            _ => std::slice::from_ref(node),
        }
    }

    /// `N` or `N per PERIOD`.
    pub(in crate::policy) fn allotment(&mut self, node: &Node) -> Option<Allotment> {
        let text = self.scalar(node, "a number, or so many per period such as `1 per year`")?;
        let (number, per) = self.per(node, text)?;
        match number.parse::<u64>().ok().filter(|n| *n <= 1_000_000_000_000) {
            Some(count) => Some(Allotment { count, per }),
            None => {
                let label = "expected a whole number, or so many per period such as `1 per year`";
                self.bad("bad-number", node, "a number of uses", label, None);
                None
            }
        }
    }

    /// An amount, or an amount per period.
    pub(in crate::policy) fn amount_per(&mut self, node: &Node) -> Option<(Money, Option<Period>)> {
        let text = self.scalar(node, "an amount, or an amount per period such as `10000 per month`")?;
        let (number, per) = self.per(node, text)?;
        let money = self.money_text(node, number)?;
        if money < Money::ZERO {
            self.bad("bad-money", node, "an amount for this", "expected an amount not below zero", None);
            return None;
        }
        Some((money, per))
    }

    fn per<'n>(&mut self, node: &Node, text: &'n str) -> Option<(&'n str, Option<Period>)> {
        match text.split_once(" per ") {
            None => Some((text.trim(), None)),
            Some((number, period)) => {
                let period = self.period_text(node, period.trim())?;
                Some((number.trim(), Some(period)))
            }
        }
    }

    pub(in crate::policy) fn weekday(&mut self, node: &Node) -> Option<Weekday> {
        const DAYS: [Weekday; 7] =
            [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
        self.word(node, crate::policy::keys::WEEKDAYS).map(|at| DAYS[at])
    }

    /// `17:00-20:00`; `None` inside for the whole day.
    pub(in crate::policy) fn hours(&mut self, node: &Node) -> Option<Option<(NaiveTime, NaiveTime)>> {
        let expected = "a time of day from and until, such as `17:00-20:00`";
        let text = self.scalar(node, expected)?;
        let time = |text: &str, end: bool| {
            let text = text.trim();
            if end && text == "24:00" {
                return Some(NaiveTime::MIN);
            }
            let shaped = text.len() == 5 || text.len() == 4;
            NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| shaped)
        };
        let read = text.split_once(['-', '–']).and_then(|(from, until)| Some((time(from, false)?, time(until, true)?)));
        match read {
            Some((NaiveTime::MIN, NaiveTime::MIN)) if text.trim_end().ends_with("24:00") => Some(None),
            Some((from, until)) if from != until => Some(Some((from, until))),
            Some(_) => {
                self.bad(
                    "bad-hours",
                    node,
                    "a stretch of the day",
                    "expected an end that differs from the start",
                    None,
                );
                None
            }
            None => {
                self.bad("bad-hours", node, "a stretch of the day", &format!("expected {expected}"), None);
                None
            }
        }
    }
}
