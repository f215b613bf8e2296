//! The id of an answer that a later request may go on from, read in passing: nothing is held back for it.

use bytes::Bytes;
use futures::StreamExt;
use gateway_providers::{ReplyBody, call::EventBatch};
use memchr::memmem;

/// How far from the beginning the id is looked for. OpenAI's answers begin with it, and so does the first event.
const WITHIN: usize = 1024;

/// The longest id that is remembered.
const LONGEST: usize = 256;

/// Calls with the id of the answer, at once or when it comes by.
pub(super) fn when_known(body: ReplyBody, known: impl FnOnce(&[u8]) + Send + 'static) -> ReplyBody {
    match body {
        ReplyBody::Whole { bytes, usage } => {
            if let Some(id) = id(&bytes) {
                known(id);
            }
            ReplyBody::Whole { bytes, usage }
        }
        ReplyBody::Events(events) => {
            let mut known = Some(known);
            let events = events.inspect(move |batch| {
                let Ok(EventBatch { bytes, events, .. }) = batch else {
                    return;
                };
                // It is in the first event or nowhere.
                if let Some(known) = known.take_if(|_| *events > 0)
                    && let Some(id) = id(bytes)
                {
                    known(id);
                }
            });
            ReplyBody::Events(events.boxed())
        }
        ReplyBody::Binary(stream) => ReplyBody::Binary(stream),
    }
}

/// The text of the first member `id`.
fn id(answer: &Bytes) -> Option<&[u8]> {
    let start = answer.get(..answer.len().min(WITHIN))?;
    let at = memmem::find(start, b"\"id\"")?;
    let value = start.get(at + 4..)?.trim_ascii_start().strip_prefix(b":")?;
    let value = value.trim_ascii_start().strip_prefix(b"\"")?;
    let end = memchr::memchr2(b'"', b'\\', value)?;
    let is_plain = value.get(end) == Some(&b'"') && (1..=LONGEST).contains(&end);
    value.get(..end).filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use gateway_providers::{Fault, FaultKind};

    use super::*;

    #[test]
    fn the_first_id_is_read_and_what_is_none_is_not() {
        let read = |text: &str| id(&Bytes::copy_from_slice(text.as_bytes())).map(<[u8]>::to_vec);
        assert_eq!(
            read(r#"{"id":"resp_1","output":[{"id":"msg_1"}]}"#).as_deref(),
            Some(&b"resp_1"[..])
        );
        assert_eq!(read("{ \"id\" :\n \"r\" }").as_deref(), Some(&b"r"[..]));
        for none in [
            r#"{"id":7}"#,
            r#"{"id":""}"#,
            r#"{"id":"a\u0041"}"#,
            r#"{"id":"cut"#,
            "{}",
            "",
        ] {
            assert_eq!(read(none), None, "{none}");
        }
        assert_eq!(
            read(&format!("{}{}", " ".repeat(WITHIN), r#"{"id":"x"}"#)),
            None
        );
        assert_eq!(
            read(&format!(r#"{{"id":"{}"}}"#, "x".repeat(LONGEST + 1))),
            None
        );
    }

    #[tokio::test]
    async fn a_streams_first_event_tells_and_every_byte_goes_on() {
        let batch = |text: &'static str, events| EventBatch {
            bytes: Bytes::from_static(text.as_bytes()),
            events,
            usage: None,
        };
        let events = || {
            vec![
                Ok(batch(": comment\n\n", 0)),
                Ok(batch(
                    "data: {\"type\":\"response.created\",\"response\":{\"id\":\"resp_1\"}}\n\n",
                    1,
                )),
                Ok(batch("data: {\"item\":{\"id\":\"msg_1\"}}\n\n", 1)),
                Err(Fault::new(FaultKind::Reset, "scripted")),
            ]
        };
        let heard: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let ears = Arc::clone(&heard);
        let body = ReplyBody::Events(futures::stream::iter(events()).boxed());
        let ReplyBody::Events(stream) =
            when_known(body, move |id| ears.lock().unwrap().push(id.to_vec()))
        else {
            panic!("a stream stays one");
        };
        let came: Vec<_> = stream.collect().await;
        assert_eq!(came.len(), 4);
        assert_eq!(came[1].as_ref().ok(), events()[1].as_ref().ok());
        assert_eq!(*heard.lock().unwrap(), [b"resp_1".to_vec()]);
    }
}
