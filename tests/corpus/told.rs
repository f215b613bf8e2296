//! What a client finds in an answer: an accumulator of its own, written without a look at the gateway's.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A chat answer as a client has it in the end, whether it came whole or in chunks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Told {
    pub(crate) choices: BTreeMap<u64, Choice>,
    /// The last usage that is no `null`.
    pub(crate) usage: Value,
    /// How often each choice was told to have ended.
    pub(crate) ends: BTreeMap<u64, usize>,
}

/// One choice.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Choice {
    pub(crate) text: String,
    pub(crate) reasoning: String,
    /// Whether some of it is in blocks and not said beside them.
    pub(crate) said_in_blocks_only: bool,
    pub(crate) refusal: String,
    pub(crate) calls: Vec<Call>,
    pub(crate) finish: Option<String>,
    /// Blocks of thinking, parts with one index and type joined.
    pub(crate) details: Vec<Value>,
    /// `provider_data`: dialect, name, values.
    pub(crate) provider_data: BTreeMap<String, BTreeMap<String, Vec<Value>>>,
    /// Annotations, images, audio and everything else that a message holds.
    pub(crate) rest: BTreeMap<String, Vec<Value>>,
}

/// One tool call.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) arguments: String,
    pub(crate) is_custom: bool,
    pub(crate) extra_content: Value,
    index: Option<u64>,
}

impl Told {
    /// Reads a whole answer.
    pub(crate) fn whole(answer: &Value) -> Self {
        let mut told = Self { usage: answer["usage"].clone(), ..Self::default() };
        for (place, choice) in elements(&answer["choices"]).enumerate() {
            let index = choice["index"].as_u64().unwrap_or(place as u64);
            told.take_choice(index, choice, &choice["message"]);
        }
        told
    }

    /// Reads the chunks of a stream.
    pub(crate) fn chunks(chunks: &[Value]) -> Self {
        let mut told = Self::default();
        for chunk in chunks {
            for (place, choice) in elements(&chunk["choices"]).enumerate() {
                let index = choice["index"].as_u64().unwrap_or(place as u64);
                told.take_choice(index, choice, &choice["delta"]);
            }
            for usage in [&chunk["usage"], &chunk["x_groq"]["usage"]] {
                if usage.is_object() {
                    told.usage = usage.clone();
                    break;
                }
            }
        }
        told
    }

    /// Takes out the ids of calls that the upstream did not give: each answer has its own.
    pub(crate) fn forget_made_ids(&mut self, recorded: &[u8]) {
        let recorded = String::from_utf8_lossy(recorded);
        let calls = self.choices.values_mut().flat_map(|choice| &mut choice.calls);
        calls.filter(|call| !recorded.contains(&call.id)).for_each(|call| call.id.clear());
    }

    fn take_choice(&mut self, index: u64, choice: &Value, message: &Value) {
        let told = self.choices.entry(index).or_default();
        told.take(message);
        if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
            told.finish = Some(reason.to_owned());
            *self.ends.entry(index).or_default() += 1;
        } else if let Some(reason) = choice["finish_details"]["type"].as_str() {
            told.finish = Some(reason.to_owned());
        }
    }
}

impl Choice {
    fn take(&mut self, message: &Value) {
        self.take_content(&message["content"]);
        self.take_thinking(message);
        self.refusal.push_str(message["refusal"].as_str().unwrap_or_default());
        elements(&message["tool_calls"]).for_each(|call| self.take_call(call));
        // Some servers write every member that there could be, empty.
        let legacy = &message["function_call"];
        if self.calls.is_empty() && legacy["name"].as_str().is_some_and(|name| !name.is_empty()) {
            self.take_call(&json!({"index": 0, "function": legacy}));
        }
        for (dialect, names) in message["provider_data"].as_object().into_iter().flatten() {
            for (name, values) in names.as_object().into_iter().flatten() {
                let place = self.provider_data.entry(dialect.clone()).or_default().entry(name.clone()).or_default();
                place.extend(elements(values).cloned());
            }
        }
        for name in ["annotations", "images", "audio", "citations"] {
            let value = &message[name];
            let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
            let list = list.iter().filter(|value| !value.is_null()).cloned();
            self.rest.entry(name.to_owned()).or_default().extend(list);
        }
    }

