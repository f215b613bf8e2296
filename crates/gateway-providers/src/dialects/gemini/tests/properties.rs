//! Laws that hold for any request and any answer.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    super::{Gemini, api::AI_STUDIO},
    Asking, bodies,
    replay::{self, Cut},
};
use crate::{
    TranslateError,
    answer::AnswerWriter,
    dialects::{
        AnswerDecoder,
        proof::{
            Bench,
            laws::{chat_request, nothing_is_lost},
        },
    },
};

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z \"\\\\é\n]{1,12}",
        Just("{\"a\": [1, 2.50]}".to_owned())
    ]
}

fn part() -> impl Strategy<Value = Value> {
    prop_oneof![
        texts().prop_map(|text| json!({"type": "text", "text": text})),
        texts().prop_map(
            |text| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}})
        ),
        Just(
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high"}})
        ),
        Just(json!({"type": "image_url", "image_url": {"url": "https://a.test/b.webp?c"}})),
        Just(json!({"type": "image_url", "image_url": {"url": "ftp://a.test/b"}})),
        Just(json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})),
        Just(
            json!({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA", "filename": "a.pdf"}})
        ),
        Just(json!({"type": "file", "file": {"file_id": "files/abc"}})),
        Just(json!({"type": "file", "file": {}})),
        Just(json!({"type": "video_url", "video_url": {"url": "https://a.test/b.mp4"}})),
        Just(json!({"type": "hologram"})),
    ]
}

fn content() -> impl Strategy<Value = Value> {
    prop_oneof![
        texts().prop_map(Value::from),
        proptest::collection::vec(part(), 0..4).prop_map(Value::from),
    ]
}

fn message() -> impl Strategy<Value = Value> {
    prop_oneof![
        (prop_oneof!["system", "developer", "user", "martian"], content())
            .prop_map(|(role, content)| json!({"role": role, "content": content, "name": "n"})),
        (texts(), texts(), 0..40_u64, 0..40_u64).prop_map(|(text, arguments, start, end)| json!({
            "role": "assistant", "content": text, "reasoning_content": text,
            "reasoning_details": [
                {"type": "reasoning.encrypted", "data": "c2ln", "format": "google-gemini-v1", "index": 0,
                 "part": "text", "start": start, "end": end},
                {"type": "reasoning.text", "text": "t", "signature": "s", "format": "anthropic-claude-v1"},
            ],
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}],
            "provider_data": {"google": {"parts": [{"part": {"toolCall": {}}, "at": end}]}},
            "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}],
        })),
        (prop_oneof!["c1", "c2", ""], content())
            .prop_map(|(id, content)| json!({"role": "tool", "tool_call_id": id, "content": content})),
    ]
}

fn request() -> impl Strategy<Value = Value> {
    let tools = prop_oneof![
        Just(Value::Null),
        Just(
            json!([{"type": "function", "function": {"name": "f", "strict": true, "parameters": {"type": "object"}}}])
        ),
        Just(json!([{"google_search": {}}, {"type": "custom", "custom": {"name": "c"}}])),
        Just(json!([{"type": "teleport"}])),
    ];
    let choice = prop_oneof![
        Just(Value::Null),
        Just(json!("required")),
        Just(json!("sometimes")),
        Just(json!({"type": "function", "function": {"name": "f"}})),
        Just(
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "name": "f"}]}})
        ),
    ];
    let rest = prop_oneof![
        Just(json!({})),
        Just(
            json!({"temperature": 0.2, "top_k": 4, "seed": 7, "n": 2, "stop": ["x"], "user": "u"})
        ),
        Just(json!({"seed": 99_999_999_999_u64, "logit_bias": {"1": 2}, "mine": {"a": 1}})),
        Just(
            json!({"reasoning_effort": "none", "response_format": {"type": "json_schema", "json_schema": {"name": "n"}}})
        ),
        Just(json!({"reasoning": {"max_tokens": 3000}, "response_format": {"type": "poem"}})),
    ];
    (
        proptest::collection::vec(message(), 0..5),
        tools,
        choice,
        rest,
    )
        .prop_map(|(messages, tools, choice, rest)| {
            let mut request = json!({"messages": messages, "tools": tools, "tool_choice": choice});
            for (name, value) in rest.as_object().unwrap() {
                request[name] = value.clone();
            }
            request
        })
}

