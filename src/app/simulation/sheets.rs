//! A simulation's report as flat tables, pictures and sentences.

use super::report::{ClassOut, ComparedOut, FiguresOut, SideOut, SimulationReport};
use super::response::ResponseOut;
use crate::analytics::report::{Cell, Figure, Head, Parameter, Report, Share, Sheet};
use crate::chart::{Figures, Flow, Picture, Plot, Series, X};
use crate::time::{Instant, Zone};

impl Report for SimulationReport {
    const NAME: &'static str = "simulation";
    const TAKES: &'static [Parameter] = &[];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.totals(), self.months(), self.classes(), self.discounts()];
        let more = [self.limits(), self.service(), self.migrations(), self.customers()];
        sheets.extend(more.into_iter().filter(|sheet| !sheet.rows.is_empty()));
        sheets.extend(self.response.iter().flat_map(ResponseOut::sheets).filter(|sheet| !sheet.rows.is_empty()));
        sheets
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let mut pictures = vec![("discount", self.discount_by_month()), ("margin", self.margin_by_side())];
        pictures.push(("discounts", self.discounts_by_side()));
        pictures.extend(self.burn_down().map(|picture| ("budgets", picture)));
        pictures.extend(self.flow().map(|picture| ("migration", picture)));
        let tornado = self.response.as_ref().and_then(|response| response.tornado(&self.head.currency));
        pictures.extend(tornado.map(|picture| ("tornado", picture)));
        pictures
    }

    fn says(&self) -> Vec<String> {
        let mut says = vec![self.claim.to_owned()];
        says.extend(self.compared.iter().map(|compared| self.in_words(compared)));
        says.extend(self.response.iter().flat_map(ResponseOut::says));
        for side in self.sides.iter().filter(|side| side.script_failures > 0) {
            says.push(format!(
                "{}: a script failed in {} decisions, which then granted less",
                side.name, side.script_failures
            ));
        }
        says
    }
}

fn row(figures: &FiguresOut, lead: Vec<Cell>) -> Vec<Cell> {
    let mut row = lead;
    row.push(count(figures.purchases));
    row.extend([figures.gross, figures.discount, figures.net, figures.cost, figures.margin].map(Cell::from));
    row.push(figures.discount_rate.into());
    row.extend([count(figures.points_issued), count(figures.points_redeemed)]);
    row
}

const FIGURES: [&str; 9] =
    ["purchases", "gross", "discount", "net", "cost", "margin", "discount_rate", "points_issued", "points_redeemed"];

fn figures(name: &'static str, title: &str, lead: &[&str]) -> Sheet {
    Sheet::new(name, title, &[lead, &FIGURES].concat())
}

/// A whole number that may lie below zero.
fn count(value: i64) -> Cell {
    match u64::try_from(value) {
        Ok(count) => count.into(),
        Err(_) => Figure::rounded(crate::money::Number::int(value), 0).into(),
    }
}

fn class_name(class: &Option<String>) -> String {
    class.clone().unwrap_or_else(|| "(none)".to_owned())
}

impl SimulationReport {
    fn totals(&self) -> Sheet {
        let mut sheet = figures("totals", "In all", &["side"]);
        sheet.rows.extend(self.sides.iter().map(|side| row(&side.total, vec![side.name.as_str().into()])));
        for compared in &self.compared {
            let name = format!("{} less {}", compared.candidate, self.sides[0].name);
            sheet.rows.push(row(&compared.difference, vec![name.into()]));
        }
        sheet
    }

    fn months(&self) -> Sheet {
        let mut sheet = figures("months", "By month", &["month", "side"]);
        let months = self.sides.first().map_or(0, |side| side.months.len());
        let bought =
            |at: &usize| self.sides.iter().any(|side| side.months.get(*at).is_some_and(|it| it.figures.purchases > 0));
        for at in (0..months).filter(bought) {
            for side in &self.sides {
                let Some(month) = side.months.get(at) else { continue };
                let partial = if self.window.partial_months.contains(&month.month) { " (not whole)" } else { "" };
                let lead = vec![format!("{}{partial}", month.month).into(), side.name.as_str().into()];
                sheet.rows.push(row(&month.figures, lead));
            }
        }
        if self.sides.len() > 3 { sheet.long() } else { sheet }
    }

