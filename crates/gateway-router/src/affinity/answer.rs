//! The marks of state in an answer, read in passing: nothing is held back for them, and nothing is changed.

use std::collections::VecDeque;

use futures::StreamExt;
use gateway_providers::{Operation, ReplyBody, call::EventBatch, state::marks_of_answer};

use super::key::ConversationKey;

/// How many of the last marks are known again: a stream repeats what it has told, at its end the whole answer.
const REPEATED: usize = 8;

/// Calls with the key of each mark, at once or when it comes by. `speaker` is what the keys are made from.
pub(super) fn with_marks(
    body: ReplyBody,
    operation: Operation,
    speaker: ConversationKey,
    mut visit: impl FnMut(ConversationKey) + Send + 'static,
) -> ReplyBody {
    match body {
        ReplyBody::Whole { bytes, usage } => {
            marks_of_answer(operation, &bytes, |mark| visit(speaker.of_mark(mark)));
            ReplyBody::Whole { bytes, usage }
        }
        ReplyBody::Events(events) => {
            let mut last: VecDeque<ConversationKey> = VecDeque::new();
            let events = events.inspect(move |batch| {
                let Ok(EventBatch { bytes, .. }) = batch else {
                    return;
                };
                marks_of_answer(operation, bytes, |mark| {
                    let key = speaker.of_mark(mark);
                    if last.contains(&key) {
                        return;
                    }
                    visit(key);
                    last.truncate(REPEATED - 1);
                    last.push_front(key);
                });
            });
            ReplyBody::Events(events.boxed())
        }
        ReplyBody::Binary(stream) => ReplyBody::Binary(stream),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use gateway_providers::{Fault, FaultKind};

    use super::*;

    #[tokio::test]
    async fn marks_are_told_once_as_they_come_and_every_byte_goes_on() {
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
                Ok(batch(
                    "data: {\"item_id\":\"msg_1\",\"delta\":\"x\"}\n\ndata: {\"id\":\"resp_1\"}\n\n",
                    2,
                )),
                Ok(batch(
                    "data: {\"item\":{\"encrypted_content\":\"ENC\",\"id\":\"rs_1\"}}\n\n",
                    1,
                )),
                Err(Fault::new(FaultKind::Reset, "scripted")),
            ]
        };
        let heard: Arc<Mutex<Vec<ConversationKey>>> = Arc::default();
        let speaker = ConversationKey::new("alice", "state", b"");
        let ears = Arc::clone(&heard);
        let body = ReplyBody::Events(futures::stream::iter(events()).boxed());
        let hear = move |key| ears.lock().unwrap().push(key);
        let ReplyBody::Events(stream) = with_marks(body, Operation::Responses, speaker, hear)
        else {
            panic!("a stream stays one");
        };
        let came: Vec<_> = stream.collect().await;
        assert_eq!(came.len(), 5);
        for (came, sent) in came.iter().zip(events()) {
            assert_eq!(came.as_ref().ok(), sent.as_ref().ok());
        }
        let expected = ["resp_1", "ENC", "rs_1"].map(|it| speaker.of_mark(it.as_bytes()));
        assert_eq!(*heard.lock().unwrap(), expected);
    }
}
