//! Which call goes where.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use super::problem::Problem;
use super::{
    access, agenda, audit, bulk, customers, document, keys, observe, policies, purchases, quotes, reports, simulations,
    system,
};
use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Treue",
        description = "Loyalty policies over a base of customers and purchases. Money is a decimal string; instants are \
                       RFC 3339; errors are RFC 9457 problems. Unknown request fields are an error."
    ),
    components(schemas(Problem, reports::ShownReport)),
    tags(
        (name = "checkout", description = "Quotes, purchases, returns, decisions, standing"),
        (name = "customers", description = "The customer base"),
        (name = "reports", description = "What the whole base says"),
        (name = "simulations", description = "History replayed under other policies"),
        (name = "policies", description = "What is in force, revisions, activation, cut-offs"),
        (name = "keys", description = "Keys and the audit trail"),
        (name = "system", description = "Health and metrics")
    )
)]
struct Document;

/// The calls with their OpenAPI document.
fn calls() -> OpenApiRouter<Arc<App>> {
    let mut calls = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(quotes::create::create_quote))
        .routes(routes!(purchases::create::create_purchase))
        .routes(routes!(purchases::read::read_purchase))
        .routes(routes!(purchases::take_back::create_return))
        .routes(routes!(purchases::decision::read_decision))
        .routes(routes!(customers::list::list_customers))
        .routes(routes!(
            customers::card::put_customer,
            customers::card::read_customer,
            customers::card::patch_customer,
            customers::card::delete_customer
        ))
        .routes(routes!(customers::purchases::list_purchases))
        .routes(routes!(customers::points::list_points))
        .routes(routes!(customers::standing::read_standing))
        .routes(routes!(customers::interactions::create_interaction, customers::interactions::list_interactions))
        .routes(routes!(
            customers::interaction::put_interaction,
            customers::interaction::read_interaction,
            customers::interaction::delete_interaction
        ))
        .routes(routes!(customers::service_budget::read_service_budget))
        .routes(routes!(agenda::read::read_agenda))
        .routes(routes!(reports::list::list_reports))
        .routes(routes!(reports::abc::read_abc))
        .routes(routes!(reports::clv::read_clv))
        .routes(routes!(reports::budgets::read_budgets))
        .routes(routes!(reports::cohorts::read_cohorts))
        .routes(routes!(reports::rfm::read_rfm))
        .routes(routes!(reports::segments::read_segments))
        .routes(routes!(reports::discounts::read_discounts))
        .routes(routes!(reports::experiments::read_experiments))
        .routes(routes!(reports::next::read_next))
        .routes(routes!(reports::points::read_points))
        .routes(routes!(reports::service_optimum::read_service_optimum))
        .routes(routes!(simulations::create::create_simulation, simulations::list::list_simulations))
        .routes(routes!(simulations::read::read_simulation, simulations::cancel::delete_simulation))
        .routes(routes!(simulations::events::follow_simulation))
        .routes(routes!(bulk::backup::read_backup))
        .routes(routes!(bulk::import::create_import))
        .routes(routes!(bulk::export::read_export))
        .routes(routes!(policies::state::read_policies))
        .routes(routes!(policies::state::list_activations))
        .routes(routes!(policies::schema::read_schema))
        .routes(routes!(policies::uses::read_uses))
        .routes(routes!(policies::check::check_policies))
        .routes(routes!(policies::impact::read_impact))
        .routes(routes!(policies::shadow::put_shadow, policies::shadow::read_shadow, policies::shadow::delete_shadow))
        .routes(routes!(policies::test::test_policies))
        .routes(routes!(policies::revisions::create_revision, policies::revisions::list_revisions))
        .routes(routes!(policies::revisions::read_revision))
        .routes(routes!(policies::diff::diff_revisions))
        .routes(routes!(policies::decide::decide_under_revision))
        .routes(routes!(policies::activate::activate_policies))
        .routes(routes!(policies::refresh::refresh_segments))
        .routes(routes!(keys::make::create_key, keys::list::list_keys))
        .routes(routes!(keys::revoke::revoke_key))
        .routes(routes!(audit::read_audit))
        .routes(routes!(system::health::healthz))
        .routes(routes!(system::health::readyz))
        .routes(routes!(system::health::version))
        .routes(routes!(system::metrics::read_metrics));
    reports::document(calls.get_openapi_mut());
    calls
}

/// The OpenAPI document, generated from the code's own types.
pub fn openapi() -> utoipa::openapi::OpenApi {
    access::documented(document::with_ids(calls().split_for_parts().1))
}

/// Everything that is served.
pub fn router(app: Arc<App>) -> Router {
    // Handles of what is measured are kept, so the recorder must be there before the first of them.
    system::metrics::record();
    system::metrics::watch(&app);
    let router = calls().split_for_parts().0;
    let documented = SwaggerUi::new("/docs").url("/openapi.json", openapi());
    router
        .merge(Router::from(documented))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(from_fn_with_state(Arc::clone(&app), observe::observe))
        .with_state(app)
}

async fn not_found(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at `{}`", uri.path()))
}

async fn not_allowed(request: Request) -> Problem {
    let detail = format!("`{}` is not for {}", request.uri().path(), request.method());
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "the method is not allowed here", detail)
}
