//! Sources to a bundle, or to everything that is wrong with them.

use std::sync::Arc;

use super::bundle::{Bundle, Segment};
use super::check;
use super::keys;
use super::merge::Sections;
use super::read::{self, Cx, show};
use super::revision::{is_policy, is_script, revision, without_tests};
use super::syntax::{MAX_BYTES, parse};
use crate::diagnostic::{Diagnostic, FileId, Severity, Sources, Span};
use crate::id::Name;
use crate::metric::Metric;
use crate::money::{Currency, Rate};
use crate::script::{Scripts, Vocabulary};
use crate::time::Zone;

/// What became of some sources.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The bundle; absent where a diagnostic is an error.
    pub bundle: Option<Bundle>,
    /// Everything found, by file and position.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that the diagnostics point into, tests included.
    pub sources: Sources,
}

/// Compiles a bundle whole or not at all; all errors and warnings are found in one run.
pub fn compile(sources: Sources) -> Compiled {
    let sources = with_some_file(sources);
    let mut cx = Cx::new(&sources);
    let bundle = bundle(&mut cx);
    let mut diagnostics = cx.findings;
    in_order(&mut diagnostics);
    let sound = diagnostics.iter().all(|finding| finding.severity != Severity::Error);
    Compiled { bundle: bundle.filter(|_| sound), diagnostics, sources }
}

/// By file and position, each once: what an alias repeats is one mistake, and an alias of nothing is no second one.
pub(super) fn in_order(diagnostics: &mut Vec<Diagnostic>) {
    let lost: std::collections::HashSet<Span> =
        diagnostics.iter().filter(|f| f.code == "bad-alias").map(|f| f.span).collect();
    diagnostics.retain(|finding| finding.code == "bad-alias" || !lost.contains(&finding.span));
    diagnostics.sort_by(|a, b| (a.span, a.severity, a.code, &a.message).cmp(&(b.span, b.severity, b.code, &b.message)));
    diagnostics.dedup();
}

/// Findings need a place: where there is no policy at all, the folder stands in for one.
fn with_some_file(sources: Sources) -> Sources {
    if sources.iter().any(|(_, source)| is_policy(&source.path)) {
        return sources;
    }
    let files = sources.iter().map(|(_, source)| (source.path.to_string(), source.text.to_string()));
    Sources::new(files.chain([("policies/".to_owned(), String::new())]))
}

fn bundle(cx: &mut Cx<'_>) -> Option<Bundle> {
    let sources = cx.sources;
    let policies: Vec<FileId> =
        sources.iter().filter(|(_, source)| is_policy(&source.path)).map(|(file, _)| file).collect();
    let Some(first) = policies.first().copied() else {
        let file = sources.iter().find(|(_, source)| source.path.as_ref() == "policies/").map_or(FileId(0), |(f, _)| f);
        let finding = Diagnostic::error("no-policies", start_of(file), "there are no policies here")
            .label("expected a file such as `policies/shop.yaml`")
            .help("write one with at least `currency` and `timezone`");
        cx.note(finding);
        return None;
    };
    let mut sections = Sections::default();
    for file in policies {
        let parsed = parse(file, &sources.get(file).text);
        cx.findings.extend(parsed.findings);
        if parsed.broken {
            cx.breaks_off(file);
        }
        if let Some(root) = parsed.root {
            sections.take(cx, root);
        }
    }
    cx.currency = currency(cx, &sections, first);
    cx.zone = zone(cx, &sections, first);
    cx.scripts = Arc::new(scripts(cx));
    let default_margin = default_margin(cx, &sections);
    let metrics = read::metrics(cx, sections.get("metrics"));
    read::segment_names(cx, sections.get("segments"));
    check::name_clash(cx, sections.get("metrics"), sections.get("segments"));
    names_in_scripts(cx);
    let segments = read::segments(cx, sections.get("segments"));
    let discounts = read::discounts(cx, sections.get("discounts"));
    let stacking = read::stacking(cx, sections.entry("stacking"));
    let limits = read::limits(cx, sections.entry("limits"));
    let points = read::points(cx, sections.entry("points"));
    let service = read::service(cx, sections.entry("service"));
    let experiments = read::experiments(cx, sections.get("experiments"));
    check::exceeds_max_rate(cx, &discounts, &limits.unwrap_or_default(), stacking.unwrap_or_default());

    let discounts: Vec<_> = discounts.into_iter().map(|written| written.map(|w| w.discount)).collect::<Option<_>>()?;
    let mut order: Vec<u16> = (0..discounts.len() as u16).collect();
    order.sort_by_key(|at| discounts[*at as usize].priority);
    let content = without_tests(sources);
    let metrics: Vec<Metric> = metrics.into_iter().collect::<Option<_>>()?;
    let segments: Vec<Segment> = segments.into_iter().collect::<Option<_>>()?;
    let vocabulary = Vocabulary {
        metrics: metrics.iter().map(|metric| Name::clone(&metric.name)).collect(),
        segments: segments.iter().map(|segment| (Name::clone(&segment.name), segment.classes.clone())).collect(),
    };
    Some(Bundle {
        revision: revision(&content),
        sources: content,
        currency: cx.currency?,
        zone: cx.zone?,
        default_margin: default_margin?,
        filters: std::mem::take(&mut cx.filters),
        metrics,
        segments,
        discounts,
        order,
        eligible: std::mem::take(&mut cx.eligible),
        stacking: stacking?,
        limits: limits?,
        points: points?,
        service: service?,
        experiments: experiments?,
        scripts: Arc::clone(&cx.scripts),
        vocabulary: Arc::new(vocabulary),
    })
}

