//! The shapes that OpenAI's own specification shows as examples
//! (<https://github.com/openai/openai-openapi>), with values of our own.

use gateway_types::{audio, chat, completions, embeddings, images, models, moderations};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

type Check = fn(&str) -> Result<(Value, Value), serde_json::Error>;

fn through<T: DeserializeOwned + Serialize>(
    text: &str,
) -> Result<(Value, Value), serde_json::Error> {
    let typed: T = serde_json::from_str(text)?;
    Ok((serde_json::from_str(text)?, serde_json::to_value(typed)?))
}

const EXAMPLES: &[(&str, Check, &str)] = &[
    (
        "chat, default",
        through::<chat::ChatRequest>,
        r#"{"model":"m","messages":[{"role":"developer","content":"Help."},{"role":"user","content":"Hi"}]}"#,
    ),
    (
        "chat, image input",
        through::<chat::ChatRequest>,
        r#"{"model":"m","max_tokens":300,"messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{"url":"https://example.com/a.jpg"}}]}]}"#,
    ),
    (
        "chat, functions of the old kind",
        through::<chat::ChatRequest>,
        r#"{"model":"m","messages":[{"role":"user","content":"Rain?"}],"functions":[{"name":"weather","description":"Now","parameters":{"type":"object","properties":{"unit":{"type":"string","enum":["c","f"]}},"required":[]}}],"function_call":"auto"}"#,
    ),
    (
        "chat, tools",
        through::<chat::ChatRequest>,
        r#"{"model":"m","messages":[{"role":"user","content":"Rain?"}],"tools":[{"type":"function","function":{"name":"weather","description":"Now","parameters":{"type":"object","properties":{"place":{"type":"string"}},"required":["place"]}}}],"tool_choice":"auto"}"#,
    ),
    (
        "chat answer, a function of the old kind",
        through::<chat::ChatResponse>,
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"finish_reason":"function_call","index":0,"message":{"role":"assistant","content":null,"function_call":{"name":"weather","arguments":"{\n \"place\": \"Oslo\"\n}"}}}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9}}"#,
    ),
    (
        "chat answer, a tool",
        through::<chat::ChatResponse>,
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\n\"place\": \"Oslo\"\n}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9,"completion_tokens_details":{"reasoning_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#,
    ),
    (
        "chat answer, log probabilities",
        through::<chat::ChatResponse>,
        r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"logprobs":{"content":[{"token":"Hi","logprob":-0.31,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.31,"bytes":[72,105]},{"token":"Yo","logprob":-1.4,"bytes":[89,111]}]}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":8,"completion_tokens":1,"total_tokens":9},"system_fingerprint":null}"#,
    ),
    (
        "chunk, first",
        through::<chat::ChatChunk>,
        r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}]}"#,
    ),
    (
        "chunk, last",
        through::<chat::ChatChunk>,
        r#"{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}"#,
    ),
    (
        "completion",
        through::<completions::CompletionRequest>,
        r#"{"model":"m","prompt":"Say it","max_tokens":7,"temperature":0,"top_p":1,"n":1,"stream":false,"logprobs":null,"stop":"\n"}"#,
    ),
    (
        "completion answer",
        through::<completions::CompletionResponse>,
        r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","system_fingerprint":"fp_1","choices":[{"text":"\n\nIt","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}"#,
    ),
    (
        "completion answer, log probabilities",
        through::<completions::CompletionResponse>,
        r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"m","choices":[{"text":"It","index":0,"logprobs":{"tokens":["I","t"],"token_logprobs":[null,-0.5],"top_logprobs":[null,{"t":-0.5}],"text_offset":[0,1]},"finish_reason":"stop"}]}"#,
    ),
    (
        "embedding",
        through::<embeddings::EmbeddingRequest>,
        r#"{"input":"The food","model":"m","encoding_format":"float"}"#,
    ),
    (
        "embedding answer",
        through::<embeddings::EmbeddingResponse>,
        r#"{"object":"list","data":[{"object":"embedding","embedding":[0.0023,-0.0093],"index":0}],"model":"m","usage":{"prompt_tokens":8,"total_tokens":8}}"#,
    ),
    (
        "image answer",
        through::<images::ImageResponse>,
        r#"{"created":1,"data":[{"url":"https://example.com/a"},{"b64_json":"UklGRg=="}],"usage":{"total_tokens":100,"input_tokens":50,"output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}}"#,
    ),
    (
        "models",
        through::<models::ModelList>,
        r#"{"object":"list","data":[{"id":"m0","object":"model","created":1,"owned_by":"org"},{"id":"m1","object":"model","created":1,"owned_by":"openai"}]}"#,
    ),
    (
        "model deleted",
        through::<models::ModelDeleted>,
        r#"{"id":"ft:m","object":"model","deleted":true}"#,
    ),
    (
        "moderation",
        through::<moderations::ModerationRequest>,
        r#"{"input":["I want to."]}"#,
    ),
    (
        "moderation answer",
        through::<moderations::ModerationResponse>,
        r#"{"id":"modr-1","model":"m","results":[{"flagged":true,"categories":{"sexual":false,"self-harm/intent":false,"violence":true},"category_scores":{"sexual":1.2282071e-6,"self-harm/intent":0.0017,"violence":0.99},"category_applied_input_types":{"sexual":["image"],"self-harm/intent":[],"violence":["text","image"]}}]}"#,
    ),
    (
        "speech",
        through::<audio::SpeechRequest>,
        r#"{"model":"m","input":"The fox","voice":"alloy"}"#,
    ),
    (
        "transcription",
        through::<audio::Transcription>,
        r#"{"text":"Imagine"}"#,
    ),
    (
        "transcription, words",
        through::<audio::Transcription>,
        r#"{"task":"transcribe","language":"english","duration":8.47,"text":"The beach","words":[{"word":"The","start":0.0,"end":0.23},{"word":"beach","start":0.23,"end":0.57}]}"#,
    ),
    (
        "translation",
        through::<audio::Translation>,
        r#"{"text":"Hello, my name"}"#,
    ),
];

#[test]
fn every_shape_survives() {
    for (name, check, text) in EXAMPLES {
        let (value, written) = check(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(written, value, "{name}");
    }
}
