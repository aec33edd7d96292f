//! To SVG.
#![expect(clippy::float_arithmetic, reason = "places on a picture")]

use std::fmt::Write;
use std::sync::Arc;

use kuva::backend::svg::SvgBackend;
use kuva::plot::{BarPlot, ColorMap, Heatmap, LinePlot, ParetoPlot, SankeyPlot};
use kuva::render::datetime::DateTimeAxis;
use kuva::render::layout::{Layout, TickFormat};
use kuva::render::plots::Plot as Drawn;
use kuva::render::render::render_multiple;

use super::colour::{INK, heat, series, spelled_out, theme};
use super::picture::{Figures, Flow, Picture, Plot, Series, Span, X};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
/// Height of a row of a picture that grows with its rows.
const ROW: f64 = 26.0;

/// With colours that a page sets.
pub(super) fn svg(picture: &Picture) -> String {
    let inside = if has_something(&picture.plot) { drawn(picture) } else { None };
    let (width, height, inside) = inside.unwrap_or_else(|| (WIDTH, 80.0, nothing(picture)));
    let mut out = String::with_capacity(inside.len() + 1_024);
    let _ = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\" fill=\"{INK}\"><title>{}</title>\
         <desc>{}</desc>{inside}",
        escaped(&picture.title),
        escaped(&picture.describes)
    );
    out
}

/// With colours spelled out, on white.
pub(super) fn svg_file(picture: &Picture) -> String {
    let plain = spelled_out(&svg(picture));
    plain.replacen("</desc>", "</desc><rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>", 1)
}

