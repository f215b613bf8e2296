//! Thought signatures as reasoning details, both ways.
//!
//! A signature is opaque state of the model's thinking that must come back on the part it came on. It goes out as
//! a detail of the type `reasoning.encrypted` and the format `google-gemini-v1`, with the signature in `data` and
//! the place in `part`: `text` with `start` and `end` (bytes of the message's content), or `image` with `at` (the
//! place among the message's images). A detail whose `id` is a call's belongs to that call, as OpenRouter tells
//! it. A signed thought is a detail of the type `reasoning.text`.
//!
//! Spec: <https://ai.google.dev/gemini-api/docs/thought-signatures>.

use gateway_types::chat::ReasoningDetail;
use serde_json::Value;

pub(super) const FORMAT: &str = "google-gemini-v1";
const ENCRYPTED: &str = "reasoning.encrypted";
const TEXT: &str = "reasoning.text";
const SUMMARY: &str = "reasoning.summary";

/// A detail of this protocol.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Detail {
    pub(super) place: Place,
    pub(super) signature: Option<String>,
}

/// Where a signature stood.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On a thought, with its text.
    Thought(String),
    /// On these bytes of the text.
    Text { start: usize, end: usize },
    /// On this one of the images.
    Image(usize),
    /// On the call with this id.
    Call(String),
    /// Nobody says.
    Unknown,
}

impl Detail {
    /// Reads a detail; `None` for one of another protocol.
    pub(super) fn read(detail: ReasoningDetail) -> Option<Self> {
        let kind = detail.kind.as_deref()?;
        let is_thought = kind == TEXT || kind == SUMMARY;
        let is_own = match detail.format.as_deref() {
            Some(format) => format == FORMAT,
            // A thought without any state is everybody's.
            None => is_thought && !detail.signature.is_value(),
        };
        if !is_own {
            return None;
        }
        if is_thought {
            let text = detail.text.into_option().or(detail.summary.into_option());
            return Some(Self {
                place: Place::Thought(text.unwrap_or_default()),
                signature: detail.signature.into_option(),
            });
        }
        if kind != ENCRYPTED {
            return None;
        }
        Some(Self {
            place: place(&detail),
            signature: detail.data.into_option().filter(|data| !data.is_empty()),
        })
    }
}

impl Detail {
    /// The text of a thought.
    pub(super) fn thought(&self) -> Option<&str> {
        match &self.place {
            Place::Thought(text) => Some(text),
            _ => None,
        }
    }
}

fn place(detail: &ReasoningDetail) -> Place {
    let number = |name: &str| {
        let number = detail.extra.get(name).and_then(Value::as_u64)?;
        usize::try_from(number).ok()
    };
    match detail.extra.get("part").and_then(Value::as_str) {
        Some("text") => match (number("start"), number("end")) {
            (Some(start), Some(end)) => Place::Text { start, end },
            _ => Place::Unknown,
        },
        Some("image") => number("at").map_or(Place::Unknown, Place::Image),
        _ => detail
            .id
            .as_deref()
            .map_or(Place::Unknown, |id| Place::Call(id.to_owned())),
    }
}

/// The detail of a signed thought; `index` is its place among the choice's details.
pub(super) fn thought(index: u64, text: &str, signature: &str) -> ReasoningDetail {
    let mut detail = detail(TEXT, index);
    detail.text = text.into();
    detail.signature = signature.into();
    detail
}

/// The detail of a signature on some of the text.
pub(super) fn on_text(index: u64, signature: &str, start: usize, end: usize) -> ReasoningDetail {
    encrypted(index, signature)
        .with_extra("part", "text")
        .with_extra("start", start)
        .with_extra("end", end)
}

/// The detail of a signature on an image.
pub(super) fn on_image(index: u64, signature: &str, at: usize) -> ReasoningDetail {
    encrypted(index, signature)
        .with_extra("part", "image")
        .with_extra("at", at)
}

/// The detail of a signature that stood on nothing that has a place.
pub(super) fn encrypted(index: u64, signature: &str) -> ReasoningDetail {
    let mut detail = detail(ENCRYPTED, index);
    detail.data = signature.into();
    detail
}

fn detail(kind: &str, index: u64) -> ReasoningDetail {
    let mut detail = ReasoningDetail::default();
    detail.kind = kind.into();
    detail.format = FORMAT.into();
    detail.index = gateway_types::Number::from(index).into();
    detail
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_out_comes_back() {
        let place = |detail: ReasoningDetail| Detail::read(detail).unwrap();
        assert_eq!(
            place(on_text(0, "c2ln", 3, 9)),
            Detail {
                place: Place::Text { start: 3, end: 9 },
                signature: Some("c2ln".to_owned()),
            }
        );
        assert_eq!(place(on_image(1, "c2ln", 2)).place, Place::Image(2));
        assert_eq!(place(encrypted(1, "c2ln")).place, Place::Unknown);
        assert_eq!(
            place(thought(2, "hm", "c2ln")),
            Detail {
                place: Place::Thought("hm".to_owned()),
                signature: Some("c2ln".to_owned()),
            }
        );
    }

    #[test]
    fn details_of_others_are_not_ours() {
        for text in [
            r#"{"type":"reasoning.encrypted","data":"x","format":"anthropic-claude-v1"}"#,
            r#"{"type":"reasoning.encrypted","data":"x"}"#,
            r#"{"type":"reasoning.text","text":"x","signature":"s"}"#,
            r#"{"type":"reasoning.new","format":"google-gemini-v1"}"#,
            "{}",
        ] {
            let detail: ReasoningDetail = serde_json::from_str(text).unwrap();
            assert_eq!(Detail::read(detail), None, "{text}");
        }
        let of_call = r#"{"type":"reasoning.encrypted","data":"x","id":"call_1","format":"google-gemini-v1"}"#;
        let detail = Detail::read(serde_json::from_str(of_call).unwrap()).unwrap();
        assert_eq!(detail.place, Place::Call("call_1".to_owned()));
    }
}