    fn classes(&self) -> Sheet {
        let mut sheet =
            figures("classes", "By class at the time of the purchase", &["segment", "class", "side", "customers"]);
        for segment in self.sides.iter().flat_map(|side| &side.segments) {
            // Each segment once, in the order of the first side that has it.
            let first =
                self.sides.iter().flat_map(|side| &side.segments).find(|known| known.segment == segment.segment);
            if first.is_none_or(|first| !std::ptr::eq(first, segment)) {
                continue;
            }
            for slot in 0..segment.classes.len() {
                for side in &self.sides {
                    let of_side = side.segments.iter().find(|known| known.segment == segment.segment);
                    let Some(ClassOut { class, customers, figures }) = of_side.and_then(|it| it.classes.get(slot))
                    else {
                        continue;
                    };
                    if class.is_none() && figures.purchases == 0 && *customers == 0 {
                        continue;
                    }
                    let name = segment.segment.as_str();
                    let lead =
                        vec![name.into(), class_name(class).into(), side.name.as_str().into(), (*customers).into()];
                    sheet.rows.push(row(figures, lead));
                }
            }
        }
        if self.sides.len() > 3 { sheet.long() } else { sheet }
    }

    fn discounts(&self) -> Sheet {
        let mut sheet = Sheet::new(
            "discounts",
            "By discount and rate",
            &["side", "discount", "rate", "times", "amount", "of_gross"],
        );
        for side in &self.sides {
            for discount in side.discounts.iter().filter(|discount| discount.granted.times != 0) {
                let name = discount.discount.as_str();
                let cells = |rate: Cell, granted: &super::report::GrantsOut| {
                    [
                        side.name.as_str().into(),
                        name.into(),
                        rate,
                        count(granted.times),
                        granted.amount.into(),
                        granted.gross.into(),
                    ]
                };
                sheet.push(cells(Cell::None, &discount.granted));
                if discount.steps.len() > 1 {
                    for step in &discount.steps {
                        sheet.push(cells(step.rate.as_str().into(), &step.granted));
                    }
                }
            }
        }
        sheet
    }

    fn limits(&self) -> Sheet {
        let columns = ["side", "discount", "limit", "from", "allowed", "used", "left"];
        let mut sheet = Sheet::new("limits", "Uses and budgets that all customers share", &columns);
        for side in &self.sides {
            for limit in &side.limits {
                for period in &limit.periods {
                    sheet.push([
                        side.name.as_str().into(),
                        limit.discount.as_str().into(),
                        limit.limit.into(),
                        period.from.as_ref().map(|from| self.day(from)).into(),
                        limit.allowed.as_str().into(),
                        period.used.as_str().into(),
                        period.left.into(),
                    ]);
                }
            }
        }
        sheet
    }

    /// The day in the shop's zone on which an instant lies.
    fn day(&self, at: &str) -> String {
        let zone = Zone::from_name(&self.head.timezone).unwrap_or(Zone::UTC);
        Instant::parse_rfc3339(at).map_or_else(|| at.to_owned(), |at| zone.local(at).date().to_string())
    }

    fn service(&self) -> Sheet {
        let columns = ["side", "class", "customers", "granted", "used"];
        let mut sheet = Sheet::new("service", "Service budgets at the end of the window", &columns);
        for side in &self.sides {
            for class in side.service.iter().filter(|class| class.customers > 0) {
                let name = class_name(&class.class);
                sheet.push([
                    side.name.as_str().into(),
                    name.into(),
                    class.customers.into(),
                    class.granted.into(),
                    class.used.into(),
                ]);
            }
        }
        sheet
    }

    fn migrations(&self) -> Sheet {
        let columns = ["candidate", "segment", "from", "to", "customers"];
        let mut sheet = Sheet::new("migration", "Customers whose class differs at the end", &columns);
        for compared in &self.compared {
            for migration in &compared.migrations {
                for (from, counts) in migration.from.iter().zip(&migration.customers) {
                    for (to, customers) in migration.to.iter().zip(counts) {
                        if *customers > 0 && from != to {
                            let (from, to) = (class_name(from), class_name(to));
                            let segment = migration.segment.as_str();
                            sheet.push([
                                compared.candidate.as_str().into(),
                                segment.into(),
                                from.into(),
                                to.into(),
                                (*customers).into(),
                            ]);
                        }
                    }
                }
            }
        }
        sheet
    }

    fn customers(&self) -> Sheet {
        let columns = ["candidate", "customer", "baseline", "granted", "difference", "because"];
        let mut sheet = Sheet::new("customers", "Who wins and who loses most", &columns);
        for compared in &self.compared {
            for moved in compared.most_won.iter().chain(&compared.most_lost) {
                sheet.push([
                    compared.candidate.as_str().into(),
                    moved.customer.as_str().into(),
                    moved.baseline.into(),
                    moved.candidate.into(),
                    moved.difference.into(),
                    moved.because.join("; ").into(),
                ]);
            }
        }
        if self.compared.len() > 1 { sheet.long() } else { sheet }
    }

    fn in_words(&self, compared: &ComparedOut) -> String {
        let side = self.sides.iter().find(|side| side.name == compared.candidate);
        let granted = side.map_or_else(String::new, |side| side.total.discount.to_string());
        let change = compared.discount_change.map_or_else(String::new, |change| format!(" ({})", signed(change)));
        format!(
            "{}: grants {granted}, {} against {}{change}; {} customers get more ({} in all), {} get less ({})",
            compared.candidate,
            plus(&compared.difference.discount),
            self.sides[0].name,
            compared.winners,
            compared.won,
            compared.losers,
            compared.lost,
        )
    }

