//! The report on points: what came and went, what is owed, and what of it will probably never be claimed.

use serde::Serialize;
use utoipa::ToSchema;

use super::names::SEGMENT;
use super::points::{Flow, Outstanding, PointsTally};
use crate::analytics::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet, shown};
use crate::chart::{Figures, Picture, Plot, Series, X};
use crate::money::{Currency, Number, round_div};
use crate::time::Instant;

/// The points programme: what came and went, what is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PointsReport {
    /// What this is.
    pub head: Head,
    /// What one point is worth when it pays, today; null where points cannot pay.
    pub value_of_a_point: Option<Figure>,
    /// The segment whose classes are told apart; null where the policy has none.
    pub segment: Option<String>,
    /// What customers held at the beginning, less what some were short of.
    pub opening: i64,
    /// The whole base.
    pub total: PointsRow,
    /// By the class that customers have as of now.
    pub classes: Vec<PointsRow>,
    /// By month; what is held is only said of the whole base.
    pub months: Vec<PointsMonth>,
    /// How much of what is owed will probably never be claimed.
    pub breakage: BreakageOut,
}

/// Points of a class, or of the base.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct PointsRow {
    /// The class; null for customers without one, and for the base.
    pub class: Option<String>,
    /// Customers who hold points.
    pub holders: u64,
    /// Points that purchases earned.
    pub issued: i64,
    /// Points that paid.
    pub redeemed: i64,
    /// Points that had paid for goods that came back.
    pub given_back: i64,
    /// Points that goods had earned that came back.
    pub taken_back: i64,
    /// Points that nobody redeemed in time.
    pub expired: i64,
    /// Points that customers hold.
    pub outstanding: i64,
    /// What of it can be redeemed.
    pub redeemable: i64,
    /// What of it cannot be redeemed yet.
    pub pending: i64,
    /// What customers are short of, where a return took back points that were spent before.
    pub missing: i64,
    /// What the outstanding points are worth: what is owed; null where points cannot pay.
    pub liability: Option<Figure>,
    /// What of it will probably be claimed; null where nothing is known of what becomes of points.
    pub expected_liability: Option<Figure>,
}

/// Points of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PointsMonth {
    /// When it begins, in the policy's zone.
    #[serde(serialize_with = "shown")]
    #[schema(value_type = String, format = DateTime)]
    pub month: Instant,
    #[serde(skip)]
    name: String,
    /// Points that purchases earned.
    pub issued: i64,
    /// Points that paid.
    pub redeemed: i64,
    /// Points that had paid for goods that came back.
    pub given_back: i64,
    /// Points that goods had earned that came back.
    pub taken_back: i64,
    /// Points that nobody redeemed in time.
    pub expired: i64,
    /// The sum of balances at the end of the month, or as of now.
    pub balance: i64,
}

/// How much of what is owed will probably never be claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = PointsBreakage)]
pub struct BreakageOut {
    /// Points whose life is over: expired by now, whenever they were earned; without those that returns took back.
    pub over: i64,
    /// How many of these were redeemed.
    pub redeemed: i64,
    /// How many of these expired.
    pub expired: i64,
    /// Expired as a share of both; null before any point's life was over.
    pub rate: Option<Share>,
    /// How it was estimated, in words.
    pub says: String,
}

/// Counts of points fit: a customer's are bounded, and so are customers; what does not is pinned.
fn narrow(points: i128) -> i64 {
    i64::try_from(points).unwrap_or(if points < 0 { i64::MIN } else { i64::MAX })
}

impl PointsReport {
    /// Presents sums. `classes` are the names of the segment's classes; `value` is that of a point, in major units.
    pub fn new(
        head: Head,
        (segment, classes): (Option<String>, &[String]),
        value: Option<Number>,
        tally: &PointsTally,
        currency: Currency,
    ) -> Self {
        let over = tally.over;
        let (gone, all) = (over.expired.max(0), over.expired.max(0) + over.redeemed.max(0));
        let worth = |points: i128| value.map(|value| cash(points * value.0, currency));
        let expected =
            |points: i128| value.map(|value| cash(round_div(points * value.0 * (all - gone), all), currency));
        let row = |class: Option<String>, flow: &Flow, held: &Outstanding| PointsRow {
            class,
            holders: held.holders,
            issued: narrow(flow.issued),
            redeemed: narrow(flow.redeemed),
            given_back: narrow(flow.given_back),
            taken_back: narrow(flow.taken_back),
            expired: narrow(flow.expired),
            outstanding: narrow(held.points),
            redeemable: narrow(held.redeemable),
            pending: narrow(held.pending),
            missing: narrow(held.missing),
            liability: worth(held.points),
            expected_liability: if all > 0 { expected(held.points) } else { None },
        };
        let (flow, held) = tally.total();
        let mut balance = tally.opening;
        let months = tally.months.iter().map(|(month, flow)| {
            balance += flow.change();
            PointsMonth {
                month: *month,
                name: tally.zone.local(*month).format("%Y-%m").to_string(),
                issued: narrow(flow.issued),
                redeemed: narrow(flow.redeemed),
                given_back: narrow(flow.given_back),
                taken_back: narrow(flow.taken_back),
                expired: narrow(flow.expired),
                balance: narrow(balance),
            }
        });
        let months = months.collect();
        let named = classes.iter().enumerate().map(|(at, class)| (Some(at as u16), Some(class.clone())));
        let by_class = named.chain([(None, None)]).filter_map(|(at, class)| {
            let (flow, held) = tally.classes.get(&at)?;
            Some(row(class, flow, held))
        });
        Self {
            head,
            value_of_a_point: value.map(Figure::number),
            segment,
            opening: narrow(tally.opening),
            total: row(None, &flow, &held),
            classes: by_class.collect(),
            months,
            breakage: BreakageOut {
                over: narrow(all),
                redeemed: narrow(over.redeemed),
                expired: narrow(over.expired),
                rate: Share::of(gone, all),
                says: breakage_in_words(gone, all),
            },
        }
    }
}

