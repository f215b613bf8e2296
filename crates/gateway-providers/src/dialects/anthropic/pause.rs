//! A turn that pauses: after its own tools have run for long, the model stops with `pause_turn`, and goes on when the
//! answer is sent back as it came, with the same tools.
//!
//! Spec: <https://docs.anthropic.com/en/api/handling-stop-reasons#pause-turn>
//!
//! Only a request that offers tools of the provider's own can pause. What is answered to any other is not kept.

use memchr::memmem;
use serde::Deserialize;
use serde_json::{Value, json};

use super::wire::{Delta, Object};
use crate::dialects::NativeRequest;

/// The reason for such an end.
pub(super) const PAUSE: &str = "pause_turn";

/// How often one turn is let go on. Each time the whole conversation is sent, and paid for, again.
const MOST_ROUNDS: u32 = 8;

/// How much of an answer is kept, in bytes: more cannot be sent, the API's limit for a request is 32 MB.
const MOST_KEPT: usize = 32 << 20;

/// What the type of a tool that is not the client's has in it: a date (`web_search_20250305`), or whose it is.
const SIGNS: [&[u8]; 2] = [b"_20", b"\"mcp_"];

/// What is known of a turn that may pause.
#[derive(Debug, Default)]
pub(super) struct Pause {
    /// The last request as it went out; `None` where its answer cannot be followed.
    request: Option<NativeRequest>,
    rounds: u32,
    /// The blocks of the answer as they came.
    blocks: Vec<Kept>,
    kept: usize,
    /// Where the tools ran, so that they go on there.
    container: Option<Value>,
    stage: Stage,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    /// A message is being read, or none is to come.
    #[default]
    Reading,
    /// It has paused.
    Paused,
    /// The request that goes on was made, and its answer has not begun.
    Asked,
}

#[derive(Debug)]
struct Kept {
    index: u64,
    block: Object,
    /// The input of a call, in pieces.
    input: String,
}

impl Pause {
    /// The request goes out.
    pub(super) fn sent(&mut self, request: &NativeRequest) {
        self.request = offers_own_tools(&request.body).then(|| request.clone());
    }

    /// A message begins, with its members: the first, or the one in which the turn goes on.
    pub(super) fn begin(&mut self) {
        self.stage = Stage::Reading;
    }

    /// A block begins.
    pub(super) fn begin_block(&mut self, index: u64, block: &Object) {
        if self.request.is_some() {
            self.blocks.push(Kept {
                index,
                block: block.clone(),
                input: String::new(),
            });
        }
    }

    /// More of a block.
    pub(super) fn delta(&mut self, index: u64, delta: &Delta<'_>, raw: &str) {
        if self.request.is_none() {
            return;
        }
        self.kept = self.kept.saturating_add(raw.len());
        if self.kept > MOST_KEPT {
            self.forget();
            return;
        }
        let block = self
            .blocks
            .iter_mut()
            .rev()
            .find(|kept| kept.index == index);
        if let Some(kept) = block {
            kept.grow(delta, raw);
        }
    }

    /// Members of the message that are not its content.
    pub(super) fn members(&mut self, members: &Object) {
        let id = members.get("container").and_then(|it| it.get("id"));
        if let (true, Some(id)) = (self.request.is_some(), id) {
            self.container = Some(id.clone());
        }
    }

    /// The message ends. Says whether it is gone on with.
    pub(super) fn ends(&mut self, reason: &str, has_calls: bool) -> bool {
        let goes_on = reason == PAUSE
            && !has_calls
            && self.request.is_some()
            && self.rounds < MOST_ROUNDS
            && !self.blocks.is_empty();
        if goes_on {
            self.stage = Stage::Paused;
        } else {
            self.forget();
        }
        goes_on
    }

    /// Whether what goes on has not begun.
    pub(super) fn waits(&self) -> bool {
        self.stage != Stage::Reading
    }

