//! The document says what the server does: every route, no other, examples that parse, references that lead somewhere.

mod samples;
mod versions;

use std::collections::{BTreeMap, BTreeSet};

use gateway_types::{
    audio, chat, completions, embeddings, error::ErrorBody, images, models, moderations,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    Document, codes, document_3_1, forms,
    paths::{proxy::ProviderAuthType, rerank, responses, service},
};
use crate::http::{error::CATALOGUE, routes};
use utoipa::OpenApi as _;

/// The document in the version that it is written in.
fn document() -> Value {
    serde_json::to_value(Document::openapi()).unwrap()
}

/// The document in 3.1 and in 3.2.
fn documents() -> [Value; 2] {
    [serde_json::to_value(document_3_1()).unwrap(), document()]
}

/// Paths with their methods in capitals.
type Surface = BTreeMap<String, BTreeSet<String>>;

/// The operations of the document, with path and method.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            found.push((path.as_str(), method.as_str(), operation));
        }
    }
    found
}

/// Calls `visit` for every object inside a value.
fn walk<'a>(value: &'a Value, visit: &mut impl FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values().for_each(|member| walk(member, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

/// The value that a reference of the document leads to.
fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document
            .pointer(reference.trim_start_matches('#'))
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let every = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    let mut expected = Surface::new();
    for (pattern, route) in routes::all() {
        let methods = if route.methods.is_empty() {
            &every[..]
        } else {
            route.methods
        };
        let methods = methods.iter().map(|method| (*method).to_owned()).collect();
        assert!(
            expected
                .insert(forms::template(&pattern), methods)
                .is_none(),
            "{pattern}"
        );
    }
    for document in documents() {
        let mut written = Surface::new();
        for (path, method, _) in operations(&document) {
            let methods = written.entry(path.to_owned()).or_default();
            methods.insert(method.to_uppercase());
        }
        assert_eq!(written, expected);
    }
}

#[test]
fn every_path_parameter_is_described_and_is_in_its_path() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        let described: BTreeSet<_> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| resolve(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let in_path: BTreeSet<_> = path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        assert_eq!(described, in_path, "{method} {path}");
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    for document in documents() {
        let mut used = BTreeSet::new();
        walk(&document, &mut |members| {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let pointer = reference.strip_prefix('#').expect("no file but this one");
                assert!(document.pointer(pointer).is_some(), "{reference}");
                used.insert(reference.clone());
            }
        });
        for kind in ["responses", "parameters", "headers"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                let reference = format!("#/components/{kind}/{name}");
                assert!(used.contains(&reference), "nothing refers to {reference}");
            }
        }
    }
}

#[test]
fn operations_have_ids_of_their_own_tags_and_security_that_exist() {
    let document = document();
    let mut ids = BTreeSet::new();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().collect();
    for (path, method, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        let plain = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.".contains(&byte));
        assert!(ids.insert(id) && plain, "{method} {path}: {id}");
        assert!(operation["summary"].is_string(), "{method} {path}");
        for tag in operation["tags"].as_array().unwrap() {
            assert!(tags.iter().any(|known| known["name"] == *tag), "{tag}");
        }
        for requirement in operation["security"].as_array().unwrap() {
            for scheme in requirement.as_object().unwrap().keys() {
                let schemes = &document["components"]["securitySchemes"];
                assert!(schemes.get(scheme).is_some(), "{scheme}");
            }
        }
    }
}

#[test]
fn only_protected_routes_ask_for_a_key_and_none_demands_it() {
    let document = document();
    let security = |path: &str, method: &str| document["paths"][path][method]["security"].clone();
    assert_eq!(security("/health", "get"), serde_json::json!([]));
    assert_eq!(
        security("/v1/chat/completions", "post"),
        serde_json::json!([{"bearer": []}, {"x-api-key": []}, {"api-key": []}, {"x-goog-api-key": []}, {}])
    );
    assert_eq!(
        security("/proxy/{provider}", "delete"),
        security("/embeddings", "post")
    );
}

