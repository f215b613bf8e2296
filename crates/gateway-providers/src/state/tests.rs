//! What is found, who takes it, and what is left of a body without it.

use gateway_types::json::ScanLimits;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::dialects::{
    Dialect, anthropic::Anthropic, bedrock::Bedrock, cohere::Cohere, gemini::Gemini,
    ollama::Ollama, responses::Responses, vertex::Vertex,
};

fn body(text: &str) -> RawObject {
    RawObject::parse(text.to_owned().into(), ScanLimits::default()).unwrap()
}

fn chat(messages: &Value) -> RawObject {
    body(&json!({"model": "m", "messages": messages, "audio": {"voice": "x"}}).to_string())
}

/// Each piece as `path kind`, with a `!` where it cannot be left behind.
fn found(operation: Operation, body: &RawObject) -> Vec<String> {
    let state = CarriedState::read(operation, body);
    let shown = state.pieces().iter().map(|piece| {
        let kind = match piece.kind() {
            StateKind::Named(name) => format!("`{name}`"),
            StateKind::Encrypted => "encrypted".to_owned(),
            StateKind::Stored => "stored".to_owned(),
            StateKind::Resource => "resource".to_owned(),
        };
        let bound = if piece.may_be_left() { "" } else { "!" };
        format!("{} {kind}{bound}", piece.path())
    });
    shown.collect()
}

