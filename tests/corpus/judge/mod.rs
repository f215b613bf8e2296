//! What the client got, held against what was recorded. Every judge gives the list of what is wrong; none is good.

mod chat;
mod error;
mod list;
mod passed;
mod vectors;

use gateway_testkit::{Response, sse};
use serde_json::Value;

pub(crate) use self::{
    chat::{chat, faulted},
    error::error,
    list::list,
    passed::{passed, passed_chat},
    vectors::{ranking, vectors},
};
use crate::told::Told;

/// What is wrong, one sentence each.
pub(crate) type Problems = Vec<String>;

/// An event stream as a client reads it.
pub(crate) struct Events {
    /// The data of every event but `[DONE]`.
    pub(crate) data: Vec<String>,
    pub(crate) chunks: Vec<Value>,
    /// How many `[DONE]`s there were.
    pub(crate) dones: usize,
    /// The error that the last event tells.
    pub(crate) error: Option<Value>,
}

impl Events {
    /// Reads a stream; what no client could read is a problem.
    pub(crate) fn read(response: &Response, problems: &mut Problems) -> Self {
        let mut data = Vec::new();
        let (mut dones, mut last_is_done) = (0, false);
        for item in sse::items(&response.body) {
            match item {
                sse::Item::Comment(_) => {}
                sse::Item::Broken(text) => problems.push(format!("a broken block in the stream: {}", short(&text))),
                sse::Item::Event { data: text, .. } => {
                    last_is_done = text == "[DONE]";
                    dones += usize::from(last_is_done);
                    if !last_is_done {
                        data.push(text);
                    }
                }
            }
        }
        if dones > 0 && !last_is_done {
            problems.push("something follows [DONE]".to_owned());
        }
        let chunks: Vec<Value> = data
            .iter()
            .map(|text| {
                serde_json::from_str(text).unwrap_or_else(|error| {
                    problems.push(format!("an event is no JSON ({error}): {}", short(text)));
                    Value::Null
                })
            })
            .collect();
        let error = chunks.last().map(|chunk| chunk["error"].clone()).filter(|error| !error.is_null());
        Self { data, chunks, dones, error }
    }

    pub(crate) fn told(&self) -> Told {
        Told::chunks(&self.chunks)
    }
}

/// A text that is not too long to be shown.
pub(crate) fn short(text: &str) -> String {
    const ROOM: usize = 240;
    let shown: String = text.chars().take(ROOM).collect();
    if shown.len() == text.len() { shown } else { format!("{shown}… ({} bytes)", text.len()) }
}

/// A problem where the two differ.
pub(crate) fn compare(problems: &mut Problems, what: &str, wanted: &str, told: &str) {
    if wanted == told {
        return;
    }
    let same = wanted.bytes().zip(told.bytes()).take_while(|(a, b)| a == b).count();
    let from = |text: &str| short(&String::from_utf8_lossy(text.as_bytes().get(same.saturating_sub(20)..).unwrap_or_default()));
    problems.push(format!("{what} differs from byte {same} on: recorded {:?}, told {:?}", from(wanted), from(told)));
}

/// A success, or what it is instead.
pub(crate) fn is_success(response: &Response, problems: &mut Problems) -> bool {
    if response.status() != 200 {
        problems.push(format!("status {} instead of 200: {}", response.status(), short(&response.text())));
        return false;
    }
    true
}
