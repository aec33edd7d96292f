//! The JSON Schema (draft-07) of policy files, for editors: drawn from the table that the reader uses.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::keys::{self, Kind, Shape};
use crate::time::Period;

/// The schema of policy files.
pub fn schema() -> Value {
    let mut shapes = BTreeMap::new();
    let mut root = object(&keys::BUNDLE, &mut shapes);
    // A section may be left empty, and anchors for all sections have a place of their own.
    if let Some(Value::Object(properties)) = root.get_mut("properties") {
        for (name, section) in
            properties.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "currency" | "timezone"))
        {
            let described = section.get("description").cloned().unwrap_or_else(|| json!(name));
            *section = json!({ "description": described, "anyOf": [section.clone(), { "type": "null" }] });
        }
    }
    root.insert("patternProperties".into(), json!({ "^x-": {} }));
    document("Treue policy", root, shapes)
}

/// The schema of files with policy tests.
pub fn test_schema() -> Value {
    let mut shapes = BTreeMap::new();
    static TEST: Kind = Kind::Shape(&keys::TEST);
    let items = of(&TEST, &mut shapes);
    let mut root = Map::new();
    root.insert("type".into(), json!("array"));
    root.insert("items".into(), items);
    document("Treue policy tests", root, shapes)
}

/// The schema of scenario files.
pub fn scenario_schema() -> Value {
    let mut shapes = BTreeMap::new();
    let root = object(&keys::SCENARIO, &mut shapes);
    document("Treue scenario", root, shapes)
}

type Shapes = BTreeMap<String, Value>;

fn document(title: &str, root: Map<String, Value>, shapes: Shapes) -> Value {
    let mut document = Map::new();
    document.insert("$schema".into(), json!("http://json-schema.org/draft-07/schema#"));
    document.insert("title".into(), json!(title));
    document.extend(root);
    document.insert("definitions".into(), Value::Object(shapes.into_iter().collect()));
    Value::Object(document)
}

fn object(shape: &'static Shape, shapes: &mut Shapes) -> Map<String, Value> {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for key in shape.keys {
        let mut value = of(&key.kind, shapes);
        // Beside a reference draft-07 ignores every other key.
        if value.get("$ref").is_some() {
            value = json!({ "allOf": [value] });
        }
        if let Value::Object(value) = &mut value {
            value.insert("description".into(), json!(key.text));
        }
        properties.insert(key.name.into(), value);
        if key.required {
            required.push(key.name);
        }
    }
    let mut object = Map::new();
    object.insert("type".into(), json!("object"));
    object.insert("properties".into(), Value::Object(properties));
    object.insert("additionalProperties".into(), json!(false));
    if !required.is_empty() {
        object.insert("required".into(), json!(required));
    }
    object
}

