//! The console's pages, in process: what they show, what they refuse, and what every answer carries. What a browser makes of
//! them is in `tests/console`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{Actor, App, Clock, Settings};
use treue::model::Role;
use treue::store::Store;
use treue::time::Instant;

const SHOP: &str = "\
currency: EUR
timezone: Europe/Berlin
metrics:
  orders: { count: purchases }
segments:
  tier: { by: orders, classes: { regular: 3, new: 0 } }
discounts:
  regulars: { ladder: { by: orders, steps: { 0: 2%, 10: 5% } } } # why
";

struct Server {
    app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Server {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let policies = folder.path().join("policies");
        std::fs::create_dir(&policies).expect("a folder");
        std::fs::write(policies.join("shop.yaml"), SHOP).expect("a file");
        let settings = Settings { policies, scripts: folder.path().join("scripts") };
        let clock = Clock::fixed(Instant::parse_rfc3339("2026-03-01T11:00:00Z").expect("an instant"));
        let store = Store::in_memory().expect("a store");
        let opened = tokio::task::spawn_blocking(move || App::open(store, clock, settings)).await;
        let app = Arc::new(opened.expect("a thread").expect("an app"));
        Self { router: treue::console::router(Arc::clone(&app), true), app, _folder: folder }
    }

    /// A key of a role.
    async fn key(&self, role: Role) -> String {
        let app = Arc::clone(&self.app);
        let made = tokio::task::spawn_blocking(move || app.make_key(&Actor::CommandLine, role.name(), role)).await;
        made.expect("a thread").expect("a key").key
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let (parts, body) = self.router.clone().oneshot(request).await.expect("an answer").into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.expect("a body").to_bytes()).into_owned();
        Got { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str) -> Got {
        self.send("GET", path, &[], "").await
    }

    async fn get_as(&self, path: &str, key: &str) -> Got {
        self.send("GET", path, &[("cookie", &format!("treue_key={key}"))], "").await
    }

    /// A form of one of our own pages.
    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.send("POST", path, &[("sec-fetch-site", "same-origin"), FORM], &encoded(fields)).await
    }

    async fn put_customer(&self, id: &str, body: &str) {
        let headers = [("content-type", "application/json")];
        assert!(self.send("PUT", &format!("/v1/customers/{id}"), &headers, body).await.status.is_success());
    }

    fn revision(&self) -> String {
        self.app.active().bundle.revision.to_string()
    }
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn encoded(fields: &[(&str, &str)]) -> String {
    let escape = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    fields.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect::<Vec<_>>().join("&")
}

impl Got {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The page holds all of these.
    fn assert_says(&self, wanted: &[&str]) {
        for wanted in wanted {
            assert!(self.text.contains(wanted), "`{wanted}` is missing in\n{}", self.text);
        }
    }
}

const PAGES: [&str; 10] = [
    "/",
    "/customers",
    "/agenda",
    "/try",
    "/try?sku=A&quantity=2&price=50",
    "/policies",
    "/policies/history",
    "/reports/budgets",
    "/console/login",
    "/customers/nobody",
];

