//! Values against schemas: a table of the keywords, and generated schemas under a second, naive judge.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Hints, sample};

fn made(schema: &Value) -> Value {
    sample(schema, &Hints::from_text("Alice pays 7 euros in Paris"))
        .unwrap_or_else(|unmet| panic!("{schema}: {unmet}"))
}

#[test]
fn one_keyword_each() {
    let table = [
        (json!({"type": "string"}), json!("Alice")),
        (json!({"type": "string", "maxLength": 3}), json!("Ali")),
        (
            json!({"type": "array", "items": {"type": "string", "maxLength": 0}, "minItems": 2}),
            json!(["", ""]),
        ),
        (json!({"type": "string", "minLength": 8}), json!("Alicexxx")),
        (
            json!({"type": "string", "format": "date"}),
            json!("2026-01-01"),
        ),
        (
            json!({"type": "string", "pattern": "^[A-Z]{2}\\d$"}),
            json!("AA0"),
        ),
        (json!({"type": "integer"}), json!(7)),
        (json!({"type": "integer", "minimum": 10}), json!(10)),
        (
            json!({"type": "integer", "exclusiveMinimum": 10, "multipleOf": 4}),
            json!(12),
        ),
        (
            json!({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.25}),
            json!(0.125),
        ),
        (json!({"type": "integer", "maximum": -3}), json!(-3)),
        (json!({"type": ["null", "boolean"]}), json!(true)),
        (json!({"type": "null"}), json!(null)),
        (json!({"enum": ["b", "a"]}), json!("b")),
        (json!({"type": "string", "enum": [1, "a"]}), json!("a")),
        (json!({"const": {"a": [1]}}), json!({"a": [1]})),
        (
            json!({"anyOf": [{"type": "string", "enum": []}, {"type": "integer"}]}),
            json!(7),
        ),
        (
            json!({"oneOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 7}]}),
            json!(1),
        ),
        (
            json!({"allOf": [{"type": "number", "minimum": 8}, {"type": "integer", "maximum": 9}]}),
            json!(8),
        ),
        (
            json!({"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": true}),
            json!([7, 1, 0]),
        ),
        (
            json!({"type": "array", "prefixItems": [{"type": "string"}, {"type": "boolean"}]}),
            json!(["Alice", true]),
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "maxItems": 0}),
            json!([]),
        ),
        (
            json!({"type": "object", "required": ["x"]}),
            json!({"x": "demo"}),
        ),
        (
            json!({"additionalProperties": {"type": "integer"}}),
            json!({"demo": 7}),
        ),
        (
            json!({"properties": {"text": {"type": "string"}}}),
            json!({"text": "Alice pays 7 euros in Paris"}),
        ),
    ];
    for (schema, expected) in table {
        assert_eq!(made(&schema), expected, "{schema}");
    }
}

#[test]
fn recursion_ends() {
    let list = json!({
        "$ref": "#/$defs/node",
        "$defs": { "node": {
            "type": "object",
            "properties": {
                "value": { "type": "integer" },
                "next": { "anyOf": [{ "$ref": "#/$defs/node" }, { "type": "null" }] },
                "children": { "type": "array", "items": { "$ref": "#/$defs/node" } },
                "parent": { "$ref": "#/$defs/node" }
            },
            "required": ["value", "next", "children"], "additionalProperties": false
        }}
    });
    assert_eq!(
        made(&list),
        json!({"value": 7, "next": null, "children": []})
    );
    let endless =
        json!({"type": "object", "properties": {"me": {"$ref": "#"}}, "required": ["me"]});
    assert!(sample(&endless, &Hints::default()).is_err());
    let circle = json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}});
    assert!(sample(&circle, &Hints::default()).is_err());
}

#[test]
fn what_cannot_be_met_is_said() {
    for (schema, reason) in [
        (json!(false), "the value: the schema allows no value at all"),
        (json!({"enum": []}), "the value: `enum` cannot be met"),
        (
            json!({"type": "integer", "minimum": 2, "maximum": 1}),
            "the value: the bounds of a number cannot be met",
        ),
        (
            json!({"type": "string", "pattern": "(?=x)"}),
            "the value: the pattern `(?=x)` cannot be met",
        ),
        (
            json!({"properties": {"a": {"if": {}}}}),
            "/a: the keyword `if` is not supported",
        ),
        (
            json!({"type": "array", "minItems": 100_000}),
            "the value: `minItems` cannot be met",
        ),
        (
            json!({"$ref": "https://example.com/x"}),
            "the value: \"https://example.com/x\" is not in the schema",
        ),
    ] {
        assert_eq!(
            sample(&schema, &Hints::default()).map_err(|unmet| unmet.to_string()),
            Err(reason.to_owned())
        );
    }
}

#[test]
fn hostile_schemas_end_soon() {
    // Every alternative doubles the work of the next level, and none can be met.
    let mut doubling = json!({"type": "string", "enum": []});
    for _ in 0..40 {
        doubling = json!({"anyOf": [doubling.clone(), {"type": "array", "items": {"$ref": "#"}, "minItems": 9}]});
    }
    assert!(sample(&doubling, &Hints::default()).is_err());
    let wide = json!({"type": "array", "minItems": 1024, "items": {"type": "array", "minItems": 1024, "items": {"const": "x".repeat(10_000)}}});
    assert!(sample(&wide, &Hints::default()).is_err());
}

