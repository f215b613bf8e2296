//! Told in chunks or as a whole, an answer is the same.

use gateway_client::ChatAccumulator;
use gateway_types::{
    Usage,
    chat::{ChatChunk, FinishReason, ReasoningDetail},
};
use serde_json::{Value, json};

use super::{AnswerSeed, AnswerWriter, ToolCallKind, ToolCallStart};

fn seed() -> AnswerSeed {
    AnswerSeed {
        unique: "7f".to_owned(),
        created: 12,
        model: "asked".to_owned(),
        dialect: "acme",
        include_usage: true,
    }
}

fn detail(value: Value) -> ReasoningDetail {
    serde_json::from_value(value).unwrap()
}

/// Everything that an answer can have.
fn tell(answer: &mut AnswerWriter) {
    answer.id("msg_1");
    answer.id("msg_2");
    answer.model("m-2");
    answer.reasoning_detail(
        0,
        detail(json!({"type": "reasoning.text", "text": "hm", "index": 0})),
    );
    answer.reasoning_detail(
        0,
        detail(json!({"type": "reasoning.text", "text": "m.", "index": 0})),
    );
    answer.reasoning_detail(
        0,
        detail(json!({"type": "reasoning.text", "signature": "s+g==", "index": 0})),
    );
    answer.text(0, "a \"b\"\n");
    answer.text(0, "");
    answer.text(0, "ü");
    let first = answer.tool_call(
        0,
        ToolCallStart {
            id: Some("c1"),
            name: "look",
            ..ToolCallStart::default()
        },
    );
    answer.tool_arguments(0, first, "{\"x\":");
    answer.tool_call(
        0,
        ToolCallStart {
            name: "empty",
            ..ToolCallStart::default()
        },
    );
    answer.tool_arguments(0, first, "1}");
    let custom = answer.tool_call(
        0,
        ToolCallStart {
            id: Some("c3"),
            name: "free",
            kind: ToolCallKind::Custom,
            ..ToolCallStart::default()
        },
    );
    answer.tool_arguments(0, custom, "any");
    answer.provider_data(0, "blocks", json!({"n": 1}));
    answer.provider_data(0, "blocks", json!({"n": 2}));
    answer.finish(0, FinishReason::Stop, Some("end_turn"));
    answer.finish(0, FinishReason::Length, None);
    answer.usage(Usage::new(1, 1));
    answer.usage(Usage::new(3, 4));
    assert!(answer.conclude());
}

fn events(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    text.split_terminator("\n\n")
        .map(|event| event.strip_prefix("data: ").unwrap().to_owned())
        .collect()
}

#[test]
fn chunks_put_together_are_the_whole() {
    let mut chunks = AnswerWriter::chunks(seed());
    tell(&mut chunks);
    let told = chunks.take_events();
    let mut events = events(&chunks.take_bytes());
    assert_eq!(events.pop().as_deref(), Some("[DONE]"));
    assert_eq!(events.len(), usize::try_from(told).unwrap());

    let mut accumulator = ChatAccumulator::new();
    let mut finishes = 0;
    let mut roles = 0;
    for event in &events {
        let value: Value = serde_json::from_str(event).unwrap();
        assert_eq!(value["id"], "msg_1");
        assert_eq!(value["model"], "m-2");
        assert_eq!(value["created"], 12);
        finishes += usize::from(value["choices"][0]["finish_reason"].is_string());
        roles += usize::from(value["choices"][0]["delta"]["role"].is_string());
        let chunk: ChatChunk = serde_json::from_str(event).unwrap();
        accumulator.push(chunk);
    }
    assert_eq!((finishes, roles), (1, 1));
    let streamed = serde_json::to_value(accumulator.finish()).unwrap();

    let mut whole = AnswerWriter::whole(seed());
    tell(&mut whole);
    let whole: Value = serde_json::from_slice(&whole.take_bytes()).unwrap();

    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "a \"b\"\nü");
    assert_eq!(message["reasoning_content"], "hmm.");
    assert_eq!(
        message["tool_calls"][0]["function"]["arguments"],
        "{\"x\":1}"
    );
    assert_eq!(message["tool_calls"][1]["id"], "call_7f_0_1");
    assert_eq!(message["tool_calls"][1]["function"]["arguments"], "{}");
    assert_eq!(
        message["reasoning_details"],
        json!([{"type": "reasoning.text", "text": "hmm.", "signature": "s+g==", "index": 0}])
    );
    assert_eq!(
        message["provider_data"],
        json!({"acme": {"blocks": [{"n": 1}, {"n": 2}]}})
    );
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(whole["choices"][0]["native_finish_reason"], "end_turn");
    assert_eq!(whole["usage"]["total_tokens"], 7);
    for member in ["content", "reasoning_content"] {
        assert_eq!(streamed["choices"][0]["message"][member], message[member]);
    }
    for call in [0, 1] {
        assert_eq!(
            streamed["choices"][0]["message"]["tool_calls"][call],
            message["tool_calls"][call]
        );
    }
    assert_eq!(streamed["usage"], whole["usage"]);
    assert_eq!(
        streamed["choices"][0]["message"]["provider_data"],
        message["provider_data"]
    );
}

