//! What is broken is mended, and nothing else is touched.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Mender, pass_delta, pass_message, whole};
use crate::peek::Cursor;

fn events(events: &[&str]) -> Vec<String> {
    let mut mender = Mender::default();
    let mut finished = 0;
    events
        .iter()
        .map(|event| {
            let mended = mender
                .event(event.as_bytes(), finished)
                .apply(event.as_bytes());
            if event.contains("\"finish_reason\":\"") {
                finished |= 1;
            }
            String::from_utf8(mended.into_owned()).unwrap()
        })
        .collect()
}

#[test]
fn a_choice_ends_once() {
    let told = events(&[
        r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#,
        r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""}, "finish_reason" : "stop"}],"usage":{"total_tokens":1}}"#,
        r#"{"object":"chat.completion.chunk","choices":[{"index":1,"delta":{},"finish_reason":"stop"}]}"#,
    ]);
    assert!(told[1].contains(r#""finish_reason":"stop""#));
    assert_eq!(
        told[2],
        r#"{"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":""}, "finish_reason" : null}],"usage":{"total_tokens":1}}"#
    );
    assert!(told[3].contains(r#""finish_reason":"stop""#));
}

#[test]
fn calls_without_an_index_get_one() {
    let delta = |calls: &str| {
        format!(
            r#"{{"object":"chat.completion.chunk","choices":[{{"index":0,"delta":{{"tool_calls":{calls}}}}}]}}"#
        )
    };
    let mended = |sent: &[&str]| {
        let sent: Vec<String> = sent.iter().map(|calls| delta(calls)).collect();
        let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
        let indices = |event: &String| {
            let event: Value = serde_json::from_str(event).unwrap();
            let calls = event["choices"][0]["delta"]["tool_calls"]
                .as_array()
                .cloned();
            calls
                .unwrap_or_default()
                .iter()
                .map(|call| call["index"].as_u64().unwrap())
                .collect::<Vec<_>>()
        };
        events(&sent).iter().map(indices).collect::<Vec<_>>()
    };
    // Mistral: whole calls, several in one delta; the same id goes on.
    assert_eq!(
        mended(&[
            r#"[{"id":"a","function":{"name":"x","arguments":"{}"}},{"id":"b","function":{"name":"y","arguments":""}}]"#,
            r#"[{"id":"b","function":{"arguments":"{}"}}]"#,
        ]),
        [vec![0, 1], vec![1]]
    );
    // Gemini's compatible endpoint: an empty id each time.
    assert_eq!(
        mended(&[
            r#"[{"id":"","function":{"name":"x","arguments":"{}"}}]"#,
            r#"[{"id":"","function":{"name":"y","arguments":"{}"}}]"#,
        ]),
        [vec![0], vec![1]]
    );
    // An index that is null, and one that counts from 3: clients count from 0.
    assert_eq!(
        mended(&[
            r#"[{"index":null,"id":"a","function":{"name":"x"}}]"#,
            r#"[{"index":3,"id":"b","function":{"name":"y"}}]"#,
            r#"[{"index":3,"function":{"arguments":"{}"}}]"#,
        ]),
        [vec![0], vec![1], vec![1]]
    );
    // Every call at index 0: another id and a name make it another call.
    assert_eq!(
        mended(&[
            r#"[{"index":0,"id":"a","function":{"name":"x","arguments":"{}"}}]"#,
            r#"[{"index":0,"id":"b","function":{"name":"x","arguments":"{}"}}]"#,
        ]),
        [vec![0], vec![1]]
    );
    let odd = delta("null");
    assert_eq!(events(&[&odd]), std::slice::from_ref(&odd));
}

#[test]
fn what_names_a_call_is_told_once() {
    let part = |call: &str| {
        format!(
            r#"{{"object":"chat.completion.chunk","choices":[{{"index":0,"delta":{{"tool_calls":[{call}]}}}}]}}"#
        )
    };
    let sent = [
        r#"{"index":0,"id":"a","type":"function","function":{"name":"get_","arguments":""}}"#,
        r#"{"index":0,"id":"a","type":null,"function":{"name":"time","arguments":"{"}}"#,
        r#"{"index":0,"id":"a","type":"function","function":{"name":"get_time","arguments":"}"}}"#,
    ]
    .map(part);
    let told = events(&sent.each_ref().map(String::as_str));
    assert_eq!(told[0], sent[0]);
    assert_eq!(
        told[1],
        part(
            r#"{"index":0,"id":null,"type":"function","function":{"name":"time","arguments":"{"}}"#
        )
    );
    assert_eq!(
        told[2],
        part(r#"{"index":0,"id":null,"type":"function","function":{"name":null,"arguments":"}"}}"#)
    );
}

#[test]
fn a_chunk_has_what_every_chunk_has() {
    for (sent, told) in [
        (
            r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"a"}}]}"#,
        ),
        (
            r#"{"choices":[{"delta":{}}],"object":"chat.completion.done"}"#,
            r#"{"choices":[{"delta":{}}],"object":"chat.completion.chunk"}"#,
        ),
        // Its only choice says how it ended, and nothing else.
        (
            r#"{"object":"chat.completion","choices":[{"index":0,"finish_reason":"stop"}]}"#,
            r#"{"object":"chat.completion.chunk","choices":[{"delta":{},"index":0,"finish_reason":"stop"}]}"#,
        ),
        (
            r#"{ "object":"chat.completion.chunk","usage":{}}"#,
            r#"{"choices":[], "object":"chat.completion.chunk","usage":{}}"#,
        ),
        (
            r#"{"object":"chat.completion.chunk","choices":null}"#,
            r#"{"object":"chat.completion.chunk","choices":[]}"#,
        ),
        (
            r#"{"object":"","choices":[{"index":0,"content_filter_results":{}}]}"#,
            r#"{"object":"","choices":[{"delta":{},"index":0,"content_filter_results":{}}]}"#,
        ),
        (
            r#"{"object":"chat.completion.chunk","choices":[{"delta":null},{}]}"#,
            r#"{"object":"chat.completion.chunk","choices":[{"delta":{}},{}]}"#,
        ),
        // Text completions are none, and what says nothing of itself is left alone.
        (
            r#"{"object":"text_completion","choices":[{"text":"a"}]}"#,
            r#"{"object":"text_completion","choices":[{"text":"a"}]}"#,
        ),
        (r#"{"id":"x"}"#, r#"{"id":"x"}"#),
    ] {
        assert_eq!(events(&[sent]), [told], "{sent}");
    }
}

#[test]
fn entries_of_lists_that_grow_are_counted_through() {
    let event = |notes: &str| {
        format!(
            r#"{{"object":"chat.completion.chunk","choices":[{{"index":0,"delta":{{"annotations":{notes}}}}}]}}"#
        )
    };
    let sent = [r#"[{"type":"x"},{"type":"y"}]"#, r#"[{"type":"z"},{},5]"#].map(event);
    assert_eq!(
        events(&sent.each_ref().map(String::as_str)),
        [
            event(r#"[{"index":0,"type":"x"},{"index":1,"type":"y"}]"#),
            event(r#"[{"index":2,"type":"z"},{},5]"#),
        ]
    );
    let counted = event(r#"[{"index":7,"type":"x"}]"#);
    assert_eq!(events(&[&counted]), std::slice::from_ref(&counted));
}

#[test]
fn content_in_parts_becomes_a_string_and_thinking_beside_it() {
    let answer = r#"{"id":"c","n":1e2,"choices":[{"index":0,"message":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"a \"b\""}],"tool_calls":null}}]}"#;
    let mended = String::from_utf8(whole(answer.as_bytes()).into_owned()).unwrap();
    assert_eq!(
        mended,
        r#"{"id":"c","n":1e2,"choices":[{"index":0,"message":{"role":"assistant","content":"a \"b\"","reasoning_content":"hm","tool_calls":null}}]}"#
    );
    let other = r#"{"object":"chat.completion.chunk","choices":[{"delta":{"content":[{"type":"reference","ids":[1]},"plain"]}}]}"#;
    assert_eq!(
        events(&[other]),
        [
            r#"{"object":"chat.completion.chunk","choices":[{"delta":{"content":"plain","content_parts":[{"type":"reference","ids":[1]},"plain"]}}]}"#
        ]
    );
}

#[test]
fn the_first_look_finds_what_may_need_a_second() {
    for (part, expected) in [
        (r#"{"content":"a"}"#, false),
        (r#"{"content":"say \"tool_calls\""}"#, false),
        (r#"{"content": [ ]}"#, true),
        (r#"{"role":"assistant","tool_calls":[]}"#, true),
        (r#"{"annotations":[{"type":"url_citation"}]}"#, true),
        (r#"{"tool_calls":null,"refusal":null}"#, false),
        ("null", false),
    ] {
        let look = pass_delta(&mut Cursor::new(part.as_bytes()));
        assert_eq!(look, Ok(expected), "{part}");
    }
}

#[test]
fn in_a_whole_answer_only_the_content_may_need_it() {
    for (part, expected) in [
        (
            r#"{"content":"a","annotations":[],"tool_calls":[{}]}"#,
            false,
        ),
        (r#"{"\u0063ontent":[{"type":"text"}]}"#, true),
    ] {
        let look = pass_message(&mut Cursor::new(part.as_bytes()));
        assert_eq!(look, Ok(expected), "{part}");
    }
}

proptest! {
    /// Answers of the contract keep every byte, however odd their texts.
    #[test]
    fn what_is_in_order_is_not_touched(text in ".*", thought in ".*", index in 0_u32..3) {
        let call = json!({"index": 0, "id": text, "function": {"name": thought, "arguments": text}});
        let event = json!({"object": "chat.completion.chunk", "choices": [{"index": index, "delta": {
            "content": text, "reasoning": thought, "tool_calls": [call],
        }, "finish_reason": "stop"}]}).to_string();
        prop_assert!(Mender::default().event(event.as_bytes(), 0).is_empty());
        let answer = json!({"choices": [{"index": 0, "message": {"content": text}}]}).to_string();
        prop_assert!(matches!(whole(answer.as_bytes()), std::borrow::Cow::Borrowed(_)));
    }

    /// Whatever comes, it is read without a panic, and JSON stays JSON.
    #[test]
    fn anything_is_survived(text in "\\PC{0,80}", cut in 0_usize..200) {
        let event = json!({"choices": [{"delta": {"content": [text], "tool_calls": [{"id": text}, 5, {}]}, "finish_reason": text}]});
        let event = event.to_string();
        let mended = Mender::default().event(event.as_bytes(), 1).apply(event.as_bytes()).into_owned();
        prop_assert!(serde_json::from_slice::<Value>(&mended).is_ok());
        let cut = event.as_bytes().get(..cut.min(event.len())).unwrap_or_default();
        let _ = Mender::default().event(cut, 1).apply(cut);
    }
}
