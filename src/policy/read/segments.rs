//! `segments`.

use std::collections::HashMap;

use super::context::{Cx, SegmentName, show};
use super::fields::Fields;
use crate::diagnostic::{Diagnostic, Span};
use crate::id::Name;
use crate::metric::Measure;
use crate::money::{Number, Rate};
use crate::policy::bundle::{ScoreCondition, ScorePart, Segment, SegmentRule};
use crate::policy::check;
use crate::policy::keys::{self, RULES};
use crate::policy::syntax::{Entry, Node, Value};
use crate::time::Period;

/// Notes names of segments and classes, so that everything else may refer to them.
pub(in crate::policy) fn segment_names(cx: &mut Cx<'_>, section: Option<&Node>) {
    let Some(entries) = section.and_then(|node| cx.named(node, "segment")) else { return };
    for (at, entry) in entries.iter().enumerate() {
        check::reserved_name(cx, &entry.key, "segment");
        let name: Name = entry.key.text.as_str().into();
        let classes = match &entry.value.value {
            Value::Mapping(fields) => {
                fields.iter().find(|field| field.key.text == "classes").and_then(|field| class_names(&field.value))
            }
            _ => None,
        };
        cx.segments.insert(name.clone(), at as u16);
        cx.segment_names.push(SegmentName { name, classes });
    }
}

fn class_names(node: &Node) -> Option<Vec<Name>> {
    match &node.value {
        Value::Mapping(entries) => Some(entries.iter().map(|entry| entry.key.text.as_str().into()).collect()),
        Value::Sequence(items) => items.iter().map(|item| item.text().map(Name::from)).collect(),
        Value::Scalar { .. } => None,
    }
}

/// All segments, in the order written; a wrong one is absent but keeps its index.
pub(in crate::policy) fn segments(cx: &mut Cx<'_>, section: Option<&Node>) -> Vec<Option<Segment>> {
    let entries = match section.map(|node| &node.value) {
        Some(Value::Mapping(entries)) if entries.len() == cx.segment_names.len() => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| segment(cx, entry)).collect()
}

fn segment(cx: &mut Cx<'_>, entry: &Entry) -> Option<Segment> {
    let fields = cx.fields(&entry.value, &keys::SEGMENT, entry.key.span)?;
    let rule = check::exactly_one(cx, &fields, RULES, "segment");
    let how = rule.map(|rule| rule.key.text.as_str());
    let refresh = refresh(cx, &fields, how);
    let keep = match fields.entry("keep") {
        None => Some(None),
        Some(keep) => {
            if how.is_some_and(|how| how != "by") {
                let label = "expected `keep` only beside `by`";
                cx.error("misplaced-key", keep.key.span, "only a class by thresholds can be kept", label);
            }
            cx.duration(&keep.value).map(Some)
        }
    };
    let (rule, classes) = (rule?, fields.entry("classes")?);
    let read = match rule.key.text.as_str() {
        "rank_by" => rank(cx, rule, classes, refresh),
        "by" => thresholds(cx, rule, classes).and_then(|(metric, floors, descending)| {
            if let (Some(Measure::Model(_)), Some(entry)) = (cx.measure(metric), fields.entry("keep")) {
                let label =
                    "expected no `keep`: the model is of today, and says nothing of what it would have said before";
                cx.error("misplaced-key", entry.key.span, "a class by what a model expects cannot be kept", label);
            }
            Some(SegmentRule::Thresholds { metric, floors, descending, keep: keep? })
        }),
        "score" => score(cx, rule, classes, refresh),
        _ => script(cx, rule, classes),
    };
    let known = class_names(&classes.value)?;
    Some(Segment { name: entry.key.text.as_str().into(), classes: known, rule: read? })
}

fn refresh(cx: &mut Cx<'_>, fields: &Fields<'_>, how: Option<&str>) -> Option<Period> {
    let Some(entry) = fields.entry("refresh") else { return Some(Period::Day) };
    if how.is_some_and(|how| !matches!(how, "rank_by" | "score")) {
        let label = "expected `refresh` only beside `rank_by` or `score`";
        cx.error("misplaced-key", entry.key.span, "this segment has no cut-offs to refresh", label);
    }
    cx.period(&entry.value)
}

fn class_map<'n>(cx: &mut Cx<'_>, classes: &'n Entry) -> Option<&'n [Entry]> {
    let entries = cx.named(&classes.value, "class")?;
    if entries.is_empty() {
        cx.error("empty", classes.key.span, "this segment has no classes", "expected at least one class");
    }
    (!entries.is_empty()).then_some(entries)
}

fn rank(cx: &mut Cx<'_>, rule: &Entry, classes: &Entry, refresh: Option<Period>) -> Option<SegmentRule> {
    let metric = cx.metric(&rule.value);
    let entries = class_map(cx, classes)?;
    let bounds: Vec<Option<(Rate, Span)>> =
        entries.iter().map(|class| cx.rate(&class.value).map(|rate| (rate, class.value.span))).collect();
    let bounds: Vec<(Rate, Span)> = bounds.into_iter().collect::<Option<_>>()?;
    check::bounds_order(cx, &bounds);
    check::last_bound(cx, &bounds);
    let bounds = bounds.into_iter().map(|(rate, _)| rate).collect();
    Some(SegmentRule::Rank { metric: metric?, bounds, refresh: refresh? })
}

