//! Made-up answers with the quirks of real ones, quirk by quirk: what recordings that nobody gave us will hold.
//!
//! The quirks were seen in real traffic or stand in a provider's documents; the words are ours. A sample is a
//! recording like any other, and is judged as one.

mod anthropic;
mod aws;
mod bedrock;
mod cohere_ollama;
mod errors;
mod gemini;
mod openai;
mod responses;

use gateway_testkit::upstream::{BodyFraming, RecordedReply};
use serde_json::{Value, json};

use crate::recording::Recording;

/// Every sample.
pub(crate) fn all() -> Vec<Recording> {
    [openai::samples(), anthropic::samples(), gemini::samples(), bedrock::samples(), cohere_ollama::samples(), responses::samples(), errors::samples()].concat()
}

/// A sample of an answer that is a success, apart from its body.
fn sample(quirk: &str, provider: &str, dialect: &str, facts: Value) -> Recording {
    Recording {
        id: format!("sample: {provider}: {quirk}"),
        provider: provider.to_owned(),
        dialect: dialect.to_owned(),
        model: "some-model".to_owned(),
        streaming: false,
        features: Vec::new(),
        request: Value::Null,
        reply: RecordedReply { status: 200, headers: Vec::new(), body: "".into(), framing: BodyFraming::Whole },
        facts,
    }
}

impl Recording {
    fn model(mut self, model: &str) -> Self {
        model.clone_into(&mut self.model);
        self
    }

    fn feature(mut self, feature: &str) -> Self {
        self.features.push(feature.to_owned());
        self
    }

    /// The answer is this JSON.
    fn whole(self, body: &Value) -> Self {
        self.body("application/json", BodyFraming::Whole, body.to_string().into())
    }

    /// The answer is an event stream, given as it stands on the wire.
    fn raw_events(mut self, text: &str) -> Self {
        self.streaming = true;
        self.body("text/event-stream", BodyFraming::EventStream, text.as_bytes().to_vec())
    }

    /// The answer is an event stream with these data.
    fn events(self, data: &[Value]) -> Self {
        let text: String = data.iter().map(|data| data.as_str().map_or_else(|| format!("data: {data}\n\n"), |text| format!("data: {text}\n\n"))).collect();
        self.raw_events(&text)
    }

    /// The answer is an event stream whose events are named after their `type`.
    fn named_events(self, data: &[Value]) -> Self {
        let text: String = data.iter().map(|data| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or("?"))).collect();
        self.raw_events(&text)
    }

    /// The answer is one JSON value a line.
    fn lines(mut self, lines: &[Value]) -> Self {
        self.streaming = true;
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        self.body("application/x-ndjson", BodyFraming::Lines, text.into())
    }

    fn body(mut self, content_type: &str, framing: BodyFraming, body: Vec<u8>) -> Self {
        self.reply.headers.push(("content-type".to_owned(), content_type.to_owned()));
        self.reply.framing = framing;
        self.reply.body = body.into();
        self
    }
}

/// The facts of one choice with text.
fn said(text: &str, finish: &str, usage: &Value) -> Value {
    json!({"choices": [{"text": text, "finish": finish}], "usage": usage})
}
