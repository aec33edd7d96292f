//! Keys, roles and the audit trail, over the router in process.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;
use treue::app::{Actor, App, Clock, Settings};
use treue::model::Role;
use treue::store::{Read, Store, verify};
use treue::time::Instant;

const NOW: &str = "2026-03-01T11:00:00Z";

struct Server {
    app: Arc<App>,
    router: Router,
    _folder: TempDir,
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    text: String,
}

impl Server {
    /// A server with a key for each role, or with none.
    async fn new(store: Store) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let policies = folder.path().join("policies");
        std::fs::create_dir(&policies).expect("a folder");
        std::fs::write(policies.join("shop.yaml"), SHOP).expect("a file");
        let settings = Settings { policies, scripts: folder.path().join("scripts") };
        let clock = Clock::fixed(Instant::parse_rfc3339(NOW).expect("an instant"));
        let opened = tokio::task::spawn_blocking(move || App::open(store, clock, settings)).await;
        let app = Arc::new(opened.expect("a thread").expect("an app"));
        Self { router: treue::http::router(Arc::clone(&app)), app, _folder: folder }
    }

    async fn empty() -> Self {
        Self::new(Store::in_memory().expect("a store")).await
    }

    async fn call(&self, method: &str, path: &str, key: Option<&str>, body: Option<Value>) -> Got {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.router.clone().oneshot(request.body(body).expect("a request")).await.expect("an answer");
        let (parts, body) = answer.into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.expect("a body").to_bytes()).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Got { status: parts.status, headers: parts.headers, body, text }
    }

    async fn get(&self, path: &str, key: Option<&str>) -> Got {
        self.call("GET", path, key, None).await
    }

    async fn make(&self, by: Option<&str>, name: &str, role: &str) -> String {
        let made = self.call("POST", "/v1/keys", by, Some(json!({ "name": name, "role": role }))).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        assert_eq!(made.headers[header::CACHE_CONTROL], "no-store");
        made.body["key"].as_str().expect("a key").to_owned()
    }

    /// A key for each role: admin, checkout, marketing, analyst.
    async fn with_all_roles(&self) -> [String; 4] {
        let admin = self.make(None, "anna", "admin").await;
        let checkout = self.make(Some(&admin), "till", "checkout").await;
        let marketing = self.make(Some(&admin), "mara", "marketing").await;
        let analyst = self.make(Some(&admin), "alan", "analyst").await;
        [admin, checkout, marketing, analyst]
    }
}

const SHOP: &str = "currency: EUR\ntimezone: Europe/Berlin\n\
    discounts:\n  welcome: { rate: 5% }\n";

fn purchase(id: &str, at: Option<&str>) -> Value {
    let lines = json!([{ "sku": "SH-1", "quantity": 1, "unit_price": "10.00" }]);
    match at {
        Some(at) => json!({ "id": id, "at": at, "lines": lines }),
        None => json!({ "id": id, "lines": lines }),
    }
}

#[tokio::test]
async fn without_a_key_defined_everyone_is_answered() {
    let server = Server::empty().await;
    assert!(!server.app.has_keys());
    assert_eq!(server.get("/v1/customers", None).await.status, StatusCode::OK);
    assert_eq!(server.get("/v1/customers", Some("whatever")).await.status, StatusCode::OK);
    assert_eq!(
        server.call("POST", "/v1/purchases", None, Some(purchase("p", Some("2026-01-01T00:00:00Z")))).await.status,
        StatusCode::CREATED
    );
    assert_eq!(server.get("/metrics", None).await.status, StatusCode::OK);
    let put = server.call("PUT", "/v1/customers/c", None, Some(json!({}))).await;
    assert_eq!(put.status, StatusCode::CREATED);
    let trail = server.get("/v1/audit?customer=c", None).await.body;
    assert_eq!(
        trail["items"],
        json!([{ "at": NOW, "who": "anyone", "key": null, "action": "put_customer", "subject": "c", "detail": "" }])
    );
}

