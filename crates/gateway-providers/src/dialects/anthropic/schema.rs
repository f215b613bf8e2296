//! JSON Schema in the subset that constrains Claude.
//!
//! Structured outputs and strict tools take a part of JSON Schema and refuse the rest
//! (<https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs>). Limits of numbers, texts and
//! lists go into the description, where the model reads them; objects are closed, as they must be. What is lost
//! by that (an object with members of any name) is named.

use serde_json::Value;

use super::wire::Object;
use crate::dialects::dropped::Dropped;

/// Limits that are refused: they are told in words.
const LIMITS: &[&str] = &[
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The formats of texts that are taken.
const FORMATS: &[&str] = &[
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Members whose values are schemas.
const WITH_SCHEMA: &[&str] = &["items", "not", "additionalItems"];
/// Members that are lists of schemas.
const WITH_SCHEMAS: &[&str] = &["anyOf", "allOf", "oneOf", "prefixItems"];
/// Members that are schemas by name.
const WITH_NAMED: &[&str] = &["properties", "$defs", "definitions"];

/// Deeper than any schema that is meant.
const MAX_DEPTH: usize = 64;

/// Puts a schema that stands at `path` into the subset.
pub(super) fn make_strict(schema: &mut Object, path: &str, dropped: &mut Dropped) {
    change(schema, path, dropped, 0);
}

/// Whether a schema is in the subset already.
pub(super) fn is_strict(schema: &Object) -> bool {
    let mut closed = schema.clone();
    let mut dropped = Dropped::default();
    make_strict(&mut closed, "", &mut dropped);
    closed == *schema && dropped.into_names().is_empty()
}

fn change(schema: &mut Object, path: &str, dropped: &mut Dropped, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    tell_limits(schema);
    // One of several is any of several here: there is no word for 'exactly one'.
    if let Some(one_of) = schema.shift_remove("oneOf") {
        let name = if schema.contains_key("anyOf") {
            "oneOf"
        } else {
            "anyOf"
        };
        schema.insert(name.to_owned(), one_of);
    }
    if is_object(schema) {
        close(schema, path, dropped);
    }
    for name in WITH_SCHEMA {
        if let Some(Value::Object(inner)) = schema.get_mut(*name) {
            change(inner, &format!("{path}.{name}"), dropped, depth + 1);
        }
    }
    for name in WITH_SCHEMAS {
        let list = schema.get_mut(*name).and_then(Value::as_array_mut);
        for (index, inner) in list.into_iter().flatten().enumerate() {
            if let Value::Object(inner) = inner {
                change(
                    inner,
                    &format!("{path}.{name}[{index}]"),
                    dropped,
                    depth + 1,
                );
            }
        }
    }
    for name in WITH_NAMED {
        let members = schema.get_mut(*name).and_then(Value::as_object_mut);
        for (member, inner) in members.into_iter().flatten() {
            if let Value::Object(inner) = inner {
                change(
                    inner,
                    &format!("{path}.{name}.{member}"),
                    dropped,
                    depth + 1,
                );
            }
        }
    }
}

fn is_object(schema: &Object) -> bool {
    let is = |kind: &Value| kind == "object";
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(is),
        Some(kind) => is(kind),
        None => schema.contains_key("properties"),
    }
}

/// An object has the members that its schema names, and no other.
fn close(schema: &mut Object, path: &str, dropped: &mut Dropped) {
    let others = schema.insert("additionalProperties".to_owned(), false.into());
    if others.is_some_and(|others| others != Value::Bool(false)) {
        dropped.name(format!("{path}.additionalProperties"));
    }
    if schema.shift_remove("patternProperties").is_some() {
        dropped.name(format!("{path}.patternProperties"));
    }
}

/// Moves limits into the description.
fn tell_limits(schema: &mut Object) {
    let mut told = Vec::new();
    for name in LIMITS {
        // A property may be called `minimum`: only what is no schema is a limit.
        if schema.get(*name).is_some_and(|limit| !limit.is_object())
            && let Some(limit) = schema.shift_remove(*name)
        {
            told.push(format!("{name}: {limit}"));
        }
    }
    if schema
        .get("minItems")
        .and_then(Value::as_u64)
        .is_some_and(|least| least > 1)
        && let Some(least) = schema.shift_remove("minItems")
    {
        told.push(format!("minItems: {least}"));
    }
    let format = schema.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| !FORMATS.contains(&format))
        && let Some(format) = schema.shift_remove("format")
    {
        told.push(format!("format: {format}"));
    }
    if told.is_empty() {
        return;
    }
    let told = format!("({})", told.join(", "));
    let description = match schema.get("description").and_then(Value::as_str) {
        Some(description) if !description.is_empty() => format!("{description} {told}"),
        _ => told,
    };
    schema.insert("description".to_owned(), description.into());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_told_in_words_and_objects_are_closed() {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "age": {"type": "integer", "minimum": 0, "description": "in years"},
                "minimum": {"type": "string", "format": "regex"},
                "tags": {"type": "array", "minItems": 2, "items": {"type": "object", "properties": {}}},
                "map": {"type": "object", "additionalProperties": {"type": "string"}},
                "either": {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/x"}]},
            },
            "$defs": {"x": {"type": ["object", "null"], "additionalProperties": false}},
        });
        let mut dropped = Dropped::default();
        make_strict(schema.as_object_mut().unwrap(), "s", &mut dropped);
        assert_eq!(
            schema,
            json!({
                "type": "object",
                "properties": {
                    "age": {"type": "integer", "description": "in years (minimum: 0)"},
                    "minimum": {"type": "string", "description": "(format: \"regex\")"},
                    "tags": {"type": "array", "description": "(minItems: 2)",
                        "items": {"type": "object", "properties": {}, "additionalProperties": false}},
                    "map": {"type": "object", "additionalProperties": false},
                    "either": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/x"}]},
                },
                "$defs": {"x": {"type": ["object", "null"], "additionalProperties": false}},
                "additionalProperties": false,
            })
        );
        assert_eq!(
            dropped.into_names(),
            ["s.properties.map.additionalProperties"]
        );
        assert!(is_strict(schema.as_object().unwrap()));
    }
}
