//! What a picture is of.

use super::draw;

/// A picture: what it says, and its series.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// What it shows; also its accessible name.
    pub title: String,
    /// What is to be seen in it, in a sentence, for those who do not see it.
    pub describes: String,
    /// What the horizontal axis counts; empty where its labels say it.
    pub across: String,
    /// What the vertical axis counts.
    pub up: String,
    /// The series.
    pub plot: Plot,
}

/// The kinds of pictures. Numbers are for drawing only; shares are between 0 and 1.
#[derive(Debug, Clone, PartialEq)]
pub enum Plot {
    /// One bar per label.
    Bars(Vec<(String, f64)>),
    /// Bars of values not below zero, the largest first, with the line of their running sum in per cent.
    Pareto(Vec<(String, f64)>),
    /// Bars on top of each other: labels, and per series one value for each.
    Stacked(Vec<String>, Vec<(String, Vec<f64>)>),
    /// Lines over a common axis.
    Lines(X, Figures, Vec<Series>),
    /// Points of a Lorenz curve from (0, 0) to (1, 1), beside the line of equal shares.
    Lorenz(Vec<(f64, f64)>),
    /// Cells from little to much: labels of rows and columns, rows of cells; absent ones stay empty.
    Heat(Vec<String>, Vec<String>, Vec<Vec<Option<f64>>>),
    /// What an outcome does while one input after another goes from low to high, the widest first.
    Tornado(Vec<Span>),
    /// From what to what, and how many.
    Flow(Vec<Flow>),
}

/// What the horizontal axis of lines stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum X {
    /// A number.
    Number,
    /// A share between 0 and 1.
    Share,
    /// Time, in seconds since 1970-01-01T00:00:00Z.
    Time,
}

/// What the vertical axis of lines counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figures {
    /// A number.
    Number,
    /// A share between 0 and 1.
    Share,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
    /// What it may be as well, per point.
    pub band: Option<Band>,
    /// Whether a value stays until the next point.
    pub steps: bool,
    /// Whether it is drawn dashed, as what is expected or compared with.
    pub dashed: bool,
    /// What is written at each point, with a dot; nothing where it is empty.
    pub marks: Vec<String>,
}

/// The lower and the upper edge around a line, per point.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Band {
    /// The lower edge.
    pub low: Vec<f64>,
    /// The upper edge.
    pub high: Vec<f64>,
}

/// What an outcome is at the low and the high end of an input, as a difference from the outcome in between.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// The input.
    pub name: String,
    /// At its low end.
    pub low: f64,
    /// At its high end.
    pub high: f64,
}

/// So many went from one to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Where they were.
    pub from: String,
    /// Where they are.
    pub to: String,
    /// How many.
    pub many: f64,
}

impl Picture {
    /// Whether there is anything to be seen in it.
    pub fn has_something(&self) -> bool {
        draw::has_something(&self.plot)
    }

    /// An SVG document without scripts and fonts, whose colours are the CSS variables `--chart-1` … `--chart-8`,
    /// `--chart-heat-0` … `--chart-heat-9`, `--chart-ink`, `--chart-axis` and `--chart-grid` of the page it stands in. `say` puts
    /// its texts into the language of who looks at it.
    pub fn svg(&self, say: &dyn Fn(&str) -> String) -> String {
        draw::svg(self, say)
    }

    /// The same with its colours spelled out on white, for a file that any viewer opens.
    pub fn svg_file(&self, say: &dyn Fn(&str) -> String) -> String {
        draw::svg_file(self, say)
    }
}
