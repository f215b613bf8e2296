//! From any schema to the subset that strict mode knows.

use serde_json::{Map, Value};

use super::SchemaError;

/// The formats of text that strict mode knows; Rust's `uint32` and the like are not among them.
const FORMATS: &[&str] = &[
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Members whose value is a schema.
const SCHEMAS: &[&str] = &["items", "not"];

/// Members whose value is a list of schemas.
const LISTS: &[&str] = &["anyOf", "allOf", "prefixItems"];

/// Members whose value holds schemas by name.
const MAPS: &[&str] = &["properties", "$defs"];

pub(super) fn make_strict(
    mut schema: Map<String, Value>,
) -> Result<Map<String, Value>, SchemaError> {
    strict_object(&mut schema, "#")?;
    Ok(schema)
}

fn strict(schema: &mut Value, path: &str) -> Result<(), SchemaError> {
    match schema {
        Value::Object(schema) => strict_object(schema, path),
        _ => Ok(()),
    }
}

fn strict_object(schema: &mut Map<String, Value>, path: &str) -> Result<(), SchemaError> {
    if let Some(target) = schema.get("$ref").cloned() {
        // Nothing may stand beside a reference, except at the root, where the definitions are.
        schema.retain(|key, _| key == "$defs");
        schema.insert("$ref".to_owned(), target);
    }
    simplify(schema);
    close(schema, path)?;
    for key in SCHEMAS {
        if let Some(inner) = schema.get_mut(*key) {
            strict(inner, &format!("{path}/{key}"))?;
        }
    }
    for key in LISTS {
        let list = schema.get_mut(*key).and_then(Value::as_array_mut);
        for (at, inner) in list.into_iter().flatten().enumerate() {
            strict(inner, &format!("{path}/{key}/{at}"))?;
        }
    }
    for key in MAPS {
        let map = schema.get_mut(*key).and_then(Value::as_object_mut);
        for (name, inner) in map.into_iter().flatten() {
            strict(inner, &format!("{path}/{key}/{name}"))?;
        }
    }
    Ok(())
}

/// Takes out what strict mode refuses and what means the same in other words.
fn simplify(schema: &mut Map<String, Value>) {
    schema.shift_remove("default");
    schema.shift_remove("title");
    if let Some(alternatives) = schema.shift_remove("oneOf") {
        schema.insert("anyOf".to_owned(), alternatives);
    }
    let known_format = schema
        .get("format")
        .and_then(Value::as_str)
        .is_some_and(|format| FORMATS.contains(&format));
    if !known_format {
        schema.shift_remove("format");
    }
}

/// An object has the fields it names, all of them and no other.
fn close(schema: &mut Map<String, Value>, path: &str) -> Result<(), SchemaError> {
    if !is_object(schema) {
        return Ok(());
    }
    let is_free = |value: &Value| value != &Value::Bool(false);
    if schema.get("additionalProperties").is_some_and(is_free)
        || schema.contains_key("patternProperties")
    {
        return Err(SchemaError::FreeKeys {
            path: path.to_owned(),
        });
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let names: Vec<Value> = properties
        .into_iter()
        .flat_map(Map::keys)
        .map(|name| name.as_str().into())
        .collect();
    schema.insert("required".to_owned(), names.into());
    schema.insert("additionalProperties".to_owned(), false.into());
    Ok(())
}

/// `"type": "object"`, or a list with it, as an optional struct has.
fn is_object(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "object",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        _ => schema.contains_key("properties"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::super::{SchemaError, response_format, strict_tool, tool};

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Order {
        /// What is bought.
        items: Vec<Item>,
        note: Option<String>,
        #[serde(default)]
        gift: bool,
        payment: Payment,
        parent: Option<Box<Order>>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Item {
        sku: String,
        count: u32,
        color: Option<Color>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "lowercase")]
    enum Color {
        Red,
        /// Not blue.
        Green,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "by", rename_all = "lowercase")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Payment {
        Card { number: String },
        Cash,
    }

    /// Every rule of the subset, checked wherever a schema stands.
    fn check(schema: &serde_json::Value, path: &str) {
        let Some(object) = schema.as_object() else {
            return;
        };
        for forbidden in ["oneOf", "default", "$schema"] {
            assert!(!object.contains_key(forbidden), "{forbidden} at {path}");
        }
        if object.contains_key("$ref") {
            assert!(
                object.keys().all(|key| key == "$ref" || key == "$defs"),
                "{path}: {object:?}"
            );
        }
        if let Some(properties) = object.get("properties").and_then(|p| p.as_object()) {
            assert_eq!(object["additionalProperties"], false, "{path}");
            let required: Vec<_> = object["required"].as_array().unwrap().iter().collect();
            let names: Vec<_> = properties.keys().map(|name| json!(name)).collect();
            assert_eq!(required, names.iter().collect::<Vec<_>>(), "{path}");
        }
        for (key, value) in object {
            match value {
                serde_json::Value::Array(list) => list.iter().for_each(|inner| check(inner, key)),
                serde_json::Value::Object(_) => check(value, &format!("{path}/{key}")),
                _ => {}
            }
        }
    }

    fn strict_value<T: JsonSchema>() -> serde_json::Value {
        let format = serde_json::to_value(response_format::<T>("order").unwrap()).unwrap();
        assert_eq!(format["type"], "json_schema");
        assert_eq!(format["json_schema"]["name"], "order");
        assert_eq!(format["json_schema"]["strict"], true);
        format["json_schema"]["schema"].clone()
    }

    #[test]
    fn nested_types_keep_to_the_subset() {
        let schema = strict_value::<Item>();
        check(&schema, "#");
        assert_eq!(
            schema["properties"]["count"],
            json!({"type": "integer", "minimum": 0})
        );
        assert_eq!(schema["required"], json!(["sku", "count", "color"]));
    }

    #[test]
    fn an_enum_with_fields_is_a_choice_of_closed_objects() {
        #[derive(Deserialize, JsonSchema)]
        #[expect(dead_code, reason = "only its schema is looked at")]
        struct Paid {
            payment: Payment,
        }
        let schema = strict_value::<Paid>();
        check(&schema, "#");
        assert_eq!(
            schema["properties"]["payment"]["anyOf"][0]["required"],
            json!(["by", "number"])
        );
    }

    #[test]
    fn a_type_that_holds_itself_refers_to_itself() {
        let schema = strict_value::<Order>();
        check(&schema, "#");
        let parent = &schema["properties"]["parent"]["anyOf"];
        assert_eq!(parent, &json!([{"$ref": "#"}, {"type": "null"}]));
    }

    #[test]
    fn what_cannot_be_described_is_refused() {
        assert_eq!(
            response_format::<Vec<Item>>("x"),
            Err(SchemaError::NotAnObject)
        );
        assert_eq!(
            response_format::<Payment>("x"),
            Err(SchemaError::NotAnObject)
        );
        assert!(matches!(
            response_format::<BTreeMap<String, u8>>("x"),
            Err(SchemaError::FreeKeys { .. })
        ));
        for name in ["", "a b", "ä", &"x".repeat(65)] {
            assert!(
                matches!(tool::<Item>(name, ""), Err(SchemaError::Name { .. })),
                "{name}"
            );
        }
    }

    #[test]
    fn a_tool_has_the_schema_of_its_arguments() {
        let tool = serde_json::to_value(tool::<Item>("buy", "Buys.").unwrap()).unwrap();
        let parameters = &tool["function"]["parameters"];
        assert_eq!(tool["function"]["description"], "Buys.");
        assert_eq!(parameters["required"], json!(["sku", "count"]));
        assert_eq!(tool["function"].get("strict"), None);

        let strict = serde_json::to_value(strict_tool::<Item>("buy", "Buys.").unwrap()).unwrap();
        assert_eq!(strict["function"]["strict"], true);
        check(&strict["function"]["parameters"], "#");
    }

    #[test]
    fn a_type_without_fields_is_an_empty_object() {
        #[derive(JsonSchema)]
        struct Nothing {}
        let schema = strict_value::<Nothing>();
        assert_eq!(
            schema,
            json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false})
        );
    }
}