/// A schema that some value meets, not too deep.
fn schemas() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "boolean"})),
        Just(json!({"type": ["string", "null"]})),
        (-50_i64..50, 0_i64..20).prop_map(
            |(low, span)| json!({"type": "integer", "minimum": low, "maximum": low + span})
        ),
        (1_u32..9, -40_i64..40).prop_map(
            |(step, low)| json!({"type": "number", "multipleOf": step, "exclusiveMinimum": low})
        ),
        (0_usize..12, 0_usize..12).prop_map(
            |(least, more)| json!({"type": "string", "minLength": least, "maxLength": least + more})
        ),
        prop::collection::vec("[a-z]{1,5}", 1..4).prop_map(|values| json!({"enum": values})),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let members = prop::collection::btree_map("[a-z]{1,6}", (inner.clone(), any::<bool>()), 0..4);
        let object = members.prop_map(|members| {
            let required: Vec<&String> = members.iter().filter(|(_, (_, required))| *required).map(|(name, _)| name).collect();
            let properties: serde_json::Map<_, _> = members.iter().map(|(name, (schema, _))| (name.clone(), schema.clone())).collect();
            json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
        });
        let array = (inner.clone(), 0_usize..4).prop_map(|(items, least)| json!({"type": "array", "items": items, "minItems": least, "maxItems": least + 1}));
        let union = prop::collection::vec(inner, 1..3).prop_map(|parts| json!({"anyOf": parts}));
        prop_oneof![object, array, union]
    })
}

/// A second judge that shares nothing with the checker, for the keywords of [`schemas`].
fn naive(schema: &Value, value: &Value) -> bool {
    let integer = |key: &str| schema.get(key).and_then(Value::as_i64);
    if let Some(parts) = schema["anyOf"].as_array() {
        return parts.iter().any(|part| naive(part, value));
    }
    if let Some(values) = schema["enum"].as_array() {
        return values.contains(value);
    }
    match schema["type"].as_str() {
        Some("boolean") => value.is_boolean(),
        Some("integer") => value
            .as_i64()
            .is_some_and(|v| Some(v) >= integer("minimum") && Some(v) <= integer("maximum")),
        Some("number") => value.as_i64().is_some_and(|v| {
            v % integer("multipleOf").unwrap() == 0 && Some(v) > integer("exclusiveMinimum")
        }),
        Some("string") => value.as_str().is_some_and(|v| {
            let length = i64::try_from(v.chars().count()).unwrap();
            Some(length) >= integer("minLength") && Some(length) <= integer("maxLength")
        }),
        Some("array") => value.as_array().is_some_and(|v| {
            let length = i64::try_from(v.len()).unwrap();
            Some(length) >= integer("minItems")
                && Some(length) <= integer("maxItems")
                && v.iter().all(|v| naive(&schema["items"], v))
        }),
        Some("object") => value.as_object().is_some_and(|v| {
            let required = schema["required"].as_array().unwrap();
            required
                .iter()
                .all(|name| v.contains_key(name.as_str().unwrap()))
                && v.iter().all(|(name, v)| {
                    schema["properties"]
                        .get(name)
                        .is_some_and(|schema| naive(schema, v))
                })
        }),
        _ => value.is_string() || value.is_null(),
    }
}

proptest! {
    #[test]
    fn made_values_meet_their_schema(schema in schemas(), text in "[A-Za-z0-9 .\"]{0,60}") {
        let value = sample(&schema, &Hints::from_text(&text)).map_err(|unmet| TestCaseError::fail(format!("{schema}: {unmet}")))?;
        prop_assert!(naive(&schema, &value), "{} does not meet {}", value, schema);
        prop_assert_eq!(&value, &sample(&schema, &Hints::from_text(&text)).unwrap());
    }

    #[test]
    fn any_json_as_a_schema_is_survived(schema in any_json()) {
        let hints = Hints::default();
        prop_assert_eq!(sample(&schema, &hints), sample(&schema, &hints));
    }

    #[test]
    fn any_pattern_is_survived(pattern in "[a-c0-3()\\[\\]{}|^$*+?.,\\\\dw-]{0,20}") {
        let first = super::pattern::sample(&pattern);
        prop_assert_eq!(first, super::pattern::sample(&pattern));
    }
}

/// JSON that looks somewhat like a schema.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = prop::sample::select(vec![
        "type",
        "properties",
        "required",
        "items",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "enum",
        "const",
        "not",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "multipleOf",
        "pattern",
        "maxLength",
        "minLength",
        "prefixItems",
        "uniqueItems",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-9_i64..9).prop_map(Value::from),
        prop::sample::select(vec![
            "string",
            "object",
            "array",
            "number",
            "integer",
            "#",
            "#/items",
            "#/anyOf/0",
            "a"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(keys.clone(), inner, 0..5).prop_map(|map| Value::Object(
                map.into_iter()
                    .map(|(key, value)| (key.to_owned(), value))
                    .collect()
            )),
        ]
    })
}
