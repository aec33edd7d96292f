//! To SVG.
#![expect(clippy::float_arithmetic, reason = "places on a picture")]

use std::fmt::Write;
use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::plot::scatter::ScatterPlot;
use kuva::plot::{BarPlot, ColorMap, Heatmap, LinePlot, ParetoPlot, SankeyPlot};
use kuva::render::datetime::{DateTimeAxis, DateUnit};
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot as Drawn;
use kuva::render::render::render_multiple;

use super::colour::{INK, heat, series, spelled_out, theme};
use super::picture::{Figures, Flow, Picture, Plot, Series, Span, X};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Height of a row of a picture that grows with its rows.
const ROW: f64 = 26.0;
/// What the line over the bars of a Pareto chart is.
const RUNNING: &str = "running sum, %";
/// Where absent cells of a heat map are, beside values from 0 to 1.
const ABSENT: f64 = -0.1;

/// Puts a text into the language of who looks at the picture.
pub(super) type Say<'s> = &'s dyn Fn(&str) -> String;

/// With colours that a page sets.
pub(super) fn svg(picture: &Picture, say: Say<'_>) -> String {
    let inside = if has_something(&picture.plot) { drawn(picture, say) } else { None };
    let (width, height, inside) = inside.unwrap_or_else(|| (WIDTH, 80.0, nothing(picture, say)));
    let mut out = String::with_capacity(inside.len() + 1_024);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\" fill=\"{INK}\"><title>{}</title>\
         <desc>{}</desc>{inside}",
        escaped(&say(&picture.title)),
        escaped(&say(&picture.describes))
    );
    out
}

/// With colours spelled out, on white.
pub(super) fn svg_file(picture: &Picture, say: Say<'_>) -> String {
    let plain = spelled_out(&svg(picture, say));
    plain.replacen("</desc>", "</desc><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>", 1)
}

/// Everything after the opening tag, with the size of the picture.
fn drawn(picture: &Picture, say: Say<'_>) -> Option<(f64, f64, String)> {
    let (plots, layout) = plots(picture, say);
    let height = layout.height.unwrap_or(HEIGHT);
    let layout = layout
        .with_title(plain(&say(&picture.title)))
        .with_theme(theme())
        .with_font_family("system-ui, sans-serif")
        .with_title_size(16)
        .with_label_size(13)
        .with_tick_size(11)
        .with_body_size(12)
        .with_width(WIDTH)
        .with_height(height);
    let scene = render_multiple(plots, layout);
    let (width, height) = (scene.width.ceil(), scene.height.ceil());
    let svg = SvgBackend::new().render_scene(&scene);
    // The opening tag is our own; the first thing after it says which crate drew this, and in which version.
    let (_, inside) = svg.split_once('>')?;
    let inside = inside.split_once("-->").map_or(inside, |(_, inside)| inside);
    Some((width, height, inside.to_owned()))
}

