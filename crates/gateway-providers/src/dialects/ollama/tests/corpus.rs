//! Every recording is read in every cut, and what an independent reader found in it is there.

use serde_json::{Value, json};

use super::bench;
use crate::{
    Operation,
    dialects::proof::{Outcome, Recording, found, recordings},
    framing::Framing,
};

/// Recordings of the completion endpoint, another protocol: its answers have a `response` and no message.
const NOT_OURS: &str = "ollama.generate";

/// What the reader found, in the form in which [`found`] says it.
fn expected(facts: &Value) -> Value {
    let choice = &facts["choices"][0];
    let text = |name: &str| choice[name].as_str().unwrap_or_default().to_owned();
    let calls = choice["tool_calls"].as_array().cloned().unwrap_or_default();
    let finish = match choice["finish"].as_str() {
        Some("stop") if !calls.is_empty() => "tool_calls",
        Some("stop") => "stop",
        Some("length") => "length",
        other => panic!("a reason that no recording had: {other:?}"),
    };
    // A call without an id gets one.
    let calls = calls.into_iter().enumerate().map(|(index, mut call)| {
        if call["id"].is_null() {
            call["id"] = format!("call_u_0_{index}").into();
        }
        call
    });
    json!({
        "text": text("text"),
        "reasoning": text("reasoning"),
        "tool_calls": calls.collect::<Vec<_>>(),
        "finish": finish,
    })
}

fn read(recording: &Recording) -> Vec<Outcome> {
    bench().read_recording(Framing::Lines, recording)
}

#[test]
fn chats_say_what_was_found_in_them() {
    for recording in recordings(&["ollama.chat"]) {
        let id = &recording.id;
        if recording.status != 200 {
            bench().check_error(&recording, "error");
            continue;
        }
        for outcome in read(&recording) {
            if recording.has("truncated_stream") || recording.has("mid_stream_error") {
                assert_eq!(outcome.answer, Value::Null, "{id} ended as a success");
                continue;
            }
            assert!(outcome.fault.is_none(), "{id}: {:?}", outcome.fault);
            assert_eq!(found(&outcome.answer), expected(&recording.facts), "{id}");
            let used = &outcome.answer["usage"];
            let count = |name: &str| recording.facts["usage"][name].as_u64().unwrap_or_default();
            assert_eq!(used["prompt_tokens"], count("prompt_eval_count"), "{id}");
            assert_eq!(used["completion_tokens"], count("eval_count"), "{id}");
            assert_ne!(outcome.answer["model"], "asked", "{id}");
        }
    }
}

#[test]
fn lists_of_models_have_names_and_times() {
    let bench = bench();
    for recording in recordings(&["ollama.models"]) {
        let native: Value = serde_json::from_slice(&recording.answer).unwrap();
        let page = bench
            .dialect
            .models_page(&bench.settings, &recording.answer.into());
        let page = page.unwrap();
        let names = native["models"].as_array().unwrap();
        assert_eq!(page.models.len(), names.len());
        for (model, native) in page.models.iter().zip(names) {
            let told: Value = serde_json::from_slice(model.object.bytes()).unwrap();
            assert_eq!(
                (&told["id"], &told["digest"]),
                (&native["name"], &native["digest"])
            );
            assert!(told["created"].as_i64().unwrap() > 1_700_000_000, "{told}");
        }
    }
}

#[test]
fn what_is_not_our_protocol_is_the_completion_and_nothing_else() {
    for recording in recordings(&["ollama.chat", "ollama.models", NOT_OURS]) {
        let is_other = recording.id.contains(".generate");
        assert_eq!(recording.dialect == NOT_OURS, is_other, "{}", recording.id);
    }
}

/// The requests of a conversation, asked for again in OpenAI's words, are the recorded ones.
#[test]
fn recorded_conversations_come_back_as_they_were() {
    let bench = bench();
    let mut count = 0;
    for recording in recordings(&["ollama.chat"]) {
        let Some(messages) = recording.request["messages"].as_array() else {
            continue;
        };
        let mut asked = Vec::new();
        for message in messages {
            asked.push(as_openai(message, &asked));
        }
        let request = json!({"model": "m", "messages": asked, "tools": recording.request["tools"]});
        let encoded = bench.encode(Operation::Chat, "m", &request).unwrap();
        let native: Value = serde_json::from_slice(&encoded.requests[0].body).unwrap();
        let told = native["messages"].as_array().unwrap();
        assert_eq!(told.len(), messages.len());
        for (told, recorded) in told.iter().zip(messages) {
            let mut recorded = recorded.clone();
            // The recorder's client writes the calls' kind, which the protocol does not have.
            for call in recorded["tool_calls"].as_array_mut().into_iter().flatten() {
                call.as_object_mut().unwrap().remove("type");
            }
            if recorded["tool_calls"].is_null() {
                recorded.as_object_mut().unwrap().remove("tool_calls");
            }
            assert_eq!(*told, recorded, "{}", recording.id);
        }
        count += 1;
    }
    assert!(count > 5 || std::env::var_os("GATEWAY_CORPUS").is_none());
}

/// A recorded message as an OpenAI client sends it.
fn as_openai(native: &Value, before: &[Value]) -> Value {
    let mut message = native.clone();
    let object = message.as_object_mut().unwrap();
    if let Some(thinking) = object.remove("thinking") {
        object.insert("reasoning_content".to_owned(), thinking);
    }
    for (index, call) in native["tool_calls"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        object["tool_calls"][index] = json!({
            "id": format!("c{}_{index}", before.len()), "type": "function",
            "function": {"name": call["function"]["name"], "arguments": call["function"]["arguments"].to_string()}
        });
    }
    if let Some(name) = object.remove("tool_name") {
        let calls = before
            .iter()
            .flat_map(|message| message["tool_calls"].as_array());
        let call = calls
            .flatten()
            .rfind(|call| call["function"]["name"] == name);
        object.insert("tool_call_id".to_owned(), call.unwrap()["id"].clone());
    }
    message
}
