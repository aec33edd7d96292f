//! ABC analysis as tables, pictures and sentences.

use super::abc::{AbcClass, AbcReport, Movement};
use super::concentration::Concentration;
use super::report::{Cell, Head, Parameter, Report, Share, Sheet};
use super::xyz::Variability;
use crate::chart::{Flow, Picture, Plot};

impl Report for AbcReport {
    const NAME: &'static str = "abc";
    const TAKES: &'static [Parameter] = &[
        Parameter::AS_OF,
        Parameter::WINDOW,
        Parameter::FROM,
        Parameter {
            name: Parameter::SEGMENT.name,
            says: "A segment with `rank_by`, whose metric and bounds are used; the first of the policy where it is absent.",
        },
        Parameter {
            name: Parameter::METRIC.name,
            says: "What is shared: a metric of the policy, or one of `gross`, `net`, `margin`, `profit` over the whole \
                   history; the segment's where it is absent.",
        },
        Parameter {
            name: "limits",
            says: "`policy`: the bounds of the segment, or 80, 95 and 100 % where none ranks by the metric; `computed`: A, B \
                   and C by the curve itself (Ultsch and Lötsch 2015).",
        },
        Parameter { name: Parameter::SINCE.name, says: "An earlier instant or date: who moved between classes since." },
        Parameter {
            name: Parameter::PERIOD.name,
            says: "The periods whose demands XYZ compares: `day`, `week`, `month`, `quarter` or `year`; `month` where it is \
                   absent. The last 12 whole ones count, or those within `window` or since `from`.",
        },
    ];

    fn head(&self) -> &Head {
        &self.head
    }

    fn sheets(&self) -> Vec<Sheet> {
        let mut sheets = vec![self.class_sheet(), self.concentration_sheet(), self.xyz_sheet()];
        if let Some(movement) = &self.movement {
            let mut sheet = Sheet::new("movement", "From class to class", &["from", "to", "customers"]);
            for moved in &movement.moves {
                sheet.push([moved.from.clone().into(), moved.to.clone().into(), moved.customers.into()]);
            }
            sheets.push(sheet);
        }
        let mut curve = Sheet::new("lorenz", "Lorenz curve", &["customers", "hold"]).long();
        for point in &self.concentration.lorenz {
            curve.push([point.customers.into(), point.hold.into()]);
        }
        sheets.push(curve);
        sheets
    }

    fn pictures(&self) -> Vec<(&'static str, Picture)> {
        let bars = self.classes.iter().map(|class| (class.class.clone(), class.total.as_f64())).collect();
        let classes = Picture {
            title: format!("{} by class", self.metric),
            describes: self.says().join("; "),
            across: String::new(),
            up: self.metric.clone(),
            plot: Plot::Pareto(bars),
        };
        let points = &self.concentration.lorenz;
        let lorenz = Picture {
            title: format!("How unequally customers share {}", self.metric),
            describes: self.concentration_in_words(),
            across: "share of customers, those with the least first".to_owned(),
            up: "share of the total".to_owned(),
            plot: Plot::Lorenz(points.iter().map(|point| (point.customers.as_f64(), point.hold.as_f64())).collect()),
        };
        let mut pictures = vec![("classes", classes), ("lorenz", lorenz), ("xyz", self.xyz_picture())];
        if let Some(movement) = &self.movement {
            pictures.push(("movement", movement_picture(movement)));
        }
        pictures
    }

    fn says(&self) -> Vec<String> {
        let class = |row: &AbcClass| {
            let percent = |share: Option<Share>| share.map_or_else(|| "-".to_owned(), Share::percent);
            format!(
                "{}: {} customers ({}) hold {} of {}",
                row.class,
                row.customers,
                percent(row.share_of_customers),
                percent(row.share),
                self.metric
            )
        };
        let mut says: Vec<String> = self.classes.iter().map(class).collect();
        says.push(self.concentration_in_words());
        says.extend(self.movement.as_ref().map(movement_in_words));
        says
    }
}

impl AbcReport {
    fn class_sheet(&self) -> Sheet {
        let columns =
            ["class", "bound", "from", "customers", "share_of_customers", "total", "share", "running_share", "average"];
        let mut sheet = Sheet::new("classes", format!("Classes by {}", self.metric), &columns);
        for row in &self.classes {
            sheet.push([
                row.class.clone().into(),
                row.bound.into(),
                row.from.into(),
                row.customers.into(),
                row.share_of_customers.into(),
                row.total.into(),
                row.share.into(),
                row.running_share.into(),
                row.average.into(),
            ]);
        }
        sheet
    }

    fn concentration_sheet(&self) -> Sheet {
        let shared = &self.concentration;
        let columns = ["gini", "top_20_percent_hold", "half_is_held_by", "lorenz"];
        let mut sheet = Sheet::new("concentration", "How unequally it is shared", &columns);
        let points = shared.lorenz.iter().step_by(5).map(|point| Some(point.hold)).collect();
        let gini = shared.gini.map(|gini| Cell::Text(gini.to_string()));
        sheet.push([
            gini.into(),
            shared.top_20_percent_hold.into(),
            shared.half_is_held_by.into(),
            Cell::Series(points),
        ]);
        sheet
    }

    fn xyz_sheet(&self) -> Sheet {
        let columns = ["class", "variability", "customers", "total", "share"];
        let mut sheet = Sheet::new("xyz", format!("How evenly demand comes, {} by {0}", self.xyz.period), &columns);
        for cell in &self.xyz.cells {
            sheet.push([
                cell.class.clone().into(),
                cell.variability.map(Variability::name).into(),
                cell.customers.into(),
                cell.total.into(),
                cell.share.into(),
            ]);
        }
        sheet
    }

    fn xyz_picture(&self) -> Picture {
        let rows: Vec<String> = self.classes.iter().map(|row| row.class.clone()).collect();
        let columns = Variability::ALL.map(|letter| letter.name().to_owned()).into_iter().chain(["?".to_owned()]);
        let cells = self.xyz.cells.chunks(4);
        let cells = cells.map(|row| row.iter().map(|cell| Some(cell.customers as f64)).collect()).collect();
        Picture {
            title: "Customers by class and by how evenly their demand comes".to_owned(),
            describes: "X is steady, Y varies, Z is now and then; of the others too little is known".to_owned(),
            across: "how evenly demand comes".to_owned(),
            up: "class".to_owned(),
            plot: Plot::Heat(rows, columns.collect(), cells),
        }
    }

    fn concentration_in_words(&self) -> String {
        let Concentration { gini: Some(gini), top_20_percent_hold: Some(top), half_is_held_by: Some(half), .. } =
            self.concentration
        else {
            return "nobody holds anything".to_owned();
        };
        format!(
            "the 20 % with the most hold {}; {} of the customers hold half; Gini {gini}",
            top.percent(),
            half.percent()
        )
    }
}

fn movement_in_words(movement: &Movement) -> String {
    let Movement { stayed, rose, fell, came, .. } = movement;
    format!("since then {rose} rose, {fell} fell, {stayed} stayed and {came} came")
}

fn movement_picture(movement: &Movement) -> Picture {
    let flow = |from: &Option<String>, to: &str, many: u64| Flow {
        from: from.clone().unwrap_or_else(|| "new".to_owned()),
        to: to.to_owned(),
        many: many as f64,
    };
    let flows = movement.moves.iter().map(|moved| flow(&moved.from, &moved.to, moved.customers)).collect();
    Picture {
        title: "From class to class".to_owned(),
        describes: movement_in_words(movement),
        across: String::new(),
        up: String::new(),
        plot: Plot::Flow(flows),
    }
}