fn plots(picture: &Picture, say: Say<'_>) -> (Vec<Drawn>, Layout) {
    let labelled = |layout: Layout| {
        let layout =
            if picture.across.is_empty() { layout } else { layout.with_x_label(label_of(&picture.across, say)) };
        if picture.up.is_empty() { layout } else { layout.with_y_label(label_of(&picture.up, say)) }
    };
    match &picture.plot {
        Plot::Bars(bars) => {
            let values = bars.iter().map(|(label, value)| (label_of(label, say), *value));
            let plot = BarPlot::new().with_bars(values).with_color(series(0));
            let plots = vec![plot.into()];
            let layout = labelled(tilted(Layout::auto_from_plots(&plots), bars.iter().map(|(label, _)| label)));
            (plots, layout.with_y_tick_format(counted()))
        }
        Plot::Pareto(bars) => {
            let plot = ParetoPlot::new()
                .with_categories(bars.iter().map(|(label, value)| (label_of(label, say), value.max(0.0))))
                .with_color(series(0))
                .with_line_color(series(1))
                .with_show_threshold(false)
                .with_legend(plain(&say(&picture.up)), say(RUNNING));
            let plots = vec![plot.into()];
            let layout = labelled(tilted(Layout::auto_from_plots(&plots), bars.iter().map(|(label, _)| label)));
            (plots, layout.with_y_tick_format(counted()).with_y2_label(say(RUNNING)))
        }
        Plot::Stacked(labels, parts) => {
            let mut plot = BarPlot::new();
            let labels = &thinned(labels);
            for (at, label) in labels.iter().enumerate() {
                let values = parts.iter().enumerate();
                let values = values.map(|(part, (_, values))| (values.get(at).copied().unwrap_or(0.0), series(part)));
                plot = plot.with_group(label_of(label, say), values);
            }
            let names: Vec<String> = parts.iter().map(|(name, _)| label_of(name, say)).collect();
            let plot = plot.with_stacked().with_legend(names.iter().map(String::as_str).collect());
            let plots = vec![plot.into()];
            let layout = labelled(tilted(Layout::auto_from_plots(&plots), labels.iter()));
            (plots, layout.with_y_tick_format(counted()))
        }
        Plot::Lines(across, up, lines) => {
            let mut plots: Vec<Drawn> =
                lines.iter().enumerate().map(|(at, line)| one_line(at, line, say).into()).collect();
            plots.extend(lines.iter().enumerate().filter_map(|(at, line)| marks(at, line, say)));
            let layout = labelled(Layout::auto_from_plots(&plots));
            let layout = match across {
                X::Number => layout.with_x_tick_format(counted()),
                X::Share => layout.with_x_tick_format(percent()),
                X::Time => layout.with_x_datetime(time_axis(lines)),
            };
            let layout = match up {
                Figures::Number => layout.with_y_tick_format(counted()),
                Figures::Share => layout.with_y_tick_format(percent()),
            };
            (plots, layout)
        }
        Plot::Lorenz(points) => {
            let equal = Series {
                name: "equal shares".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
                dashed: true,
                ..Series::default()
            };
            let curve = Series { name: "Lorenz curve".to_owned(), points: points.clone(), ..Series::default() };
            let plots: Vec<Drawn> = vec![one_line(0, &curve, say).into(), one_line(6, &equal, say).into()];
            let layout = labelled(Layout::auto_from_plots(&plots)).with_clamp_axis();
            (plots, layout.with_tick_format(percent()))
        }
        Plot::Heat(rows, columns, cells) => heat_map((rows, columns), cells, say, labelled),
        Plot::Tornado(spans) => tornado(spans, say, labelled),
        Plot::Flow(flows) => flow(flows, say),
    }
}

fn one_line(at: usize, line: &Series, say: Say<'_>) -> LinePlot {
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    let mut plot = LinePlot::new()
        .with_data(line.points.iter().map(|(x, y)| (finite(*x), finite(*y))))
        .with_color(series(at))
        .with_legend(label_of(&line.name, say));
    if let Some(band) = &line.band
        && band.low.len() == line.points.len()
        && band.high.len() == line.points.len()
    {
        plot = plot.with_band(band.low.iter().map(|low| finite(*low)), band.high.iter().map(|high| finite(*high)));
    }
    if line.steps {
        plot = plot.with_step();
    }
    if line.dashed { plot.with_dashed() } else { plot }
}

/// The points of a line that have marks, each with its own.
fn marks(at: usize, line: &Series, say: Say<'_>) -> Option<Drawn> {
    let points = line.points.iter().zip(&line.marks).filter(|(_, mark)| !mark.is_empty());
    let (points, marks): (Vec<(f64, f64)>, Vec<String>) =
        points.map(|((x, y), mark)| ((*x, *y), plain(&say(mark)))).unzip();
    (!points.is_empty()).then(|| {
        let plot = ScatterPlot::new().with_data(points).with_color(series(at)).with_size(5.0);
        plot.with_labels(marks).with_repel_labels().into()
    })
}

/// The most labels that stand beside each other on an axis of time.
const MOST_LABELS: usize = 7;

fn time_axis(lines: &[Series]) -> DateTimeAxis {
    let times = || lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x);
    let (first, last) = (times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max));
    let mut axis = DateTimeAxis::auto(first, last);
    if matches!(axis.unit, DateUnit::Month) {
        // The same in every language.
        axis.format = "%Y-%m".to_owned();
    }
    if first.is_finite() && last.is_finite() {
        let labels = axis.generate_ticks(first, last).len();
        axis.step = axis.step.max(labels.div_ceil(MOST_LABELS));
    }
    axis
}