    /// A text, or parts: text parts are the answer, thinking parts (Mistral) are not.
    fn take_content(&mut self, content: &Value) {
        self.text.push_str(content.as_str().unwrap_or_default());
        for part in elements(content) {
            self.text.push_str(part["text"].as_str().unwrap_or_default());
            for thought in elements(&part["thinking"]) {
                self.reasoning.push_str(thought["text"].as_str().unwrap_or_default());
            }
        }
    }

    /// Vendors that send the thinking under several names send the same text in each; some send blocks only.
    fn take_thinking(&mut self, message: &Value) {
        let details: Vec<&Value> = elements(&message["reasoning_details"]).collect();
        let in_blocks: String = details.iter().filter_map(|detail| detail["text"].as_str().or(detail["summary"].as_str())).collect();
        let said = ["reasoning_content", "reasoning"].iter().find_map(|name| message[*name].as_str().filter(|text| !text.is_empty()));
        self.reasoning.push_str(said.unwrap_or(&in_blocks));
        self.said_in_blocks_only |= said.is_none() && !in_blocks.is_empty();
        details.into_iter().for_each(|detail| self.take_detail(detail));
    }

    fn take_detail(&mut self, part: &Value) {
        let same = |block: &&mut Value| !part["index"].is_null() && block["index"] == part["index"] && block["type"] == part["type"];
        let Some(block) = self.details.iter_mut().find(same) else {
            self.details.push(part.clone());
            return;
        };
        for (name, value) in part.as_object().into_iter().flatten() {
            match (name.as_str(), value, &mut block[name.as_str()]) {
                ("text" | "summary", Value::String(more), Value::String(mine)) => mine.push_str(more),
                (_, Value::Null, _) => {}
                (_, value, place) => *place = value.clone(),
            }
        }
    }

    /// By index, else by id, else a call of its own.
    fn take_call(&mut self, call: &Value) {
        let index = call["index"].as_u64();
        let id = call["id"].as_str().filter(|id| !id.is_empty());
        let known = self.calls.iter().position(|known| match (index, id) {
            (Some(index), Some(id)) => known.index == Some(index) && (known.id.is_empty() || known.id == id),
            (Some(index), None) => known.index == Some(index),
            (None, Some(id)) => known.id == id,
            (None, None) => false,
        });
        let known = known.unwrap_or_else(|| {
            self.calls.push(Call { index, ..Call::default() });
            self.calls.len() - 1
        });
        let told = &mut self.calls[known];
        told.id = id.map_or_else(|| std::mem::take(&mut told.id), str::to_owned);
        told.is_custom |= call["type"] == "custom";
        let (name, arguments) =
            if told.is_custom { (&call["custom"]["name"], &call["custom"]["input"]) } else { (&call["function"]["name"], &call["function"]["arguments"]) };
        // Some upstreams repeat the name in every part.
        if told.name.is_empty() {
            name.as_str().unwrap_or_default().clone_into(&mut told.name);
        }
        match arguments {
            Value::String(text) => told.arguments.push_str(text),
            Value::Object(_) => told.arguments.push_str(&arguments.to_string()),
            _ => {}
        }
        if !call["extra_content"].is_null() {
            told.extra_content = call["extra_content"].clone();
        }
    }

    /// Every text that the choice holds at any depth outside of text and thinking themselves.
    pub(crate) fn carried_texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        let values = self.details.iter().chain(self.calls.iter().map(|call| &call.extra_content));
        let values = values.chain(self.provider_data.values().flat_map(BTreeMap::values).flatten());
        for value in values.chain(self.rest.values().flatten()) {
            collect_texts(value, &mut texts);
        }
        texts
    }
}

/// The elements of a list; none where it is no list.
pub(crate) fn elements(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(list) => list.iter().for_each(|value| collect_texts(value, texts)),
        Value::Object(object) => object.values().for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}
