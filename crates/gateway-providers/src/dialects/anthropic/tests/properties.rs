//! What holds for every request and for every answer.

use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{super::Anthropic, Asked, asking, streamed, whole};
use crate::{
    TranslateError,
    dialects::proof::{Bench, Cut, laws, recordings},
};

const MODELS: &[&str] = &[
    "claude-3-haiku-20240307",
    "claude-sonnet-4-5",
    "claude-opus-4-6",
    "claude-opus-4-8",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
    "claude-fable-6",
    "something-else",
];

/// Values of a member.
type Member = (&'static str, Vec<Value>);

/// Values of members, right and wrong.
fn members() -> Vec<Member> {
    let mut members = tools();
    members.extend(parameters());
    members
}

fn tools() -> Vec<Member> {
    let tool = json!({"type": "function", "function": {"name": "f", "strict": true,
        "parameters": {"type": "object", "properties": {"x": {"type": "integer", "minimum": 1}}}}});
    vec![
        (
            "tools",
            vec![
                json!([]),
                json!([tool]),
                json!([{"type": "bash_20250124", "name": "bash"}]),
                json!([{"type": "browser"}, {"type": "custom", "custom": {"name": "c", "format": {"type": "text"}}}]),
            ],
        ),
        (
            "tool_choice",
            vec![
                json!("none"),
                json!("required"),
                json!("auto"),
                json!("sometimes"),
                json!({"type": "function", "function": {"name": "f"}}),
                json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [tool]}}),
                json!({"type": "any", "disable_parallel_tool_use": true}),
            ],
        ),
        ("parallel_tool_calls", vec![json!(true), json!(false)]),
    ]
}

fn parameters() -> Vec<Member> {
    vec![
        (
            "temperature",
            vec![json!(0), json!(0.4), json!(1), json!(1.9)],
        ),
        ("top_p", vec![json!(0.97), json!(0.2), json!(1)]),
        ("top_k", vec![json!(5)]),
        ("max_tokens", vec![json!(1), json!(1025), json!(64_000)]),
        ("max_completion_tokens", vec![json!(7), json!(9000)]),
        ("stop", vec![json!("x"), json!(["a", " "]), json!(null)]),
        ("n", vec![json!(1), json!(2)]),
        ("seed", vec![json!(4)]),
        ("logit_bias", vec![json!({"5": 1}), json!({})]),
        (
            "reasoning_effort",
            vec![json!("none"), json!("low"), json!("max"), json!("wild")],
        ),
        (
            "reasoning",
            vec![
                json!({"effort": "high"}),
                json!({"max_tokens": 3000, "exclude": true}),
                json!({"enabled": false}),
                json!({"exclude": true}),
            ],
        ),
        (
            "thinking",
            vec![
                json!({"type": "enabled", "budget_tokens": 2000}),
                json!({"type": "between_tools"}),
                json!({"type": "disabled"}),
                json!({"type": "deep", "x": 1}),
                json!(true),
            ],
        ),
        (
            "response_format",
            vec![
                json!({"type": "json_object"}),
                json!({"type": "text"}),
                json!({"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}),
                json!({"type": "grammar"}),
            ],
        ),
        (
            "web_search_options",
            vec![json!({}), json!({"search_context_size": "low"})],
        ),
        ("user", vec![json!("u")]),
        ("safety_identifier", vec![json!("s")]),
        ("metadata", vec![json!({"user_id": "m", "k": "v"})]),
        (
            "service_tier",
            vec![json!("auto"), json!("flex"), json!("default")],
        ),
        ("cache_control", vec![json!({"type": "ephemeral"})]),
        ("output_config", vec![json!({"effort": "low"}), json!("x")]),
        ("never_heard_of", vec![json!(1), json!(null)]),
    ]
}

fn parts() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        Just(json!({"type": "text", "text": "hello", "cache_control": {"type": "ephemeral"}})),
        Just(json!({"type": "text", "text": "  "})),
        Just(
            json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}})
        ),
        Just(json!({"type": "image_url", "image_url": {"url": "http://a.test/x"}})),
        Just(
            json!({"type": "file", "file": {"file_data": "data:text/plain,hi", "filename": "a.txt"}})
        ),
        Just(json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}})),
        Just(json!({"type": "search_result", "source": "s", "title": "t", "content": []})),
        Just(json!({"type": "video_url"})),
    ];
    prop_oneof![
        Just(json!("text")),
        Just(json!("")),
        prop::collection::vec(part, 0..4).prop_map(Value::from),
    ]
}