    /// The request that goes on, of a turn that has paused.
    pub(super) fn follow_up(&mut self) -> Option<NativeRequest> {
        if self.stage != Stage::Paused {
            return None;
        }
        let mut request = self.request.take()?;
        let mut body: Object = serde_json::from_slice(&request.body).ok()?;
        let blocks = std::mem::take(&mut self.blocks).into_iter();
        let blocks = blocks.map(Kept::whole).filter(|block| !is_empty(block));
        say(&mut body, blocks.map(Value::Object).collect())?;
        if let Some(id) = self.container.take() {
            go_on_in(&mut body, id);
        }
        request.body = serde_json::to_vec(&body).ok()?.into();
        self.rounds += 1;
        self.kept = 0;
        self.stage = Stage::Asked;
        self.request = Some(request.clone());
        Some(request)
    }

    /// Nothing goes on any more.
    pub(super) fn forget(&mut self) {
        *self = Self {
            rounds: self.rounds,
            ..Self::default()
        };
    }
}

impl Kept {
    fn grow(&mut self, delta: &Delta<'_>, raw: &str) {
        let texts = [
            ("text", &delta.text),
            ("thinking", &delta.thinking),
            ("signature", &delta.signature),
        ];
        for (name, more) in texts {
            if let Some(more) = more.as_deref().filter(|more| !more.is_empty()) {
                append(&mut self.block, name, more);
            }
        }
        self.input
            .push_str(delta.partial_json.as_deref().unwrap_or_default());
        if &*delta.kind == "citations_delta" {
            let mut delta: Object = serde_json::from_str(raw).unwrap_or_default();
            let list = self.block.entry("citations").or_insert(Value::Null);
            if list.is_null() {
                *list = json!([]);
            }
            if let (Some(list), Some(citation)) = (list.as_array_mut(), delta.remove("citation")) {
                list.push(citation);
            }
        }
    }

    fn whole(mut self) -> Object {
        if !self.input.is_empty() {
            let input = serde_json::from_str(&self.input).unwrap_or(Value::String(self.input));
            self.block.insert("input".to_owned(), input);
        }
        self.block
    }
}

fn append(block: &mut Object, name: &str, more: &str) {
    match block.get_mut(name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => {
            block.insert(name.to_owned(), more.into());
        }
    }
}

/// An empty text, which is refused in a request.
fn is_empty(block: &Object) -> bool {
    let is = |name: &str, text: &str| block.get(name).is_some_and(|value| value == text);
    is("type", "text") && is("text", "")
}

/// Adds to what the assistant has said: to its last message where that stands at the end, else as a new one.
fn say(body: &mut Object, mut blocks: Vec<Value>) -> Option<()> {
    let messages = body.get_mut("messages")?.as_array_mut()?;
    let last = messages
        .last_mut()
        .filter(|last| last["role"] == "assistant");
    let Some(content) = last.and_then(|last| last.get_mut("content")) else {
        messages.push(json!({"role": "assistant", "content": blocks}));
        return Some(());
    };
    match content {
        Value::Array(said) => said.append(&mut blocks),
        said => {
            let text = json!({"type": "text", "text": said.take()});
            blocks.insert(0, text);
            *said = blocks.into();
        }
    }
    Some(())
}

fn go_on_in(body: &mut Object, id: Value) {
    match body.get_mut("container") {
        Some(Value::Object(container)) => {
            container.insert("id".to_owned(), id);
        }
        _ => {
            body.insert("container".to_owned(), id);
        }
    }
}

/// Whether it offers tools that are not the client's. A body without a sign of one is not parsed.
fn offers_own_tools(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Offer {
        #[serde(default)]
        tools: Vec<Tool>,
    }
    #[derive(Deserialize)]
    struct Tool {
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    if !SIGNS.iter().any(|sign| memmem::find(body, sign).is_some()) {
        return false;
    }
    let offer: Option<Offer> = serde_json::from_slice(body).ok();
    let is_own = |tool: &Tool| tool.kind.as_ref().is_some_and(|kind| kind != "custom");
    offer.is_some_and(|offer| offer.tools.iter().any(is_own))
}
