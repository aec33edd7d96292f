//! `unknown-metric`, `unknown-segment`, `unknown-class`, `unknown-discount`, `unknown-condition`: a name that nothing
//! defines.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::policy::keys::RESERVED;
use crate::policy::read::{Cx, show};
use crate::policy::syntax::Node;

fn unknown(cx: &mut Cx<'_>, code: Code, what: &str, wrong: &str, span: Span, known: &[&str]) {
    note(cx, code, what, format!("there is no {what} `{}`", show(wrong)), (wrong, span), known);
}

fn note(cx: &mut Cx<'_>, code: Code, what: &str, message: String, (wrong, span): (&str, Span), known: &[&str]) {
    if cx.may_be_lost(wrong) {
        return;
    }
    let help = cx.did_you_mean(wrong, known.iter().copied());
    let label = if known.is_empty() {
        "there is none in this bundle".to_owned()
    } else if known.len() <= 8 {
        let words: Vec<String> = known.iter().map(|name| format!("`{}`", show(name))).collect();
        format!("expected {}", words.join(", "))
    } else {
        format!("expected the name of a {what}")
    };
    let mut finding = Diagnostic::error(code, span, message).label(label);
    finding.help = help;
    cx.note(finding);
}

pub(in crate::policy) fn unknown_metric(cx: &mut Cx<'_>, wrong: &str, span: Span) {
    let names = std::sync::Arc::clone(&cx.metric_names);
    let known: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    unknown(cx, "unknown-metric", "metric", wrong, span, &known);
}

pub(in crate::policy) fn unknown_segment(cx: &mut Cx<'_>, wrong: &str, span: Span) {
    let names: Vec<_> = cx.segment_names.iter().map(|segment| segment.name.clone()).collect();
    let known: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    unknown(cx, "unknown-segment", "segment", wrong, span, &known);
}

/// A key of `when` that is neither metric nor segment nor a word of its own.
pub(in crate::policy) fn unknown_condition(cx: &mut Cx<'_>, wrong: &str, span: Span) {
    let metrics = std::sync::Arc::clone(&cx.metric_names);
    let segments: Vec<_> = cx.segment_names.iter().map(|segment| segment.name.clone()).collect();
    let defined = metrics.iter().chain(&segments).map(AsRef::as_ref);
    let known: Vec<&str> = defined.chain(RESERVED.iter().copied()).collect();
    unknown(cx, "unknown-condition", "metric, segment or condition", wrong, span, &known);
}

/// The index of the discount that is named here.
pub(in crate::policy) fn discount(cx: &mut Cx<'_>, node: &Node) -> Option<u16> {
    let text = cx.scalar(node, "the name of a discount")?;
    let found = cx.discounts.get(text).copied();
    if found.is_none() {
        let mut names: Vec<_> = cx.discounts.iter().map(|(name, at)| (*at, name.clone())).collect();
        names.sort_unstable();
        let known: Vec<&str> = names.iter().map(|(_, name)| name.as_ref()).collect();
        unknown(cx, "unknown-discount", "discount", text, node.span, &known);
    }
    found
}

/// The index of the class of a segment that is named here.
pub(in crate::policy) fn class(cx: &mut Cx<'_>, segment: u16, node: &Node) -> Option<u16> {
    let text = cx.scalar(node, "the name of a class")?;
    class_name(cx, segment, text, node.span)
}

/// The index of a class of a segment.
pub(in crate::policy) fn class_name(cx: &mut Cx<'_>, segment: u16, text: &str, span: Span) -> Option<u16> {
    let known = cx.segment_names[segment as usize].clone();
    // Classes that cannot be read were reported where they stand.
    let classes = known.classes?;
    let found = classes.iter().position(|class| class.as_ref() == text);
    if found.is_none() {
        let names: Vec<&str> = classes.iter().map(AsRef::as_ref).collect();
        let message = format!("`{}` has no class `{}`", known.name, show(text));
        note(cx, "unknown-class", "class", message, (text, span), &names);
    }
    found.map(|at| at as u16)
}
