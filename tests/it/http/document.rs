//! The OpenAPI document is a page that changes only on purpose.

use serde_json::Value;

use super::app::{EXAMPLE, TestApp};
use super::schema::DOCUMENT;

#[test]
fn the_document_is_a_snapshot() {
    let text = serde_json::to_string_pretty(&*DOCUMENT).expect("JSON");
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true, snapshot_path => "../snapshots" }, {
        insta::assert_snapshot!("openapi", text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    });
}

#[tokio::test]
async fn the_document_is_served() {
    let app = TestApp::new(EXAMPLE);
    assert_eq!(app.get("/openapi.json").await.json(200), *DOCUMENT);
    let page = app.get("/docs/").await;
    assert_eq!((page.status, page.kind()), (200, Some("text/html")), "{}", page.text());
    assert!(!page.text().contains("http://") && !page.text().contains("https://"), "the page needs no internet");
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(value: &Value, seen: &mut usize) {
        match value {
            Value::Object(members) => {
                if let Some(path) = members.get("$ref").and_then(Value::as_str) {
                    *seen += 1;
                    assert!(DOCUMENT.pointer(path.trim_start_matches('#')).is_some(), "{path} leads nowhere");
                }
                members.values().for_each(|value| walk(value, seen));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, seen)),
            _ => {}
        }
    }
    let mut seen = 0;
    walk(&DOCUMENT, &mut seen);
    assert!(seen > 50, "{seen} references");
}

#[test]
fn every_call_says_what_it_is() {
    for (path, calls) in DOCUMENT["paths"].as_object().expect("paths") {
        for (method, call) in calls.as_object().expect("calls") {
            let said = call["summary"].as_str().or(call["description"].as_str());
            assert!(said.is_some_and(|text| text.len() > 10), "{method} {path} is described");
            assert!(call["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{method} {path} has a tag");
        }
    }
}
