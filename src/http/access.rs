//! Who may call what: one table, and the one place that looks at keys.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use axum::extract::{FromRequestParts, MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{OpenApi, PathItem};

use super::problem::Problem;
use crate::app::{Actor, Admitted, App, Denied};
use crate::model::Role::{self, Analyst, Checkout, Marketing};

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Anybody, without a key.
    Nothing,
    /// A key with one of these roles, or one for admins.
    Key(&'static [Role]),
}

use Needs::{Key, Nothing};

/// Only a key for admins.
const ADMIN: Needs = Key(&[]);

/// Each call of the OpenAPI document. A call that is missing here is for admins.
const RULES: &[(&str, &str, Needs)] = &[
    ("POST", "/v1/quotes", Key(&[Checkout])),
    ("POST", "/v1/purchases", Key(&[Checkout])),
    ("GET", "/v1/purchases/{id}", Key(&[Checkout, Analyst])),
    ("POST", "/v1/purchases/{id}/returns", Key(&[Checkout])),
    ("GET", "/v1/decisions/{id}", Key(&[Checkout, Analyst])),
    ("GET", "/v1/customers/{id}/standing", Key(&[Checkout, Analyst])),
    ("GET", "/v1/customers", Key(&[Analyst])),
    ("GET", "/v1/customers/{id}", Key(&[Analyst])),
    ("PUT", "/v1/customers/{id}", ADMIN),
    ("PATCH", "/v1/customers/{id}", ADMIN),
    ("DELETE", "/v1/customers/{id}", ADMIN),
    ("GET", "/v1/customers/{id}/purchases", Key(&[Analyst])),
    ("GET", "/v1/customers/{id}/points", Key(&[Checkout, Analyst])),
    ("POST", "/v1/customers/{id}/interactions", Key(&[Checkout, Marketing])),
    ("GET", "/v1/customers/{id}/interactions", Key(&[Marketing, Analyst])),
    ("PUT", "/v1/customers/{id}/interactions/{interaction}", Key(&[Marketing])),
    ("GET", "/v1/customers/{id}/interactions/{interaction}", Key(&[Marketing, Analyst])),
    ("DELETE", "/v1/customers/{id}/interactions/{interaction}", Key(&[Marketing])),
    ("GET", "/v1/customers/{id}/service-budget", Key(&[Marketing, Analyst])),
    ("GET", "/v1/agenda", Key(&[Marketing, Analyst])),
    ("GET", "/v1/reports", Key(&[Analyst])),
    ("GET", "/v1/reports/abc", Key(&[Analyst])),
    ("GET", "/v1/reports/clv", Key(&[Analyst])),
    ("GET", "/v1/reports/budgets", Key(&[Analyst])),
    ("GET", "/v1/reports/cohorts", Key(&[Analyst])),
    ("GET", "/v1/reports/rfm", Key(&[Analyst])),
    ("GET", "/v1/reports/segments", Key(&[Analyst])),
    ("GET", "/v1/reports/discounts", Key(&[Analyst])),
    ("GET", "/v1/reports/experiments", Key(&[Analyst])),
    ("GET", "/v1/reports/next", Key(&[Analyst, Marketing])),
    ("GET", "/v1/reports/points", Key(&[Analyst])),
    ("POST", "/v1/reports/service-optimum", Key(&[Analyst])),
    ("POST", "/v1/simulations", Key(&[Analyst])),
    ("GET", "/v1/simulations", Key(&[Analyst])),
    ("GET", "/v1/simulations/{id}", Key(&[Analyst])),
    ("GET", "/v1/simulations/{id}/events", Key(&[Analyst])),
    ("DELETE", "/v1/simulations/{id}", Key(&[Analyst])),
    ("GET", "/v1/backup", ADMIN),
    ("POST", "/v1/imports", ADMIN),
    ("GET", "/v1/exports/{table}", Key(&[Analyst])),
    ("GET", "/v1/policies", Key(&[Marketing, Analyst])),
    ("GET", "/v1/policies/activations", Key(&[Marketing, Analyst])),
    ("GET", "/v1/policies/uses", Key(&[Marketing, Analyst])),
    ("GET", "/v1/policies/schema", Key(&[Marketing, Analyst])),
    ("POST", "/v1/policies/check", Key(&[Marketing])),
    ("POST", "/v1/policies/impact", Key(&[Marketing, Analyst])),
    ("PUT", "/v1/policies/shadow", Key(&[Marketing])),
    ("GET", "/v1/policies/shadow", Key(&[Marketing, Analyst])),
    ("DELETE", "/v1/policies/shadow", Key(&[Marketing])),
    ("POST", "/v1/policies/test", Key(&[Marketing])),
    ("POST", "/v1/policies/revisions", Key(&[Marketing])),
    ("GET", "/v1/policies/revisions", Key(&[Marketing, Analyst])),
    ("GET", "/v1/policies/revisions/{revision}", Key(&[Marketing, Analyst])),
    ("GET", "/v1/policies/revisions/{a}/diff/{b}", Key(&[Marketing, Analyst])),
    ("POST", "/v1/policies/revisions/{revision}/decisions", Key(&[Marketing, Analyst])),
    ("POST", "/v1/policies/activate", Key(&[Marketing])),
    ("POST", "/v1/segments/refresh", Key(&[Marketing])),
    ("POST", "/v1/keys", ADMIN),
    ("GET", "/v1/keys", ADMIN),
    ("DELETE", "/v1/keys/{id}", ADMIN),
    ("GET", "/v1/audit", ADMIN),
    ("GET", "/healthz", Nothing),
    ("GET", "/readyz", Nothing),
    ("GET", "/version", Nothing),
    // Names of discounts and how often they are granted are the shop's own business; whoever scrapes them brings a
    // key. The address a request comes from would say nothing behind a proxy on the same machine.
    ("GET", "/metrics", Key(&[Analyst])),
];