    fn discount_by_month(&self) -> Picture {
        let line = |side: &SideOut| Series {
            name: side.name.clone(),
            points: side
                .months
                .iter()
                .filter(|month| month.figures.purchases > 0)
                .map(|month| (seconds(&month.month), month.figures.discount.as_f64()))
                .collect(),
            ..Series::default()
        };
        Picture {
            title: "Discount by month".to_owned(),
            describes: "What each side grants in each month, less what came back.".to_owned(),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Lines(X::Time, Figures::Number, self.sides.iter().map(line).collect()),
        }
    }

    fn margin_by_side(&self) -> Picture {
        Picture {
            title: "Margin after discounts".to_owned(),
            describes: "Gross less discount less cost of goods, of each side.".to_owned(),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Bars(self.sides.iter().map(|side| (side.name.clone(), side.total.margin.as_f64())).collect()),
        }
    }

    fn discounts_by_side(&self) -> Picture {
        let mut names: Vec<&str> = Vec::new();
        for discount in self.sides.iter().flat_map(|side| &side.discounts).filter(|it| it.granted.times != 0) {
            if !names.contains(&discount.discount.as_str()) {
                names.push(&discount.discount);
            }
        }
        let of = |side: &SideOut, name: &str| {
            side.discounts.iter().find(|it| it.discount == name).map_or(0.0, |it| it.granted.amount.as_f64())
        };
        let series = names
            .iter()
            .map(|name| ((*name).to_owned(), self.sides.iter().map(|side| of(side, name)).collect::<Vec<f64>>()));
        Picture {
            title: "Discount by discount".to_owned(),
            describes: "How much each discount grants on each side.".to_owned(),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Stacked(self.sides.iter().map(|side| side.name.clone()).collect(), series.collect()),
        }
    }

    /// The budget that is used up most, on all sides that have it.
    fn burn_down(&self) -> Option<Picture> {
        let budgets = self.sides.iter().flat_map(|side| side.limits.iter().map(move |limit| (side, limit)));
        let budgets: Vec<_> = budgets.filter(|(_, limit)| limit.limit == "budget").collect();
        let least =
            |limit: &super::report::LimitOut| limit.periods.iter().filter_map(|it| it.left).map(|it| it.0).min();
        let (_, tightest) = budgets.iter().min_by_key(|(_, limit)| least(limit).unwrap_or(i64::MAX))?;
        let name = tightest.discount.clone();
        let lines = budgets.iter().filter(|(_, limit)| limit.discount == name).map(|(side, limit)| Series {
            name: side.name.clone(),
            points: limit
                .periods
                .iter()
                .flat_map(|it| &it.days)
                .map(|day| (seconds(&day.day), day.left.as_f64()))
                .collect(),
            steps: true,
            ..Series::default()
        });
        Some(Picture {
            title: format!("What was left of the budget of {name}"),
            describes: "Day by day; it begins anew with each period.".to_owned(),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Lines(X::Time, Figures::Number, lines.collect()),
        })
    }

    /// How customers move between the classes of the segment that moves most.
    fn flow(&self) -> Option<Picture> {
        let migrations =
            self.compared.iter().flat_map(|compared| compared.migrations.iter().map(move |it| (compared, it)));
        let (compared, most) =
            migrations.max_by_key(|(_, migration)| migration.moved).filter(|(_, it)| it.moved > 0)?;
        let mut flows = Vec::new();
        for (from, counts) in most.from.iter().zip(&most.customers) {
            for (to, customers) in most.to.iter().zip(counts).filter(|(_, customers)| **customers > 0) {
                let (from, to) = (class_name(from), class_name(to));
                flows.push(Flow { from, to, many: *customers as f64 });
            }
        }
        Some(Picture {
            title: format!("{}: from the baseline to {}", most.segment, compared.candidate),
            describes: "How many customers have which class under either policy at the end of the window.".to_owned(),
            across: String::new(),
            up: "customers".to_owned(),
            plot: Plot::Flow(flows),
        })
    }
}

/// A change in per cent with its sign.
fn signed(change: Share) -> String {
    if change.0 > 0 { format!("+{}", change.percent()) } else { change.percent() }
}

fn plus(figure: &Figure) -> String {
    let text = figure.to_string();
    if text.starts_with('-') { text } else { format!("+{text}") }
}

/// The start of a day or month as a place on an axis of time.
fn seconds(day: &str) -> f64 {
    let whole = if day.len() == 7 { format!("{day}-01T00:00:00Z") } else { format!("{day}T00:00:00Z") };
    Instant::parse_rfc3339(&whole).map_or(0.0, |at| (at.0 / 1_000_000) as f64)
}
