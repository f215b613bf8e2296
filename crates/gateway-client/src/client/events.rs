//! From a frame to an event of a known type.

use bytes::Bytes;
use eventsource_stream::{Event, EventStream};
use futures::{FutureExt as _, StreamExt as _, stream};
use gateway_types::{Extra, chat::ChatChunk, completions::CompletionResponse, sse::DONE};
use http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    ClientError,
    error::{ApiError, error_object},
    exchange::unexpected,
};
use crate::sse::Frame;

/// What a stream consists of.
pub trait StreamItem: DeserializeOwned + Send + 'static {
    /// For each answer that this piece belongs to: its place, and whether it ends here.
    fn answers(&self) -> impl Iterator<Item = (u32, bool)>;

    /// Fields that the contract does not know; an error may be among them.
    fn extra(&self) -> &Extra;
}

impl StreamItem for ChatChunk {
    fn answers(&self) -> impl Iterator<Item = (u32, bool)> {
        self.choices
            .iter()
            .map(|choice| (choice.index, choice.finish_reason.is_value()))
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }
}

impl StreamItem for CompletionResponse {
    fn answers(&self) -> impl Iterator<Item = (u32, bool)> {
        self.choices
            .iter()
            .map(|choice| (choice.index, choice.finish_reason.is_value()))
    }

    fn extra(&self) -> &Extra {
        &self.extra
    }
}

/// What one frame says.
#[derive(Debug)]
pub(super) enum Said<T> {
    /// Nothing: a comment, a keep-alive.
    Nothing,
    /// The stream's end.
    Done,
    /// A piece of the answer.
    Item(T),
}

/// Reads one frame.
pub(super) fn read_frame<T: StreamItem>(
    frame: Frame,
    headers: &HeaderMap,
) -> Result<Said<T>, ClientError> {
    let Some(data) = frame.data else {
        return if frame.stray {
            Err(not_an_event(frame.raw, headers))
        } else {
            Ok(Said::Nothing)
        };
    };
    let event = checked_event(&data, frame.event.as_deref())
        .ok_or_else(|| unexpected("an event is no event", data.clone()))?;
    if event.data.is_empty() {
        return Ok(Said::Nothing);
    }
    if event.data.trim() == DONE {
        return Ok(Said::Done);
    }
    if event.event == "error" {
        return Err(error_event(data, headers));
    }
    read_item(data, headers).map(Said::Item)
}

/// The event of a frame that the splitter has found whole and within the limit. The parser is given nothing but
/// that one event in its plainest form: text, LF, one blank line at the end.
fn checked_event(data: &[u8], event: Option<&[u8]>) -> Option<Event> {
    let data = std::str::from_utf8(data).ok()?;
    let event = std::str::from_utf8(event.unwrap_or_default()).ok()?;
    let mut text = String::with_capacity(data.len() + event.len() + 32);
    for (name, value) in [("event", event), ("data", data)] {
        for line in value.split('\n') {
            text.extend([name, ": ", line, "\n"]);
        }
    }
    text.push('\n');
    let whole = stream::iter([Ok::<_, std::convert::Infallible>(text)]);
    // An event without data is none to the parser.
    let parsed = EventStream::new(whole).next().now_or_never()?;
    match parsed {
        Some(parsed) => parsed.ok(),
        None => Some(Event::default()),
    }
}

fn read_item<T: StreamItem>(data: Bytes, headers: &HeaderMap) -> Result<T, ClientError> {
    match serde_json::from_slice::<T>(&data) {
        Ok(item) if item.extra().get("error").is_none_or(Value::is_null) => Ok(item),
        Ok(_) => Err(error_event(data, headers)),
        Err(source) => Err(match error_object(&data) {
            Some(error) => ApiError::in_band(error, headers, data).into(),
            None => ClientError::Decode { source, body: data },
        }),
    }
}

/// An event that says it is an error, in whatever form.
fn error_event(data: Bytes, headers: &HeaderMap) -> ClientError {
    let mut error = ApiError::from_answer(http::StatusCode::OK, headers, data);
    if let Some(message) = flat_message(&error.body) {
        error.error.message = message;
    }
    error.into()
}

/// The message of `{"message":"..."}`, which is an error only because the event's name says so.
fn flat_message(data: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(data).ok()?;
    value.get("message")?.as_str().map(str::to_owned)
}

/// Lines that belong to no event: an error as bare JSON, or a page.
fn not_an_event(raw: Bytes, headers: &HeaderMap) -> ClientError {
    match error_object(&raw) {
        Some(error) => ApiError::in_band(error, headers, raw).into(),
        None => unexpected("a line of the stream is no event", raw),
    }
}