static BY_PATH: LazyLock<HashMap<&'static str, Vec<(&'static str, Needs)>>> = LazyLock::new(|| {
    let mut paths: HashMap<_, Vec<_>> = HashMap::new();
    for (method, path, needs) in RULES {
        paths.entry(*path).or_default().push((*method, *needs));
    }
    paths
});

fn needs(method: &Method, path: &str) -> Needs {
    if path == "/openapi.json" || path == "/docs" || path.starts_with("/docs/") {
        return Nothing;
    }
    let Some(rules) = BY_PATH.get(path) else { return ADMIN };
    let method = if method == Method::HEAD { Method::GET.as_str() } else { method.as_str() };
    let found = rules.iter().find(|(known, _)| *known == method).map(|(_, needs)| *needs);
    // A method that is not there is answered by 405, without a key only where no method needs one.
    found.unwrap_or(if rules.iter().all(|(_, needs)| *needs == Nothing) { Nothing } else { ADMIN })
}

/// Whether somebody may make this call, whose path is written as in the document.
pub fn allows(actor: &Actor, method: &Method, path: &str) -> bool {
    match needs(method, path) {
        Nothing => true,
        Key(roles) => actor.may(roles),
    }
}

/// Lets a request in, or says why not. Handlers learn who asks by taking an [`Actor`].
pub fn admit(app: &Arc<App>, request: &mut Request) -> Result<(), Response> {
    // Where nothing is there is nothing to guard; what a path that no route matches gets is a 404.
    let Some(path) = request.extensions().get::<MatchedPath>() else { return Ok(()) };
    let Key(roles) = needs(request.method(), path.as_str()) else { return Ok(()) };
    let Admitted { actor, first_in } = app.admit(bearer(request.headers())).map_err(refuse)?;
    if let (Some(hour), Actor::Key(key)) = (first_in, &actor) {
        let (app, id) = (Arc::clone(app), key.id.to_string());
        tokio::spawn(async move {
            if let Err(failure) = app.note_use(id, hour).await {
                tracing::warn!(%failure, "the use of a key was not noted");
            }
        });
    }
    if !actor.may(roles) {
        let wanted: Vec<&str> = roles.iter().chain(&[Role::Admin]).map(|role| role.name()).collect();
        let detail = format!("this call needs a key for {}", wanted.join(" or "));
        return Err(Problem::forbidden(detail).into_response());
    }
    request.extensions_mut().insert(actor);
    Ok(())
}

