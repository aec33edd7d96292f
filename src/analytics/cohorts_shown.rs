//! Cohorts as tables, pictures and sentences.

use super::cohorts::{Cohort, CohortReport};
use super::report::{Cell, Figure, Head, Parameter, Report, Sheet};
use crate::chart::{Figures, Picture, Plot, Series, X};
use crate::time::{Instant, Period, Zone};

impl Report for CohortReport {
    const NAME: &'static str = "cohorts";
    const TAKES: &'static [Parameter] = &[
        Parameter::AS_OF,
        Parameter {
            name: Parameter::FROM.name,
            says: "Only customers whose first purchase was at or after this instant or date.",
        },
        Parameter {
            name: Parameter::PERIOD.name,
            says: "Length of a period: `week`, `month`, `quarter` or `year`; `month` where it is absent.",
        },
    ];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        vec![self.cohort_sheet(), self.period_sheet(), self.between_sheet(), self.retention_sheet(), self.age_sheet()]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        vec![("retention", self.retention()), ("periods", self.coming_and_going()), ("value", self.value())]
    }

    fn says(&self) -> Vec<String> {
        let total = &self.total;
        let Some(repeat) = total.repeat_rate else { return vec!["nobody bought anything".to_owned()] };
        let mut says = vec![format!(
            "{} customers bought {} times; {} bought more than once",
            total.customers,
            total.purchases,
            repeat.percent()
        )];
        let shown = |figure: Option<Figure>| Cell::from(figure).shown();
        if self.between.gaps > 0 {
            says.push(format!(
                "between two purchases lie {} days in the middle; {} for a quarter of them, {} for three quarters",
                shown(self.between.median),
                shown(self.between.first_quartile),
                shown(self.between.third_quartile)
            ));
        }
        says
    }
}

impl CohortReport {
    /// What a period is called: its first day, or less where that says it.
    fn name(&self, start: Instant) -> String {
        let zone = Zone::from_name(&self.head.timezone).unwrap_or(Zone::UTC);
        let day = zone.local(start).format("%Y-%m-%d").to_string();
        match self.period {
            Period::Month => day[..7].to_owned(),
            Period::Year => day[..4].to_owned(),
            Period::Day | Period::Week | Period::Quarter => day,
        }
    }

    fn ages(&self) -> usize {
        self.cohorts.iter().map(|cohort| cohort.ages.len()).max().unwrap_or(0)
    }

    fn cohort_sheet(&self) -> Sheet {
        let columns =
            ["cohort", "customers", "repeat_rate", "purchases", "net", "margin", "net_per_customer", "retention"];
        let mut sheet =
            Sheet::new("cohorts", format!("Customers by the {} of their first purchase", self.period), &columns);
        for row in &self.cohorts {
            let retention = row.ages.iter().map(|age| age.retention).collect();
            sheet.push([
                self.name(row.cohort).into(),
                row.customers.into(),
                row.repeat_rate.into(),
                row.purchases.into(),
                row.net.into(),
                row.margin.into(),
                row.net_per_customer.into(),
                Cell::Series(retention),
            ]);
        }
        let total = &self.total;
        let average = (total.customers > 0).then_some(total);
        sheet.push([
            "total".into(),
            total.customers.into(),
            total.repeat_rate.into(),
            total.purchases.into(),
            total.net.into(),
            total.margin.into(),
            average.and_then(|total| total.net.shared_by(total.customers)).into(),
            Cell::None,
        ]);
        sheet
    }

    fn period_sheet(&self) -> Sheet {
        let columns =
            ["period", "customers", "new", "returning", "back", "lost", "purchases", "net", "margin", "partial"];
        let mut sheet = Sheet::new("periods", format!("{} by {0}", self.period), &columns);
        for row in &self.periods {
            sheet.push([
                self.name(row.start).into(),
                row.customers.into(),
                row.new.into(),
                row.returning.into(),
                row.back.into(),
                row.lost.into(),
                row.purchases.into(),
                row.net.into(),
                row.margin.into(),
                if row.partial { "yes" } else { "" }.into(),
            ]);
        }
        sheet
    }