#[test]
fn nothing_points_to_another_server() {
    let document = document();
    assert_eq!(
        document["servers"].as_array().unwrap().len(),
        1,
        "{}",
        document["servers"]
    );
    assert_eq!(document["servers"][0]["url"], "/");
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn errors_are_the_catalogues() {
    let document = document();
    let description = document["info"]["description"].as_str().unwrap();
    for row in CATALOGUE {
        assert!(
            description.contains(&format!("`{}`", row.code)),
            "{}",
            row.code
        );
    }
    assert!(description.ends_with(&codes::table()));
    let answers = &document["paths"]["/v1/embeddings"]["post"]["responses"];
    for status in [
        "400", "401", "403", "404", "408", "413", "415", "429", "500", "501", "502", "503", "504",
        "default",
    ] {
        assert!(
            answers[status].is_object(),
            "no {status}: {:?}",
            answers.as_object().unwrap().keys()
        );
    }
    let refused = resolve(&document, &answers["501"]);
    let example =
        &refused["content"]["application/json"]["examples"]["unsupported_operation"]["value"];
    assert_eq!(example["error"]["type"], "unsupported");
    assert_eq!(
        refused["headers"]["x-should-retry"]["$ref"],
        "#/components/headers/XShouldRetry"
    );
    let keys = resolve(&document, &answers["401"]);
    assert!(keys["headers"].get("www-authenticate").is_some());
    let chat = resolve(
        &document,
        &document["paths"]["/chat/completions"]["post"]["responses"]["400"],
    );
    assert!(chat["content"]["application/json"]["examples"]["vision_disabled"].is_object());
}

/// Settled: 201 in one place only.
#[test]
fn only_the_unversioned_chat_is_ever_created() {
    let document = document();
    let created: Vec<_> = operations(&document)
        .into_iter()
        .filter(|(.., operation)| operation["responses"].get("201").is_some())
        .map(|(path, ..)| path)
        .collect();
    assert_eq!(created, ["/chat/completions"]);
    let names: BTreeSet<_> = document["paths"]["/chat/completions"]["post"]["parameters"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|parameter| resolve(&document, parameter)["name"].as_str())
        .collect();
    for name in [
        "failover-sequence",
        "vllm-endpoint",
        "vllm-api-key",
        "timeout",
    ] {
        assert!(
            names.contains(format!("x-opengateway-{name}").as_str()),
            "{name}"
        );
    }
}

#[test]
fn streams_are_described_event_by_event() {
    let document = document();
    let answer = &document["paths"]["/v1/chat/completions"]["post"]["responses"]["200"];
    let events = resolve(
        &document,
        &answer["content"]["text/event-stream"]["itemSchema"],
    );
    let events = events["anyOf"].as_array().unwrap();
    let data: Vec<_> = events
        .iter()
        .map(|event| &event["properties"]["data"])
        .collect();
    assert_eq!(
        data[0]["contentSchema"]["$ref"],
        "#/components/schemas/ChatChunk"
    );
    assert_eq!(
        data[1]["contentSchema"]["$ref"],
        "#/components/schemas/ErrorBody"
    );
    assert_eq!(data[2]["enum"][0], "[DONE]");
}

/// A member of `oneOf` must not fit what another one fits: nothing checks that for the wire types.
#[test]
fn unions_are_open() {
    let document = document();
    walk(&document["components"]["schemas"], &mut |schema| {
        assert!(!schema.contains_key("oneOf"), "{schema:?}");
    });
    let prompt = &document["components"]["schemas"]["Prompt"]["anyOf"];
    assert_eq!(prompt.as_array().map(Vec::len), Some(5), "{prompt}");
}

/// Swagger UI fills them in and sends them.
#[test]
fn only_what_is_required_has_an_example_to_send() {
    let document = document();
    for parameter in document["components"]["parameters"]
        .as_object()
        .unwrap()
        .values()
    {
        assert_eq!(parameter["required"], false, "{parameter}");
        for name in ["example", "examples", "default"] {
            assert!(parameter.get(name).is_none(), "{parameter}");
            assert!(parameter["schema"].get(name).is_none(), "{parameter}");
        }
    }
    let chat = &document["paths"]["/v1/chat/completions"]["post"]["requestBody"];
    let examples = chat["content"]["application/json"]["examples"].as_object();
    assert_eq!(examples.unwrap().keys().next().unwrap(), "question");
}

#[test]
fn variants_of_tagged_unions_have_names() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for (name, schema) in schemas {
        for variant in schema["anyOf"].as_array().into_iter().flatten() {
            assert!(variant.get("allOf").is_none(), "{name}: {variant}");
        }
    }
    let [first, .., last] = schemas["Message"]["anyOf"].as_array().unwrap().as_slice() else {
        panic!("{}", schemas["Message"]);
    };
    assert_eq!(first["$ref"], "#/components/schemas/MessageDeveloper");
    assert_eq!(last["type"], "object", "unknown roles are passed on");
    let parts = &schemas["ContentPartImageUrl"]["allOf"];
    assert_eq!(parts[0]["properties"]["type"]["enum"][0], "image_url");
    assert_eq!(parts[1]["$ref"], "#/components/schemas/ImagePart");
}

#[test]
fn forms_have_their_files_and_every_model_is_needed() {
    let document = document();
    for (path, method, operation) in operations(&document) {
        if !matches!(
            operation["tags"][0].as_str(),
            Some("Images" | "Audio" | "Moderations")
        ) {
            continue;
        }
        for (kind, body) in operation["requestBody"]["content"].as_object().unwrap() {
            let schema = resolve(&document, &body["schema"]);
            let needed: Vec<_> = schema["required"].as_array().unwrap().iter().collect();
            assert!(
                needed.iter().any(|name| *name == "model"),
                "{method} {path} {kind}"
            );
            for name in &needed {
                assert!(
                    schema["properties"].get(name.as_str().unwrap()).is_some(),
                    "{path} {kind} {name}"
                );
            }
            let is_file =
                |name: &&Value| schema["properties"][name.as_str().unwrap()]["format"] == "binary";
            let has_file = needed.iter().copied().any(|name| is_file(&name));
            assert_eq!(has_file, kind == "multipart/form-data", "{path}");
        }
    }
}