fn without_all(operation: Operation, body: &RawObject) -> String {
    let state = CarriedState::read(operation, body);
    let left = state.leave_behind(body, |_, _| true).unwrap();
    let bytes = left.map_or_else(|| body.bytes().clone(), |(body, _)| body.bytes().clone());
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn what_is_signed_or_encrypted_in_a_chat_is_state_and_text_is_none() {
    let messages = json!([
        {"role": "system", "content": "signature"},
        {"role": "assistant", "content": "a", "reasoning_content": "plain", "reasoning": "plain", "reasoning_details": [
            {"type": "reasoning.text", "text": "plain", "format": "MiniMax-response-v1"},
            {"type": "reasoning.text", "text": "t", "signature": "s", "format": "anthropic-claude-v1"},
            {"type": "reasoning.text", "text": "t", "signature": null},
            {"type": "reasoning.encrypted", "data": "d", "format": "openai-responses-v1"},
            {"type": "reasoning.text", "text": "t", "signature": "s"},
        ]},
        {"role": "assistant", "tool_calls": [
            {"id": "1", "function": {}, "extra_content": {"google": {"thought_signature": "g"}}},
            {"id": "2", "function": {}, "extra_content": {"type": "x", "content": "y"}},
        ]},
        {"role": "assistant", "content": [
            {"type": "text", "text": "t"}, {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "redacted_thinking", "data": "d"},
        ]},
        {"role": "assistant", "content": "a", "provider_data": {
            "cohere": {"usage": {"x": 1}}, "anthropic": {"blocks": [{"type": "server_tool_use"}]}, "google": {"parts": []},
        }},
        {"role": "assistant", "audio": {"id": "audio_1"}},
        {"role": "assistant", "extra_content": {"google": {"thought_signature": "g"}}},
    ]);
    assert_eq!(
        found(Operation::Chat, &chat(&messages)),
        [
            "messages[1].reasoning_details[1] `anthropic-claude-v1`",
            "messages[1].reasoning_details[3] `openai-responses-v1`",
            "messages[1].reasoning_details[4] ``",
            "messages[2].tool_calls[0].extra_content.google `google`",
            "messages[3].content[1] `anthropic`",
            "messages[3].content[2] `anthropic`",
            "messages[4].provider_data.anthropic `anthropic`",
            "messages[5].audio stored!",
            "messages[6].extra_content.google `google`",
        ]
    );
}

#[test]
fn redacted_thinking_alone_is_found_and_names_in_texts_are_not() {
    let redacted =
        json!([{"role": "assistant", "content": [{"type": "redacted_thinking", "data": "d"}]}]);
    assert_eq!(
        found(Operation::Chat, &chat(&redacted)),
        ["messages[0].content[0] `anthropic`"]
    );
    let quoted =
        json!([{"role": "user", "content": r#"{"reasoning_details":[{"signature":"x"}]}"#}]);
    assert!(found(Operation::Chat, &chat(&quoted)).is_empty());
    // Escaped keys are keys.
    let escaped = body(
        r#"{"messages":[{"reasoning\u005fdetails":[{"data":"d","form\u0061t":"g\u006fogle-gemini-v1"}]}]}"#,
    );
    assert_eq!(
        found(Operation::Chat, &escaped),
        ["messages[0].reasoning_details[0] `google-gemini-v1`"]
    );
}

#[test]
fn items_and_ids_of_the_responses_api_are_state() {
    let request = json!({
        "model": "m", "previous_response_id": "resp_1", "conversation": null,
        "input": [
            {"type": "message", "role": "user", "content": "reasoning"},
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"},
            {"type": "reasoning", "id": "rs_2", "summary": []},
            {"type": "function_call", "id": "fc_1", "call_id": "c"},
            {"type": "item_reference", "id": "msg_1"},
            {"type": "compaction", "id": "cmp", "encrypted_content": "e"},
        ],
    });
    let request = body(&request.to_string());
    assert_eq!(
        found(Operation::Responses, &request),
        [
            "previous_response_id stored!",
            "input[1] encrypted",
            "input[2] stored",
            "input[4] stored!",
            "input[5] encrypted!",
        ]
    );
    assert!(found(Operation::Embeddings, &request).is_empty());
    let referred =
        body(r#"{"input":[{"type":"item_reference","id":"x"}],"conversation":{"id":"c"}}"#);
    assert_eq!(
        found(Operation::Responses, &referred),
        ["input[0] stored!", "conversation stored!"]
    );
    let plain = body(r#"{"input":"a reasoning item_reference","conversation":null}"#);
    assert!(found(Operation::Responses, &plain).is_empty());
}

#[test]
fn what_goes_goes_with_its_comma_and_an_empty_holder_goes_too() {
    let table = [
        // One of several details, the first, the last, all.
        (
            r#"{"messages":[{"a":1, "reasoning_details" : [ {"text":"t"} , {"data":"d"} ] , "b":2}]}"#,
            r#"{"messages":[{"a":1, "reasoning_details" : [ {"text":"t"} ] , "b":2}]}"#,
        ),
        (
            r#"{"messages":[{"reasoning_details":[{"data":"d"},{"text":"t"}]}]}"#,
            r#"{"messages":[{"reasoning_details":[{"text":"t"}]}]}"#,
        ),
        (
            r#"{"messages":[{"reasoning_details":[{"data":"d"},{"data":"e"}],"role":"assistant"}]}"#,
            r#"{"messages":[{"role":"assistant"}]}"#,
        ),
        (
            r#"{"messages":[{"role":"assistant", "reasoning_details":[{"data":"d"}]}]}"#,
            r#"{"messages":[{"role":"assistant"}]}"#,
        ),
        // Several holders beside each other.
        (
            r#"{"messages":[{"reasoning_details":[{"data":"d"}],"extra_content":{"google":{"x":1}},"x":1e2}]}"#,
            r#"{"messages":[{"x":1e2}]}"#,
        ),
        (
            r#"{"messages":[{"x":1,"reasoning_details":[{"data":"d"}],"extra_content":{"google":{"x":1}}}]}"#,
            r#"{"messages":[{"x":1}]}"#,
        ),
        (
            r#"{"messages":[{"reasoning_details":[{"data":"d"}],"extra_content":{"google":{"x":1}}}]}"#,
            r#"{"messages":[{}]}"#,
        ),
        // Deep inside, and facts stay.
        (
            r#"{"messages":[{"tool_calls":[{"id":"1","extra_content":{"google":{"x":1},"y":{}}}]}],"z":0}"#,
            r#"{"messages":[{"tool_calls":[{"id":"1","extra_content":{"y":{}}}]}],"z":0}"#,
        ),
    ];
    for (before, after) in table {
        assert_eq!(
            without_all(Operation::Chat, &body(before)),
            after,
            "{before}"
        );
    }
    let items = r#"{"input":[{"type":"reasoning","encrypted_content":"e"}, {"role":"user"}, {"type":"reasoning","id":"r"}]}"#;
    assert_eq!(
        without_all(Operation::Responses, &body(items)),
        r#"{"input":[{"role":"user"}]}"#
    );
}

#[test]
fn some_may_go_while_others_stay() {
    let text = r#"{"messages":[{"reasoning_details":[{"data":"d","format":"a"},{"data":"e","format":"b"}]}]}"#;
    let request = body(text);
    let state = CarriedState::read(Operation::Chat, &request);
    let is_a = |_: usize, piece: &Piece| *piece.kind() == StateKind::Named("a".into());
    let (left, paths) = state.leave_behind(&request, is_a).unwrap().unwrap();
    assert_eq!(paths, ["messages[0].reasoning_details[0]"]);
    assert_eq!(
        left.bytes(),
        r#"{"messages":[{"reasoning_details":[{"data":"e","format":"b"}]}]}"#
    );
    assert!(
        state
            .leave_behind(&request, |_, _| false)
            .unwrap()
            .is_none()
    );
}

#[test]
fn each_dialect_takes_its_own_and_nobody_elses() {
    let dialects: [(&dyn Dialect, &str, &[&str]); 8] = [
        (
            &Anthropic::new(),
            "claude-x",
            &["anthropic-claude-v1", "anthropic", ""],
        ),
        (
            &Bedrock,
            "anthropic.claude",
            &["anthropic-claude-v1", "amazon-bedrock-v1", "bedrock", ""],
        ),
        (&Gemini, "gemini-x", &["google-gemini-v1", "google"]),
        (&Vertex, "gemini-x", &["google-gemini-v1", "google"]),
        (
            &Vertex,
            "claude-x",
            &["anthropic-claude-v1", "anthropic", "google", ""],
        ),
        (&Responses, "gpt-x", &["openai-responses-v1", "responses"]),
        (&Cohere, "command-x", &[]),
        (&Ollama, "llama", &[]),
    ];
    let names = [
        "anthropic-claude-v1",
        "anthropic",
        "amazon-bedrock-v1",
        "bedrock",
        "google-gemini-v1",
        "google",
        "openai-responses-v1",
        "responses",
        "xai-responses-v1",
        "",
        "unknown",
    ];
    for (dialect, model, takes) in dialects {
        for name in names {
            let taken = is_among(dialect.takes_state(model), name);
            assert_eq!(taken, takes.contains(&name), "{} {name}", dialect.name());
        }
        // What a dialect takes has a known maker: else a plain upstream would be sent it.
        for name in dialect
            .takes_state(model)
            .iter()
            .filter(|name| !name.is_empty())
        {
            assert!(is_among(MAKERS_KNOWN, name.trim_end_matches('*')), "{name}");
        }
    }
}

fn detail() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[a-z]{0,4}".prop_map(|text| json!({"type": "reasoning.text", "text": text})),
        "[a-z]{1,4}".prop_map(|data| json!({"data": data, "format": "anthropic-claude-v1"})),
    ]
}

fn message() -> impl Strategy<Value = Value> {
    let details = prop::option::of(prop::collection::vec(detail(), 0..4));
    let extra = prop::option::of(prop::sample::select(vec!["google", "type"]));
    (details, extra, any::<bool>(), any::<bool>()).prop_map(|(details, extra, first, has_data)| {
        let mut message = serde_json::Map::new();
        if first {
            message.insert("role".to_owned(), "assistant".into());
        }
        if let Some(details) = details {
            message.insert("reasoning_details".to_owned(), details.into());
        }
        if let Some(name) = extra {
            message.insert(
                "extra_content".to_owned(),
                json!({ name: {"thought_signature": "\\\"]}"} }),
            );
        }
        if has_data {
            message.insert(
                "provider_data".to_owned(),
                json!({"google": {"parts": [1]}, "cohere": {"x": 1}}),
            );
        }
        message.insert("content".to_owned(), "\u{e9}{[".into());
        message.into()
    })
}

proptest! {
    /// Whatever goes, the rest is what a slow way leaves, and none of what went can be found in it.
    #[test]
    fn what_is_left_is_the_same_but_for_what_went(
        messages in prop::collection::vec(message(), 0..4),
        pretty in any::<bool>(),
    ) {
        let value = json!({"model": "m", "messages": messages});
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let left = without_all(Operation::Chat, &body(&text));
        prop_assert!(found(Operation::Chat, &body(&left)).is_empty());
        let mut slow = value;
        for message in slow["messages"].as_array_mut().unwrap() {
            strip(message.as_object_mut().unwrap());
        }
        prop_assert_eq!(serde_json::from_str::<Value>(&left).unwrap(), slow);
    }
}

fn strip(message: &mut serde_json::Map<String, Value>) {
    if let Some(Value::Array(details)) = message.get_mut("reasoning_details") {
        let had_any = !details.is_empty();
        details.retain(|detail| detail.get("data").is_none());
        if had_any && details.is_empty() {
            message.shift_remove("reasoning_details");
        }
    }
    message.shift_remove("extra_content");
    if let Some(Value::Object(data)) = message.get_mut("provider_data") {
        data.shift_remove("google");
    }
}

/// A body that carries no state is not walked: that costs as much as the conversation is long.
#[test]
fn an_ordinary_request_is_not_looked_through() {
    let schema = r#"{"$schema":"x","title":"t","type":"object","additionalProperties":false,"required":["path"],
        "properties":{"path":{"type":"string","description":"d","default":""},"command":{"enum":["a"]},
            "query":{"anyOf":[]},"format":{"items":{}}}}"#;
    let request = r#"{
        "model":"m","temperature":1,"top_p":1,"max_tokens":9,"max_completion_tokens":9,"stream":true,
        "stream_options":{"include_usage":true},"stop":"x","n":1,"seed":7,"user":"u","store":false,
        "frequency_penalty":0,"presence_penalty":0,"logit_bias":{},"logprobs":false,"top_logprobs":0,
        "service_tier":"auto","prompt_cache_key":"k","safety_identifier":"s","verbosity":"low",
        "modalities":["text"],"reasoning_effort":"low","parallel_tool_calls":true,"tool_choice":"auto",
        "metadata":{},"top_k":1,"min_p":0,
        "response_format":{"type":"json_schema","json_schema":{"name":"x","strict":true,"schema":SCHEMA}},
        "tools":[{"type":"function","function":{"name":"f","description":"d","parameters":SCHEMA}}],
        "messages":[
            {"role":"system","content":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]},
            {"role":"user","name":"u","content":"hi"},
            {"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","tool_calls":[
                {"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"call_1","content":"x"}]}"#;
    let request = body(&request.replace("SCHEMA", schema));
    assert!(!chat::may_carry(&request) && !resources::may_carry(&request));
    let question = body(
        r#"{"model":"m","instructions":"i","input":[{"role":"user","content":"hi"}],"max_output_tokens":9,"include":[]}"#,
    );
    assert!(!responses::may_carry(&question) && !resources::may_carry(&question));
}
