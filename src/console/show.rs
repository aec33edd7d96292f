//! Money, numbers and times as people of the visitor's language write them. What comes in is what the interface
//! answered: decimal texts, which are regrouped and never calculated with.

use std::borrow::Borrow;

use chrono::{Datelike, NaiveDate, Timelike};

use crate::engine::Language;
use crate::money::{Currency, Number};
use crate::time::{Instant, Zone};

/// How things are written for a visitor.
#[derive(Debug, Clone, Copy)]
pub struct Show {
    pub language: Language,
    pub currency: Currency,
    pub zone: Zone,
}

/// Where there is nothing to show.
pub const NOTHING: &str = "–";

const MONTHS: [[&str; 12]; 2] = [
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    ["Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.", "Nov.", "Dez."],
];
const DAYS: [[&str; 7]; 2] =
    [["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"]];

impl Show {
    /// An amount of the bundle's currency.
    pub fn money(&self, amount: &str) -> String {
        self.money_in(amount, self.currency.code())
    }

    /// An amount of a currency.
    pub fn money_in(&self, amount: &str, currency: &str) -> String {
        let (sign, digits) = split_sign(amount);
        let number = self.grouped(digits);
        let symbol = match currency {
            "EUR" => "€",
            "USD" => "$",
            "GBP" => "£",
            "JPY" => "¥",
            other => other,
        };
        match self.language {
            Language::English if symbol.len() == 3 && symbol != "€" => format!("{sign}{symbol}\u{a0}{number}"),
            Language::English => format!("{sign}{symbol}{number}"),
            Language::German => format!("{sign}{number}\u{a0}{symbol}"),
        }
    }

    /// An amount in whole units, for where cents say nothing.
    pub fn round_money(&self, amount: &str) -> String {
        match Number::parse(amount) {
            Ok(number) if number.0.unsigned_abs() >= 1_000_000_000 => {
                self.money(&crate::money::round_div(number.0, 1_000_000).to_string())
            }
            _ => self.money(amount),
        }
    }

    /// From one amount to another, in whole units.
    pub fn round_range(&self, low: &Option<String>, high: &Option<String>) -> String {
        let [low, high] =
            [low, high].map(|end| end.as_deref().map_or_else(|| NOTHING.to_owned(), |end| self.round_money(end)));
        format!("{low} … {high}")
    }

    /// An amount that may be absent.
    pub fn maybe_money(&self, amount: &Option<String>) -> String {
        amount.as_deref().map_or_else(|| NOTHING.to_owned(), |amount| self.money(amount))
    }

    /// A decimal.
    pub fn number(&self, number: impl AsRef<str>) -> String {
        let (sign, digits) = split_sign(number.as_ref());
        format!("{sign}{}", self.grouped(digits))
    }

    /// A decimal that may be absent.
    pub fn maybe_number(&self, number: &Option<String>) -> String {
        number.as_deref().map_or_else(|| NOTHING.to_owned(), |number| self.number(number))
    }

    /// A count.
    pub fn count(&self, count: &u64) -> String {
        self.grouped(&count.to_string())
    }

    /// A whole number that may be below zero.
    pub fn whole(&self, number: &i64) -> String {
        self.number(number.to_string())
    }

    /// A rate such as `12.5%`, with at most one decimal.
    pub fn percent(&self, rate: &str) -> String {
        let (sign, digits) = split_sign(rate.trim_end_matches('%'));
        let short = match digits.split_once('.') {
            Some((whole, decimals)) => format!("{whole}.{}", decimals.get(..1).unwrap_or(decimals)),
            None => digits.to_owned(),
        };
        let number = self.grouped(short.trim_end_matches(".0"));
        match self.language {
            Language::English => format!("{sign}{number}%"),
            Language::German => format!("{sign}{number}\u{a0}%"),
        }
    }

    /// A share of a whole, such as `0.732541`, in per cent.
    pub fn share(&self, share: &str) -> String {
        match Number::parse(share).ok().and_then(|share| share.0.checked_mul(100)) {
            // One decimal, rounded.
            Some(hundredfold) => {
                self.percent(&Number(crate::money::round_div(hundredfold, 100_000) * 100_000).to_string())
            }
            None => share.to_owned(),
        }
    }

    /// A share that may be absent.
    pub fn maybe_share(&self, share: &Option<String>) -> String {
        share.as_deref().map_or_else(|| NOTHING.to_owned(), |share| self.share(share))
    }

    /// A share as the length of a bar, from 0 to 100 per cent.
    pub fn width(&self, share: impl Borrow<Option<String>>) -> String {
        let share =
            Number::parse(share.borrow().as_deref().unwrap_or("0")).map_or(0, |share| share.0.clamp(0, 1_000_000));
        format!("{}%", Number(share * 100))
    }

