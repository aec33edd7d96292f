//! Metrics and eligible lines in words.

use super::describe::Describe;
use crate::metric::{Average, Count, Lists, Measure, Metric, Since, Sum, Window};
use crate::money::Number;
use crate::policy::Eligible;
use crate::time::Period;

/// What a metric is.
pub fn metric_in_words(d: Describe<'_>, metric: &Metric) -> String {
    let mut says = match metric.measure {
        Measure::Sum(sum) => d.either(format!("Sum of {}", sum_word(d, sum)), format!("Summe: {}", sum_word(d, sum))),
        Measure::Count(Count::Purchases) => d.either("Number of purchases", "Zahl der Einkäufe").to_owned(),
        Measure::Count(Count::Interactions) => d.either("Number of interactions", "Zahl der Kontakte").to_owned(),
        Measure::Average(average) => average_word(d, average).to_owned(),
        Measure::DaysSince(Since::FirstPurchase) => {
            d.either("Days since the first purchase", "Tage seit dem ersten Einkauf").to_owned()
        }
        Measure::DaysSince(Since::LastPurchase) => {
            d.either("Days since the last purchase", "Tage seit dem letzten Einkauf").to_owned()
        }
        Measure::DaysSince(Since::LastInteraction) => {
            d.either("Days since the last interaction", "Tage seit dem letzten Kontakt").to_owned()
        }
    };
    match metric.window {
        Window::Lifetime => {}
        Window::Within(duration) => {
            let duration = d.duration(&duration.to_string());
            says.push_str(&d.either(format!(" within {duration}"), format!(" innerhalb von: {duration}")));
        }
        Window::Since(period) => {
            says.push_str(d.either(" since the start of the ", " seit Beginn: "));
            says.push_str(match period {
                Period::Day => d.either("day", "Tag"),
                Period::Week => d.either("week", "Woche"),
                Period::Month => d.either("month", "Monat"),
                Period::Quarter => d.either("quarter", "Quartal"),
                Period::Year => d.either("year", "Jahr"),
            });
        }
    }
    if let Some(filter) = metric.filter.and_then(|at| d.bundle.filters.get(at as usize)) {
        let only = lists(d, &filter.only);
        if !only.is_empty() {
            says.push_str(&d.either(format!(", only {only}"), format!(", nur {only}")));
        }
        let except = lists(d, &filter.except);
        if !except.is_empty() {
            says.push_str(&d.either(format!(", except {except}"), format!(", ohne {except}")));
        }
    }
    says
}

fn sum_word(d: Describe<'_>, sum: Sum) -> &'static str {
    match sum {
        Sum::Gross => d.either("gross sales", "Bruttoumsatz"),
        Sum::Discount => d.either("discounts", "Rabatte"),
        Sum::Net => d.either("net sales", "Nettoumsatz"),
        Sum::Cost => d.either("cost of goods", "Wareneinsatz"),
        Sum::Margin => d.either("margin", "Rohertrag"),
        Sum::Profit => d.either("profit: margin less service cost", "Ergebnis: Rohertrag ohne Servicekosten"),
        Sum::ServiceCost => d.either("service cost", "Servicekosten"),
        Sum::Quantity => d.either("units", "Stück"),
    }
}

fn average_word(d: Describe<'_>, average: Average) -> &'static str {
    match average {
        Average::Gross => d.either("Gross sales per purchase", "Bruttoumsatz je Einkauf"),
        Average::Discount => d.either("Discount per purchase", "Rabatt je Einkauf"),
        Average::Net => d.either("Net sales per purchase", "Nettoumsatz je Einkauf"),
        Average::Margin => d.either("Margin per purchase", "Rohertrag je Einkauf"),
        Average::Quantity => d.either("Units per purchase", "Stück je Einkauf"),
        Average::Rating => d.either("Average rating", "Durchschnittliche Bewertung"),
        Average::ServiceCost => d.either("Cost per interaction", "Kosten je Kontakt"),
    }
}

/// Which lines a discount is granted on; absent where it is all of them.
pub fn lines_in_words(d: Describe<'_>, eligible: &Eligible) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(count) = eligible.cheapest {
        parts.push(match count {
            1 => d.either("the cheapest unit", "das billigste Stück").to_owned(),
            _ => d.either(format!("the {count} cheapest units"), format!("die {count} billigsten Stücke")),
        });
    }
    let only = lists(d, &eligible.filter.only);
    if !only.is_empty() {
        parts.push(d.either(format!("lines with {only}"), format!("Zeilen mit {only}")));
    }
    let except = lists(d, &eligible.filter.except);
    if !except.is_empty() {
        parts.push(d.either(format!("everything except {except}"), format!("alles außer {except}")));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn lists(d: Describe<'_>, lists: &Lists) -> String {
    let kinds = [
        (d.either("article", "Artikel"), &lists.sku),
        (d.either("category", "Kategorie"), &lists.category),
        (d.either("tag", "Merkmal"), &lists.tag),
    ];
    let stated = kinds.into_iter().filter(|(_, values)| !values.is_empty());
    let or = d.either(" or ", " oder ");
    let phrases: Vec<String> = stated
        .map(|(kind, values)| {
            let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
            format!("{kind} {}", values.join(or))
        })
        .collect();
    phrases.join(d.either(" and ", " und "))
}

/// An amount that may have more decimals than the currency.
pub fn amount_of(d: Describe<'_>, value: Number) -> String {
    let exact = value.to_money(d.bundle.currency).filter(|money| Number::money(*money, d.bundle.currency) == value);
    exact.map_or_else(|| d.show.money(&value.to_string()), |money| d.money(money))
}
