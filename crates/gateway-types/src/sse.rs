//! One event of a server-sent event stream, as the types of the contract see it.
//!
//! Spec: <https://html.spec.whatwg.org/multipage/server-sent-events.html>

use serde::de::DeserializeOwned;

/// The data that ends a stream of chat or completion chunks.
pub const DONE: &str = "[DONE]";

wire_object! {
    /// One event, with its fields decoded.
    ///
    /// ```
    /// # fn main() -> Result<(), serde_json::Error> {
    /// use gateway_types::{chat::ChatChunk, sse::SseEvent};
    /// let event = SseEvent::new(r#"{"choices":[{"index":0,"delta":{"content":"hi"}}]}"#);
    /// assert_eq!(event.json::<ChatChunk>()?.text().as_deref(), Some("hi"));
    /// assert_eq!(SseEvent::done().to_string(), "data: [DONE]\n\n");
    /// # Ok(()) }
    /// ```
    pub struct SseEvent {
        required {
            /// The data; several `data:` lines are joined with line feeds.
            data: String,
        }
        optional {
            /// The event's name. OpenAI's chat streams have none.
            event: String => with_event,
            /// The event's id.
            id: String => with_id,
        }
    }
}

impl SseEvent {
    /// An event without name and id.
    pub fn new(data: impl Into<String>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// The event that ends a stream of chat or completion chunks.
    pub fn done() -> Self {
        Self::new(DONE)
    }

    /// Whether this ends a stream of chat or completion chunks.
    pub fn is_done(&self) -> bool {
        self.data.trim() == DONE
    }

    /// The data, parsed.
    ///
    /// # Errors
    /// When it is not JSON or does not fit `T`; `[DONE]` is not JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.data)
    }
}

/// The event as it stands on the wire, with the empty line that ends it.
///
/// A line break in `event` or `id` would begin a field of its own, so it is left out there; in
/// `data` each line becomes a `data:` line.
impl std::fmt::Display for SseEvent {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (name, field) in [("event", &self.event), ("id", &self.id)] {
            if let Some(value) = field.as_deref() {
                writeln!(out, "{name}: {}", value.replace(['\r', '\n', '\0'], ""))?;
            }
        }
        for line in self.data.replace("\r\n", "\n").split(['\n', '\r']) {
            writeln!(out, "data: {line}")?;
        }
        writeln!(out)
    }
}
