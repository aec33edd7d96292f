//! `POST /v1/segments/refresh`: computes cut-offs anew, and fits models anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::report::Figure;
use crate::app::{Actor, App};
use crate::engine::SegmentCuts;
use crate::http::answer::{Answer, Problems, json};
use crate::http::blocking;
use crate::http::wire::Shown;
use crate::metric::{BaseFit, Measure, Metric};
use crate::money::Number;
use crate::policy::{Bundle, SegmentRule};
use crate::time::Instant;

/// Cut-offs in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CutOffs)]
pub struct CutOffsOut {
    /// The snapshot's number; null where no segment needs cut-offs.
    snapshot: Option<u64>,
    /// Segments that are read from it.
    segments: Vec<SegmentCutsOut>,
    /// Models that metrics are read from.
    models: Vec<ModelOut>,
}

/// Models that metrics are read from: how often customers buy, and what a purchase is worth.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FittedModels)]
pub struct ModelOut {
    /// The metrics that ask them.
    metrics: Vec<String>,
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    taken_at: Shown<Instant>,
    /// `BG/NBD`, or `NBD` where dropout cannot be identified; null where nobody bought anything.
    model: Option<&'static str>,
    /// Its parameters by name; time is in weeks.
    parameters: BTreeMap<&'static str, Figure>,
    /// Parameters of gamma-gamma by name; empty where nobody bought twice, and the average purchase is used.
    spend: BTreeMap<&'static str, Figure>,
    /// What is to be said against them.
    doubts: Vec<String>,
}

/// Cut-offs of a segment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SegmentCutOffs)]
pub struct SegmentCutsOut {
    segment: String,
    /// As of when.
    #[schema(value_type = String, format = DateTime)]
    taken_at: Shown<Instant>,
    /// Of a rank segment: the smallest value of each class; null where nobody can have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<Vec<ClassCutOut>>,
    /// Of a score segment: the quantiles of each metric.
    #[serde(skip_serializing_if = "Option::is_none")]
    quantiles: Option<Vec<QuantilesOut>>,
}

/// The smallest value of a class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClassCutOff)]
pub struct ClassCutOut {
    class: String,
    #[schema(value_type = Option<String>)]
    from: Option<Shown<Number>>,
}

/// Quantiles of a metric, rounded to six decimals here.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Quantiles)]
pub struct QuantilesOut {
    metric: String,
    #[schema(value_type = Vec<String>)]
    cut_offs: Vec<Shown<Number>>,
}

/// Computes the cut-offs of rank and score segments anew and fits the models that metrics ask, as of now, and puts them in force.
#[utoipa::path(post, path = "/v1/segments/refresh", tag = "policies",
    responses((status = 200, description = "the new cut-offs and models", body = CutOffsOut), Problems))]
pub async fn refresh_segments(State(app): State<Arc<App>>, actor: Actor) -> Answer {
    let work = Arc::clone(&app);
    let cut_offs = blocking(move || work.refresh_segments_for(&actor)).await??;
    let bundle = &app.active().bundle;
    let segments = bundle.segments.iter().zip(&cut_offs.segments);
    let body = CutOffsOut {
        snapshot: (cut_offs.id > 0).then_some(cut_offs.id),
        segments: segments.filter_map(|(segment, cuts)| present(bundle, segment, cuts)).collect(),
        models: cut_offs.fits.iter().map(|fit| model(bundle, fit)).collect(),
    };
    json(StatusCode::OK, &body)
}

fn model(bundle: &Bundle, fit: &BaseFit) -> ModelOut {
    let asks = |metric: &&Metric| matches!(metric.measure, Measure::Model(_)) && metric.filter == fit.filter;
    let shown = |parameters: Vec<(&'static str, f64)>| {
        parameters.into_iter().filter_map(|(name, value)| Some((name, Figure::of_f64(value)?))).collect()
    };
    let spend = fit.fitted.and_then(|fitted| fitted.spend);
    ModelOut {
        metrics: bundle.metrics.iter().filter(asks).map(|metric| metric.name.to_string()).collect(),
        taken_at: Shown(fit.taken_at),
        model: fit.fitted.map(|fitted| fitted.buying.name()),
        parameters: fit.fitted.map(|fitted| shown(fitted.buying.parameters())).unwrap_or_default(),
        spend: spend.map(|model| shown(model.parameters().to_vec())).unwrap_or_default(),
        doubts: fit.doubts.clone(),
    }
}

fn present(bundle: &Bundle, segment: &crate::policy::Segment, cuts: &SegmentCuts) -> Option<SegmentCutsOut> {
    let (taken_at, classes, quantiles) = match (cuts, &segment.rule) {
        (SegmentCuts::Rank { taken_at, smallest }, _) => {
            let classes = segment.classes.iter().zip(smallest);
            let classes = classes.map(|(class, from)| ClassCutOut { class: class.to_string(), from: from.map(Shown) });
            (*taken_at, Some(classes.collect()), None)
        }
        (SegmentCuts::Score { taken_at, parts }, SegmentRule::Score { parts: scored, .. }) => {
            let quantiles = scored.iter().zip(parts).map(|(scored, cuts)| QuantilesOut {
                metric: bundle.metrics[scored.metric as usize].name.to_string(),
                cut_offs: cuts
                    .0
                    .iter()
                    .map(|cut| Shown(Number(crate::money::round_div(*cut, i128::from(scored.parts)))))
                    .collect(),
            });
            (*taken_at, None, Some(quantiles.collect()))
        }
        _ => return None,
    };
    Some(SegmentCutsOut { segment: segment.name.to_string(), taken_at: Shown(taken_at), classes, quantiles })
}