fn message() -> impl Strategy<Value = Value> {
    let call = |id: &str, arguments: &str| json!([{"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}}]);
    prop_oneof![
        parts().prop_map(|content| json!({"role": "user", "content": content, "name": "n"})),
        Just(json!({"role": "system", "content": "rules"})),
        Just(json!({"role": "developer", "content": [{"type": "text", "text": "more"}]})),
        Just(json!({"role": "assistant", "content": "said", "reasoning_content": "why"})),
        Just(json!({"role": "assistant", "content": null, "tool_calls": call("a.b", "{\"x\":1}")})),
        Just(json!({"role": "assistant", "tool_calls": call("", "")})),
        Just(json!({"role": "assistant", "tool_calls": call("c", "[1]")})),
        Just(
            json!({"role": "assistant", "content": "x", "function_call": {"name": "f", "arguments": "{}"}})
        ),
        Just(
            json!({"role": "assistant", "content": "a", "reasoning_details": [
            {"type": "reasoning.text", "text": "t", "signature": "s", "format": "anthropic-claude-v1", "index": 0},
            {"type": "reasoning.text", "text": "t", "format": "google-gemini-v1"}]})
        ),
        parts()
            .prop_map(|content| json!({"role": "tool", "tool_call_id": "a.b", "content": content})),
        Just(json!({"role": "function", "name": "f", "content": "r"})),
        Just(json!({"role": "narrator", "content": "x"})),
    ]
}

fn request() -> impl Strategy<Value = Value> {
    let chosen: Vec<_> = members()
        .into_iter()
        .map(|(name, values)| {
            prop::option::weighted(0.3, prop::sample::select(values))
                .prop_map(move |value| value.map(|value| (name.to_owned(), value)))
        })
        .collect();
    (prop::collection::vec(message(), 0..6), chosen).prop_map(|(messages, chosen)| {
        let mut request: Map<String, Value> = chosen.into_iter().flatten().collect();
        request.insert("model".to_owned(), "alias".into());
        request.insert("messages".to_owned(), messages.into());
        request.into()
    })
}

/// Members that are not named when they ask for what happens anyway.
fn says_nothing(name: &str, value: &Value) -> bool {
    value.is_null()
        || *value == json!({})
        || *value == json!([])
        || matches!(name, "model" | "messages")
        || (name == "n" && *value == 1)
        || (matches!(name, "temperature" | "top_p") && *value == 1)
        || (name == "parallel_tool_calls" && *value == true)
        || (name == "response_format" && value["type"] == "text")
        // Thinking that a model cannot do, or does not do unasked, need not be switched off.
        || (name == "reasoning_effort" && *value == "none")
        || (name == "thinking" && value["type"] == "disabled")
        || (name == "reasoning" && (value["enabled"] == false || value.as_object().is_some_and(|all| all.len() == 1 && all.contains_key("exclude"))))
        // A choice among no tools.
        || (name == "tool_choice" && (*value == "none" || *value == "auto" || value["type"] == "allowed_tools"))
}

/// What a member becomes.
fn becomes(name: &str) -> &'static [&'static str] {
    match name {
        "temperature" => &["temperature"],
        "top_p" => &["top_p"],
        "top_k" => &["top_k"],
        "max_tokens" | "max_completion_tokens" => &["max_tokens"],
        "stop" => &["stop_sequences"],
        "reasoning_effort" | "reasoning" | "thinking" => &["thinking", "output_config"],
        "tools" | "web_search_options" => &["tools"],
        "tool_choice" | "parallel_tool_calls" => &["tool_choice"],
        "response_format" => &["output_config", "tools"],
        "user" | "safety_identifier" | "metadata" => &["metadata"],
        "service_tier" => &["service_tier"],
        "cache_control" => &["cache_control"],
        "output_config" => &["output_config"],
        _ => &[],
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_request_is_sent_whole_or_what_is_missing_is_named(
        request in request(), model in prop::sample::select(MODELS),
    ) {
        match asking(model, &request, &HeaderMap::new()).encode() {
            Err(TranslateError::InvalidValue { param, message }) => {
                prop_assert!(!param.is_empty() && message.len() > param.len());
            }
            Err(error) => prop_assert!(false, "{error}"),
            Ok(encoded) => {
                let body = super::native(&encoded);
                for (name, value) in request.as_object().unwrap() {
                    let is_there = becomes(name).iter().any(|native| !body[*native].is_null());
                    let is_named = encoded.dropped.iter().any(|dropped| {
                        dropped == name || dropped.strip_prefix(name.as_str()).is_some_and(
                            |rest| rest.starts_with(['.', '[']))
                    });
                    prop_assert!(
                        is_there || is_named || says_nothing(name, value)
                            // There is nothing to be called at once.
                            || (name == "parallel_tool_calls" && body["tools"].is_null()),
                        "{name}: {value} of {request} is lost in {body}"
                    );
                }
                check_turns(&body)?;
            }
        }
    }

    #[test]
    fn every_text_of_a_request_is_sent_or_named(request in laws::chat_request()) {
        laws::nothing_is_lost(&Bench::new("anthropic", Anthropic::new()), &request)?;
    }

    #[test]
    fn a_damaged_answer_is_a_fault_or_an_answer(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        size in 1_usize..40,
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (place, byte) in &flips {
            let place = place.index(bytes.len());
            bytes[place] = *byte;
        }
        let outcome = streamed(&bytes, Cut::Bytes(size), &Asked::default());
        prop_assert!(outcome.answer.is_null() || outcome.answer["choices"][0]["finish_reason"].is_string());
    }
}

/// What the API demands of every conversation.
fn check_turns(body: &Value) -> Result<(), TestCaseError> {
    let turns = body["messages"].as_array().unwrap();
    prop_assert_eq!(&turns[0]["role"], "user");
    let mut before = Value::Null;
    for turn in turns {
        prop_assert_ne!(&turn["role"], &before);
        before = turn["role"].clone();
        let blocks = turn["content"].as_array().unwrap();
        prop_assert!(!blocks.is_empty());
        let results = |block: &&Value| block["type"] == "tool_result";
        let first = blocks.iter().take_while(results).count();
        prop_assert_eq!(first, blocks.iter().filter(results).count());
        for block in blocks {
            if block["type"] == "text" {
                prop_assert!(!block["text"].as_str().unwrap().trim().is_empty());
            }
            for id in [&block["id"], &block["tool_use_id"]] {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                prop_assert!(id.as_str().unwrap_or("x").chars().all(is_plain));
            }
        }
        prop_assert_ne!(&blocks[blocks.len() - 1]["type"], "thinking");
    }
    Ok(())
}

const SAMPLE: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"usage":{"input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"c2ln"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","citations":[]}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hä\n\"l\u00f6\""}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"citations_delta","citation":{"type":"char_location","start_char_index":0}}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: content_block_start
data: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"x\":1}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":2}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}

event: message_stop
data: {"type":"message_stop"}

"#;

/// Every recorded answer, with a byte changed here and there, is read without a panic.
#[test]
fn damaged_recordings_are_read_without_harm() {
    // A small generator of our own: the same places in every run.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(limit).unwrap()).unwrap()
    };
    for recording in recordings(&["anthropic.messages"]) {
        for _ in 0..20 {
            let mut bytes = recording.answer.clone();
            for _ in 0..3 {
                let place = next(bytes.len());
                bytes[place] = u8::try_from(next(256)).unwrap();
            }
            if recording.streaming {
                streamed(&bytes, Cut::Whole, &Asked::default());
            } else {
                whole(&bytes, &Asked::default());
            }
        }
    }
}