fn heat_map(
    (rows, columns): (&[String], &[String]),
    cells: &[Vec<Option<f64>>],
    say: Say<'_>,
    labelled: impl Fn(Layout) -> Layout,
) -> (Vec<Drawn>, Layout) {
    let columns = &thinned(columns);
    // The crate draws every cell; one that is absent gets no colour.
    let present = || cells.iter().flatten().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (present().fold(f64::INFINITY, f64::min), present().fold(f64::NEG_INFINITY, f64::max));
    let width = (high - low).max(f64::MIN_POSITIVE);
    // Values are scaled here, so that an absent one has a place of its own below them.
    let scaled = |row: &Vec<Option<f64>>| -> Vec<f64> {
        let cell = |at| row.get(at).copied().flatten().filter(|value: &f64| value.is_finite());
        (0..columns.len()).map(|at| cell(at).map_or(ABSENT, |value| (value - low) / width)).collect()
    };
    let absent = cells.iter().any(|row| (0..columns.len()).any(|at| row.get(at).copied().flatten().is_none()));
    let colours = move |value: f64| {
        let value = if absent { value * (1.0 - ABSENT) + ABSENT } else { value };
        if value < -0.000_001 { "none".to_owned() } else { heat(value).to_owned() }
    };
    let names: Vec<String> = rows.iter().map(|row| label_of(row, say)).collect();
    let data: Vec<Vec<f64>> = cells.iter().map(scaled).collect();
    let plot = Heatmap::new()
        .with_data(data)
        .with_labels(names.clone(), columns.iter().map(|column| label_of(column, say)).collect())
        .with_y_categories(names.clone())
        .with_color_map(ColorMap::Custom(Arc::new(colours)));
    let plots = vec![plot.into()];
    let layout = labelled(tilted(Layout::auto_from_plots(&plots), columns.iter()));
    let bottom_up: Vec<String> = names.into_iter().rev().collect();
    let layout = layout
        .with_x_categories(columns.iter().map(|column| label_of(column, say)).collect())
        .with_y_categories(bottom_up)
        .with_height(HEIGHT.max(140.0 + ROW * rows.len() as f64));
    (plots, layout.with_colorbar_tick_format(between(low, high, absent)))
}

/// Says on the bar of colours what its place stands for.
fn between(low: f64, high: f64, absent: bool) -> TickFormat {
    TickFormat::Custom(Arc::new(move |at: f64| {
        if absent && at < 0.0 {
            return String::new();
        }
        shortened(low + (high - low) * at)
    }))
}

fn tornado(spans: &[Span], say: Say<'_>, labelled: impl Fn(Layout) -> Layout) -> (Vec<Drawn>, Layout) {
    let width = |span: &Span| (span.high - span.low).abs();
    let mut sorted: Vec<&Span> = spans.iter().collect();
    // The crate draws from the bottom up, and the widest belongs on top.
    sorted.sort_by(|a, b| width(a).total_cmp(&width(b)));
    let plot = sorted.iter().fold(BarPlot::new().with_horizontal(true), |plot, span| {
        plot.with_group(plain(&say(&span.name)), [(span.low, series(1)), (span.high, series(0))])
    });
    let plots = vec![plot.with_legend(vec![say("low").as_str(), say("high").as_str()]).into()];
    let layout = labelled(Layout::auto_from_plots(&plots)).with_x_tick_format(counted());
    (plots, layout.with_height(HEIGHT.max(140.0 + 2.0 * ROW * spans.len() as f64)))
}

fn flow(flows: &[Flow], say: Say<'_>) -> (Vec<Drawn>, Layout) {
    let mut plot = SankeyPlot::new();
    let (mut before, mut after): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for flow in flows {
        for (known, name) in [(&mut before, &flow.from), (&mut after, &flow.to)] {
            if !known.contains(&name.as_str()) {
                known.push(name);
            }
        }
    }
    // One class keeps one colour on both sides; what is on the right is told apart by a space that nobody sees.
    let colour = |name: &str| before.iter().chain(&after).position(|known| *known == name).map_or(series(6), series);
    let left = |name: &str| label_of(name, say);
    let right = |name: &str| format!("{}\u{2009}", left(name));
    for name in &before {
        plot = plot.with_node_color(left(name), colour(name)).with_node_column(left(name), 0);
    }
    for name in &after {
        plot = plot.with_node_color(right(name), colour(name)).with_node_column(right(name), 1);
    }
    for flow in flows.iter().filter(|flow| flow.many > 0.0) {
        plot = plot.with_link(left(&flow.from), right(&flow.to), flow.many);
    }
    let plots = vec![plot.with_flow_labels().with_flow_label_format(counted()).into()];
    let layout = Layout::auto_from_plots(&plots);
    (plots, layout)
}