#[tokio::test]
async fn a_wrong_key_is_a_401_that_says_why() {
    let server = Server::empty().await;
    let admin = server.make(None, "anna", "admin").await;
    let other = Server::empty().await.make(None, "anna", "admin").await;
    let id = admin.split('_').nth(2).expect("an id").to_owned();
    let check = async |key: Option<&str>, detail: &str, challenge: &str| {
        let got = server.get("/v1/customers", key).await;
        assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{key:?}");
        assert_eq!(got.headers[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(got.headers[header::WWW_AUTHENTICATE], challenge, "{key:?}");
        assert!(got.headers.contains_key("x-request-id"));
        assert_eq!(got.body["detail"], detail, "{key:?}");
    };
    let wrong = "Bearer error=\"invalid_token\"";
    check(None, "a key is needed: send `Authorization: Bearer KEY`", "Bearer").await;
    check(Some("sesame"), "a key looks like `treue_ROLE_ID_SECRET`", wrong).await;
    check(Some(&admin.to_uppercase().replace("TREUE_", "treue_")), "the key is mistyped", wrong).await;
    check(Some(&admin[..admin.len() - 1]), "the key is mistyped", wrong).await;
    check(Some(&other), "the key is unknown", wrong).await;
    let backup = server.make(Some(&admin), "backup", "admin").await;
    let revoked = server.call("DELETE", &format!("/v1/keys/{id}"), Some(&backup), None).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    check(Some(&admin), "the key was revoked", wrong).await;
    assert_eq!(server.get("/v1/customers", Some(&backup)).await.status, StatusCode::OK);
    // What is in another header, or under another scheme, is no key.
    let basic = Request::get("/v1/customers").header("authorization", format!("Basic {backup}"));
    let answer = server.router.clone().oneshot(basic.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn each_role_does_its_own() {
    let server = Server::empty().await;
    let keys = server.with_all_roles().await;
    let revision = server.app.active().bundle.revision.to_string();
    // Statuses for admin, checkout, marketing, analyst: 403 where the role may not, else what the call answers.
    let check = async |method: &str, path: &str, body: Option<Value>, expect: [u16; 4]| {
        for (key, expect) in keys.iter().zip(expect) {
            let got = server.call(method, path, Some(key), body.clone()).await;
            assert_eq!(got.status.as_u16(), expect, "{method} {path} with {}: {}", &key[..14], got.text);
            if expect == 403 && method != "HEAD" {
                assert_eq!(got.body["type"], "urn:treue:problem:forbidden");
            }
        }
    };
    let quote = json!({ "lines": [{ "sku": "S", "quantity": 1, "unit_price": "1.00" }] });
    check("POST", "/v1/quotes", Some(quote), [200, 200, 403, 403]).await;
    check("POST", "/v1/purchases", Some(purchase("p", None)), [201, 201, 403, 403]).await;
    check("GET", "/v1/purchases/p", None, [200, 200, 403, 200]).await;
    check("HEAD", "/v1/purchases/p", None, [200, 200, 403, 200]).await;
    check("GET", "/v1/decisions/p", None, [200, 200, 403, 200]).await;
    check("GET", "/v1/customers/nobody/standing", None, [404, 404, 403, 404]).await;
    check("PUT", "/v1/customers/c", Some(json!({})), [201, 403, 403, 403]).await;
    check("GET", "/v1/customers", None, [200, 403, 403, 200]).await;
    check("GET", "/v1/exports/customers", None, [200, 403, 403, 200]).await;
    check("GET", "/v1/exports/audit", None, [200, 403, 403, 403]).await;
    check("GET", "/v1/policies", None, [200, 403, 200, 200]).await;
    check("POST", "/v1/policies/activate", Some(json!({ "revision": revision })), [200, 403, 200, 403]).await;
    check("GET", "/v1/keys", None, [200, 403, 403, 403]).await;
    check("GET", "/v1/audit", None, [200, 403, 403, 403]).await;
    check("GET", "/metrics", None, [200, 403, 403, 200]).await;
    check("PUT", "/v1/quotes", None, [405, 403, 403, 403]).await;
    for open in ["/healthz", "/readyz", "/version", "/openapi.json", "/docs/"] {
        assert_eq!(server.get(open, None).await.status, StatusCode::OK, "{open}");
    }
    assert_eq!(server.get("/nowhere", None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.call("POST", "/healthz", None, None).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let refused = server.get("/v1/keys", Some(&keys[1])).await.body;
    assert_eq!(refused["detail"], "this call needs a key for admin");
}

#[tokio::test]
async fn the_past_is_for_admins() {
    let server = Server::empty().await;
    let [admin, till, ..] = server.with_all_roles().await;
    let buy = async |key: &str, body: Value| server.call("POST", "/v1/purchases", Some(key), Some(body)).await.status;
    let yesterday = Some("2026-02-28T11:00:00Z");
    assert_eq!(buy(&till, purchase("a", yesterday)).await, StatusCode::FORBIDDEN);
    assert_eq!(buy(&admin, purchase("a", yesterday)).await, StatusCode::CREATED);
    assert_eq!(buy(&till, purchase("a", yesterday)).await, StatusCode::CREATED, "the same again is answered again");
    assert_eq!(buy(&till, purchase("b", Some("2026-03-01T10:59:30Z"))).await, StatusCode::CREATED, "clocks differ");
    // A quote for yesterday's terms is no way round.
    let mut body = purchase("c", yesterday);
    body.as_object_mut().expect("an object").remove("id");
    let quoted = server.call("POST", "/v1/quotes", Some(&till), Some(body)).await.body;
    let at_terms = json!({ "id": "c", "quote": quoted["quote"] });
    assert_eq!(buy(&till, at_terms.clone()).await, StatusCode::FORBIDDEN);
    assert_eq!(buy(&admin, at_terms).await, StatusCode::CREATED);
    let mut body = purchase("d", None);
    body.as_object_mut().expect("an object").remove("id");
    let quoted = server.call("POST", "/v1/quotes", Some(&till), Some(body)).await.body;
    server.app.clock().set(Instant::parse_rfc3339("2026-03-01T11:14:00Z").expect("an instant"));
    assert_eq!(buy(&till, json!({ "id": "d", "quote": quoted["quote"] })).await, StatusCode::CREATED);
}

#[tokio::test]
async fn keys_are_made_listed_and_revoked() {
    let server = Server::empty().await;
    let make = async |key: Option<&str>, name: &str, role: &str| {
        let got = server.call("POST", "/v1/keys", key, Some(json!({ "name": name, "role": role }))).await;
        (got.status.as_u16(), got.body["type"].as_str().unwrap_or("").to_owned())
    };
    let problem = |status: u16, kind: &str| (status, format!("urn:treue:problem:{kind}"));
    assert_eq!(make(None, "till", "checkout").await, problem(409, "first-key"));
    assert_eq!(make(None, "till", "boss").await, problem(422, "invalid"));
    assert_eq!(make(None, "folder", "admin").await, problem(422, "invalid"));
    assert_eq!(make(None, "", "admin").await, problem(422, "invalid"));
    let admin = server.make(None, "anna", "admin").await;
    let id = |key: &str| key.split('_').nth(2).expect("an id").to_owned();
    assert_eq!(make(Some(&admin), "anna", "admin").await, problem(409, "exists"));
    let till = server.make(Some(&admin), "till", "checkout").await;

    let listed = server.get("/v1/keys", Some(&admin)).await;
    assert!(!listed.text.contains(&admin[20..]) && !listed.text.contains(&till[20..]), "no secrets in a list");
    let mut names: Vec<_> = listed.body["items"].as_array().expect("items").iter().map(|key| &key["name"]).collect();
    names.sort_by_key(|name| name.to_string());
    assert_eq!(names, ["anna", "till"]);

    let revoke = async |id: &str| server.call("DELETE", &format!("/v1/keys/{id}"), Some(&admin), None).await;
    assert_eq!(revoke("nobody").await.status, StatusCode::NOT_FOUND);
    assert_eq!(revoke(&id(&admin)).await.body["type"], "urn:treue:problem:last-key");
    assert_eq!(revoke(&id(&till)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(revoke(&id(&till)).await.status, StatusCode::NO_CONTENT, "again is as good as once");
    assert_eq!(server.get("/v1/purchases/p", Some(&till)).await.status, StatusCode::UNAUTHORIZED);
    server.make(Some(&admin), "till", "checkout").await;
    let trail = server.get("/v1/audit", Some(&admin)).await.body;
    let told: Vec<String> = trail["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|entry| format!("{} {} {}", entry["who"], entry["action"], entry["detail"]).replace('"', ""))
        .collect();
    assert_eq!(
        told,
        [
            "anna make_key till for checkout",
            "anna revoke_key till",
            "anna make_key till for checkout",
            "anyone make_key anna for admin",
            format!("folder activate from {NOW}").as_str(),
            "folder store_revision ",
        ]
    );
    assert_eq!(trail["items"][0]["key"], id(&admin).as_str());
}

#[tokio::test]
async fn keys_outlive_a_restart_and_are_kept_as_hashes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("shop.redb");
    let open = || Store::open(&file, 1 << 20).expect("a store");
    let server = Server::new(open()).await;
    let admin = server.make(None, "anna", "admin").await;
    assert_eq!(server.get("/v1/keys", Some(&admin)).await.status, StatusCode::OK);
    let used = async || {
        let app = Arc::clone(&server.app);
        let key = app.store().snapshot().access_key(admin.split('_').nth(2).expect("an id"));
        key.expect("a read").expect("a key").used_at
    };
    // The use is noted beside the answer; a write behind it is done after it.
    while used().await.is_none() {
        server.call("PUT", "/v1/customers/c", Some(&admin), Some(json!({}))).await;
    }
    assert_eq!(used().await, Instant::parse_rfc3339(NOW));
    server.app.store().close();
    drop(server);
    let bytes = std::fs::read(&file).expect("the file");
    let secret = admin.split('_').nth(3).expect("a secret").as_bytes();
    assert!(!bytes.windows(secret.len()).any(|window| window == secret), "the file does not hold the key");
    let server = Server::new(open()).await;
    assert!(server.app.has_keys());
    assert_eq!(server.get("/v1/keys", None).await.status, StatusCode::UNAUTHORIZED);
    let listed = server.get("/v1/keys", Some(&admin)).await.body;
    assert_eq!(listed["items"][0]["last_used"], NOW);
}

#[tokio::test]
async fn activations_are_signed_with_the_key() {
    let server = Server::empty().await;
    let [admin, _, mara, _] = server.with_all_roles().await;
    let files = json!({ "policies/shop.yaml": SHOP.replace("5%", "6%") });
    let body = json!({ "files": files, "by": "somebody else", "note": "spring" });
    let stored = server.call("POST", "/v1/policies/revisions", Some(&mara), Some(body)).await;
    assert_eq!(stored.status, StatusCode::CREATED, "{}", stored.text);
    let revision = stored.body["revision"].clone();
    let body = json!({ "revision": revision, "by": "somebody else" });
    let activated = server.call("POST", "/v1/policies/activate", Some(&mara), Some(body)).await;
    assert_eq!((activated.status, &activated.body["by"]), (StatusCode::OK, &json!("mara")), "{}", activated.text);
    assert_eq!(server.get("/v1/policies", Some(&mara)).await.body["activated_by"], "mara");
    let trail = server.get("/v1/audit?limit=2", Some(&admin)).await.body;
    let entry = |at: usize| {
        let entry = &trail["items"][at];
        (entry["who"].clone(), entry["action"].clone(), entry["subject"].clone())
    };
    assert_eq!(entry(0), (json!("mara"), json!("activate"), revision.clone()));
    assert_eq!(entry(1), (json!("mara"), json!("store_revision"), revision));
    let next = trail["next"].as_str().expect("more");
    let rest = server.get(&format!("/v1/audit?cursor={next}"), Some(&admin)).await.body;
    assert_eq!(rest["items"][0]["action"], "make_key");
}

#[tokio::test]
async fn the_trail_forgets_who_was_erased() {
    let server = Server::empty().await;
    let admin = server.make(None, "anna", "admin").await;
    let path = "/v1/audit?customer=carla-m%C3%BCller";
    let call = async |method: &str, body: Option<Value>| {
        server.call(method, "/v1/customers/carla-m%C3%BCller", Some(&admin), body).await.status
    };
    assert_eq!(call("PUT", Some(json!({ "name": "Carla" }))).await, StatusCode::CREATED);
    assert_eq!(call("PATCH", Some(json!({ "name": "Carla M." }))).await, StatusCode::OK);
    let actions = |body: &Value| {
        let items = body["items"].as_array().expect("items").iter();
        items.map(|entry| entry["action"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(actions(&server.get(path, Some(&admin)).await.body), ["change_customer", "put_customer"]);
    assert_eq!(call("DELETE", None).await, StatusCode::NO_CONTENT);
    assert_eq!(call("DELETE", None).await, StatusCode::NO_CONTENT);
    assert_eq!(actions(&server.get(path, Some(&admin)).await.body), [""; 0]);
    let trail = server.get("/v1/audit", Some(&admin)).await;
    assert_eq!(actions(&trail.body)[..3], ["erase_customer", "change_customer", "put_customer"]);
    assert!(!trail.text.contains("carla"), "{}", trail.text);
    let mut flaws = Vec::new();
    verify(&*server.app.store().snapshot(), &mut |flaw| flaws.push(flaw)).expect("a store that reads");
    assert_eq!(flaws, []);
}

#[tokio::test]
async fn an_import_is_in_the_trail() {
    let server = Server::empty().await;
    let admin = server.make(None, "anna", "admin").await;
    let rows = "{\"id\":\"c-1\",\"name\":\"Carla\"}\n";
    let request =
        Request::post("/v1/imports?what=customers&format=jsonl").header("authorization", format!("bearer {admin}"));
    let answer =
        server.router.clone().oneshot(request.body(Body::from(rows)).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let trail = server.get("/v1/audit?limit=1", Some(&admin)).await.body;
    let entry = json!({ "at": NOW, "who": "anna", "key": admin.split('_').nth(2), "action": "import",
        "subject": "customers", "detail": "1 rows read, 0 rejected" });
    assert_eq!(trail["items"], json!([entry]));
    let exported = server.get("/v1/exports/audit?format=csv", Some(&admin)).await.text;
    assert!(exported.starts_with("at,who,key,action,subject,detail\n") && exported.contains(",import,customers,"));
}

#[tokio::test]
async fn a_key_that_is_used_too_often_waits() {
    let server = Server::empty().await;
    let make = |name: &'static str| {
        let app = Arc::clone(&server.app);
        async move {
            let made = tokio::task::spawn_blocking(move || app.make_key(&Actor::CommandLine, name, Role::Admin));
            made.await.expect("a thread").expect("a key").key
        }
    };
    let (busy, calm) = (make("busy").await, make("calm").await);
    server.app.limit_keys(NonZeroU32::new(1)).expect("a limit");
    let mut answers = Vec::new();
    for _ in 0..50 {
        answers.push(server.get("/v1/keys", Some(&busy)).await);
    }
    assert_eq!(answers[0].status, StatusCode::OK);
    let refused = answers.iter().find(|got| got.status != StatusCode::OK).expect("fifty in a second are too many");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    assert_eq!(refused.body["detail"], "the key is used more often than 1 times a second");
    assert_eq!(server.get("/v1/keys", Some(&calm)).await.status, StatusCode::OK, "each key has its own");
    assert_eq!(server.get("/healthz", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn no_other_site_may_read_answers() {
    let server = Server::empty().await;
    let request = Request::get("/v1/customers").header(header::ORIGIN, "https://elsewhere.example");
    let answer =
        server.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.headers().contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

/// The command, on a store in a folder of its own. Exit status, standard output, standard error.
fn treue(folder: &TempDir, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_treue"));
    let output = command.current_dir(folder).args(arguments).output().expect("a process");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn keys_are_made_at_the_command_line() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("policies")).expect("a folder");
    std::fs::write(folder.path().join("policies/shop.yaml"), SHOP).expect("a file");
    let check = |arguments: &[&str], status: i32, stderr: &str| {
        let (code, out, error) = treue(&folder, arguments);
        assert_eq!(code, Some(status), "{arguments:?}: {error}");
        assert!(error.contains(stderr), "{arguments:?}: {error}");
        out
    };
    check(&["serve", "--listen", "0.0.0.0:0"], 3, "binds to loopback addresses only");
    check(&["keys", "make", "--role", "checkout", "till"], 1, "the first key must be one for admins");
    check(&["keys", "make", "--role", "boss", "till"], 2, "possible values");
    let key = check(&["keys", "make", "--role", "admin", "anna"], 0, "shown this once");
    let id = key.split('_').nth(2).expect("an id");
    assert!(key.starts_with("treue_admin_") && key.ends_with('\n') && !key.contains(' '), "{key}");
    check(&["keys", "revoke", id], 1, "the last key for admins");
    let made = check(&["keys", "make", "--role", "checkout", "till", "--json"], 0, "");
    let made: Value = serde_json::from_str(&made).expect("JSON");
    check(&["keys", "revoke", made["id"].as_str().expect("an id")], 0, "");
    let listed: Value = serde_json::from_str(&check(&["keys", "list", "--json"], 0, "")).expect("JSON");
    let known = |name: &str| listed.as_array().expect("keys").iter().find(|key| key["name"] == name).expect("a key");
    assert!(known("anna")["revoked_at"].is_null() && known("till")["revoked_at"].is_string());
    assert_eq!(known("till")["key"], Value::Null, "a key is shown once");
    let trail = check(&["export", "audit", "--format", "csv"], 0, "");
    assert!(trail.contains(&format!(",cli,,make_key,{id},anna for admin")), "{trail}");
    check(&["serve", "--listen", "127.0.0.1:0", "--tls-cert", "shop.pem"], 3, "give both --tls-cert and --tls-key");
}