/// The key that a request brings.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(key.trim())
}

fn refuse(denied: Denied) -> Response {
    let detail = denied.to_string();
    if let Denied::TooFast { wait, .. } = denied {
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-fast", "the key is used too often", detail);
        return Problem { retry_after: Some(wait), ..problem }.into_response();
    }
    let challenge = match denied {
        Denied::Missing => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    };
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, "key", "a valid key is needed", detail).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Only a call that needs no key has nobody, and such a call has no business to ask.
        let nobody = || Problem::internal().because("a call that needs no key asked who made it");
        parts.extensions.get::<Self>().cloned().ok_or_else(nobody)
    }
}

/// Says in the OpenAPI document which roles may make each call.
pub fn documented(mut document: OpenApi) -> OpenApi {
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("treue_ROLE_ID_SECRET")
        .description(Some("A key, made by `treue keys make` or `POST /v1/keys`. None is needed until one is made."))
        .build();
    document.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme));
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            let Key(roles) = needs(&method, path) else { continue };
            let roles = roles.iter().chain(&[Role::Admin]).map(|role| role.name());
            // The second one is for servers on which no key is defined.
            let alternatives = [SecurityRequirement::new("key", roles), SecurityRequirement::default()];
            operation.security = Some(alternatives.into());
        }
    }
    document
}

pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_of_the_document_has_a_rule_and_every_rule_a_call() {
        let document = serde_json::to_value(crate::http::openapi()).expect("JSON");
        let mut calls = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for method in item.as_object().expect("a path").keys() {
                if ["get", "put", "post", "patch", "delete", "options", "head", "trace", "query"].contains(&&**method) {
                    calls.insert(format!("{} {path}", method.to_uppercase()));
                }
            }
        }
        let rules: BTreeSet<String> = RULES.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        assert_eq!(calls.difference(&rules).collect::<Vec<_>>(), [""; 0], "calls without a rule");
        assert_eq!(rules.difference(&calls).collect::<Vec<_>>(), [""; 0], "rules without a call");
        assert_eq!(rules.len(), RULES.len(), "a call has one rule");
    }

    #[test]
    fn what_no_rule_names_is_for_admins() {
        let check = |method: Method, path: &str, expect| assert_eq!(needs(&method, path), expect, "{method} {path}");
        check(Method::GET, "/v1/new", ADMIN);
        check(Method::PUT, "/v1/purchases", ADMIN);
        check(Method::HEAD, "/v1/customers", Key(&[Analyst]));
        check(Method::POST, "/healthz", Nothing);
        check(Method::GET, "/docs/{*rest}", Nothing);
        check(Method::GET, "/docsy", ADMIN);
    }

    #[test]
    fn the_document_says_who_may_call_what() {
        let document = serde_json::to_value(crate::http::openapi()).expect("JSON");
        assert_eq!(document["components"]["securitySchemes"]["key"]["scheme"], "bearer");
        let security = |method: &str, path: &str| document["paths"][path][method]["security"].to_string();
        assert_eq!(security("post", "/v1/quotes"), r#"[{"key":["checkout","admin"]},{}]"#);
        assert_eq!(security("delete", "/v1/keys/{id}"), r#"[{"key":["admin"]},{}]"#);
        assert_eq!(security("get", "/healthz"), "null");
    }
}