/// Millionths of the major unit as an amount.
fn cash(millionths: i128, currency: Currency) -> Figure {
    Figure::cash(round_div(millionths, Number::of_minor(currency)), currency)
}

fn breakage_in_words(gone: i128, all: i128) -> String {
    match Share::of(gone, all) {
        Some(rate) => format!(
            "of {all} points whose life is over {gone} expired ({}); of those still held the same share is expected to",
            rate.percent()
        ),
        None => "no point's life is over yet, so nothing is known of what becomes of those that are held".to_owned(),
    }
}

impl Report for PointsReport {
    const NAME: &'static str = "points";
    const TAKES: &'static [Parameter] = &[Parameter::AS_OF, Parameter::WINDOW, Parameter::FROM, SEGMENT];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let columns = [
            "class",
            "holders",
            "issued",
            "redeemed",
            "given_back",
            "taken_back",
            "expired",
            "outstanding",
            "redeemable",
            "pending",
            "missing",
            "liability",
            "expected_liability",
        ];
        let mut classes = Sheet::new("classes", "Points by class", &columns);
        let name = |row: &PointsRow| row.class.as_deref().unwrap_or("(none)").into();
        let rows = self.classes.iter().map(|row| (name(row), row)).chain([(Cell::from("total"), &self.total)]);
        for (name, row) in rows {
            classes.push([
                name,
                row.holders.into(),
                count(row.issued),
                count(row.redeemed),
                count(row.given_back),
                count(row.taken_back),
                count(row.expired),
                count(row.outstanding),
                count(row.redeemable),
                count(row.pending),
                count(row.missing),
                row.liability.into(),
                row.expected_liability.into(),
            ]);
        }
        let columns = ["month", "issued", "redeemed", "given_back", "taken_back", "expired", "balance"];
        let mut months = Sheet::new("months", "Points by month", &columns);
        for row in &self.months {
            months.push([
                row.name.clone().into(),
                count(row.issued),
                count(row.redeemed),
                count(row.given_back),
                count(row.taken_back),
                count(row.expired),
                count(row.balance),
            ]);
        }
        vec![classes, months]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let line = |name: &str, part: fn(&PointsMonth) -> i64| Series {
            name: name.to_owned(),
            points: self.months.iter().map(|row| ((row.month.0 / 1_000_000) as f64, part(row) as f64)).collect(),
            ..Series::default()
        };
        let picture = |title: &str, lines| Picture {
            title: title.to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: "points".to_owned(),
            plot: Plot::Lines(X::Time, Figures::Number, lines),
        };
        let flows = vec![
            line("issued", |row| row.issued - row.taken_back),
            line("redeemed", |row| row.redeemed - row.given_back),
            line("expired", |row| row.expired),
        ];
        vec![
            ("months", picture("Points by month", flows)),
            ("balance", picture("Points that customers hold", vec![line("balance", |row| row.balance)])),
        ]
    }

    fn says(&self) -> Vec<String> {
        let total = &self.total;
        let worth = total.liability.map_or_else(String::new, |worth| format!(", worth {worth} {}", self.head.currency));
        let mut says = vec![format!("{} customers hold {} points{worth}", total.holders, total.outstanding)];
        says.push(self.breakage.says.clone());
        if let Some(expected) = total.expected_liability {
            says.push(format!("so {expected} {} of it will probably be claimed", self.head.currency));
        }
        says
    }
}

/// A count that may be below zero.
fn count(points: i64) -> Cell {
    Figure::rounded(Number::int(points), 0).into()
}