#[tokio::test]
async fn every_page_is_whole_and_guarded() {
    let server = Server::new().await;
    for page in PAGES {
        let got = server.get(page).await;
        let expect = if page.ends_with("nobody") { StatusCode::NOT_FOUND } else { StatusCode::OK };
        assert_eq!(got.status, expect, "{page}: {}", got.text);
        let policy = got.header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{page}: {policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{page}: {policy}");
        assert_eq!(got.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{page}");
        assert_eq!(got.header(header::CACHE_CONTROL), "no-store", "{page}");
        assert!(got.headers.contains_key("x-request-id"), "{page}");
        got.assert_says(&["<html lang=\"en\"", "<main id=\"content\"", "class=\"skip\"", "</html>"]);
    }
}

#[tokio::test]
async fn nothing_is_inline_but_the_import_map() {
    let server = Server::new().await;
    for page in PAGES {
        let text = server.get(page).await.text;
        for script in text.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap_or_default();
            assert!(tag.contains(" src=\"/console/assets/") || tag.contains("importmap"), "{page}: <script{tag}>");
        }
        assert!(!text.contains("<style") && !text.contains(" style=\""), "{page} has a style of its own");
        for handler in [" onclick", " onload", " onerror", "javascript:"] {
            assert!(!text.contains(handler), "{page} has `{handler}`");
        }
        for address in text.split("src=\"").chain(text.split("href=\"")).skip(1) {
            assert!(!address.starts_with("http") && !address.starts_with("//"), "{page} leads elsewhere");
        }
    }
}

#[tokio::test]
async fn names_with_markup_are_shown_as_text() {
    let server = Server::new().await;
    let name = "<script>alert(1)</script>\\\" onx=\\\"1";
    server.put_customer("m", &format!(r#"{{ "name": "{name}", "attributes": {{ "<b>": "<i>" }} }}"#)).await;
    for page in [
        "/customers",
        "/customers/m",
        "/customers?search=%3Cscript%3E",
        "/try?customer=%3Cscript%3E&sku=%3Cscript%3E&price=1&quantity=1",
    ] {
        let got = server.get(page).await;
        assert_eq!(got.status, StatusCode::OK, "{page}");
        got.assert_says(&["&#60;script&#62;"]);
        assert!(!got.text.contains("<script>") && !got.text.contains("<b>") && !got.text.contains("\" onx"), "{page}");
    }
}

#[tokio::test]
async fn the_page_speaks_the_browsers_language_until_another_is_chosen() {
    let server = Server::new().await;
    let german = server.send("GET", "/customers", &[("accept-language", "de-AT,de;q=0.9,en;q=0.5")], "").await;
    german.assert_says(&["<html lang=\"de\"", "Kunden", "Suchen"]);
    let chosen =
        server.form("/console/settings", &[("language", "en"), ("theme", "dark"), ("back", "/customers?a=b")]).await;
    assert_eq!((chosen.status, chosen.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/customers?a=b"));
    let cookies: Vec<_> =
        chosen.headers.get_all(header::SET_COOKIE).iter().filter_map(|value| value.to_str().ok()).collect();
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    let both = [("accept-language", "de"), ("cookie", "treue_language=en; treue_theme=dark")];
    server.send("GET", "/customers", &both, "").await.assert_says(&["<html lang=\"en\" data-theme=\"dark\""]);
    let elsewhere = server.form("/console/settings", &[("language", "de"), ("back", "//evil.example")]).await;
    assert_eq!(elsewhere.header(header::LOCATION), "/");
}

#[tokio::test]
async fn with_keys_the_door_is_closed_and_roles_decide() {
    let server = Server::new().await;
    let (admin, checkout) = (server.key(Role::Admin).await, server.key(Role::Checkout).await);
    let closed = server.get("/customers?search=x").await;
    let door = "/console/login?back=%2Fcustomers%3Fsearch%3Dx";
    assert_eq!((closed.status, closed.header(header::LOCATION)), (StatusCode::SEE_OTHER, door));
    assert_eq!(server.get("/console/api/customers").await.status, StatusCode::UNAUTHORIZED);

    let wrong = server.form("/console/login", &[("key", "treue_admin_x_y"), ("back", "/customers")]).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
    assert!(!wrong.headers.contains_key(header::SET_COOKIE));
    let right = server.form("/console/login", &[("key", &admin), ("back", "/customers")]).await;
    assert_eq!((right.status, right.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/customers"));
    let cookie = right.header(header::SET_COOKIE);
    for flag in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(cookie.contains(flag), "{cookie}");
    }

    assert_eq!(server.get_as("/customers", &admin).await.status, StatusCode::OK);
    assert_eq!(server.get_as("/console/api/customers", &admin).await.status, StatusCode::OK);
    assert_eq!(server.get_as("/customers", &checkout).await.status, StatusCode::FORBIDDEN);
    let offered = server.get_as("/try", &checkout).await;
    offered.assert_says(&["href=\"/try\"", "checkout", "/console/logout"]);
    assert!(!offered.text.contains("href=\"/customers\"") && !offered.text.contains("href=\"/policies\""));
    // The cookie is for the console: the interface itself wants the key in a header.
    assert_eq!(server.get_as("/v1/customers", &admin).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn forms_of_other_sites_change_nothing() {
    let server = Server::new().await;
    server.put_customer("c", "{}").await;
    let fields = encoded(&[("kind", "call"), ("cost", "5")]);
    for from in [
        &[("sec-fetch-site", "cross-site"), FORM][..],
        &[("origin", "http://evil.example"), ("host", "127.0.0.1"), FORM],
        &[FORM],
    ] {
        let got = server.send("POST", "/customers/c/interactions", from, &fields).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{from:?}");
        let got = server.send("POST", "/console/api/policies/check", from, "{}").await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{from:?}");
    }
    let written = server.get("/v1/customers/c/interactions").await;
    assert!(written.text.contains("\"items\":[]"), "{}", written.text);
}

#[tokio::test]
async fn an_entry_that_is_refused_comes_back_whole() {
    let server = Server::new().await;
    server.put_customer("c", "{}").await;
    let refused = server.form("/customers/c/interactions", &[("kind", "call"), ("note", "what was said")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.assert_says(&["role=\"alert\"", "what was said", "value=\"call\""]);
    let taken = [("id", "once"), ("kind", "call"), ("cost", "2,50"), ("note", "what was said")];
    for _ in 0..2 {
        let got = server.form("/customers/c/interactions", &taken).await;
        assert_eq!(
            (got.status, got.header(header::LOCATION)),
            (StatusCode::SEE_OTHER, "/customers/c?added=1#timeline")
        );
    }
    let written = server.get("/v1/customers/c/interactions").await.text;
    assert_eq!(written.matches("\"cost\":\"2.50\"").count(), 1, "{written}");
}

/// The editor's form over one file.
fn draft<'a>(active: &'a str, text: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![("base", active), ("active", active), ("path", "policies/shop.yaml"), ("text", text), ("note", "because")]
}

#[tokio::test]
async fn a_draft_that_is_wrong_comes_back_with_what_is_wrong() {
    let server = Server::new().await;
    let (active, text) = (server.revision(), SHOP.replace("2%", "200%"));
    let refused = server.form("/policies/save", &draft(&active, &text)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.assert_says(&["0: 200%", "policies/shop.yaml:8:49", "because", "is not a rate"]);
    let words = server.form("/policies/words", &draft(&active, &text)).await;
    words.assert_says(&["as soon as they compile"]);
}

#[tokio::test]
async fn a_ladder_is_written_into_the_text_and_nothing_else_changes() {
    let server = Server::new().await;
    let active = server.revision();
    let mut fields = draft(&active, SHOP);
    fields.extend([
        ("ladder", "regulars"),
        ("threshold:regulars", "0"),
        ("rate:regulars", "3%"),
        ("threshold:regulars", ""),
        ("rate:regulars", ""),
    ]);
    let edited = server.form("/policies/edit", &fields).await;
    edited.assert_says(&["regulars: { ladder: { by: orders, steps: { 0: 3% } } } # why", "<svg class=\"steps\""]);
}

#[tokio::test]
async fn a_stale_save_leads_to_a_merge_with_both_texts() {
    let server = Server::new().await;
    let first = server.revision();
    let theirs = SHOP.replace("10: 5%", "20: 6%");
    let stored = server.form("/policies/save", &draft(&first, &theirs)).await;
    let page = stored.header(header::LOCATION).to_owned();
    let shown = server.get(&page).await;
    shown.assert_says(&["20: 6%", "class=\"added\"", "class=\"removed\"", "name=\"expected\""]);
    let activated =
        server.form(&format!("{page}/activate"), &[("expected", &first), ("by", "Grace"), ("note", "more")]).await;
    assert_eq!(activated.header(header::LOCATION), "/policies?activated=now", "{}", activated.text);

    // Somebody who began before saves another line …
    let mine = SHOP.replace("new: 0", "fresh: 0");
    let merged = server.form("/policies/save", &draft(&first, &mine)).await;
    assert_eq!(merged.status, StatusCode::CONFLICT);
    merged.assert_says(&["Grace", "Both changes fit together", "20: 6%", "fresh: 0", "because"]);
    // … and the same line.
    let mine = SHOP.replace("10: 5%", "30: 7%");
    let merged = server.form("/policies/save", &draft(&first, &mine)).await;
    merged.assert_says(&[
        "&#60;&#60;&#60;&#60;&#60;&#60;&#60; Grace",
        "20: 6%",
        "30: 7%",
        "&#62;&#62;&#62;&#62;&#62;&#62;&#62; your text",
    ]);

    // Whoever activates on something that is no longer in force is told so, and nothing happens.
    let stale = server.form(&format!("{page}/activate"), &[("expected", &first), ("note", "again")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED);
    stale.assert_says(&["Somebody else was faster: Grace"]);
    server.get("/policies/history").await.assert_says(&["Grace", "more", "Bring back"]);
}

#[tokio::test]
async fn a_draft_is_tried_beside_what_is_in_force() {
    let server = Server::new().await;
    let stored = server.form("/policies/save", &draft(&server.revision(), &SHOP.replace("0: 2%", "0: 4%"))).await;
    let revision = stored.header(header::LOCATION).rsplit('/').next().expect("a revision").to_owned();
    let tried = server.get(&format!("/try?sku=A&quantity=2&price=50&draft={revision}")).await;
    tried.assert_says(&["€2.00", "€4.00", "The draft grants €2.00 more."]);
    let refused = server.get("/try?sku=A&quantity=0&price=50").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.assert_says(&["must be above zero", "value=\"50\""]);
}

#[tokio::test]
async fn reasons_come_in_the_language_of_the_page() {
    let server = Server::new().await;
    let basket = "/try?sku=A&quantity=2&price=50";
    server.get(basket).await.assert_says(&["orders is 0, step 0"]);
    let german = server.send("GET", basket, &[("accept-language", "de")], "").await;
    german.assert_says(&["orders ist 0, Stufe 0", "2,00\u{a0}€"]);
    let json = [("content-type", "application/json"), ("accept-language", "de")];
    let body = r#"{ "lines": [{ "sku": "A", "quantity": 1, "unit_price": "5" }] }"#;
    server.send("POST", "/v1/quotes", &json, body).await.assert_says(&["orders ist 0, Stufe 0"]);
}

#[tokio::test]
async fn assets_are_kept_by_the_browser_until_they_change() {
    let server = Server::new().await;
    let style = server.get("/console/assets/base.css").await;
    assert_eq!((style.status, style.header(header::CONTENT_TYPE)), (StatusCode::OK, "text/css; charset=utf-8"));
    let tag = style.header(header::ETAG).to_owned();
    let again = server.send("GET", "/console/assets/base.css", &[("if-none-match", &tag)], "").await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    assert_eq!(server.get("/console/assets/none.css").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.get("/console/assets/..%2Frouter.rs").await.status, StatusCode::NOT_FOUND);
}
