//! What a round trip does not show: which variant a value becomes, what is refused, and what the
//! accessors say.
#![expect(
    clippy::expect_used,
    reason = "a test says what went wrong by panicking"
)]

use gateway_types::chat::{
    ChatChunk, ChatRequest, ChatResponse, ContentPart, FinishReason, Message, Role, Tool, ToolCall,
    ToolChoice, ToolChoiceMode,
};
use gateway_types::embeddings::{EmbeddingVector, VectorError};
use gateway_types::error::ErrorBody;
use gateway_types::prompt::Prompt;
use gateway_types::sse::SseEvent;
use gateway_types::{Maybe, Number};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("it fits")
}

fn refusal<T: DeserializeOwned>(value: Value) -> String {
    serde_json::from_value::<T>(value)
        .err()
        .expect("it must not fit")
        .to_string()
}

#[test]
fn a_malformed_object_of_a_known_kind_is_refused() {
    let refused = [
        refusal::<ContentPart>(json!({"type": "text"})),
        refusal::<ContentPart>(json!({"type": "image_url", "image_url": 5})),
        refusal::<Tool>(json!({"type": "function", "name": "flat"})),
        refusal::<ToolCall>(json!({"type": "function", "id": "a", "function": {"name": "f"}})),
        refusal::<ToolCall>(json!({"type": "function", "id": 1, "function": {}})),
        refusal::<Message>(json!({"role": "user"})),
        refusal::<Message>(json!({"role": "tool", "content": "no id"})),
        refusal::<Message>(json!({"role": "user", "content": [{"type": "text", "text": null}]})),
    ];
    for message in refused {
        assert!(message.starts_with("in the object with "), "{message}");
    }
}

#[test]
fn an_unknown_kind_is_kept_whole() {
    let value = json!({"type": "video_url", "video_url": {"url": "u"}, "fps": null});
    let part: ContentPart = read(value.clone());
    assert!(matches!(&part, ContentPart::Other(object) if object["fps"].is_null()));
    assert_eq!(part.tag(), Some("video_url"));
    assert_eq!(serde_json::to_value(part).expect("writes"), value);
}

#[test]
fn wrong_shapes_are_refused_with_what_was_expected() {
    let message = refusal::<ChatRequest>(json!({"model": "m", "messages": [], "stop": 5}));
    assert!(
        message.contains("a string or an array of strings"),
        "{message}"
    );
    let message = refusal::<ChatRequest>(json!({"model": "m", "messages": [], "temperature": "1"}));
    assert!(!message.is_empty());
    for missing in [json!({"messages": []}), json!({"model": "m"})] {
        assert!(refusal::<ChatRequest>(missing).contains("missing field"));
    }
}

#[test]
fn three_states_are_three() {
    let absent: ChatRequest = read(json!({"model": "m", "messages": []}));
    let null: ChatRequest = read(json!({"model": "m", "messages": [], "seed": null}));
    let zero: ChatRequest = read(json!({"model": "m", "messages": [], "seed": 0}));
    assert_eq!(absent.seed, Maybe::Absent);
    assert_eq!(null.seed, Maybe::Null);
    assert_eq!(zero.seed, Maybe::Value(Number::from(0)));
}

#[test]
fn numbers_keep_their_form() {
    let text =
        r#"{"model":"m","messages":[],"temperature":1,"top_p":1.0,"seed":-9223372036854775808}"#;
    let request: ChatRequest = serde_json::from_str(text).expect("it fits");
    assert_eq!(
        request.seed.as_option().and_then(|seed| seed.as_i64()),
        Some(i64::MIN)
    );
    assert_eq!(
        request.top_p.as_option().and_then(|top_p| top_p.as_i64()),
        None
    );
    let written = serde_json::to_string(&request).expect("writes");
    assert!(
        written.contains(r#""temperature":1,"top_p":1.0,"seed":-9223372036854775808"#),
        "{written}"
    );
}

#[test]
fn json_in_a_string_is_read_where_some_clients_send_it() {
    let request: ChatRequest = read(json!({
        "model": "m",
        "messages": [{
            "role": "assistant",
            "tool_calls": r#"[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]"#,
        }],
        "logit_bias": r#"{"5": -1}"#,
        "response_format": r#"{"type":"json_object"}"#,
        "stream_options": r#"{"include_usage":true}"#,
    }));
    assert_eq!(
        serde_json::to_value(request).expect("writes"),
        json!({
            "model": "m",
            "messages": [{
                "role": "assistant",
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            }],
            "logit_bias": {"5": -1},
            "response_format": {"type": "json_object"},
            "stream_options": {"include_usage": true},
        })
    );
    let message =
        refusal::<ChatRequest>(json!({"model": "m", "messages": [], "logit_bias": "string"}));
    assert!(message.contains("or a string that holds one"), "{message}");
}

#[test]
fn arguments_and_content_are_never_unwrapped() {
    let value = json!({"role": "assistant", "content": "{\"a\":1}", "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"b\":2}"}},
    ]});
    let message: Message = read(value.clone());
    assert_eq!(message.text().as_deref(), Some("{\"a\":1}"));
    assert_eq!(serde_json::to_value(message).expect("writes"), value);
}