/// Of many labels only as many as can be read, evenly apart; all are in the table.
fn thinned(labels: &[String]) -> Vec<String> {
    let apart = if labels.len() > MOST_TURNED { labels.len().div_ceil(MOST_TURNED / 2) } else { 1 };
    let kept = |(at, label): (usize, &String)| if at.is_multiple_of(apart) { label.clone() } else { String::new() };
    labels.iter().enumerate().map(kept).collect()
}

/// The most labels along an axis that can be read when they are turned.
const MOST_TURNED: usize = 24;

/// Labels that would run into each other are turned.
fn tilted<'a>(layout: Layout, labels: impl Iterator<Item = &'a String> + Clone) -> Layout {
    let (many, longest) = (
        labels.clone().filter(|label| !label.is_empty()).count(),
        labels.map(|label| label.chars().count()).max().unwrap_or(0),
    );
    layout.with_x_tick_rotate(if many * (longest + 2) > 80 { -45.0 } else { 0.0 })
}

/// Shares in per cent.
fn percent() -> TickFormat {
    TickFormat::Custom(Arc::new(|share: f64| format!("{} %", shortened(share * 100.0))))
}

/// Large numbers in thousands, millions and so on.
fn counted() -> TickFormat {
    TickFormat::Custom(Arc::new(shortened))
}

