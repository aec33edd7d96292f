//! Colours by name: CSS variables with a fall-back, so that a page's light and dark themes colour what it shows.
//!
//! The qualitative colours are those of M. Okabe and K. Ito, "Color Universal Design" (2008), which are told apart with
//! any kind of colour vision.
#![expect(clippy::float_arithmetic, reason = "a place on a scale of colours")]

use kuva::render::theme::Theme;

/// Titles, labels and numbers.
pub(super) const INK: &str = "var(--chart-ink,#1f2933)";
const AXIS: &str = "var(--chart-axis,#52606d)";
const GRID: &str = "var(--chart-grid,#d9e2ec)";

const SERIES: [&str; 8] = [
    "var(--chart-1,#0072b2)",
    "var(--chart-2,#d55e00)",
    "var(--chart-3,#009e73)",
    "var(--chart-4,#cc79a7)",
    "var(--chart-5,#e69f00)",
    "var(--chart-6,#56b4e9)",
    "var(--chart-7,#6b7280)",
    "var(--chart-8,#8c6d31)",
];

/// From little to much.
const HEAT: [&str; 10] = [
    "var(--chart-heat-0,#f7fbff)",
    "var(--chart-heat-1,#e3eef8)",
    "var(--chart-heat-2,#cfe1f2)",
    "var(--chart-heat-3,#b5d4e9)",
    "var(--chart-heat-4,#93c3df)",
    "var(--chart-heat-5,#6daed5)",
    "var(--chart-heat-6,#4b97c9)",
    "var(--chart-heat-7,#2f7ebc)",
    "var(--chart-heat-8,#1864aa)",
    "var(--chart-heat-9,#0a4a90)",
];

/// The colour of the `at`-th series.
pub(super) const fn series(at: usize) -> &'static str {
    SERIES[at % SERIES.len()]
}

/// The colour of a value between 0 and 1.
pub(super) fn heat(value: f64) -> &'static str {
    // Ten steps are told apart with ease; a cast cuts off what is beyond the range.
    let step = (value.clamp(0.0, 1.0) * 9.999) as usize;
    HEAT[step.min(HEAT.len() - 1)]
}

/// What is around the series.
pub(super) fn theme() -> Theme {
    Theme {
        background: "none".to_owned(),
        axis_color: AXIS.to_owned(),
        grid_color: GRID.to_owned(),
        tick_color: AXIS.to_owned(),
        text_color: INK.to_owned(),
        legend_bg: "none".to_owned(),
        legend_border: "none".to_owned(),
        colorbar_border: AXIS.to_owned(),
        font_family: Some("system-ui, sans-serif".to_owned()),
        ..Theme::light()
    }
}

/// The same picture with its colours spelled out, for viewers that know no variables.
pub(super) fn spelled_out(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some((before, variable)) = rest.split_once("var(--chart-") {
        out.push_str(before);
        let Some((_, value)) = variable.split_once(',') else { break };
        let Some((colour, after)) = value.split_once(')') else { break };
        out.push_str(colour);
        rest = after;
    }
    out.push_str(rest);
    out
}