#[test]
fn an_answer_that_has_not_ended_has_no_end() {
    let mut answer = AnswerWriter::chunks(seed());
    assert!(!answer.conclude());
    answer.text(0, "a");
    answer.text(1, "b");
    answer.finish(0, FinishReason::Stop, None);
    assert!(!answer.conclude());
    answer.finish(1, FinishReason::Stop, None);
    assert!(answer.conclude());
}

#[test]
fn usage_is_told_only_to_who_asked() {
    for include_usage in [true, false] {
        let mut answer = AnswerWriter::chunks(AnswerSeed {
            include_usage,
            ..seed()
        });
        answer.finish(0, FinishReason::ContentFilter, Some("SAFETY"));
        answer.usage(Usage::new(1, 0));
        assert!(answer.conclude());
        let text = String::from_utf8(answer.take_bytes().to_vec()).unwrap();
        assert_eq!(text.contains("\"usage\""), include_usage, "{text}");
        assert_eq!(answer.token_usage().and_then(|usage| usage.input), Some(1));
    }
}

/// Clients put the pieces of a stream together by rules that do not make one list of several: what is a list
/// without places is told once.
#[test]
fn citations_of_a_stream_come_in_one_chunk() {
    let mut answer = AnswerWriter::chunks(seed());
    for url in ["https://a.test", "https://b.test"] {
        let annotation = json!({"type": "url_citation", "url_citation": {"url": url}});
        answer.annotation(0, serde_json::from_value(annotation).unwrap());
    }
    answer.provider_data(0, "blocks", json!({"n": 1}));
    answer.finish(0, FinishReason::Stop, None);
    assert!(answer.conclude());
    let told: Vec<Value> = events(&answer.take_bytes())
        .iter()
        .filter(|event| *event != "[DONE]")
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    let delta = |place: usize| &told[place]["choices"][0]["delta"];
    assert_eq!(delta(0)["role"], "assistant");
    assert_eq!(delta(0)["annotations"].as_array().unwrap().len(), 2);
    assert_eq!(
        delta(1)["provider_data"],
        json!({"acme": {"blocks": [{"n": 1}]}})
    );
    assert_eq!(delta(1)["role"], Value::Null);
    assert_eq!(delta(2), &json!({}));
    assert_eq!(told[2]["choices"][0]["finish_reason"], "stop");
}

#[test]
fn images_of_a_stream_have_their_places() {
    for mut answer in [AnswerWriter::chunks(seed()), AnswerWriter::whole(seed())] {
        answer.image(0, "data:image/png;base64,AA");
        answer.image(0, "data:image/png;base64,BB");
        answer.finish(0, FinishReason::Stop, None);
        assert!(answer.conclude());
        let told = String::from_utf8(answer.take_bytes().to_vec()).unwrap();
        for (index, data) in [(0, "AA"), (1, "BB")] {
            let image = json!({"index": index, "type": "image_url", "image_url": {"url": format!("data:image/png;base64,{data}")}});
            assert!(told.contains(&image.to_string()), "{told}");
        }
    }
}
