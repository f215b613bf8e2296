//! The JSON Schema of the configuration file, made from the types that read it.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::section::Config;

/// The JSON Schema (draft 2020-12) of the configuration file, for editors and other tools. The same every time.
pub fn json_schema() -> Value {
    let mut schema = SchemaSettings::draft2020_12()
        .for_deserialize()
        .into_generator()
        .into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "Configuration of the gateway".into());
    let mut schema = schema.to_value();
    drop_wide_defaults(&mut schema);
    schema
}

/// Takes defaults of whole tables and lists of nothing out: each key has its own.
fn drop_wide_defaults(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let is_wide = |default: &Value| match default {
                Value::Object(_) | Value::Null => true,
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            let is_schema = ["type", "$ref", "anyOf", "oneOf"]
                .iter()
                .any(|word| members.contains_key(*word));
            if is_schema && members.get("default").is_some_and(is_wide) {
                members.shift_remove("default");
            }
            members.values_mut().for_each(drop_wide_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_wide_defaults),
        _ => {}
    }
}
