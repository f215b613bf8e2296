//! The dialect on recorded and on made-up traffic.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use super::{Vertex, published};
use crate::{
    Operation,
    dialects::{
        Decoder, Dialect,
        proof::{Bench, check_golden, recordings},
    },
};

fn bench() -> Bench {
    Bench::at("vertex", Vertex, "http://127.0.0.1:9")
}

#[test]
fn requests_become_what_the_files_say() {
    check_golden("vertex", &bench());
}

#[test]
fn a_models_publisher_stands_in_its_name_or_in_the_table() {
    for (model, expected) in [
        ("gemini-2.5-flash", (None, "gemini-2.5-flash")),
        (
            "claude-opus-4-5@20251101",
            (Some("anthropic"), "claude-opus-4-5@20251101"),
        ),
        ("anthropic/claude-x", (Some("anthropic"), "claude-x")),
        (
            "publishers/anthropic/models/claude-x",
            (Some("anthropic"), "claude-x"),
        ),
        ("google/claude-like", (Some("google"), "claude-like")),
    ] {
        assert_eq!(published(model), expected, "{model}");
    }
}

#[test]
fn methods_are_where_the_publisher_is() {
    let request =
        json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9});
    for (model, stream, path) in [
        (
            "gemini-2.5-flash",
            false,
            "/publishers/google/models/gemini-2.5-flash:generateContent",
        ),
        (
            "gemini-2.5-flash",
            true,
            "/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ),
        (
            "claude-opus-4-5@20251101",
            false,
            "/publishers/anthropic/models/claude-opus-4-5%4020251101:rawPredict",
        ),
        (
            "anthropic/claude-x",
            true,
            "/publishers/anthropic/models/claude-x:streamRawPredict",
        ),
        ("endpoints/77", false, "/endpoints/77:generateContent"),
    ] {
        let mut request = request.clone();
        request["stream"] = stream.into();
        let bench = bench();
        let encoded = bench.encode(Operation::Chat, model, &request).unwrap();
        let url = bench.settings.native_url(&encoded.requests[0].path);
        assert_eq!(url.as_str(), format!("http://127.0.0.1:9{path}"));
    }
}

#[test]
fn hosts_are_those_of_the_location() {
    for (location, host) in [
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ] {
        let catalog = crate::Catalog::builtin().unwrap();
        let row = std::sync::Arc::clone(catalog.get("vertex").unwrap());
        let mut input = crate::ProviderInput::new(row);
        input
            .variables
            .insert("location".to_owned(), location.to_owned());
        input
            .variables
            .insert("project".to_owned(), "lab-1".to_owned());
        let settings = crate::ProviderSettings::resolve(input).unwrap();
        let expected = format!("https://{host}/v1/projects/lab-1/locations/{location}");
        assert_eq!(settings.base_url.as_str(), expected);
    }
}

#[test]
fn errors_are_read_whoever_made_them() {
    let told = |body: Value| {
        let body = Bytes::from(body.to_string());
        let error = Vertex.error(StatusCode::BAD_REQUEST, &HeaderMap::new(), &body);
        serde_json::from_slice::<Value>(&error.body.unwrap()).unwrap()["error"].clone()
    };
    let google =
        told(json!({"error": {"code": 400, "message": "No.", "status": "INVALID_ARGUMENT"}}));
    assert_eq!(
        (&google["message"], &google["code"]),
        (&json!("No."), &json!("INVALID_ARGUMENT"))
    );
    let anthropic = told(
        json!({"type": "error", "error": {"type": "invalid_request_error", "message": "No!"}}),
    );
    assert_eq!(
        (&anthropic["message"], &anthropic["code"]),
        (&json!("No!"), &json!("invalid_request_error"))
    );
}

#[test]
fn recorded_embeddings_are_told() {
    for file in recordings(&["google.predict", "google.embedContent"]) {
        let body: Value = serde_json::from_slice(&file.answer).unwrap_or_default();
        let (model, values, tokens) = if body["predictions"].is_array() {
            let predicted = &body["predictions"][0]["embeddings"];
            (
                "gemini-embedding-001",
                &predicted["values"],
                &predicted["statistics"]["token_count"],
            )
        } else if body["embedding"].is_object() {
            (
                "gemini-embedding-2",
                &body["embedding"]["values"],
                &body["usageMetadata"]["promptTokenCount"],
            )
        } else {
            continue;
        };
        let request = json!({"model": "m", "input": "x"});
        let encoded = bench()
            .encode(Operation::Embeddings, model, &request)
            .unwrap();
        let Decoder::Whole(decoder) = encoded.decoder else {
            panic!("a chat");
        };
        let told = decoder.read(vec![body.to_string().into()]).unwrap();
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        assert_eq!(told["data"][0]["embedding"], *values);
        assert_eq!(told["usage"]["prompt_tokens"], *tokens);
    }
}

#[test]
fn every_embedding_model_has_a_way() {
    for (model, path, requests) in [
        ("gemini-embedding-001", "predict", 3),
        ("text-embedding-005", "predict", 1),
        ("gemini-embedding-2", "embedContent", 3),
        ("google/gemini-embedding-3-preview", "embedContent", 3),
    ] {
        let request = json!({"model": "m", "input": ["a", "b", "c"]});
        let encoded = bench()
            .encode(Operation::Embeddings, model, &request)
            .unwrap();
        assert_eq!(encoded.requests.len(), requests, "{model}");
        assert_eq!(encoded.requests[0].path.verb, Some(path), "{model}");
    }
}
