//! Errors: the status, the provider's own words, and whether to try again.

use gateway_testkit::Response;
use serde_json::Value;

use super::{Problems, compare, short};
use crate::{recording::Recording, upstreams::Family};

/// Judges what became of an error status.
pub(crate) fn error(recording: &Recording, family: Family, response: &Response) -> Problems {
    let mut problems = Problems::new();
    // The gateway's own credential was refused: the caller's is not at fault.
    let is_ours = matches!(recording.status(), 401 | 403);
    let wanted = if is_ours { 502 } else { recording.status() };
    if response.status() != wanted {
        problems.push(format!("status {} instead of {wanted}: {}", response.status(), short(&response.text())));
        return problems;
    }
    let error = response.error();
    if error["message"].as_str().is_none_or(str::is_empty) || !["type", "code"].iter().all(|name| error.get(*name).is_some()) && family != Family::OpenAi {
        // A pass-through keeps the upstream's own object, whatever it looks like.
        if family != Family::OpenAi || recording.json().is_null() {
            problems.push(format!("no error object: {}", short(&response.text())));
        }
    }
    let may_retry = matches!(recording.status(), 408 | 409 | 429 | 500..);
    let told = response.header("x-should-retry");
    let upstreams = recording.header("x-should-retry");
    if !is_ours && told != upstreams.or(Some(if may_retry && recording.status() != 501 { "true" } else { "false" })) {
        problems.push(format!("x-should-retry {told:?} for a status {}", recording.status()));
    }
    if is_ours {
        if error["code"] != "backend_auth_error" {
            problems.push(format!("the refused credential of the gateway is told as {error}"));
        }
    } else if family == Family::OpenAi {
        body_is_kept(recording, response, &mut problems);
    } else {
        words_are_told(recording, family, &error, &mut problems);
    }
    problems
}

/// An error in OpenAI's shape or near it keeps its bytes.
fn body_is_kept(recording: &Recording, response: &Response, problems: &mut Problems) {
    if recording.json().is_object() {
        compare(problems, "the error's body", &String::from_utf8_lossy(&recording.reply.body), &response.text());
    } else if response.error()["message"].as_str().is_none_or(str::is_empty) {
        problems.push(format!("no error object: {}", short(&response.text())));
    }
}

fn words_are_told(recording: &Recording, family: Family, error: &Value, problems: &mut Problems) {
    let body = recording.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let class = recording.header("x-amzn-errortype").and_then(|class| class.split(':').next()).unwrap_or_default();
    let (message, kind) = match family {
        Family::Anthropic => (text(&body["error"]["message"]), text(&body["error"]["type"])),
        Family::Gemini => (text(&body["error"]["message"]), text(&body["error"]["status"])),
        Family::Bedrock => (text(&body["message"]), class.to_owned()),
        Family::Cohere => (text(&body["message"]), String::new()),
        Family::Ollama => (text(&body["error"]), String::new()),
        // xAI has the message where the others have the object.
        Family::Responses if body["error"].is_string() => (text(&body["error"]), text(&body["code"])),
        Family::Responses => (text(&body["error"]["message"]), text(&body["error"]["code"])),
        Family::OpenAi => return,
    };
    if !message.is_empty() {
        compare(problems, "the error's message", &message, error["message"].as_str().unwrap_or_default());
    }
    if !kind.is_empty() {
        compare(problems, "the error's code", &kind, error["code"].as_str().unwrap_or_default());
    }
}
