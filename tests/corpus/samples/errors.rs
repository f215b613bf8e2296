//! Errors in the shapes in which providers write them.

use serde_json::{Value, json};

use super::sample;
use crate::recording::Recording;

/// Provider, wire format, status, body.
type Row = (&'static str, &'static str, u16, Value);

/// X.
pub(super) fn samples() -> Vec<Recording> {
    let chat = "openai.chat";
    let rows: Vec<Row> = vec![
        ("openai", chat, 404, json!({"error": {"message": "No such model.", "type": "invalid_request_error", "param": null, "code": null}})),
        ("azure", chat, 429, json!({"error": {"code": "429", "message": "Slow down."}})),
        (
            "mistral",
            chat,
            422,
            json!({"object": "error", "message": {"detail": [{"type": "extra_forbidden", "loc": ["body", "x"]}]}, "type": "invalid_request_error", "code": null, "raw_status_code": 422}),
        ),
        ("groq", chat, 413, json!({"error": {"message": "Too large.", "type": "tokens", "code": "rate_limit_exceeded"}})),
        ("xai", chat, 400, json!({"code": "Client specified an invalid argument", "error": "No such model."})),
        ("openrouter", chat, 402, json!({"error": {"code": 402, "message": "Pay."}, "user_id": "u"})),
        ("venice", chat, 400, json!({"error": "No."})),
        ("voyage", "voyage.embeddings", 400, json!({"detail": "No."})),
        ("together", chat, 503, json!({"id": "x", "error": {"message": "Busy.", "type": "service_unavailable", "param": null, "code": null}})),
        ("anthropic", "anthropic.messages", 529, json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})),
        ("anthropic", "anthropic.messages", 413, json!({"type": "error", "error": {"type": "request_too_large", "message": "Too large."}, "request_id": "r"})),
        ("anthropic", "anthropic.messages", 401, json!({"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}})),
        ("google", "google.generateContent", 400, json!({"error": {"code": 400, "message": "Bad.", "status": "INVALID_ARGUMENT", "details": []}})),
        (
            "google",
            "google.generateContent",
            429,
            json!([{"error": {"code": 429, "message": "Slow down.", "status": "RESOURCE_EXHAUSTED", "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.4s"}]}}]),
        ),
        ("vertex", "google.generateContent", 403, json!({"error": {"code": 403, "message": "No.", "status": "PERMISSION_DENIED"}})),
        ("bedrock", "bedrock.converse", 400, json!({"message": "Malformed input."})),
        ("bedrock", "bedrock.converse", 429, json!({"Message": "Too many requests.", "message": "Too many requests."})),
        ("cohere", "cohere.chat_v2", 422, json!({"id": "i", "message": "No.", "error_type": "UNPROCESSABLE"})),
        ("cohere", "cohere.embed", 429, json!({"id": "i", "message": "Slow down."})),
        ("ollama", "ollama.chat", 404, json!({"error": "model 'm' not found"})),
    ];
    rows.into_iter().map(|(provider, dialect, status, body)| of(provider, dialect, status, &body)).chain(unreadable()).collect()
}

fn of(provider: &str, dialect: &str, status: u16, body: &Value) -> Recording {
    let mut recording = sample(&format!("an error {status}, {dialect}"), provider, dialect, Value::Null).whole(body);
    recording.reply.status = status;
    if provider == "bedrock" {
        let class = if status == 429 { "ThrottlingException" } else { "ValidationException" };
        recording.reply.headers.push(("x-amzn-errortype".to_owned(), format!("{class}:http://internal.example/coral/")));
    }
    recording
}

/// Pages and nothing, from whatever stands before a provider.
fn unreadable() -> Vec<Recording> {
    let providers = [
        ("openai", "openai.chat"),
        ("anthropic", "anthropic.messages"),
        ("google", "google.generateContent"),
        ("bedrock", "bedrock.converse"),
        ("cohere", "cohere.chat_v2"),
        ("ollama", "ollama.chat"),
        ("openai", "openai.responses"),
    ];
    let mut samples = Vec::new();
    for (provider, dialect) in providers {
        for (status, content_type, body) in [
            (502, "text/html", "<html><h1>502 Bad Gateway</h1></html>"),
            (500, "text/plain", ""),
            (404, "text/html; charset=UTF-8", "<!DOCTYPE html><title>Error 404</title>"),
        ] {
            let mut recording = sample(&format!("a page with status {status}, {dialect}"), provider, dialect, Value::Null).body(
                content_type,
                gateway_testkit::upstream::BodyFraming::Whole,
                body.into(),
            );
            recording.reply.status = status;
            samples.push(recording);
        }
    }
    samples
}