fn start_of(file: FileId) -> Span {
    Span { file, start: 0, end: 0 }
}

fn currency(cx: &mut Cx<'_>, sections: &Sections, first: FileId) -> Option<Currency> {
    let Some(node) = sections.get("currency") else {
        if !cx.may_be_lost("currency") {
            let finding = Diagnostic::error("missing-currency", start_of(first), "this bundle states no currency")
                .label("expected a line such as `currency: EUR`");
            cx.note(finding);
        }
        return None;
    };
    let text = cx.scalar(node, "an ISO 4217 code such as `EUR`")?;
    let found = Currency::from_code(text);
    if found.is_none() {
        let message = format!("`{}` is not a currency", show(text));
        let mut finding =
            Diagnostic::error("bad-currency", node.span, message).label("expected an ISO 4217 code such as `EUR`");
        let upper = text.to_uppercase();
        finding.help = Currency::from_code(&upper).map(|known| format!("write `{known}`"));
        cx.note(finding);
    }
    found
}

fn zone(cx: &mut Cx<'_>, sections: &Sections, first: FileId) -> Option<Zone> {
    let Some(node) = sections.get("timezone") else {
        if !cx.may_be_lost("timezone") {
            let finding = Diagnostic::error("missing-timezone", start_of(first), "this bundle states no time zone")
                .label("expected a line such as `timezone: Europe/Berlin`");
            cx.note(finding);
        }
        return None;
    };
    let text = cx.scalar(node, "an IANA name such as `Europe/Berlin`")?;
    let found = Zone::from_name(text);
    if found.is_none() {
        let help = cx.did_you_mean(text, Zone::names());
        let message = format!("`{}` is not a time zone", show(text));
        let mut finding = Diagnostic::error("bad-timezone", node.span, message)
            .label("expected an IANA name such as `Europe/Berlin`");
        finding.help = help;
        cx.note(finding);
    }
    found
}

fn default_margin(cx: &mut Cx<'_>, sections: &Sections) -> Option<Option<Rate>> {
    let Some(entry) = sections.entry("costs") else { return Some(None) };
    let fields = cx.fields(&entry.value, &keys::COSTS, entry.key.span)?;
    match fields.get("default_margin") {
        None => Some(None),
        Some(node) => cx.rate(node).map(Some),
    }
}

/// A script's name as policies write it: its path below `scripts`, with dots.
fn script_name(path: &str) -> Name {
    let below = path.strip_prefix("scripts/").unwrap_or(path);
    below.strip_suffix(".rhai").unwrap_or(below).replace('/', ".").into()
}

fn scripts(cx: &mut Cx<'_>) -> Scripts {
    let mut scripts = Scripts::new();
    let mut known: Vec<(Name, FileId)> = Vec::new();
    for (file, source) in cx.sources.iter().filter(|(_, source)| is_script(&source.path)) {
        let name = script_name(&source.path);
        if let Some((_, first)) = known.iter().find(|(other, _)| *other == name) {
            let message = format!("two scripts have the name `{}`", show(&name));
            let finding = Diagnostic::error("defined-twice", start_of(file), message)
                .label("the second one")
                .related(start_of(*first), "the first one");
            cx.note(finding);
            continue;
        }
        known.push((name.clone(), file));
        if source.text.len() > MAX_BYTES {
            let message = "this script has more than the 1 MiB that a file may have";
            cx.error("too-large", start_of(file), message, "expected a smaller file");
            cx.broken_scripts.push(name.to_string());
        } else if let Err(error) = scripts.add(&name, &source.path, &source.text) {
            let at = check::offset_of(&source.text, error.line, error.column).unwrap_or(source.text.len());
            let end = at + check::width(&source.text, at);
            let span = Span { file, start: at as u32, end: end as u32 };
            let message = format!("this script does not compile: {}", show(&error.message));
            cx.error("script-error", span, message, "here");
            cx.broken_scripts.push(name.to_string());
        }
    }
    scripts
}

fn names_in_scripts(cx: &mut Cx<'_>) {
    let sources = cx.sources;
    for (file, source) in sources.iter().filter(|(_, source)| is_script(&source.path)) {
        if source.text.len() <= MAX_BYTES {
            let place = |from: usize, until: usize| Span { file, start: from as u32, end: until as u32 };
            check::script_names(cx, &source.text, place);
        }
    }
}
