//! The JSON Schema describes what the loader accepts.

use serde_json::{Map, Value};

use crate::config::{VARIABLES, json_schema};

/// What of a value breaks a schema, by the words that our schema uses.
pub(super) fn breaks(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference}"));
        return breaks(root, target, value, at);
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema.get(word).and_then(Value::as_array) {
            let results: Vec<_> = choices
                .iter()
                .map(|choice| breaks(root, choice, value, at))
                .collect();
            if !results.iter().any(Vec::is_empty) {
                return vec![format!("{at}: fits none of {results:?}")];
            }
        }
    }
    if !types(schema).is_empty() && !types(schema).contains(&kind(value)) {
        return vec![format!(
            "{at}: {} where {:?} is asked",
            kind(value),
            types(schema)
        )];
    }
    if let Some(constant) = schema.get("const")
        && constant != value
    {
        return vec![format!("{at}: not {constant}")];
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array)
        && !values.contains(value)
    {
        return vec![format!("{at}: not one of {values:?}")];
    }
    match value {
        Value::Object(members) => object_breaks(root, schema, members, at),
        Value::Array(items) => items
            .iter()
            .flat_map(|item| {
                schema
                    .get("items")
                    .map(|items| breaks(root, items, item, &format!("{at}[]")))
            })
            .flatten()
            .collect(),
        _ => Vec::new(),
    }
}

fn object_breaks(
    root: &Value,
    schema: &Value,
    members: &Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, value) in members {
        let at = format!("{at}.{name}");
        match schema
            .pointer(&format!("/properties/{name}"))
            .or_else(|| schema.get("additionalProperties"))
        {
            Some(Value::Bool(false)) => broken.push(format!("{at}: not known")),
            Some(schema) => broken.extend(breaks(root, schema, value, &at)),
            None => {}
        }
    }
    let required = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    broken.extend(
        required
            .filter(|name| !members.contains_key(*name))
            .map(|name| format!("{at}.{name}: missing")),
    );
    broken
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The schema of a dotted key.
fn lookup<'s>(root: &'s Value, key: &str) -> Option<&'s Value> {
    key.split('.').try_fold(root, |schema, part| {
        // An optional table is a choice between the table and null.
        let table = schema.pointer("/anyOf/0").unwrap_or(schema);
        let table = match table.get("$ref").and_then(Value::as_str) {
            Some(reference) => root.pointer(reference.trim_start_matches('#'))?,
            None => table,
        };
        table.get("properties")?.get(part)
    })
}

#[test]
fn every_key_is_described_and_unknown_ones_are_refused() {
    let schema = json_schema();
    let mut tables = vec![&schema];
    tables.extend(schema["$defs"].as_object().unwrap().values());
    let mut keys = 0;
    for table in tables {
        let Some(properties) = table.get("properties").and_then(Value::as_object) else {
            continue;
        };
        assert_eq!(table["additionalProperties"], Value::Bool(false), "{table}");
        for (name, property) in properties {
            keys += 1;
            assert!(
                property.get("description").is_some(),
                "{name} has no description"
            );
        }
    }
    assert!(keys > 80, "{keys} keys");
    assert_eq!(json_schema(), schema, "the same every time");
}

#[test]
fn defaults_are_in_it() {
    let schema = json_schema();
    for (key, default) in [
        ("server.listen", serde_json::json!(["127.0.0.1:8080"])),
        ("limits.max_request_body", "32MiB".into()),
        ("timeouts.connect", "10s".into()),
        ("timeouts.total", "10m".into()),
        ("logging.format", "auto".into()),
        ("metrics.enabled", true.into()),
        ("demo.pace", "20ms".into()),
    ] {
        assert_eq!(lookup(&schema, key).unwrap()["default"], default, "{key}");
    }
}

#[test]
fn every_variable_stands_for_a_key_of_the_schema() {
    let schema = json_schema();
    for variable in VARIABLES {
        assert!(
            lookup(&schema, variable.key).is_some(),
            "{} -> {}",
            variable.name,
            variable.key
        );
    }
}

#[test]
fn the_checker_of_these_tests_can_fail() {
    let schema = json_schema();
    let broken = |text: &str| {
        breaks(
            &schema,
            &schema,
            &toml::from_str::<Value>(text).unwrap(),
            "",
        )
        .len()
    };
    assert_eq!(
        broken("[server]\nlisten = ['a']\n[timeouts]\nidle = '1s'\n"),
        0
    );
    for wrong in [
        "sever = 1",
        "[server]\nlisen = 1",
        "[server]\nlisten = 1",
        "[timeouts]\nidle = 1",
        "[logging]\nformat = 'xml'",
        "[providers.x]\noperations = ['chatter']",
        "[vendors.x]\nbase_url = 'http://h'",
    ] {
        assert!(broken(wrong) > 0, "{wrong}");
    }
}
