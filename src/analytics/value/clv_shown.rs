//! Customer value as tables, pictures and sentences.

use super::clv::{ClvHoldOut, ClvModel, ClvParameter, ClvReport, ClvRow};
use crate::analytics::report::{Cell, Figure, Head, Parameter, Report, Sheet};
use crate::chart::{Figures, Picture, Plot, Series, X};

impl Report for ClvReport {
    const NAME: &'static str = "clv";
    const TAKES: &'static [Parameter] = &[
        Parameter::AS_OF,
        Parameter {
            name: Parameter::WINDOW.name,
            says: "Only customers whose first purchase lies at most this long before `as_of`, such as `24 months`; all where \
                   it is absent.",
        },
        Parameter {
            name: Parameter::FROM.name,
            says: "Only customers who first bought at or after this instant or date; in place of `window`.",
        },
        Parameter {
            name: "model",
            says: "`bg_nbd` (where it is absent), `mbg_nbd`, `pareto_nbd` or `nbd`. NBD takes its place where dropout cannot be \
                   identified, and the report says so.",
        },
        Parameter { name: "horizon", says: "How far ahead, such as `12 months`, which it is where it is absent." },
        Parameter {
            name: "discount",
            says: "How much less money is worth that comes a year later, such as `15%`; `10%` where it is absent.",
        },
        Parameter {
            name: "margin",
            says: "Which share of what is spent is margin, such as `40%`; the base's own where it is absent.",
        },
        Parameter {
            name: "hold_out",
            says: "How long before `as_of` the history is split, such as `39 weeks`: the model is fitted to what lies before, \
                   and compared with what came after.",
        },
        Parameter {
            name: Parameter::SEGMENT.name,
            says: "A segment whose classes are compared; the first with `rank_by` where it is absent.",
        },
        Parameter {
            name: Parameter::LIMIT.name,
            says: "How many customers are listed, the most valuable first; 100 where it is absent.",
        },
    ];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.class_sheet()];
        sheets.extend(
            self.model
                .as_ref()
                .map(|model| parameter_sheet("model", format!("{} (weeks)", model.name), &model.parameters)),
        );
        sheets.extend(self.spend.as_ref().map(|spend| {
            parameter_sheet("spend", "Gamma-gamma: what a purchase is worth".to_owned(), &spend.parameters)
        }));
        if let Some(held) = &self.hold_out {
            sheets.extend([hold_out_sheet(held), foretold_sheet(held)]);
        }
        sheets.push(self.customer_sheet());
        sheets
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let value = |row: &ClvRow| row.value.map_or(0.0, Figure::as_f64);
        let rows = if self.classes.is_empty() { std::slice::from_ref(&self.total) } else { &self.classes };
        let classes = Picture {
            title: "Value still to come, by class".to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: self.head.currency.clone(),
            plot: Plot::Bars(rows.iter().map(|row| (row_name(row), value(row))).collect()),
        };
        let mut pictures = vec![("classes", classes)];
        pictures.extend(self.hold_out.as_ref().map(|held| ("hold_out", foretold_picture(held))));
        pictures
    }

    fn says(&self) -> Vec<String> {
        let Some(model) = &self.model else { return vec!["nobody bought anything".to_owned()] };
        let shown = |figure: Option<Figure>| Cell::from(figure).shown();
        let total = &self.total;
        let mut says = vec![
            model_in_words(model),
            format!(
                "{} customers, {} of whom bought once, are expected to buy {} times within the horizon, worth {} {} today",
                total.customers,
                total.one_time,
                shown(total.expected),
                shown(total.value),
                self.head.currency
            ),
        ];
        if let (Some(many), Some(value)) = (self.new_customer_expected, self.new_customer_value) {
            says.push(format!(
                "a new customer is expected to come back {} times within the horizon, worth {value} {}",
                shown(Some(many)),
                self.head.currency
            ));
        }
        if let Some(held) = &self.hold_out {
            says.push(format!(
                "held out: {} purchases were foretold and {} came; RMSE {} per customer, bias {}; AUC of who buys again {} by \
                 expected purchases, {} by days since the last",
                shown(held.expected),
                held.actual,
                shown(held.rmse),
                shown(held.bias),
                shown(held.auc),
                shown(held.naive_auc),
            ));
        }
        says
    }
}

