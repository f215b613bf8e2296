//! The upstream's answers, rendered once: heads, bodies and events as the bytes that go out.

use std::collections::HashMap;

use bytes::Bytes;

use crate::canned::{BURST_EVENTS, CANNED, Shape};

/// What is written for one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Everything at once.
    AtOnce(Bytes),
    /// Everything, after the time that the upstream works on it.
    Slowly(Bytes),
    /// A head, then this event again and again at the pace.
    Paced {
        /// The head.
        head: Bytes,
        /// One event in its HTTP chunk.
        event: Bytes,
    },
    /// This once, then nothing.
    ThenSilence(Bytes),
}

/// The answers by model, and the list of models.
#[derive(Debug)]
pub(crate) struct Answers {
    by_model: HashMap<&'static str, Answer>,
    models: Answer,
    unknown: Answer,
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
    cache-control: no-cache\r\nopenai-processing-ms: 7\r\nx-request-id: req_canned\r\ntransfer-encoding: chunked\r\n\r\n";

impl Answers {
    /// Renders all.
    pub(crate) fn render() -> Self {
        let by_model = CANNED
            .iter()
            .map(|canned| (canned.model, answer(canned.shape)));
        let models = CANNED
            .iter()
            .map(|canned| {
                format!(
                    r#"{{"id":"{}","object":"model","created":1700000000,"owned_by":"bench"}}"#,
                    canned.model
                )
            })
            .collect::<Vec<_>>()
            .join(",");
        Self {
            by_model: by_model.collect(),
            models: Answer::AtOnce(json(
                200,
                &format!(r#"{{"object":"list","data":[{models}]}}"#),
            )),
            unknown: Answer::AtOnce(json(
                404,
                r#"{"error":{"message":"no such model","type":"invalid_request_error","param":"model","code":"model_not_found"}}"#,
            )),
        }
    }

    /// The answer to a request with this body; one without a body gets the list of models.
    pub(crate) fn to(&self, body: &[u8]) -> &Answer {
        match model_of(body) {
            None => &self.models,
            Some(model) => self.by_model.get(model).unwrap_or(&self.unknown),
        }
    }
}

/// The model, which is the first member of the requests of this bench. Its provider is taken off, so that the
/// upstream can be asked directly with the same bytes.
fn model_of(body: &[u8]) -> Option<&str> {
    let rest = body.strip_prefix(br#"{"model":""#)?;
    let end = memchr::memchr(b'"', rest)?;
    let name = std::str::from_utf8(rest.get(..end)?).ok()?;
    Some(name.rsplit('/').next().unwrap_or(name))
}

fn answer(shape: Shape) -> Answer {
    match shape {
        Shape::Whole(bytes) => Answer::AtOnce(json(200, &completion(bytes))),
        Shape::Slow(bytes) => Answer::Slowly(json(200, &completion(bytes))),
        Shape::Burst { usage_null } => Answer::AtOnce(burst(usage_null)),
        Shape::Paced => Answer::Paced {
            head: STREAM_HEAD.into(),
            event: chunk(&content(7, false)).into(),
        },
        Shape::Idle => {
            Answer::ThenSilence(format!("{STREAM_HEAD}{}", chunk(&content(0, false))).into())
        }
    }
}

fn json(status: u16, body: &str) -> Bytes {
    format!(
        "HTTP/1.1 {status} {}\r\ncontent-type: application/json\r\nopenai-processing-ms: 7\r\nx-request-id: req_canned\r\n\
         x-ratelimit-remaining-requests: 9999\r\ncontent-length: {}\r\n\r\n{body}",
        if status == 200 { "OK" } else { "Not Found" },
        body.len()
    )
    .into()
}

/// A chat completion of about this many bytes.
fn completion(bytes: usize) -> String {
    let completion = |text: &str| {
        format!(
            r#"{{"id":"chatcmpl-canned","object":"chat.completion","created":1700000000,"model":"canned-1","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"stop"}}],"usage":{{"prompt_tokens":19,"completion_tokens":10,"total_tokens":29,"prompt_tokens_details":{{"cached_tokens":0,"audio_tokens":0}},"completion_tokens_details":{{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}},"service_tier":"default","system_fingerprint":"fp_canned"}}"#
        )
    };
    let room = bytes.saturating_sub(completion("").len());
    completion(&words(room))
}

/// Text of exactly this many bytes, with an escape now and then.
pub(crate) fn words(bytes: usize) -> String {
    r"The answer is forty-two.\nSo it was said. "
        .chars()
        .cycle()
        .take(bytes)
        .collect::<String>()
        // A lone backslash at the end would take the quote that follows.
        .trim_end_matches('\\')
        .to_owned()
}

fn burst(usage_null: bool) -> Bytes {
    let mut text = STREAM_HEAD.to_owned();
    for number in 2..BURST_EVENTS {
        text.push_str(&chunk(&content(number, usage_null)));
    }
    text.push_str(&chunk(&event(
        r#"[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]"#,
        if usage_null { r#","usage":null"# } else { "" },
    )));
    text.push_str(&chunk(&event(
        "[]",
        r#","usage":{"prompt_tokens":19,"completion_tokens":98,"total_tokens":117}"#,
    )));
    text.push_str(&chunk("data: [DONE]\n\n"));
    text.push_str("0\r\n\r\n");
    text.into()
}

fn content(number: u64, usage_null: bool) -> String {
    let choices = format!(
        r#"[{{"index":0,"delta":{{"content":" word{number}"}},"logprobs":null,"finish_reason":null}}]"#
    );
    event(&choices, if usage_null { r#","usage":null"# } else { "" })
}

fn event(choices: &str, rest: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-canned\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"canned-1\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_canned\",\"choices\":{choices}{rest}}}\n\n"
    )
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoder::Decoder;

    #[test]
    fn each_answer_is_one_whole_http_response() {
        for canned in CANNED {
            let body = format!(r#"{{"model":"bench/{}","messages":[]}}"#, canned.model);
            let answers = Answers::render();
            let (bytes, whole) = match answers.to(body.as_bytes()) {
                Answer::AtOnce(bytes) | Answer::Slowly(bytes) => (bytes.clone(), true),
                Answer::Paced { head, event } => ([&head[..], &event[..]].concat().into(), false),
                Answer::ThenSilence(bytes) => (bytes.clone(), false),
            };
            let mut decoder = Decoder::default();
            decoder.push(&bytes).unwrap();
            assert_eq!(decoder.status(), Some(200), "{}", canned.model);
            assert_eq!(decoder.is_done(), whole, "{}", canned.model);
            let events = match canned.shape {
                Shape::Whole(size) | Shape::Slow(size) => {
                    let head = bytes
                        .windows(4)
                        .position(|four| four == b"\r\n\r\n")
                        .unwrap()
                        + 4;
                    let body = &bytes[head..];
                    assert!(body.len().abs_diff(size) < 2, "{}", body.len());
                    serde_json::from_slice::<serde_json::Value>(body).unwrap();
                    0
                }
                Shape::Burst { .. } => BURST_EVENTS + 1,
                Shape::Paced | Shape::Idle => 1,
            };
            assert_eq!(decoder.events(), events, "{}", canned.model);
        }
    }
}