/// Every text in a value, escapes resolved.
fn all_text(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Array(items) => items.iter().for_each(|item| all_text(item, into)),
        Value::Object(members) => members.iter().for_each(|(name, item)| {
            into.push_str(name);
            all_text(item, into);
        }),
        other => into.push_str(&other.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_request_is_encoded_or_refused_by_name(request in request(), newest in any::<bool>()) {
        let model = if newest { "gemini-4-argon" } else { "gemini-2.5-pro" };
        match Asking::chat(model, &request).encode() {
            Err(TranslateError::InvalidValue { param, message }) => {
                prop_assert!(!param.is_empty() && message.contains('`'), "{message}");
            }
            Err(error) => prop_assert!(false, "{error}"),
            Ok(encoded) => {
                let native = bodies(&encoded).remove(0);
                prop_assert!(!native["contents"].as_array().unwrap().is_empty());
                for content in native["contents"].as_array().unwrap() {
                    prop_assert!(!content["parts"].as_array().unwrap().is_empty());
                }
                // Every plain text of a message is in what is sent.
                let mut sent = String::new();
                all_text(&native, &mut sent);
                for message in request["messages"].as_array().unwrap() {
                    if let (Some(text), true) = (message["content"].as_str(), message["role"] != "tool") {
                        prop_assert!(sent.contains(text), "{text:?} is not in {native}");
                    }
                }
                // Members at the top are understood or named.
                for name in ["user", "logit_bias", "mine"] {
                    let is_named = encoded.dropped.iter().any(|dropped| dropped == name);
                    prop_assert_eq!(request.get(name).is_some(), is_named);
                }
                let too_large = request["seed"].as_u64().is_some_and(|seed| seed > 1 << 31);
                prop_assert_eq!(too_large, encoded.dropped.iter().any(|dropped| dropped == "seed"));
            }
        }
    }

    #[test]
    fn nothing_is_lost_in_silence(request in chat_request()) {
        nothing_is_lost(&Bench::new("google", Gemini), &request)?;
    }

    #[test]
    fn no_answer_makes_a_panic(sample in 0..SAMPLES.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in 1..40_usize) {
        let mut bytes = SAMPLES[sample].as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = replay::streamed(&bytes, Cut::Bytes(cut), replay::decoder(&AI_STUDIO));
        let mut answer = AnswerWriter::whole(replay::seed());
        let _ = replay::decoder(&AI_STUDIO).whole(&Bytes::from(bytes), &mut answer);
    }
}

/// Answers with something of everything.
const SAMPLES: &[&str] = &[
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"h\\u00e9\",\"thought\":true},{\"text\":\"x\",\"thoughtSignature\":\"c2ln\"}]},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":3}}\r\n\r\n\
     data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\",\"willContinue\":true}}]}}]}\r\n\r\n\
     data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"partialArgs\":[{\"jsonPath\":\"$.a[0]['b']\",\"stringValue\":\"v\",\"willContinue\":true}],\"willContinue\":true}}]}}]}\r\n\r\n\
     data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{}}]},\"finishReason\":1}]}\r\n\r\n",
    "[{\"candidates\":[{\"content\":{\"parts\":[{\"executableCode\":{\"code\":\"1\"}},{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"AAAA\"}}]},\"finishReason\":\"STOP\",\"citationMetadata\":{\"citations\":[{\"uri\":\"https://a.test\",\"startIndex\":1,\"endIndex\":2}]}}]}]",
    "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"totalTokenCount\":1}}",
    "{\"error\":{\"code\":429,\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"x/google.rpc.RetryInfo\",\"retryDelay\":\"3s\"}]}}",
];
