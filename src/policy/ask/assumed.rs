//! Numbers that nobody measured exactly: a point, a range, or a count out of a sample.

use crate::diagnostic::{Diagnostic, Span};
use crate::money::Number;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::{Node, Value};

/// What is assumed of a number. Shares are fractions of 1, money is in major units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assumed {
    /// A single number, without a word on how sure it is.
    Point(Number),
    /// It lies somewhere from the first to the second.
    Range(Number, Number),
    /// A share that was counted: so many out of so many.
    Counted {
        /// How many had it.
        part: u64,
        /// How many were looked at.
        whole: u64,
    },
}

impl Assumed {
    /// The lowest that it states; absent for a count, whose bounds are a matter of statistics.
    pub(super) fn low(self) -> Option<Number> {
        match self {
            Self::Point(value) | Self::Range(value, _) => Some(value),
            Self::Counted { .. } => None,
        }
    }

    /// The highest that it states.
    pub(super) fn high(self) -> Option<Number> {
        match self {
            Self::Point(value) | Self::Range(_, value) => Some(value),
            Self::Counted { .. } => None,
        }
    }
}

/// A point, or a range such as `50% to 70%`, whose ends are read alike.
pub(in crate::policy) fn ranged(
    cx: &mut Cx<'_>,
    node: &Node,
    read: impl Fn(&mut Cx<'_>, &Node) -> Option<Number>,
) -> Option<Assumed> {
    let Some((low, high)) = node.text().and_then(|text| text.split_once(" to ")) else {
        return read(cx, node).map(Assumed::Point);
    };
    let (low, high) = (read(cx, &part(node, low)), read(cx, &part(node, high)));
    let (low, high) = (low?, high?);
    if low > high {
        let message = format!("`{}` runs from the higher to the lower", show(node.text().unwrap_or_default()));
        cx.error("bounds-order", node.span, message, "expected the lower end first");
        return None;
    }
    Some(if low == high { Assumed::Point(low) } else { Assumed::Range(low, high) })
}

/// A share: a point, a range, or a count such as `45 of 75`.
pub(in crate::policy) fn share(cx: &mut Cx<'_>, node: &Node) -> Option<Assumed> {
    let Some((part, whole)) = node.text().and_then(|text| text.split_once(" of ")) else {
        return ranged(cx, node, |cx, node| cx.rate(node).map(|rate| Number(i128::from(rate.ppm()))));
    };
    match (part.trim().parse::<u64>(), whole.trim().parse::<u64>()) {
        (Ok(part), Ok(whole)) if part <= whole && 0 < whole && whole <= 1_000_000_000 => {
            Some(Assumed::Counted { part, whole })
        }
        _ => {
            let message = format!("`{}` is not a count", show(node.text().unwrap_or_default()));
            cx.error("bad-number", node.span, message, "expected so many of at least as many, such as `45 of 75`");
            None
        }
    }
}

/// An amount not below zero: a point or a range.
pub(in crate::policy) fn amount(cx: &mut Cx<'_>, node: &Node) -> Option<Assumed> {
    ranged(cx, node, |cx, node| {
        let money = cx.money(node)?;
        cx.currency.map(|currency| Number::money(money, currency))
    })
}

/// An amount that may be a loss.
pub(in crate::policy) fn any_amount(cx: &mut Cx<'_>, node: &Node) -> Option<Assumed> {
    ranged(cx, node, |cx, node| {
        let money = cx.any_money(node)?;
        cx.currency.map(|currency| Number::money(money, currency))
    })
}

/// A part of a single value, at its own place.
fn part(node: &Node, text: &str) -> Node {
    let (whole, trimmed) = (node.text().unwrap_or_default(), text.trim());
    let plain = matches!(&node.value, Value::Scalar { plain: true, .. });
    let at = trimmed.as_ptr() as usize - whole.as_ptr() as usize;
    // Between quotes the text may differ from what is written.
    let span = if plain {
        let start = node.span.start + at as u32;
        Span { start, end: start + trimmed.len() as u32, ..node.span }
    } else {
        node.span
    };
    Node { value: Value::Scalar { text: trimmed.to_owned(), plain }, span }
}

/// Notes that one number has to stay below another, where both are stated.
pub(in crate::policy) fn below(
    cx: &mut Cx<'_>,
    (lower, lower_at): (Assumed, Span),
    (higher, higher_at): (Assumed, Span),
    message: &str,
) {
    if let (Some(low), Some(high)) = (lower.high(), higher.low())
        && low >= high
    {
        let finding = Diagnostic::error("bounds-order", lower_at, message).label("expected less than there");
        cx.note(finding.related(higher_at, "the upper bound of it"));
    }
}
