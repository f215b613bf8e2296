//! What a model said goes out as an OpenAI message, comes back in the next request, and is what the model said.

use serde_json::{Value, json};

use super::{
    super::api::AI_STUDIO,
    Asking, bodies,
    replay::{self, CUTS},
};

/// The parts that a recorded answer has, as a client that keeps a history would send them back: pieces of text
/// joined up to the next signature, what says nothing left out.
fn parts_of(answers: &Value) -> Vec<Value> {
    let empty = Vec::new();
    let mut parts: Vec<Value> = Vec::new();
    for answer in answers.as_array().unwrap() {
        let given = answer["candidates"][0]["content"]["parts"]
            .as_array()
            .unwrap_or(&empty);
        for part in given {
            let is_text = |part: &Value| part["text"].is_string() && part["thought"] != true;
            let says_nothing = part["text"] == "" && part.get("thoughtSignature").is_none();
            if says_nothing || part["thought"] == true || part == &json!({}) {
                continue;
            }
            match parts.last_mut() {
                Some(last)
                    if is_text(last)
                        && is_text(part)
                        && last.get("thoughtSignature").is_none()
                        && part.get("thoughtSignature").is_none() =>
                {
                    let text = format!(
                        "{}{}",
                        last["text"].as_str().unwrap(),
                        part["text"].as_str().unwrap()
                    );
                    last["text"] = text.into();
                }
                _ => parts.push(part.clone()),
            }
        }
    }
    parts
}

/// A part without what differs for good reason: an id is made for a call that had none, and Google's own clients
/// write bytes in base64's other alphabet.
fn comparable(part: &Value) -> Value {
    let mut part = part.clone();
    if let Some(signature) = part["thoughtSignature"].as_str() {
        part["thoughtSignature"] = signature.replace('_', "/").replace('-', "+").into();
    }
    if let Some(call) = part.get_mut("functionCall").and_then(Value::as_object_mut) {
        if call
            .get("id")
            .is_some_and(|id| id.as_str().unwrap().starts_with("call_u_"))
        {
            call.remove("id");
        }
        if call.get("args").is_none() {
            call.insert("args".to_owned(), json!({}));
        }
    }
    part
}

fn without_thoughts(parts: &[Value]) -> Vec<Value> {
    let of_answer = parts.iter().filter(|part| part["thought"] != true);
    of_answer.map(comparable).collect()
}

#[test]
fn a_recorded_turn_comes_back_as_it_was() {
    let mut wrong = Vec::new();
    for file in replay::recordings("google.generateContent") {
        let id = file["id"].as_str().unwrap();
        let decoder = replay::decoder(replay::api_of(&file));
        let (sent, outcome) = if let Some(bytes) = replay::stream_of(&file) {
            let events = replay::events(&bytes, CUTS[0]);
            let sent = events
                .iter()
                .map(|event| serde_json::from_slice::<Value>(&event.data).unwrap());
            (sent.collect(), replay::streamed(&bytes, CUTS[0], decoder))
        } else {
            let body = &file["response"]["body"];
            (
                json!([body]),
                replay::whole(body.to_string().as_bytes(), decoder),
            )
        };
        let message = &outcome.answer["choices"][0]["message"];
        let has_audio = message["audio"].is_object();
        // Calls in pieces come back whole, and speech comes back by nothing: there is no id to name it by.
        let in_pieces = sent.to_string().contains("willContinue");
        if !message.is_object() || message["refusal"].is_string() || has_audio || in_pieces {
            continue;
        }
        let request = json!({"messages": [{"role": "user", "content": "Go on."}, message, {"role": "user", "content": "And?"}]});
        let encoded = Asking::chat("gemini-2.5-flash", &request).encode().unwrap();
        let native = bodies(&encoded).remove(0);
        let back = native["contents"][1]["parts"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let (back, was) = (without_thoughts(&back), without_thoughts(&parts_of(&sent)));
        if native["contents"].as_array().unwrap().len() == 3 && back != was {
            wrong.push(format!(
                "{id}:\n  was  {}\n  back {}",
                json!(was),
                json!(back)
            ));
        }
        let dropped: Vec<&String> = encoded
            .dropped
            .iter()
            .filter(|name| !name.ends_with("annotations"))
            .collect();
        if !dropped.is_empty() {
            wrong.push(format!("{id}: dropped {dropped:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Names in the camel case that this dialect writes; protobuf's JSON takes both.
fn camel(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                let mut words = name.split('_');
                let first = words.next().unwrap_or_default().to_owned();
                let name = words.fold(first, |name, word| {
                    let mut letters = word.chars();
                    let first = letters.next().map(|c| c.to_ascii_uppercase());
                    name + &first.into_iter().chain(letters).collect::<String>()
                });
                (name, camel(value))
            })
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(camel).collect(),
        other => other.clone(),
    }
}

/// The recorded sequences of which both turns are in the corpus: the answer of the one is in the request of the
/// next, as a client of the provider's own sent it.
#[test]
fn a_recorded_conversation_becomes_the_providers_own_history() {
    let files = replay::recordings("google.generateContent");
    let mut compared = 0;
    for file in &files {
        let Some((stem, number)) = file["id"].as_str().unwrap().rsplit_once('-') else {
            continue;
        };
        let source = stem.rsplit_once('-').unwrap().1;
        let next = number.parse::<u32>().unwrap() + 1;
        let follows = |other: &&Value| {
            other["id"]
                .as_str()
                .unwrap()
                .ends_with(&format!("{source}-{next}"))
        };
        let Some(next) = files.iter().find(follows) else {
            continue;
        };
        let Some(bytes) = replay::stream_of(file) else {
            continue;
        };
        let outcome = replay::streamed(&bytes, CUTS[0], replay::decoder(&AI_STUDIO));
        let message = &outcome.answer["choices"][0]["message"];
        let Some(calls) = message["tool_calls"].as_array() else {
            continue;
        };
        let native = camel(&next["request"]["body"]["contents"]);
        // Some clients tell a call as text; those turns are not what the model said.
        let is_call = |part: &Value| part["functionCall"].is_object();
        let has_call = |content: &Value| content["parts"].as_array().unwrap().iter().any(is_call);
        let Some(turn) = native.as_array().unwrap().iter().position(has_call) else {
            continue;
        };
        let answers = native[turn + 1]["parts"].as_array().unwrap();
        let mut messages = vec![json!({"role": "user", "content": "x"}), message.clone()];
        for (call, answer) in calls.iter().zip(answers) {
            let content = answer["functionResponse"]["response"].to_string();
            messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": content}));
        }
        let request = json!({ "messages": messages });
        let encoded = Asking::chat(
            file["model"].as_str().unwrap_or("gemini-2.5-flash"),
            &request,
        )
        .encode()
        .unwrap();
        let ours = bodies(&encoded).remove(0);
        let plain = |parts: &Value| without_thoughts(parts.as_array().unwrap());
        assert_eq!(
            plain(&ours["contents"][1]["parts"]),
            plain(&native[turn]["parts"]),
            "{stem}"
        );
        for (ours, theirs) in ours["contents"][2]["parts"]
            .as_array()
            .unwrap()
            .iter()
            .zip(answers)
        {
            assert_eq!(
                ours["functionResponse"]["name"],
                theirs["functionResponse"]["name"]
            );
            assert_eq!(
                ours["functionResponse"]["response"],
                theirs["functionResponse"]["response"]
            );
        }
        compared += 1;
    }
    assert!(
        compared > 2 || files.is_empty(),
        "only {compared} conversations"
    );
}