#[test]
fn the_kinds_of_credential_are_those_of_the_configuration() {
    let document = document();
    let named = document["components"]["schemas"]["ProviderAuthType"].to_string();
    for (kind, spelling) in [
        (ProviderAuthType::Bearer, "bearer"),
        (ProviderAuthType::XHeader, "x-header"),
        (ProviderAuthType::Query, "query"),
        (ProviderAuthType::None, "none"),
    ] {
        assert_eq!(serde_json::to_value(kind).unwrap(), spelling);
        assert!(named.contains(&format!("\"{spelling}\"")), "{named}");
        let read: Result<gateway_providers::auth::Auth, _> =
            serde_json::from_value(Value::String(spelling.to_owned()));
        assert!(read.is_ok(), "{spelling}: {read:?}");
    }
}

fn fits<T: DeserializeOwned>(value: &Value) -> Result<(), String> {
    T::deserialize(value)
        .map(drop)
        .map_err(|error| error.to_string())
}

type Check = fn(&Value) -> Result<(), String>;

/// The type behind each schema that has examples.
const TYPES: &[(&str, Check)] = &[
    ("ChatRequest", fits::<chat::ChatRequest>),
    ("ChatResponse", fits::<chat::ChatResponse>),
    ("ChatChunk", fits::<chat::ChatChunk>),
    ("CompletionRequest", fits::<completions::CompletionRequest>),
    (
        "CompletionResponse",
        fits::<completions::CompletionResponse>,
    ),
    ("EmbeddingRequest", fits::<embeddings::EmbeddingRequest>),
    ("EmbeddingResponse", fits::<embeddings::EmbeddingResponse>),
    ("ErrorBody", fits::<ErrorBody>),
    ("ErrorText", fits::<codes::ErrorText>),
    ("ImageRequest", fits::<images::ImageRequest>),
    ("ImageResponse", fits::<images::ImageResponse>),
    ("Model", fits::<models::Model>),
    ("ModelList", fits::<models::ModelList>),
    ("ModerationRequest", fits::<moderations::ModerationRequest>),
    (
        "ModerationResponse",
        fits::<moderations::ModerationResponse>,
    ),
    ("SpeechRequest", fits::<audio::SpeechRequest>),
    ("Transcription", fits::<audio::Transcription>),
    ("ResponseRequest", fits::<responses::ResponseRequest>),
    ("ResponseAnswer", fits::<responses::ResponseAnswer>),
    ("RerankRequest", fits::<rerank::RerankRequest>),
    ("RerankAnswer", fits::<rerank::RerankAnswer>),
    ("HealthAnswer", fits::<service::HealthAnswer>),
    ("ReadyAnswer", fits::<service::ReadyAnswer>),
    ("StatusAnswer", fits::<service::StatusAnswer>),
    ("ApiStatusAnswer", fits::<service::ApiStatusAnswer>),
];

/// Whether a value parses as the type behind a schema.
fn check(schema: &str, value: &Value) -> Result<(), String> {
    let (_, check) = TYPES
        .iter()
        .find(|(name, _)| *name == schema)
        .ok_or_else(|| format!("no type is known for {schema}"))?;
    check(value)
}

fn name_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

#[test]
fn every_example_parses_as_its_type_and_has_no_unknown_member() {
    let document = document();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut checked = 0;
    let mut wrong = Vec::new();
    let mut look = |schema: &str, value: &Value| {
        checked += 1;
        if let Err(error) = check(schema, value) {
            wrong.push(format!("{schema}: {error}"));
        }
        // Answers may hold more than is named; requests are written by us.
        if schema.ends_with("Request") {
            let known = &schemas[schema]["properties"];
            let unknown = value.as_object().unwrap().keys();
            wrong.extend(
                unknown
                    .filter(|name| known.get(name).is_none())
                    .map(|name| format!("{schema}: {name}")),
            );
        }
    };
    for (name, schema) in schemas {
        if let Some(example) = schema.get("example") {
            look(name, example);
        }
    }
    walk(&document, &mut |content| {
        let (Some(examples), Some(schema)) = (content.get("examples"), content.get("schema"))
        else {
            return;
        };
        // Errors have two forms; their examples are written in the first.
        let name = name_of(schema).or_else(|| name_of(&schema["oneOf"][0]));
        for example in examples.as_object().unwrap().values() {
            look(name.unwrap(), &example["value"]);
        }
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(checked > 100, "only {checked} examples");
}

#[test]
fn every_event_of_an_example_stream_parses() {
    let document = document();
    let path = &document["paths"]["/v1/chat/completions"]["post"]["responses"]["200"];
    let examples = &path["content"]["text/event-stream"]["examples"];
    let text = examples["stream"]["serializedValue"].as_str().unwrap();
    let events: Vec<_> = text
        .split("\n\n")
        .filter(|event| !event.is_empty())
        .collect();
    let (last, chunks) = events.split_last().unwrap();
    assert_eq!(*last, "data: [DONE]");
    assert!(chunks.len() > 2);
    for event in chunks {
        let data = serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
        check("ChatChunk", &data).unwrap();
    }
}
