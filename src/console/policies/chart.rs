//! The picture of a ladder: its rate over its metric, as a line of steps.

use std::fmt::Write;

use crate::money::Number;

/// A line of steps in a field of 420 × 150.
pub struct StepChart {
    /// The line, as the `d` of an SVG path.
    pub line: String,
    pub labels: Vec<Label>,
}

/// What is written at a step.
pub struct Label {
    pub x: i128,
    pub y: i128,
    pub threshold: String,
    pub rate: String,
}

const LEFT: i128 = 12;
const RIGHT: i128 = 408;
const BOTTOM: i128 = 122;
const TOP: i128 = 26;

impl StepChart {
    /// The picture of steps: thresholds and rates as policies write them. Absent where they cannot be read.
    pub fn new(steps: &[(String, String)]) -> Option<Self> {
        let read = |(threshold, rate): &(String, String)| {
            Some((Number::parse(threshold).ok()?.0, Number::parse(rate.trim_end_matches('%')).ok()?.0))
        };
        let read: Vec<(i128, i128)> = steps.iter().map(read).collect::<Option<_>>()?;
        let (last, _) = read.last()?;
        // A quarter more than the last threshold, so that its step has a length.
        let widest = (last + last / 4).max(1);
        let highest = read.iter().map(|(_, rate)| *rate).max()?.max(1);
        let x = |value: i128| LEFT + (RIGHT - LEFT) * value.min(widest) / widest;
        let y = |rate: i128| BOTTOM - (BOTTOM - TOP) * rate / highest;
        let mut line = format!("M{LEFT} {BOTTOM}");
        let mut labels = Vec::with_capacity(read.len());
        for ((threshold, rate), (stated_threshold, stated_rate)) in read.iter().zip(steps) {
            let _ = write!(line, "H{}V{}", x(*threshold), y(*rate));
            let (threshold, rate) = (stated_threshold.clone(), stated_rate.clone());
            labels.push(Label {
                x: x(Number::parse(&threshold).ok()?.0),
                y: y(Number::parse(rate.trim_end_matches('%')).ok()?.0),
                threshold,
                rate,
            });
        }
        let _ = write!(line, "H{RIGHT}");
        Some(Self { line, labels })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_as_high_as_its_rate() {
        let steps = [("0".to_owned(), "5%".to_owned()), ("80".to_owned(), "10%".to_owned())];
        let chart = StepChart::new(&steps).expect("a picture");
        assert_eq!(chart.line, "M12 122H12V74H328V26H408");
        assert!(StepChart::new(&[("a".to_owned(), "5%".to_owned())]).is_none());
        assert!(StepChart::new(&[]).is_none());
    }
}