fn of(kind: &'static Kind, shapes: &mut Shapes) -> Value {
    match kind {
        Kind::Rate => json!({ "type": "string", "pattern": r"^[0-9]+(\.[0-9]{1,4})? *%$" }),
        Kind::Number => {
            json!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" }] })
        }
        Kind::Whole => json!({ "anyOf": [{ "type": "integer" }, { "type": "string", "pattern": "^-?[0-9]+$" }] }),
        Kind::Duration => json!({ "type": "string", "pattern": "^[0-9]+ +(day|week|month|year)s?$" }),
        Kind::Period => json!({ "enum": Period::ALL.map(Period::name) }),
        Kind::Instant => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}" }),
        Kind::Hours => json!({ "type": "string", "pattern": r"^[0-9]{1,2}:[0-9]{2} *[-–] *[0-9]{1,2}:[0-9]{2}$" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Text => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Nothing => json!({ "type": "null" }),
        Kind::Name => json!({ "type": "string" }),
        Kind::PerPeriod => json!({ "anyOf": [
            { "type": "number" },
            { "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?( per (day|week|month|quarter|year))?$" },
        ] }),
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Shape(shape) => {
            let name = identifier(shape);
            if !shapes.contains_key(&name) {
                // Its place is taken before it is drawn, so that a shape could hold itself.
                shapes.insert(name.clone(), Value::Null);
                let drawn = object(shape, shapes);
                shapes.insert(name.clone(), Value::Object(drawn));
            }
            json!({ "$ref": format!("#/definitions/{name}") })
        }
        Kind::Map(values) => json!({ "type": "object", "additionalProperties": of(values, shapes) }),
        Kind::List(items) => json!({ "type": "array", "items": of(items, shapes) }),
        Kind::Either(kinds) => {
            let any: Vec<Value> = kinds.iter().map(|kind| of(kind, shapes)).collect();
            json!({ "anyOf": any })
        }
    }
}

/// A shape's name in `definitions`; shapes of one name differ in their keys.
fn identifier(shape: &Shape) -> String {
    format!("{} {}", shape.name, shape.keys.first().map_or("", |key| key.name)).trim().replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::FileId;
    use crate::policy::syntax::{self, Node, parse};

    /// What an editor sees.
    fn json_of(node: &Node) -> Value {
        match &node.value {
            syntax::Value::Scalar { .. } if node.is_null() => Value::Null,
            syntax::Value::Scalar { text, plain } => match text.as_str() {
                "true" if *plain => json!(true),
                "false" if *plain => json!(false),
                number if *plain && number.parse::<f64>().is_ok() => {
                    number.parse::<i64>().map_or_else(|_| json!(number.parse::<f64>().unwrap_or(0.0)), |n| json!(n))
                }
                text => json!(text),
            },
            syntax::Value::Sequence(items) => items.iter().map(json_of).collect(),
            syntax::Value::Mapping(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.key.text.clone(), json_of(&entry.value))).collect())
            }
        }
    }

    /// As much of draft-07 as the schema uses, but for patterns.
    fn valid(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let target = root["definitions"].get(name).ok_or(format!("no definition {name}"))?;
            return valid(value, target, root);
        }
        let is = |word: &str| match word {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "number" => value.is_number(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => false,
        };
        let typed = match schema.get("type") {
            Some(Value::String(word)) => is(word),
            Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).any(is),
            _ => true,
        };
        if !typed {
            return Err(format!("{value} is no {}", schema["type"]));
        }
        if let Some(Value::Array(words)) = schema.get("enum")
            && !words.contains(value)
        {
            return Err(format!("{value} is none of {words:?}"));
        }
        if let Some(Value::Array(all)) = schema.get("allOf") {
            all.iter().try_for_each(|one| valid(value, one, root))?;
        }
        if let Some(Value::Array(any)) = schema.get("anyOf") {
            let tried: Vec<_> = any.iter().map(|one| valid(value, one, root)).collect();
            if tried.iter().all(Result::is_err) {
                return Err(tried.into_iter().filter_map(Result::err).collect::<Vec<_>>().join("; "));
            }
        }
        if let (Value::Array(items), Some(schema)) = (value, schema.get("items")) {
            items.iter().try_for_each(|item| valid(item, schema, root))?;
        }
        if let Value::Object(object) = value {
            for (key, value) in object {
                let property = schema.get("properties").and_then(|properties| properties.get(key));
                match (property, schema.get("additionalProperties")) {
                    (Some(property), _) => valid(value, property, root).map_err(|error| format!("{key}: {error}"))?,
                    (None, Some(Value::Bool(false))) if !key.starts_with("x-") => {
                        return Err(format!("unknown key {key}"));
                    }
                    (None, Some(more @ Value::Object(_))) => {
                        valid(value, more, root).map_err(|error| format!("{key}: {error}"))?;
                    }
                    _ => {}
                }
            }
            for key in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
                if !object.contains_key(key.as_str().unwrap_or_default()) {
                    return Err(format!("no {key}"));
                }
            }
        }
        Ok(())
    }

    fn check(text: &str, schema: &Value, expect: Result<(), &str>) {
        let root = parse(FileId(0), text).root.expect("a document");
        let found = valid(&json_of(&root), schema, schema);
        match (found, expect) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) if error.contains(part) => {}
            (found, expect) => panic!("{found:?}, wanted {expect:?} of {text}"),
        }
    }

    #[test]
    fn editors_accept_what_compiles_and_refuse_what_does_not() {
        let schema = schema();
        check(include_str!("../../tests/fixtures/good/contract.yaml"), &schema, Ok(()));
        check(include_str!("../../tests/fixtures/bad/unknown-key.yaml"), &schema, Err("unknown key"));
        check(include_str!("../../tests/fixtures/bad/missing-key.yaml"), &schema, Err("no \"steps\""));
        check(include_str!("../../tests/fixtures/bad/unknown-word.yaml"), &schema, Err("none of"));
        check(include_str!("../../tests/fixtures/bad/wrong-type.yaml"), &schema, Err("is no"));
        check("discounts:\nx-shared: [1]\ncurrency: EUR", &schema, Ok(()));
    }

    #[test]
    fn tests_have_a_schema_too() {
        let schema = test_schema();
        check(include_str!("../../tests/fixtures/good/contract.test.yaml"), &schema, Ok(()));
        check("- { test: a, expect: {}, costumer: {} }", &schema, Err("unknown key costumer"));
    }

    #[test]
    fn no_two_shapes_share_a_definition() {
        for schema in [schema(), test_schema(), scenario_schema()] {
            let definitions = schema["definitions"].as_object().expect("definitions");
            assert!(definitions.values().all(Value::is_object), "every definition is drawn");
        }
        let schema = schema();
        assert!(schema["definitions"]["ladder_by"]["properties"]["steps"].is_object());
        assert_ne!(schema["definitions"]["choice_of_lines_sku"], schema["definitions"]["choice_of_lines_only"]);
    }
}