    /// A duration as policies write it.
    pub fn duration(&self, duration: &str) -> String {
        let Language::German = self.language else { return duration.to_owned() };
        let Some((count, unit)) = duration.split_once(' ') else { return duration.to_owned() };
        let one = count == "1";
        let unit = match unit.trim_end_matches('s') {
            "day" => {
                if one {
                    "Tag"
                } else {
                    "Tage"
                }
            }
            "week" => {
                if one {
                    "Woche"
                } else {
                    "Wochen"
                }
            }
            "month" => {
                if one {
                    "Monat"
                } else {
                    "Monate"
                }
            }
            "year" => {
                if one {
                    "Jahr"
                } else {
                    "Jahre"
                }
            }
            other => other,
        };
        format!("{count} {unit}")
    }

    /// Day and time of an instant in the bundle's zone.
    pub fn when(&self, instant: &str) -> String {
        let Some(at) = Instant::parse_rfc3339(instant) else { return instant.to_owned() };
        let local = self.zone.local(at);
        format!("{}, {:02}:{:02}", self.date(local.date()), local.hour(), local.minute())
    }

    /// Its day.
    pub fn day(&self, instant: &str) -> String {
        match Instant::parse_rfc3339(instant) {
            Some(at) => self.date(self.zone.local(at).date()),
            None => {
                NaiveDate::parse_from_str(instant, "%Y-%m-%d").map_or_else(|_| instant.to_owned(), |day| self.date(day))
            }
        }
    }

    /// Its time of day.
    pub fn time(&self, instant: &str) -> String {
        let Some(at) = Instant::parse_rfc3339(instant) else { return instant.to_owned() };
        let local = self.zone.local(at);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// A day that may be absent.
    pub fn maybe_day(&self, day: &Option<String>) -> String {
        day.as_deref().map_or_else(|| NOTHING.to_owned(), |day| self.day(day))
    }

    /// A day with its name in the week.
    pub fn weekday(&self, day: impl Borrow<NaiveDate>) -> String {
        let day = *day.borrow();
        let name = DAYS[self.column()].get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
        format!("{name}, {}", self.date(day))
    }

    fn date(&self, day: NaiveDate) -> String {
        let month = MONTHS[self.column()].get(day.month0() as usize).copied().unwrap_or_default();
        match self.language {
            Language::English => format!("{} {month} {}", day.day(), day.year()),
            Language::German => format!("{}. {month} {}", day.day(), day.year()),
        }
    }

    const fn column(&self) -> usize {
        match self.language {
            Language::English => 0,
            Language::German => 1,
        }
    }

    /// Digits in groups of three, with the language's decimal sign.
    fn grouped(&self, digits: &str) -> String {
        let (comma, point) = match self.language {
            Language::English => (',', '.'),
            Language::German => ('.', ','),
        };
        let (whole, decimals) =
            digits.split_once('.').map_or((digits, None), |(whole, decimals)| (whole, Some(decimals)));
        let mut out = String::with_capacity(digits.len() + 4);
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push(comma);
            }
            out.push(digit);
        }
        if let Some(decimals) = decimals {
            out.push(point);
            out.push_str(decimals);
        }
        out
    }
}

fn split_sign(number: &str) -> (&'static str, &str) {
    match number.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(language: Language) -> Show {
        let currency = Currency::from_code("EUR").expect("a currency");
        Show { language, currency, zone: Zone::from_name("Europe/Berlin").expect("a zone") }
    }

    #[test]
    fn money_is_written_as_in_the_language() {
        let check = |amount: &str, english: &str, german: &str| {
            assert_eq!(show(Language::English).money(amount), english);
            assert_eq!(show(Language::German).money(amount), german);
        };
        check("1234567.80", "€1,234,567.80", "1.234.567,80\u{a0}€");
        check("-0.05", "−€0.05", "−0,05\u{a0}€");
        check("100.00", "€100.00", "100,00\u{a0}€");
        assert_eq!(show(Language::English).money_in("7", "CHF"), "CHF\u{a0}7");
    }

    #[test]
    fn percentages_lose_what_nobody_reads() {
        let check = |rate: &str, german: &str| assert_eq!(show(Language::German).percent(rate), german, "{rate}");
        check("12.345678%", "12,3\u{a0}%");
        check("5%", "5\u{a0}%");
        check("-3.04%", "−3\u{a0}%");
    }

    #[test]
    fn shares_are_parts_of_a_hundred() {
        let check = |share: &str, expect: &str| assert_eq!(show(Language::English).share(share), expect, "{share}");
        check("0.732541", "73.3%");
        check("0.05", "5%");
        check("-0.0149", "−1.5%");
        assert_eq!(show(Language::English).width(Some("0.25".to_owned())), "25%");
        assert_eq!(show(Language::English).width(Some("1.7".to_owned())), "100%");
        assert_eq!(show(Language::English).width(None), "0%");
    }

    #[test]
    fn instants_are_shown_by_the_bundles_clock() {
        assert_eq!(show(Language::English).when("2026-03-01T23:30:00Z"), "2 Mar 2026, 00:30");
        assert_eq!(show(Language::German).when("2026-03-01T23:30:00Z"), "2. März 2026, 00:30");
        assert_eq!(show(Language::German).day("1990-03-08"), "8. März 1990");
    }
}