fn shortened(value: f64) -> String {
    let (value, unit) = match value.abs() {
        size if size >= 1e12 => (value / 1e12, "T"),
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = format!("{value:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

pub(super) fn has_something(plot: &Plot) -> bool {
    let counts = |value: &f64| value.is_finite() && *value != 0.0;
    match plot {
        Plot::Bars(bars) => bars.iter().any(|(_, value)| counts(value)),
        Plot::Pareto(bars) => bars.iter().any(|(_, value)| counts(value) && *value > 0.0),
        Plot::Stacked(labels, parts) => !labels.is_empty() && parts.iter().any(|(_, values)| values.iter().any(counts)),
        Plot::Lines(_, _, lines) => lines.iter().any(|line| line.points.len() > 1),
        Plot::Lorenz(points) => points.len() > 1,
        Plot::Heat(_, columns, cells) => {
            let present = |cell: &Option<f64>| cell.is_some_and(f64::is_finite);
            !columns.is_empty() && cells.iter().any(|row| row.iter().any(present))
        }
        Plot::Tornado(spans) => spans.iter().any(|span| counts(&span.low) || counts(&span.high)),
        Plot::Flow(flows) => flows.iter().any(|flow| counts(&flow.many) && flow.many > 0.0),
    }
}

/// In place of a picture of nothing.
fn nothing(picture: &Picture, say: Say<'_>) -> String {
    let (title, empty) = (escaped(&say(&picture.title)), escaped(&say("there is nothing to show")));
    format!(
        "<text x=\"{}\" y=\"30\" font-size=\"16\" text-anchor=\"middle\">{title}</text>\
         <text x=\"{}\" y=\"58\" font-size=\"13\" text-anchor=\"middle\">{empty}</text></svg>",
        WIDTH / 2.0,
        WIDTH / 2.0
    )
}

/// What stands at a bar, a row, a node, a line or an axis: a single word is somebody's name for something, but for these.
fn label_of(text: &str, say: Say<'_>) -> String {
    const OWN: &[&str] = &[
        "back",
        "came",
        "chances",
        "class",
        "cohort",
        "cost",
        "customers",
        "foretold",
        "found",
        "margin",
        "net",
        "new",
        "now",
        "profit",
        "returning",
    ];
    plain(&if text.contains(' ') || OWN.contains(&text) { say(text) } else { text.to_owned() })
}

/// A dollar sign begins a formula for the crate that draws.
fn plain(text: &str) -> String {
    text.replace('$', "\\$")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::Band;
    use proptest::prelude::*;

    fn picture(plot: Plot) -> Picture {
        let text = |text: &str| text.to_owned();
        Picture { title: text("A & B cost $5"), describes: text("a < b"), across: text("x"), up: text("y"), plot }
    }

    fn check(plot: Plot) -> String {
        let picture = picture(plot);
        let (page, file) = (picture.svg(&str::to_owned), picture.svg_file(&str::to_owned));
        for svg in [&page, &file] {
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
            assert!(svg.contains("<title>A &amp; B cost $5</title><desc>a &lt; b</desc>"), "{svg}");
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
        assert!(page.contains("var(--chart-ink,") && !file.contains("var("), "{file}");
        page
    }

    fn names(many: usize) -> Vec<String> {
        (0..many).map(|at| format!("name {at}")).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_series_can_be_drawn(values in prop::collection::vec(-1e9f64..1e9, 0..12), other in -1e3f64..1e3) {
            let labelled = || names(values.len()).into_iter().zip(values.iter().copied()).collect::<Vec<_>>();
            let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(at, value)| (at as f64, *value)).collect();
            let band = Band { low: values.iter().map(|v| v - 1.0).collect(), high: values.iter().map(|v| v + 1.0).collect() };
            let line = Series { name: "line".to_owned(), points: points.clone(), band: Some(band), steps: true, ..Series::default() };
            check(Plot::Bars(labelled()));
            check(Plot::Pareto(labelled()));
            let parts = vec![("a".to_owned(), values.clone()), ("b".to_owned(), vec![other; values.len()])];
            check(Plot::Stacked(names(values.len()), parts));
            for x in [X::Number, X::Share, X::Time] {
                check(Plot::Lines(x, Figures::Number, vec![line.clone(), Series { dashed: true, ..line.clone() }]));
            }
            check(Plot::Lorenz(vec![(0.0, 0.0), (0.5, 0.2), (1.0, 1.0)]));
            let row = |shift: usize| (0..values.len()).map(|at| (at % 3 != shift).then(|| values[at])).collect();
            check(Plot::Heat(names(2), names(values.len()), vec![row(0), row(1)]));
            let span = |(name, low): (String, f64)| Span { name, low, high: other };
            check(Plot::Tornado(labelled().into_iter().map(span).collect()));
            let flow = |(from, many): (String, f64)| Flow { from, to: "name 0".to_owned(), many: many.abs() };
            check(Plot::Flow(labelled().into_iter().map(flow).collect()));
        }
    }

    #[test]
    fn nothing_and_what_is_no_number_are_drawn_as_nothing() {
        for plot in [
            Plot::Bars(Vec::new()),
            Plot::Pareto(vec![("a".to_owned(), 0.0)]),
            Plot::Stacked(Vec::new(), Vec::new()),
            Plot::Lines(X::Time, Figures::Share, vec![Series { points: vec![(0.0, 1.0)], ..Series::default() }]),
            Plot::Lorenz(Vec::new()),
            Plot::Heat(names(1), names(1), vec![vec![None]]),
            Plot::Tornado(Vec::new()),
            Plot::Flow(vec![Flow { from: "a".to_owned(), to: "b".to_owned(), many: f64::NAN }]),
        ] {
            assert!(check(plot).contains("there is nothing to show"));
        }
    }

    #[test]
    fn absent_cells_have_no_colour_and_labels_no_formulas() {
        let page = check(Plot::Heat(names(2), names(2), vec![vec![Some(1.0), None], vec![Some(3.0), Some(2.0)]]));
        assert!(page.contains("--chart-heat-0") && page.contains("--chart-heat-9"), "{page}");
        assert!(page.contains("fill=\"none\""), "{page}");
        assert!(check(Plot::Bars(vec![("$5 $6".to_owned(), 1.0)])).contains("$5 $6"));
    }

    #[test]
    fn numbers_on_axes_are_short() {
        let check = |value: f64, expect: &str| assert_eq!(shortened(value), expect);
        check(0.0, "0");
        check(1_234.5, "1234.5");
        check(25_000.0, "25k");
        check(-1_230_000.0, "-1.23M");
        check(2.5e9, "2.5G");
    }
}
