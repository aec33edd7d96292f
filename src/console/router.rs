//! Which page is where.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};

use super::visitor::Console;
use super::{around, assets, customers, door, overview, policies, relay, reports, simulations, trial};
use crate::app::App;
use crate::http;

/// A bundle in a form: its texts, and what escaping adds to them.
const MAX_FORM: usize = 8 * 1024 * 1024;

/// Everything that is served: the pages, and below them the calls. `secure` says that browsers come over TLS.
pub fn router(app: Arc<App>, secure: bool) -> Router {
    let calls = http::router(Arc::clone(&app));
    let console = Console { app: Arc::clone(&app), calls: calls.clone(), secure };
    Router::new()
        .route("/", get(overview::read))
        .route("/customers", get(customers::list::read))
        .route("/customers/{id}", get(customers::card::read))
        .route("/customers/{id}/interactions", post(customers::interaction::add))
        .route("/agenda", get(customers::agenda::read))
        .route("/policies", get(policies::edit::read))
        .route("/policies/edit", post(policies::edit::again))
        .route("/policies/words", post(policies::edit::words))
        .route("/policies/save", post(policies::save::save))
        .route("/policies/history", get(policies::history::read))
        .route("/policies/drafts/{revision}", get(policies::draft::read))
        .route("/policies/drafts/{revision}/impact", get(policies::impact::read))
        .route("/policies/drafts/{revision}/impact/result", get(policies::impact::result))
        .route("/policies/shadow", get(policies::shadow::read).post(policies::shadow::start))
        .route("/policies/shadow/stop", post(policies::shadow::stop))
        .route("/policies/drafts/{revision}/activate", post(policies::draft::activate))
        .route("/try", get(trial::basket::read))
        .route("/decisions", get(trial::decision::find))
        .route("/decisions/{id}", get(trial::decision::read))
        .route("/simulations", get(simulations::list::read).post(simulations::list::start))
        .route("/simulations/service", get(simulations::optimum::read))
        .route("/simulations/search", get(simulations::search::read).post(simulations::search::start))
        .route("/simulations/compare", get(simulations::compare::read))
        .route("/simulations/{id}", get(simulations::run::read))
        .route("/simulations/{id}/cancel", post(simulations::run::cancel))
        .route("/reports", get(reports::page::first))
        .route("/reports/{name}", get(reports::page::read))
        .route("/reports/{name}/glance", get(reports::glance::read))
        .route("/console/login", get(door::login).post(door::enter))
        .route("/console/logout", post(door::leave))
        .route("/console/settings", post(door::settings))
        .route("/console/api/{*call}", any(relay::relay))
        .route("/console/assets/{*path}", get(assets::read))
        .route("/console/editor/{*path}", get(assets::read_editor))
        .layer(DefaultBodyLimit::max(MAX_FORM))
        .route_layer(from_fn_with_state(console.clone(), around::around))
        .route_layer(from_fn_with_state(app, http::observe::observe_unguarded))
        .with_state(console)
        .fallback_service(calls)
}