/// Everything after the opening tag, with the size of the picture.
fn drawn(picture: &Picture) -> Option<(f64, f64, String)> {
    let (plots, layout) = plots(picture);
    let height = layout.height.unwrap_or(HEIGHT);
    let layout = layout
        .with_title(plain(&picture.title))
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

fn plots(picture: &Picture) -> (Vec<Drawn>, Layout) {
    let labelled = |layout: Layout| {
        let layout = if picture.across.is_empty() { layout } else { layout.with_x_label(plain(&picture.across)) };
        if picture.up.is_empty() { layout } else { layout.with_y_label(plain(&picture.up)) }
    };
    match &picture.plot {
        Plot::Bars(bars) => {
            let values = bars.iter().map(|(label, value)| (plain(label), *value));
            let plot = BarPlot::new().with_bars(values).with_color(series(0));
            let plots = vec![plot.into()];
            let layout = labelled(tilted(Layout::auto_from_plots(&plots), bars.iter().map(|(label, _)| label)));
            (plots, layout.with_y_tick_format(counted()))
        }
        Plot::Pareto(bars) => {
            let plot = ParetoPlot::new()
                .with_categories(bars.iter().map(|(label, value)| (plain(label), value.max(0.0))))
                .with_color(series(0))
                .with_line_color(series(1))
                .with_show_threshold(false)
                .with_legend(plain(&picture.up), "running sum, %");
            let plots = vec![plot.into()];
            let layout = labelled(tilted(Layout::auto_from_plots(&plots), bars.iter().map(|(label, _)| label)));
            (plots, layout.with_y_tick_format(counted()).with_y2_label("running sum, %"))
        }
        Plot::Stacked(labels, parts) => {
            let mut plot = BarPlot::new();
            for (at, label) in labels.iter().enumerate() {
                let values = parts.iter().enumerate();
                let values = values.map(|(part, (_, values))| (values.get(at).copied().unwrap_or(0.0), series(part)));
                plot = plot.with_group(plain(label), values);
            }
            let names: Vec<String> = parts.iter().map(|(name, _)| plain(name)).collect();
            let plot = plot.with_stacked().with_legend(names.iter().map(String::as_str).collect());
            let plots = vec![plot.into()];
            let layout = labelled(tilted(Layout::auto_from_plots(&plots), labels.iter()));
            (plots, layout.with_y_tick_format(counted()))
        }
        Plot::Lines(across, up, lines) => {
            let plots: Vec<Drawn> = lines.iter().enumerate().map(|(at, line)| one_line(at, line).into()).collect();
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
            let plots: Vec<Drawn> = vec![one_line(0, &curve).into(), one_line(6, &equal).into()];
            let layout = labelled(Layout::auto_from_plots(&plots)).with_clamp_axis();
            (plots, layout.with_tick_format(percent()))
        }
        Plot::Heat(rows, columns, cells) => heat_map(rows, columns, cells, labelled),
        Plot::Tornado(spans) => tornado(spans, labelled),
        Plot::Flow(flows) => flow(flows),
    }
}

fn one_line(at: usize, line: &Series) -> LinePlot {
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    let mut plot = LinePlot::new()
        .with_data(line.points.iter().map(|(x, y)| (finite(*x), finite(*y))))
        .with_color(series(at))
        .with_legend(plain(&line.name));
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

fn time_axis(lines: &[Series]) -> DateTimeAxis {
    let times = || lines.iter().flat_map(|line| &line.points).map(|(x, _)| *x);
    DateTimeAxis::auto(times().fold(f64::INFINITY, f64::min), times().fold(f64::NEG_INFINITY, f64::max))
}

fn heat_map(
    rows: &[String],
    columns: &[String],
    cells: &[Vec<Option<f64>>],
    labelled: impl Fn(Layout) -> Layout,
) -> (Vec<Drawn>, Layout) {
    // The crate draws every cell: one that is absent is drawn below all others, in no colour.
    let present = || cells.iter().flatten().flatten().copied().filter(|value| value.is_finite());
    let (low, high) = (present().fold(f64::INFINITY, f64::min), present().fold(f64::NEG_INFINITY, f64::max));
    let width = (high - low).max(f64::MIN_POSITIVE);
    // Values are scaled here, so that an absent one has a place of its own: -1, 0 to 1.
    let scaled = |row: &Vec<Option<f64>>| -> Vec<f64> {
        let cell = |at| row.get(at).copied().flatten().filter(|value: &f64| value.is_finite());
        (0..columns.len()).map(|at| cell(at).map_or(-1.0, |value| (value - low) / width)).collect()
    };
    let absent = cells.iter().any(|row| (0..columns.len()).any(|at| row.get(at).copied().flatten().is_none()));
    let colours = move |value: f64| {
        let value = if absent { value * 2.0 - 1.0 } else { value };
        if value < -0.000_001 { "none".to_owned() } else { heat(value).to_owned() }
    };
    let names: Vec<String> = rows.iter().map(|row| plain(row)).collect();
    let data: Vec<Vec<f64>> = cells.iter().map(scaled).collect();
    let plot = Heatmap::new()
        .with_data(data)
        .with_labels(names.clone(), columns.iter().map(|column| plain(column)).collect())
        .with_y_categories(names.clone())
        .with_color_map(ColorMap::Custom(Arc::new(colours)));
    let plots = vec![plot.into()];
    let layout = labelled(tilted(Layout::auto_from_plots(&plots), columns.iter()));
    let bottom_up: Vec<String> = names.into_iter().rev().collect();
    let layout = layout
        .with_x_categories(columns.iter().map(|column| plain(column)).collect())
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

fn tornado(spans: &[Span], labelled: impl Fn(Layout) -> Layout) -> (Vec<Drawn>, Layout) {
    let width = |span: &Span| (span.high - span.low).abs();
    let mut sorted: Vec<&Span> = spans.iter().collect();
    // The crate draws from the bottom up, and the widest belongs on top.
    sorted.sort_by(|a, b| width(a).total_cmp(&width(b)));
    let plot = sorted.iter().fold(BarPlot::new().with_horizontal(true), |plot, span| {
        plot.with_group(plain(&span.name), [(span.low, series(1)), (span.high, series(0))])
    });
    let plots = vec![plot.with_legend(vec!["low", "high"]).into()];
    let layout = labelled(Layout::auto_from_plots(&plots)).with_x_tick_format(counted());
    (plots, layout.with_height(HEIGHT.max(140.0 + 2.0 * ROW * spans.len() as f64)))
}

fn flow(flows: &[Flow]) -> (Vec<Drawn>, Layout) {
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
    let right = |name: &str| format!("{}\u{2009}", plain(name));
    for name in &before {
        plot = plot.with_node_color(plain(name), colour(name)).with_node_column(plain(name), 0);
    }
    for name in &after {
        plot = plot.with_node_color(right(name), colour(name)).with_node_column(right(name), 1);
    }
    for flow in flows.iter().filter(|flow| flow.many > 0.0) {
        plot = plot.with_link(plain(&flow.from), right(&flow.to), flow.many);
    }
    let plots = vec![plot.with_flow_labels().with_flow_label_format(counted()).into()];
    let layout = Layout::auto_from_plots(&plots);
    (plots, layout)
}

/// Labels that would run into each other are turned.
fn tilted<'a>(layout: Layout, labels: impl Iterator<Item = &'a String> + Clone) -> Layout {
    let (many, longest) = (labels.clone().count(), labels.map(|label| label.chars().count()).max().unwrap_or(0));
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

fn has_something(plot: &Plot) -> bool {
    let counts = |value: &f64| value.is_finite() && *value != 0.0;
    match plot {
        Plot::Bars(bars) | Plot::Pareto(bars) => bars.iter().any(|(_, value)| counts(value)),
        Plot::Stacked(labels, parts) => !labels.is_empty() && parts.iter().any(|(_, values)| values.iter().any(counts)),
        Plot::Lines(_, _, lines) => lines.iter().any(|line| line.points.len() > 1),
        Plot::Lorenz(points) => points.len() > 1,
        Plot::Heat(_, columns, cells) => {
            let present = |cell: &Option<f64>| cell.is_some_and(f64::is_finite);
            !columns.is_empty() && cells.iter().any(|row| row.iter().any(present))
        }
        Plot::Tornado(spans) => spans.iter().any(|span| counts(&span.low) || counts(&span.high)),
        Plot::Flow(flows) => flows.iter().any(|flow| counts(&flow.many)),
    }
}

/// In place of a picture of nothing.
fn nothing(picture: &Picture) -> String {
    let title = escaped(&picture.title);
    format!(
        "<text x=\"{}\" y=\"30\" font-size=\"16\" text-anchor=\"middle\">{title}</text>\
         <text x=\"{}\" y=\"58\" font-size=\"13\" text-anchor=\"middle\">there is nothing to show</text></svg>",
        WIDTH / 2.0,
        WIDTH / 2.0
    )
}

/// A dollar sign begins a formula for the crate that draws.
fn plain(text: &str) -> String {
    text.replace('$', "\\$")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