fn model_in_words(model: &ClvModel) -> String {
    let shown = |figure: Option<Figure>| Cell::from(figure).shown();
    let each = |parameter: &ClvParameter| {
        let error = parameter.error.map_or_else(|| "unknown".to_owned(), |error| shown(Some(error)));
        format!("{} {} (± {error})", parameter.name, shown(parameter.value))
    };
    let parameters: Vec<String> = model.parameters.iter().map(each).collect();
    format!(
        "{} fitted to {} customers: {}; log-likelihood {}",
        model.name,
        model.customers,
        parameters.join(", "),
        shown(model.log_likelihood)
    )
}

fn row_name(row: &ClvRow) -> String {
    row.class.clone().unwrap_or_else(|| "none".to_owned())
}

fn parameter_sheet(name: &'static str, title: String, parameters: &[ClvParameter]) -> Sheet {
    let mut sheet = Sheet::new(name, title, &["parameter", "value", "standard_error"]);
    for parameter in parameters {
        sheet.push([parameter.name.into(), parameter.value.into(), parameter.error.into()]);
    }
    sheet
}

fn hold_out_sheet(held: &ClvHoldOut) -> Sheet {
    let columns = [
        "model",
        "customers",
        "returned",
        "expected",
        "actual",
        "rmse",
        "mae",
        "bias",
        "auc",
        "naive_auc",
        "alive_auc",
    ];
    let mut sheet = Sheet::new("hold_out", "Foretold from what lies before the split, and what came", &columns);
    sheet.push([
        held.model.name.into(),
        held.customers.into(),
        held.returned.into(),
        held.expected.into(),
        held.actual.into(),
        held.rmse.into(),
        held.mae.into(),
        held.bias.into(),
        held.auc.into(),
        held.naive_auc.into(),
        held.alive_auc.into(),
    ]);
    sheet
}

fn foretold_sheet(held: &ClvHoldOut) -> Sheet {
    let columns = ["repeats", "customers", "expected", "actual"];
    let mut sheet =
        Sheet::new("foretold", "Purchases after the split per customer, by repeat purchases before", &columns);
    for row in &held.by_repeats {
        sheet.push([row.repeats.into(), row.customers.into(), row.expected.into(), row.actual.into()]);
    }
    sheet
}

fn foretold_picture(held: &ClvHoldOut) -> Picture {
    let points = |of: fn(&super::clv::ClvForetold) -> Option<Figure>| {
        let point = |row| of(row).map(|figure| (row.repeats as f64, figure.as_f64()));
        held.by_repeats.iter().filter_map(point).collect()
    };
    let actual = Series { name: "came".to_owned(), points: points(|row| row.actual), ..Series::default() };
    let expected =
        Series { name: "foretold".to_owned(), points: points(|row| row.expected), dashed: true, ..Series::default() };
    Picture {
        title: "What was foretold, and what came".to_owned(),
        describes: "purchases after the split per customer, by repeat purchases before it".to_owned(),
        across: "repeat purchases before the split (the last: or more)".to_owned(),
        up: "purchases after it".to_owned(),
        plot: Plot::Lines(X::Number, Figures::Number, vec![actual, expected]),
    }
}

impl ClvReport {
    fn class_sheet(&self) -> Sheet {
        let columns = [
            "class",
            "customers",
            "one_time",
            "alive",
            "expected",
            "expected_per_customer",
            "value",
            "share_of_value",
            "margin",
            "margin_per_customer",
        ];
        let mut sheet = Sheet::new("classes", "Value still to come", &columns);
        let rows = self.classes.iter().map(|row| (row_name(row), row)).chain([("all".to_owned(), &self.total)]);
        for (name, row) in rows {
            sheet.push([
                name.into(),
                row.customers.into(),
                row.one_time.into(),
                row.alive.into(),
                row.expected.into(),
                row.expected_per_customer.into(),
                row.value.into(),
                row.share_of_value.into(),
                row.margin.into(),
                row.margin_per_customer.into(),
            ]);
        }
        sheet
    }

    fn customer_sheet(&self) -> Sheet {
        let columns = [
            "customer",
            "class",
            "repeats",
            "last",
            "age",
            "alive",
            "expected",
            "per_purchase",
            "value",
            "margin",
            "purchases_for_ever",
        ];
        let mut sheet = Sheet::new("customers", "The most valuable customers", &columns).long();
        for row in &self.customers {
            sheet.push([
                row.customer.clone().into(),
                row.class.clone().into(),
                row.repeats.into(),
                row.last.into(),
                row.age.into(),
                row.alive.into(),
                row.expected.into(),
                row.per_purchase.into(),
                row.value.into(),
                row.margin.into(),
                row.purchases_for_ever.into(),
            ]);
        }
        sheet
    }
}
