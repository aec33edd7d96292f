//! Answers against the OpenAPI document: the status, the media type, and the shape of the body.

use std::sync::LazyLock;

use axum::http::Method;
use serde_json::{Map, Value};

use super::app::Answer;

/// The document as it is served.
pub static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(treue::http::openapi()).expect("a document"));

/// Panics where a documented call answers with something that its document does not list.
pub fn check_documented(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else {
        // Nowhere, or not by this method: a problem all the same.
        assert!(is_page(path) || matches!(answer.status, 404 | 405), "{method} {path} is not documented");
        return;
    };
    let response = &operation["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path}: {} is not documented: {}", answer.status, answer.text());
    let Some(content) = response["content"].as_object() else {
        assert!(answer.body.is_empty(), "{method} {path}: no body is documented");
        return;
    };
    let kind = answer.kind().unwrap_or("none");
    let documented = content.get(kind).unwrap_or_else(|| panic!("{method} {path}: {kind} is not documented"));
    if kind == "application/json" || kind.ends_with("+json") {
        let body: Value = serde_json::from_slice(&answer.body).expect("JSON");
        if let Err(wrong) = matches(&documented["schema"], &body, "") {
            panic!("{method} {path}: {wrong}\n{body:#}");
        }
    }
}

fn is_page(path: &str) -> bool {
    path == "/openapi.json" || path.starts_with("/docs")
}

fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let calls = DOCUMENT["paths"].as_object()?;
    let fits = |template: &str| {
        let (mut wanted, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given)) if wanted == given || wanted.starts_with('{') => {}
                _ => return false,
            }
        }
    };
    let found = calls.iter().find(|(template, _)| fits(template))?.1;
    found.get(method.as_str().to_lowercase())
}

/// Whether a value is what a schema says; members that the schema does not name are a mistake.
fn matches(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolve(schema);
    if let Some(parts) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let tried: Vec<_> = parts.iter().map(|part| matches(part, value, at)).collect();
        return match tried.iter().any(Result::is_ok) {
            true => Ok(()),
            false => Err(format!("{at}: fits none of {tried:?}")),
        };
    }
    if let Some(kind) = schema.get("type") {
        let kinds: Vec<&str> = match kind {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let is = |kind: &&str| match *kind {
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "null" => value.is_null(),
            other => panic!("{at}: the type {other}"),
        };
        // An object of which nothing is said is any value.
        let any = kinds.contains(&"object")
            && schema.get("properties").is_none()
            && schema.get("additionalProperties").is_none();
        if !any && !kinds.iter().any(is) {
            return Err(format!("{at}: {value} is not {kinds:?}"));
        }
    }
    if let Some(items) = value.as_array()
        && let Some(item) = schema.get("items")
    {
        for (index, value) in items.iter().enumerate() {
            matches(item, value, &format!("{at}/{index}"))?;
        }
    }
    let Some(members) = value.as_object() else { return Ok(()) };
    let (mut known, mut required) = (Map::new(), Vec::new());
    gather(schema, &mut known, &mut required);
    if let Some(missing) = required.iter().find(|name| !members.contains_key(*name)) {
        return Err(format!("{at}: {missing} is missing"));
    }
    for (name, value) in members {
        let place = format!("{at}/{name}");
        match (known.get(name), schema.get("additionalProperties")) {
            (Some(schema), _) => matches(schema, value, &place)?,
            (None, Some(schema)) if schema.is_object() => matches(schema, value, &place)?,
            (None, _) if known.is_empty() => {}
            (None, _) => return Err(format!("{place} is not documented")),
        }
    }
    Ok(())
}

fn resolve(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(path) => DOCUMENT.pointer(path.trim_start_matches('#')).unwrap_or_else(|| panic!("{path} leads nowhere")),
        None => schema,
    }
}

/// Members of an object, those of `allOf` together.
fn gather(schema: &Value, known: &mut Map<String, Value>, required: &mut Vec<String>) {
    let schema = resolve(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        gather(part, known, required);
    }
    known.extend(schema["properties"].as_object().into_iter().flatten().map(|(name, of)| (name.clone(), of.clone())));
    required.extend(schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
}

#[test]
fn answers_are_compared_with_their_schema() {
    let check = |value: Value, expect: Option<&str>| {
        let page = serde_json::json!({ "$ref": "#/components/schemas/Health" });
        assert_eq!(matches(&page, &value, "").err().as_deref(), expect, "{value}");
    };
    check(serde_json::json!({ "status": "ok" }), None);
    check(serde_json::json!({}), Some(": status is missing"));
    check(serde_json::json!({ "status": 5 }), Some("/status: 5 is not [\"string\"]"));
    check(serde_json::json!({ "status": "ok", "more": 1 }), Some("/more is not documented"));
}
