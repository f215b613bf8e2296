//! Recorded traffic of many servers: every OpenAI-shaped request, answer and chunk is read as
//! its type and written back equal. `GATEWAY_CORPUS` names the folder of recordings.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test says what went wrong by panicking, and what it did not do by printing"
)]

use std::path::{Path, PathBuf};

use gateway_types::{
    audio, chat, completions, embeddings, error, images, models, moderations, sse,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

type Check = fn(&Value) -> Result<(), String>;

/// The types of one recorded dialect.
struct Types {
    dialect: &'static str,
    request: Check,
    response: Check,
    chunk: Check,
}

const TYPES: &[Types] = &[
    Types {
        dialect: "openai.chat",
        request: survives::<chat::ChatRequest>,
        response: survives::<chat::ChatResponse>,
        chunk: chat_chunk,
    },
    Types {
        dialect: "openai.completions",
        request: survives::<completions::CompletionRequest>,
        response: survives::<completions::CompletionResponse>,
        chunk: survives::<completions::CompletionResponse>,
    },
    Types {
        dialect: "openai.embeddings",
        request: survives::<embeddings::EmbeddingRequest>,
        response: survives::<embeddings::EmbeddingResponse>,
        chunk: unexpected,
    },
    Types {
        dialect: "openai.models",
        request: unexpected,
        response: model_or_list,
        chunk: unexpected,
    },
    Types {
        dialect: "openai.images",
        request: survives::<images::ImageRequest>,
        response: survives::<images::ImageResponse>,
        chunk: survives::<images::ImageEvent>,
    },
    Types {
        dialect: "openai.images_edits",
        request: survives::<images::ImageEditRequest>,
        response: survives::<images::ImageResponse>,
        chunk: survives::<images::ImageEvent>,
    },
    Types {
        dialect: "openai.moderations",
        request: survives::<moderations::ModerationRequest>,
        response: survives::<moderations::ModerationResponse>,
        chunk: unexpected,
    },
    Types {
        dialect: "openai.transcriptions",
        request: form,
        response: survives::<audio::Transcription>,
        chunk: survives::<audio::TranscriptionEvent>,
    },
    Types {
        dialect: "openai.translations",
        request: form,
        response: survives::<audio::Translation>,
        chunk: unexpected,
    },
    Types {
        dialect: "openai.speech",
        request: survives::<audio::SpeechRequest>,
        response: unexpected,
        chunk: survives::<audio::SpeechEvent>,
    },
];

/// Recordings that are not OpenAI's contract although they are filed under it, and why.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "azure.chat-fddb09aa-0",
        "Azure's deployment paths name the model in the URL",
    ),
    (
        "azure.chat-fddb09aa-2",
        "Azure's deployment paths name the model in the URL",
    ),
    (
        "mistral.chat.stream-57d24cff-0",
        "Mistral's input_audio is a bare string",
    ),
    (
        "openai.embeddings-beac1f51-0",
        "an organisation's usage report, not embeddings",
    ),
    (
        "perplexity.chat-016ce53e-0",
        "Perplexity's json_schema needs no name",
    ),
];

fn survives<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), String> {
    let typed: T = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    let written = serde_json::to_value(&typed).map_err(|error| error.to_string())?;
    if written == *value {
        Ok(())
    } else {
        Err(format!("written back as {written}"))
    }
}

fn unexpected(_: &Value) -> Result<(), String> {
    Err("nothing of this kind was expected".to_owned())
}

/// A form's fields are text; there is nothing to compare.
fn form(_: &Value) -> Result<(), String> {
    Ok(())
}

fn chat_chunk(value: &Value) -> Result<(), String> {
    survives::<chat::ChatChunk>(value)
}

fn model_or_list(value: &Value) -> Result<(), String> {
    if value.get("data").is_some() {
        survives::<models::ModelList>(value)
    } else {
        survives::<models::Model>(value)
    }
}

#[test]
fn recorded_traffic_survives() {
    let Some(corpus) = std::env::var_os("GATEWAY_CORPUS").map(PathBuf::from) else {
        eprintln!("GATEWAY_CORPUS is not set: no recorded traffic was read");
        return;
    };
    let index: Vec<Value> = read(&corpus.join("index.json"));
    let mut failures = Vec::new();
    let mut checked = 0;
    for entry in &index {
        let types = TYPES
            .iter()
            .find(|types| types.dialect == text(entry, "dialect"));
        let Some(types) = types else { continue };
        let exchange: Value = read(&corpus.join(text(entry, "file")));
        let found = check(types, &exchange, &mut checked);
        failures.extend(
            found
                .into_iter()
                .map(|failure| (text(entry, "id").to_owned(), failure)),
        );
    }
    eprintln!("{checked} recorded bodies and chunks read");
    assert!(checked > 1000, "the corpus is nearly empty: {checked}");
    let excepted = |id: &str| EXCEPTIONS.iter().any(|(exception, _)| *exception == id);
    let open: Vec<_> = failures.iter().filter(|(id, _)| !excepted(id)).collect();
    assert!(open.is_empty(), "{} failures:\n{open:#?}", open.len());
    for (exception, reason) in EXCEPTIONS {
        let stale = !failures.iter().any(|(id, _)| id == exception);
        assert!(!stale, "{exception} is no exception any more ({reason})");
    }
}

fn check(types: &Types, exchange: &Value, checked: &mut usize) -> Vec<String> {
    let mut failures = Vec::new();
    let mut run = |what: &str, check: Check, value: &Value| {
        *checked += 1;
        if let Err(failure) = check(value) {
            let value: String = value.to_string().chars().take(600).collect();
            failures.push(format!("{what}: {failure}\n  in {value}"));
        }
    };
    let request = &exchange["request"]["body"];
    if request.is_object() {
        run("request", types.request, request);
    }
    let response = &exchange["response"];
    let failed = response["status"]
        .as_u64()
        .is_some_and(|status| status >= 400);
    if let body @ Value::Object(_) = &response["body"] {
        match (failed, body["error"].is_object()) {
            (false, _) => run("response", types.response, body),
            (true, true) => run("error", survives::<error::ErrorBody>, body),
            (true, false) => {}
        }
    }
    for event in response["raw_sse"].as_str().into_iter().flat_map(events) {
        match event.get("error").filter(|error| !error.is_null()) {
            Some(_) if event.get("choices").is_none() => {
                run("stream error", survives::<error::ErrorBody>, &event);
            }
            _ => run("chunk", types.chunk, &event),
        }
    }
    failures
}

/// The JSON data of a recorded stream; what was cut off in the middle is left out.
fn events(stream: &str) -> impl Iterator<Item = Value> + '_ {
    stream
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .map(sse::SseEvent::new)
        .filter(|event| !event.is_done())
        .filter_map(|event| event.json().ok())
}

fn read<T: DeserializeOwned>(path: &Path) -> T {
    let bytes = std::fs::read(path).unwrap_or_default();
    serde_json::from_slice(&bytes).expect("a recording is JSON")
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry[field].as_str().unwrap_or_default()
}
