//! The two forms of the document say the same, each in the words of its own version.

use serde_json::{Map, Value};

use super::{document, documents, operations};
use crate::openapi::{pretty, pretty_3_2, v3_1};

/// Members that 3.2 added and that mean nothing else in a document of 3.1.
const ONLY_IN_3_2: &[&str] = &[
    "$self",
    "additionalOperations",
    "dataValue",
    "defaultMapping",
    "deviceAuthorization",
    "itemEncoding",
    "itemSchema",
    "mediaTypes",
    "nodeType",
    "oauth2MetadataUrl",
    "prefixEncoding",
    "serializedValue",
];

/// Calls `visit` for every object of the document itself: literal values are not part of its language.
fn walk_language(value: &Value, visit: &mut impl FnMut(&Map<String, Value>)) {
    const LITERAL: &[&str] = &["default", "enum", "example", "value", "x-codeSamples"];
    match value {
        Value::Object(members) => {
            visit(members);
            members
                .iter()
                .filter(|(name, _)| !LITERAL.contains(&name.as_str()))
                .for_each(|(_, member)| walk_language(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk_language(item, visit)),
        _ => {}
    }
}

/// The members of a document that only 3.2 knows.
fn newer_members(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk_language(document, &mut |members| {
        let newer = members
            .keys()
            .filter(|name| ONLY_IN_3_2.contains(&name.as_str()));
        found.extend(newer.cloned());
    });
    found
}

fn has_only(value: &Value, known: &[&str]) {
    for name in value.as_object().unwrap().keys() {
        assert!(known.contains(&name.as_str()), "{name}: {value}");
    }
}

#[test]
fn the_older_form_has_no_newer_word() {
    let [older, newer] = documents();
    assert_eq!(older["openapi"], "3.1.0");
    assert_eq!(newer["openapi"], "3.2.0");
    assert_eq!(newer_members(&older), [""; 0]);
    assert!(newer_members(&newer).len() > 10);
    for tag in older["tags"].as_array().unwrap() {
        has_only(tag, &["name", "description"]);
    }
    for server in older["servers"].as_array().unwrap() {
        has_only(server, &["url", "description"]);
    }
    let methods = [
        "get", "put", "post", "delete", "options", "head", "patch", "trace",
    ];
    for (path, method, operation) in operations(&older) {
        assert!(methods.contains(&method), "{method} {path}");
        for response in operation["responses"].as_object().unwrap().values() {
            has_only(response, &["$ref", "description", "headers", "content"]);
        }
    }
    let components = older["components"].as_object().unwrap();
    for response in components["responses"].as_object().unwrap().values() {
        has_only(response, &["description", "headers", "content"]);
    }
    for scheme in components["securitySchemes"].as_object().unwrap().values() {
        has_only(scheme, &["type", "in", "name", "description", "scheme"]);
    }
}

/// Undoes what makes a media type one of 3.1.
fn restore(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(item) = members.remove(v3_1::ITEM_SCHEMA) {
                let stream = members.insert("itemSchema".to_owned(), item.clone());
                assert!(stream.is_none(), "a media type has both");
                let schema = members.remove("schema").unwrap();
                assert_eq!(schema["type"], "string");
                let reference = item["$ref"].as_str().unwrap();
                let description = schema["description"].as_str().unwrap();
                assert!(description.contains(&format!("({reference})")), "{schema}");
                let examples = members.get_mut("examples").and_then(Value::as_object_mut);
                for example in examples.into_iter().flat_map(Map::values_mut) {
                    let example = example.as_object_mut().unwrap();
                    let text = example.remove("value").unwrap();
                    example.insert("serializedValue".to_owned(), text);
                }
            }
            members.values_mut().for_each(restore);
        }
        Value::Array(items) => items.iter_mut().for_each(restore),
        _ => {}
    }
}

#[test]
fn the_older_form_is_the_newer_one_but_for_the_streams() {
    let [mut older, newer] = documents();
    assert_ne!(older, newer);
    restore(&mut older);
    older["openapi"] = newer["openapi"].clone();
    assert_eq!(older, newer);
}

#[test]
fn files_and_answers_have_the_version_of_their_names() {
    let read = |text: String| -> Value { serde_json::from_str(&text).unwrap() };
    let [older, newer] = documents();
    assert_eq!(read(pretty()), older);
    assert_eq!(read(pretty_3_2()), newer);
    assert_eq!(newer, document());
    for path in ["/openapi.json", "/openapi-3.2.json"] {
        assert!(older["paths"][path]["get"].is_object(), "{path}");
    }
}
