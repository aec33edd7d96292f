//! Recency, frequency and monetary value as tables, pictures and sentences.
#![expect(clippy::float_arithmetic, reason = "counts on a picture")]

use super::report::{Cell, Head, Parameter, Report, Share, Sheet};
use super::rfm::{RfmReport, RfmSegment};
use crate::chart::{Picture, Plot};

impl Report for RfmReport {
    const NAME: &'static str = "rfm";
    const TAKES: &'static [Parameter] = &[
        Parameter::AS_OF,
        Parameter {
            name: Parameter::WINDOW.name,
            says: "Spending and purchases of at most this long before `as_of`; of the whole history where it is absent. Metrics of \
                   a segment keep their own.",
        },
        Parameter::FROM,
        Parameter {
            name: Parameter::SEGMENT.name,
            says: "A segment with `score`, whose metrics, parts and classes are used, or `usual` for the usual grid of recency \
                   and frequency; the first of the policy where it is absent, and the grid where there is none.",
        },
    ];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        vec![self.segment_sheet(), self.score_sheet(), self.cell_sheet()]
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let name = |row: &RfmSegment| row.segment.clone().unwrap_or_else(|| "(none)".to_owned());
        let picture = |title: &str, up: &str, value: fn(&RfmSegment) -> f64| Picture {
            title: title.to_owned(),
            describes: self.says().join("; "),
            across: String::new(),
            up: up.to_owned(),
            plot: Plot::Bars(self.segments.iter().map(|row| (name(row), value(row))).collect()),
        };
        let currency = self.head.currency.as_str();
        let mut pictures = vec![
            ("customers", picture("Customers by segment", "customers", |row| row.customers as f64)),
            ("net", picture("Spending by segment", currency, |row| row.net.as_f64())),
        ];
        pictures.extend(self.grid().map(|grid| ("grid", grid)));
        pictures
    }

    fn says(&self) -> Vec<String> {
        let percent = |share: Option<Share>| share.map_or_else(|| "-".to_owned(), Share::percent);
        let says = |row: &RfmSegment| {
            let name = row.segment.as_deref().unwrap_or("without a name");
            let (people, net) = (percent(row.share_of_customers), percent(row.share_of_net));
            format!("{name}: {} customers ({people}) who spent {net}", row.customers)
        };
        self.segments.iter().filter(|row| row.customers > 0).map(says).collect()
    }
}

impl RfmReport {
    fn segment_sheet(&self) -> Sheet {
        let columns = [
            "segment",
            "customers",
            "share_of_customers",
            "net",
            "share_of_net",
            "net_per_customer",
            "purchases_per_customer",
            "days_since_last_purchase",
        ];
        let mut sheet = Sheet::new("segments", "Segments with a name", &columns);
        for row in &self.segments {
            sheet.push([
                row.segment.clone().unwrap_or_else(|| "(none)".to_owned()).into(),
                row.customers.into(),
                row.share_of_customers.into(),
                row.net.into(),
                row.share_of_net.into(),
                row.net_per_customer.into(),
                row.purchases_per_customer.into(),
                row.days_since_last_purchase.into(),
            ]);
        }
        sheet
    }

    fn score_sheet(&self) -> Sheet {
        let mut sheet = Sheet::new("scores", "What is scored", &["metric", "parts", "less_is_better", "cut_offs"]);
        for score in &self.scores {
            let cut_offs: Vec<String> = score.cut_offs.iter().map(|cut| Cell::from(*cut).shown()).collect();
            sheet.push([
                score.metric.clone().into(),
                u64::from(score.parts).into(),
                if score.less_is_better { "yes" } else { "no" }.into(),
                cut_offs.join(" ").into(),
            ]);
        }
        sheet
    }

    fn cell_sheet(&self) -> Sheet {
        let scored: Vec<&str> = self.scores.iter().map(|score| score.metric.as_str()).collect();
        let rest = ["segment", "customers", "share_of_customers", "net", "share_of_net", "net_per_customer"];
        let columns: Vec<&str> = scored.into_iter().chain(rest).collect();
        let mut sheet = Sheet::new("cells", "Cells of equal scores", &columns).long();
        for cell in &self.cells {
            let scores = cell.scores.iter().map(|score| Cell::Count(u64::from(*score)));
            let rest: [Cell; 6] = [
                cell.segment.clone().into(),
                cell.customers.into(),
                cell.share_of_customers.into(),
                cell.net.into(),
                cell.share_of_net.into(),
                cell.net_per_customer.into(),
            ];
            sheet.rows.push(scores.chain(rest).collect());
        }
        sheet
    }

    /// Customers by the first two scores, the best in the corner.
    fn grid(&self) -> Option<Picture> {
        let [first, second, ..] = self.scores.as_slice() else { return None };
        let labels = |parts: u8| (1..=parts).rev().map(|score| score.to_string()).collect::<Vec<_>>();
        let mut cells = vec![vec![Some(0.0); usize::from(second.parts)]; usize::from(first.parts)];
        for cell in &self.cells {
            let [row, column, ..] = cell.scores.as_slice() else { continue };
            let (row, column) = (usize::from(first.parts - row), usize::from(second.parts - column));
            if let Some(Some(many)) = cells.get_mut(row).and_then(|row| row.get_mut(column)) {
                *many += cell.customers as f64;
            }
        }
        Some(Picture {
            title: format!("Customers by {} and {}", first.metric, second.metric),
            describes: format!(
                "score {} is the best {}, score {} the best {}",
                first.parts, first.metric, second.parts, second.metric
            ),
            across: second.metric.clone(),
            up: first.metric.clone(),
            plot: Plot::Heat(labels(first.parts), labels(second.parts), cells),
        })
    }
}