fn thresholds(cx: &mut Cx<'_>, rule: &Entry, classes: &Entry) -> Option<(u16, Vec<Number>, Vec<u16>)> {
    let metric = cx.metric(&rule.value);
    let measure = metric.and_then(|metric| cx.measure(metric));
    let entries = class_map(cx, classes)?;
    let floors: Vec<Option<(Number, Span)>> =
        entries.iter().map(|class| cx.value_of(&class.value, measure).map(|floor| (floor, class.value.span))).collect();
    let floors: Vec<(Number, Span)> = floors.into_iter().collect::<Option<_>>()?;
    check::thresholds_unordered(cx, &floors, true);
    check::equal_thresholds(cx, entries, &floors);
    let mut descending: Vec<u16> = (0..floors.len() as u16).collect();
    descending.sort_by_key(|at| std::cmp::Reverse(floors[*at as usize].0));
    Some((metric?, floors.into_iter().map(|(floor, _)| floor).collect(), descending))
}

fn score(cx: &mut Cx<'_>, rule: &Entry, classes: &Entry, refresh: Option<Period>) -> Option<SegmentRule> {
    let Value::Mapping(scored) = &rule.value.value else {
        cx.wrong_type(&rule.value, "a map from metrics to their numbers of parts, such as `{ spend: 5 }`");
        return None;
    };
    if scored.is_empty() {
        cx.error("empty", rule.key.span, "this segment scores nothing", "expected at least one metric");
        return None;
    }
    if cx.too_many(&rule.value, scored.len()) {
        return None;
    }
    let parts: Vec<Option<ScorePart>> = scored
        .iter()
        .map(|part| {
            let count = cx.whole(&part.value, 2, 100);
            let metric = cx.metrics.get(part.key.text.as_str()).copied();
            if metric.is_none() {
                check::unknown_metric(cx, &part.key.text, part.key.span);
            }
            let reversed = matches!(cx.measure(metric?), Some(Measure::DaysSince(_)));
            Some(ScorePart { metric: metric?, parts: count? as u8, reversed })
        })
        .collect();
    let entries = class_map(cx, classes)?;
    let conditions: Vec<Option<Vec<ScoreCondition>>> =
        entries.iter().map(|class| score_conditions(cx, class, scored, &parts)).collect();
    let conditions: Vec<Vec<ScoreCondition>> = conditions.into_iter().collect::<Option<_>>()?;
    check::covered_classes(cx, entries, &conditions);
    Some(SegmentRule::Score { parts: parts.into_iter().collect::<Option<_>>()?, conditions, refresh: refresh? })
}

fn score_conditions(
    cx: &mut Cx<'_>,
    class: &Entry,
    scored: &[Entry],
    parts: &[Option<ScorePart>],
) -> Option<Vec<ScoreCondition>> {
    let Value::Mapping(conditions) = &class.value.value else {
        cx.wrong_type(&class.value, "a map from metrics to scores, such as `{ spend: [4, 5] }`");
        return None;
    };
    let read: Vec<Option<ScoreCondition>> = conditions
        .iter()
        .map(|condition| {
            let part = scored.iter().position(|part| part.key.text == condition.key.text);
            if part.is_none() {
                let message = format!("`{}` is not scored in this segment", show(&condition.key.text));
                let help = cx.did_you_mean(&condition.key.text, scored.iter().map(|part| part.key.text.as_str()));
                let mut finding = Diagnostic::error("not-scored", condition.key.span, message)
                    .label("expected a metric that `score` names");
                finding.help = help;
                cx.note(finding);
            }
            let most = part.and_then(|part| parts[part].as_ref()).map_or(100, |part| i64::from(part.parts));
            let items = cx.one_or_many(&condition.value);
            let scores: Vec<Option<u8>> = items.iter().map(|item| check::score_in_range(cx, item, most)).collect();
            let mut scores: Vec<u8> = scores.into_iter().collect::<Option<_>>()?;
            scores.sort_unstable();
            scores.dedup();
            Some(ScoreCondition { part: part? as u16, scores })
        })
        .collect();
    read.into_iter().collect()
}

fn script(cx: &mut Cx<'_>, rule: &Entry, classes: &Entry) -> Option<SegmentRule> {
    let function = check::script_function(cx, &rule.value, 1, "customer");
    let Value::Sequence(items) = &classes.value.value else {
        cx.wrong_type(&classes.value, "a list of class names, for the script returns one of them");
        return None;
    };
    if items.is_empty() {
        cx.error("empty", classes.key.span, "this segment has no classes", "expected at least one class");
    }
    if cx.too_many(&classes.value, items.len()) {
        return None;
    }
    let mut known: HashMap<&str, &Node> = HashMap::new();
    for item in items {
        let Some(text) = cx.name(item, "class") else { continue };
        if let Some(first) = known.get(text) {
            let finding =
                Diagnostic::error("duplicate-key", item.span, format!("the class `{}` is here twice", show(text)))
                    .label("the second time")
                    .related(first.span, "the first time");
            cx.note(finding);
        } else {
            known.insert(text, item);
        }
    }
    function.map(SegmentRule::Script)
}