    fn between_sheet(&self) -> Sheet {
        let columns = ["gaps", "first_quartile", "median", "third_quartile", "mean"];
        let mut sheet = Sheet::new("between", "Days between two purchases of a customer", &columns);
        let between = &self.between;
        sheet.push([
            between.gaps.into(),
            between.first_quartile.into(),
            between.median.into(),
            between.third_quartile.into(),
            between.mean.into(),
        ]);
        sheet
    }

    /// A row per cohort, a column per age.
    fn retention_sheet(&self) -> Sheet {
        let mut sheet =
            Sheet::new("retention", "Share of a cohort that bought, by age", &["cohort", "customers"]).long();
        sheet.columns.extend((0..self.ages()).map(|age| age.to_string()));
        for row in &self.cohorts {
            let ages = (0..self.ages()).map(|age| row.ages.get(age).and_then(|age| age.retention).into());
            let head: [Cell; 2] = [self.name(row.cohort).into(), row.customers.into()];
            sheet.rows.push(head.into_iter().chain(ages).collect());
        }
        sheet
    }

    /// A row per cohort and age.
    fn age_sheet(&self) -> Sheet {
        let columns = [
            "cohort",
            "age",
            "partial",
            "customers",
            "retention",
            "purchases",
            "net",
            "margin",
            "running_net_per_customer",
        ];
        let mut sheet = Sheet::new("ages", "Cohorts by age", &columns).long();
        for row in &self.cohorts {
            for age in &row.ages {
                sheet.push([
                    self.name(row.cohort).into(),
                    age.age.into(),
                    if age.partial { "yes" } else { "" }.into(),
                    age.customers.into(),
                    age.retention.into(),
                    age.purchases.into(),
                    age.net.into(),
                    age.margin.into(),
                    age.running_net_per_customer.into(),
                ]);
            }
        }
        sheet
    }

    fn retention(&self) -> Picture {
        // The first period holds everybody and would drown the others.
        let ages = self.ages().saturating_sub(1);
        let row =
            |cohort: &Cohort| (1..=ages).map(|age| Some(cohort.ages.get(age)?.retention?.as_f64())).collect::<Vec<_>>();
        Picture {
            title: format!("Share of each cohort that bought again, by {}", self.period),
            describes: self.says().join("; "),
            across: format!("{}s since the first purchase", self.period),
            up: "cohort".to_owned(),
            plot: Plot::Heat(
                self.cohorts.iter().map(|cohort| self.name(cohort.cohort)).collect(),
                (1..=ages).map(|age| age.to_string()).collect(),
                self.cohorts.iter().map(row).collect(),
            ),
        }
    }

    fn coming_and_going(&self) -> Picture {
        let of = |part: fn(&super::cohorts::CohortPeriod) -> u64| {
            self.periods.iter().map(|row| part(row) as f64).collect::<Vec<f64>>()
        };
        Picture {
            title: format!("Customers by {}: new, returning and back", self.period),
            describes: self.says().join("; "),
            across: String::new(),
            up: "customers".to_owned(),
            plot: Plot::Stacked(
                self.periods.iter().map(|row| self.name(row.start)).collect(),
                vec![
                    ("new".to_owned(), of(|row| row.new)),
                    ("returning".to_owned(), of(|row| row.returning)),
                    ("back".to_owned(), of(|row| row.back)),
                ],
            ),
        }
    }

    /// What customers paid until each age; the last cohorts that fit are drawn, the oldest first.
    fn value(&self) -> Picture {
        const MOST: usize = 8;
        let long = self.cohorts.iter().filter(|cohort| cohort.ages.len() > 2).collect::<Vec<_>>();
        let step = long.len().div_ceil(MOST).max(1);
        let line = |cohort: &&Cohort| {
            let whole = cohort.ages.iter().filter(|age| !age.partial);
            let points = whole.filter_map(|age| Some((age.age as f64, age.running_net_per_customer?.as_f64())));
            Series { name: self.name(cohort.cohort), points: points.collect(), ..Series::default() }
        };
        Picture {
            title: "What a customer of a cohort paid until then".to_owned(),
            describes: self.says().join("; "),
            across: format!("{}s since the first purchase", self.period),
            up: self.head.currency.clone(),
            plot: Plot::Lines(X::Number, Figures::Number, long.iter().step_by(step).map(line).collect()),
        }
    }
}