#[test]
fn open_enums_name_what_they_know() {
    assert_eq!(FinishReason::from("stop"), FinishReason::Stop);
    assert_eq!(
        FinishReason::from("eos"),
        FinishReason::Other("eos".to_owned())
    );
    assert_eq!(FinishReason::ToolCalls.to_string(), "tool_calls");
    assert_eq!("assistant".parse(), Ok(Role::Assistant));
    for known in FinishReason::KNOWN {
        assert!(
            !matches!(FinishReason::from(*known), FinishReason::Other(_)),
            "{known}"
        );
    }
    let choice: ToolChoice = read(json!("any"));
    assert_eq!(choice, ToolChoice::Mode(ToolChoiceMode::from("any")));
}

#[test]
fn answers_are_read_with_few_words() {
    let response: ChatResponse = read(json!({"choices": [
        {"index": 0, "finish_reason": "tool_calls", "message": {"content": null, "reasoning": "hm", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"n\":3}"}},
            {"id": "b", "function": {"name": "g", "arguments": "{"}},
        ]}},
    ]}));
    assert_eq!(response.text(), None);
    assert_eq!(response.finish_reason(), Some(&FinishReason::ToolCalls));
    let message = response.message().expect("a message");
    assert_eq!(message.reasoning_text(), Some("hm"));
    let names: Vec<_> = response.tool_calls().iter().map(ToolCall::name).collect();
    assert_eq!(names, [Some("f"), Some("g")]);
    let arguments: Value = response.tool_calls()[0].arguments().expect("JSON");
    assert_eq!(arguments, json!({"n": 3}));
    assert!(response.tool_calls()[1].arguments::<Value>().is_err());
}

#[test]
fn history_carries_what_must_go_back() {
    let response: ChatResponse = read(json!({"choices": [{"index": 0, "message": {
        "role": "assistant",
        "content": "Hi",
        "refusal": null,
        "audio": {"id": "audio_1", "data": "AA==", "expires_at": 1, "transcript": "Hi"},
        "reasoning_details": [{"type": "reasoning.text", "signature": "s"}],
        "thought_signature": "t",
        "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}, "extra_content": {"google": {"thought_signature": "g"}}}],
    }}]}));
    let history = response
        .message()
        .expect("a message")
        .clone()
        .into_history();
    assert_eq!(
        serde_json::to_value(history).expect("writes"),
        json!({
            "role": "assistant",
            "content": "Hi",
            "refusal": null,
            "audio": {"id": "audio_1"},
            "reasoning_details": [{"type": "reasoning.text", "signature": "s"}],
            "thought_signature": "t",
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}, "extra_content": {"google": {"thought_signature": "g"}}}],
        })
    );
}

#[test]
fn chunks_of_all_kinds_are_read() {
    let text: ChatChunk = read(json!({"choices": [{"index": 0, "delta": {"content": "a"}}]}));
    assert_eq!(text.text().as_deref(), Some("a"));
    let usage: ChatChunk = read(json!({"choices": [], "usage": {"prompt_tokens": 0}}));
    assert_eq!(
        usage
            .usage
            .as_option()
            .and_then(|usage| usage.prompt_tokens.copied()),
        Some(0)
    );
    assert_eq!(usage.text(), None);
    let none: ChatChunk = read(json!({"id": "x"}));
    assert_eq!(none.choices.iter().count(), 0);
}

#[test]
fn prompts_are_told_apart() {
    assert_eq!(read::<Prompt>(json!("a")), Prompt::from("a"));
    assert_eq!(read::<Prompt>(json!(["a", "b"])).count(), 2);
    assert_eq!(read::<Prompt>(json!([1, 2])), Prompt::Tokens(vec![1, 2]));
    assert_eq!(read::<Prompt>(json!([[1], [2]])).count(), 2);
    assert!(matches!(
        read::<Prompt>(json!([{"image": "u"}])),
        Prompt::Other(_)
    ));
    for wrong in [
        json!(5),
        json!(true),
        json!(["a", 1]),
        json!([1, "a"]),
        json!([1.5]),
        json!([-1]),
    ] {
        assert!(
            serde_json::from_value::<Prompt>(wrong.clone()).is_err(),
            "{wrong}"
        );
    }
}

#[test]
fn broken_vectors_are_refused() {
    let vector = |text: &str| {
        EmbeddingVector::from(text)
            .as_floats()
            .map(|floats| floats.len())
    };
    assert_eq!(vector("AACAPw=="), Ok(1));
    assert_eq!(vector(""), Ok(0));
    assert_eq!(vector("AAAA"), Err(VectorError::NotFloats));
    assert_eq!(vector("?"), Err(VectorError::NotBase64));
}

#[test]
fn errors_have_their_four_fields() {
    let body = ErrorBody::new("unsupported", "no")
        .with_param("n")
        .with_code("c");
    assert_eq!(
        serde_json::to_value(&body).expect("writes"),
        json!({"error": {"message": "no", "type": "unsupported", "param": "n", "code": "c"}})
    );
    assert_eq!(body.error.code_text(), Some("c"));
    let number: ErrorBody = read(json!({"error": {"message": "m", "code": 400}}));
    assert_eq!(number.error.code_text(), None);
}

#[test]
fn a_line_break_cannot_make_a_field_of_its_own() {
    let event = SseEvent::new("a\r\nb\rc\n")
        .with_event("x\ndata: evil")
        .with_id("1\r2");
    assert_eq!(
        event.to_string(),
        "event: xdata: evil\nid: 12\ndata: a\ndata: b\ndata: c\ndata: \n\n"
    );
    assert!(SseEvent::new("[DONE]").is_done());
    assert!(!SseEvent::new("{}").is_done());
}
