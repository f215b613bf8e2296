//! Turns that pause and are gone on with, whole and in events.

use bytes::Bytes;
use serde_json::{Value, json};

use super::{Asked, Reader};
use crate::{
    answer::AnswerWriter,
    dialects::{AnswerDecoder, Flow, NativePath, NativeRequest, proof},
    framing::{EventKind, NativeEvent},
};

/// A request with a tool of the provider's own.
fn asked() -> Value {
    json!({
        "model": "claude", "max_tokens": 9,
        "messages": [{"role": "user", "content": "look it up"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
    })
}

/// The messages with what the assistant has said.
fn saying(content: &Value) -> Value {
    json!([asked()["messages"][0], {"role": "assistant", "content": content}])
}

fn request(body: &Value) -> NativeRequest {
    NativeRequest::post(NativePath::new(["v1", "messages"]), body.to_string())
}

/// The blocks of one message: a search, what it found, and a signed thought about it.
fn blocks(number: u32) -> Vec<Value> {
    let id = format!("srvtoolu_{number}");
    vec![
        json!({"type": "thinking", "thinking": format!("hm {number}"), "signature": format!("sig{number}")}),
        json!({"type": "server_tool_use", "id": id, "name": "web_search", "input": {"query": "é"}}),
        json!({"type": "web_search_tool_result", "tool_use_id": id, "content": [{"type": "web_search_result", "url": "https://a.test/", "encrypted_content": "ENC"}]}),
        json!({"type": "text", "text": format!("part {number} "), "citations": [{"type": "web_search_result_location", "url": "https://a.test/"}]}),
    ]
}

fn usage() -> Value {
    json!({"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 7})
}

fn message(blocks: &[Value], stop: &str) -> Value {
    json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": blocks,
        "stop_reason": stop, "usage": usage()})
}

/// The same as a stream tells it.
fn events(message: &Value) -> Vec<Value> {
    let mut head = message.clone();
    head["content"] = json!([]);
    head["stop_reason"] = Value::Null;
    let mut events = vec![json!({"type": "message_start", "message": head})];
    for (index, block) in message["content"].as_array().unwrap().iter().enumerate() {
        let delta =
            |delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
        let (start, deltas) = match block["type"].as_str().unwrap() {
            "text" => {
                let citations = block["citations"].as_array().cloned().unwrap_or_default();
                let citations = citations
                    .iter()
                    .map(|it| json!({"type": "citations_delta", "citation": it}));
                let text = json!({"type": "text_delta", "text": block["text"]});
                (
                    json!({"type": "text", "text": ""}),
                    citations.chain([text]).collect(),
                )
            }
            "thinking" => (
                json!({"type": "thinking", "thinking": "", "signature": ""}),
                vec![
                    json!({"type": "thinking_delta", "thinking": block["thinking"]}),
                    json!({"type": "signature_delta", "signature": block["signature"]}),
                ],
            ),
            "server_tool_use" => {
                let mut start = block.clone();
                start["input"] = json!({});
                let input = block["input"].to_string();
                let (first, rest) = input.split_at(3);
                let part = |text: &str| json!({"type": "input_json_delta", "partial_json": text});
                (start, vec![part(first), part(rest)])
            }
            _ => (block.clone(), Vec::new()),
        };
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        events.extend(deltas.into_iter().map(delta));
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": message["stop_reason"]}, "usage": {"output_tokens": 7}}));
    events.push(json!({"type": "message_stop"}));
    events
}

/// Reads one message, as a whole or in events.
fn read(reader: &mut Reader, message: &Value, streams: bool, answer: &mut AnswerWriter) {
    if !streams {
        return reader
            .whole(&Bytes::from(message.to_string()), answer)
            .unwrap();
    }
    let mut flow = Flow::More;
    for event in events(message) {
        assert_eq!(flow, Flow::More);
        let event = NativeEvent {
            kind: EventKind::Event,
            name: None,
            data: event.to_string().into(),
        };
        flow = reader.event(&event, answer).unwrap();
    }
    assert_eq!(flow, Flow::Complete);
}

fn body_of(request: &NativeRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn told(answer: &mut AnswerWriter) -> Value {
    assert!(answer.conclude());
    serde_json::from_slice(&answer.take_bytes()).unwrap()
}

fn reader(body: &Value) -> Reader {
    let mut reader = Reader::new(Asked::default());
    reader.sent(&request(body));
    reader
}

fn writer() -> AnswerWriter {
    AnswerWriter::whole(proof::seed("anthropic"))
}

#[test]
fn a_turn_that_pauses_is_gone_on_with_until_its_end() {
    for streams in [false, true] {
        let (mut reader, mut answer) = (reader(&asked()), writer());
        let mut expected = asked();
        let mut said = Vec::new();
        for number in 0..2 {
            let message = message(&blocks(number), "pause_turn");
            read(&mut reader, &message, streams, &mut answer);
            assert!(!answer.is_finished());
            let next = reader.follow_up().unwrap();
            said.extend(blocks(number));
            expected["messages"] = saying(&json!(said));
            assert_eq!(body_of(&next), expected, "streams: {streams}");
            assert_eq!(next.path, request(&asked()).path);
        }
        read(
            &mut reader,
            &message(&blocks(2), "end_turn"),
            streams,
            &mut answer,
        );
        assert!(reader.follow_up().is_none());
        let told = told(&mut answer);
        let choice = &told["choices"][0];
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(choice["native_finish_reason"], "end_turn");
        assert_eq!(choice["message"]["content"], "part 0 part 1 part 2 ");
        let details = choice["message"]["reasoning_details"].as_array().unwrap();
        let signatures: Vec<&Value> = details.iter().map(|it| &it["signature"]).collect();
        assert_eq!(signatures, ["sig0", "sig1", "sig2"]);
        let own = &choice["message"]["provider_data"]["anthropic"];
        assert_eq!(own["blocks"].as_array().unwrap().len(), 6);
        assert_eq!(own["layout"].as_array().unwrap().len(), 12);
        assert_eq!(told["usage"]["prompt_tokens"], 45);
        assert_eq!(told["usage"]["completion_tokens"], 21);
        assert_eq!(told["usage"]["prompt_tokens_details"]["cached_tokens"], 15);
    }
}

#[test]
fn what_the_assistant_had_begun_is_gone_on_with() {
    for (begun, before) in [
        (json!("Once"), vec![json!({"type": "text", "text": "Once"})]),
        (json!(blocks(7)), blocks(7)),
    ] {
        let mut body = asked();
        body["messages"] = saying(&begun);
        let (mut reader, mut answer) = (reader(&body), writer());
        read(
            &mut reader,
            &message(&blocks(0), "pause_turn"),
            true,
            &mut answer,
        );
        let next = body_of(&reader.follow_up().unwrap());
        let all = [before, blocks(0)].concat();
        assert_eq!(next["messages"][1]["content"], json!(all));
        assert_eq!(next["messages"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn tools_go_on_in_their_container_and_empty_texts_are_not_sent() {
    let mut paused = message(&blocks(0), "pause_turn");
    paused["content"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "text", "text": ""}));
    paused["container"] = json!({"id": "container_1", "expires_at": "x"});
    for (own, expected) in [
        (Value::Null, json!("container_1")),
        (json!("container_0"), json!("container_1")),
        (
            json!({"skills": [1]}),
            json!({"skills": [1], "id": "container_1"}),
        ),
    ] {
        let mut body = asked();
        if !own.is_null() {
            body["container"] = own;
        }
        let (mut reader, mut answer) = (reader(&body), writer());
        read(&mut reader, &paused, false, &mut answer);
        let next = body_of(&reader.follow_up().unwrap());
        assert_eq!(next["container"], expected);
        assert_eq!(next["messages"][1]["content"], json!(blocks(0)));
        // It is told once.
        let mut end = message(&blocks(1), "end_turn");
        end["container"] = paused["container"].clone();
        read(&mut reader, &end, false, &mut answer);
        let own = &told(&mut answer)["choices"][0]["message"]["provider_data"]["anthropic"];
        assert_eq!(own["container"], json!([paused["container"]]));
    }
}

#[test]
fn what_cannot_be_followed_is_told_as_cut_off() {
    let mut called = blocks(0);
    called.push(json!({"type": "tool_use", "id": "t", "name": "mine", "input": {}}));
    let mut plain = asked();
    plain["tools"] = json!([{"name": "mine", "input_schema": {"title": "web_search_20250305"}}]);
    for (body, blocks, why) in [
        (plain, blocks(0), "no tools of the provider's own"),
        (asked(), called, "the client is asked for something"),
        (asked(), Vec::new(), "nothing to send back"),
    ] {
        for streams in [false, true] {
            let (mut reader, mut answer) = (reader(&body), writer());
            read(
                &mut reader,
                &message(&blocks, "pause_turn"),
                streams,
                &mut answer,
            );
            assert!(reader.follow_up().is_none(), "{why}");
            let told = told(&mut answer);
            assert_eq!(told["choices"][0]["finish_reason"], "length", "{why}");
            assert_eq!(told["choices"][0]["native_finish_reason"], "pause_turn");
        }
    }
}

#[test]
fn a_turn_that_pauses_for_ever_is_cut_off_and_keeps_what_it_said() {
    let (mut reader, mut answer) = (reader(&asked()), writer());
    let mut rounds = 0;
    loop {
        read(
            &mut reader,
            &message(&blocks(rounds), "pause_turn"),
            true,
            &mut answer,
        );
        if reader.follow_up().is_none() {
            break;
        }
        rounds += 1;
    }
    assert_eq!(rounds, 8);
    let told = told(&mut answer);
    assert_eq!(told["choices"][0]["finish_reason"], "length");
    let text = told["choices"][0]["message"]["content"].as_str().unwrap();
    assert_eq!(text.matches("part").count(), 9);
    assert_eq!(told["usage"]["completion_tokens"], 63);
}

#[test]
fn where_the_rest_is_not_to_be_had_the_answer_ends_as_far_as_it_came() {
    let (mut reader, mut answer) = (reader(&asked()), writer());
    assert!(!reader.give_up(&mut answer), "nothing was said yet");
    read(
        &mut reader,
        &message(&blocks(0), "pause_turn"),
        false,
        &mut answer,
    );
    reader.follow_up().unwrap();
    assert!(reader.follow_up().is_none(), "it is asked for once");
    assert!(reader.give_up(&mut answer) && !reader.give_up(&mut answer));
    let answered = told(&mut answer);
    assert_eq!(answered["choices"][0]["finish_reason"], "length");
    assert_eq!(answered["choices"][0]["native_finish_reason"], "pause_turn");
    assert_eq!(answered["choices"][0]["message"]["content"], "part 0 ");
    // Once the rest has begun, an answer that breaks is broken.
    let (mut reader, mut answer) = (self::reader(&asked()), writer());
    read(
        &mut reader,
        &message(&blocks(0), "pause_turn"),
        true,
        &mut answer,
    );
    reader.follow_up().unwrap();
    let begins = &events(&message(&blocks(1), "end_turn"))[0];
    let begins = NativeEvent {
        kind: EventKind::Event,
        name: None,
        data: begins.to_string().into(),
    };
    reader.event(&begins, &mut answer).unwrap();
    assert!(!reader.give_up(&mut answer));
}
