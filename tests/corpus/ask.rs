//! What a client asks, in OpenAI's words, to get what was recorded.

use gateway_testkit::Request;
use serde_json::{Value, json};

use crate::{recording::Recording, upstreams::Operation};

/// The request for an operation. `passed` says that the recorded request speaks OpenAI's words itself: it is asked
/// again. The mark stands in a text that every dialect carries.
pub(crate) fn request(recording: &Recording, operation: Operation, (model, mark): (&str, &str), stream: bool, passed: bool) -> Request {
    if matches!(operation, Operation::Transcriptions | Operation::Translations) || !recording.request["multipart_fields"].is_null() {
        return form(operation, model, mark, stream);
    }
    let recorded = &recording.request["body"];
    let mut body = if passed && recorded.is_object() { recorded.clone() } else { made(operation, mark) };
    if passed {
        body["x_mark"] = json!(mark);
    }
    body["model"] = json!(model);
    if stream {
        body["stream"] = json!(true);
        if operation == Operation::Chat || operation == Operation::Completions {
            body["stream_options"] = json!({"include_usage": true});
        }
    } else if let Some(body) = body.as_object_mut() {
        body.remove("stream");
        body.remove("stream_options");
    }
    Request::json(operation.path(), &body)
}

fn made(operation: Operation, mark: &str) -> Value {
    match operation {
        Operation::Chat => json!({"messages": [{"role": "user", "content": mark}]}),
        Operation::Rerank => json!({"query": mark, "documents": ["this", "that", "another", "one more", "the last"]}),
        Operation::Speech => json!({"input": mark, "voice": "alloy"}),
        Operation::Completions | Operation::Images | Operation::ImageEdits => json!({"prompt": mark}),
        _ => json!({"input": mark}),
    }
}

fn form(operation: Operation, model: &str, mark: &str, stream: bool) -> Request {
    let mut form = String::new();
    let mut field = |head: &str, value: &str| form.push_str(&format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n"));
    field("name=\"model\"", model);
    field("name=\"prompt\"", mark);
    field("name=\"file\"; filename=\"a.wav\"", "RIFF");
    if stream {
        field("name=\"stream\"", "true");
    }
    form.push_str("--B--\r\n");
    Request::new("POST", operation.path()).header("content-type", "multipart/form-data; boundary=B").body(form)
}
