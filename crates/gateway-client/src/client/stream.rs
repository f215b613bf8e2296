//! A streamed answer as a typed stream that knows whether it is complete.

use std::{
    collections::BTreeSet,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use futures::{FutureExt as _, Stream, StreamExt as _, stream::BoxStream};
use http::HeaderMap;

use super::{
    ClientError,
    events::{Said, StreamItem, read_frame},
    exchange::{Limits, next_chunk},
};
use crate::{
    sse::{Frame, FrameSplitter},
    transport::{ByteStream, TransportResponse},
};

/// The pieces of a streamed answer, in order.
///
/// It ends without an error only if the answer is complete: every answer that began got its `finish_reason`, or
/// the server sent `[DONE]` after at least one piece. A stream that just stops ends with
/// [`ClientError::Truncated`]; an error inside the stream ends it with [`ClientError::Api`]. Nothing comes after
/// an error. Dropping the stream cancels the request.
pub struct AnswerStream<T> {
    headers: HeaderMap,
    inner: BoxStream<'static, Result<T, ClientError>>,
}

impl<T: StreamItem> AnswerStream<T> {
    pub(super) fn new(response: TransportResponse, limits: Limits) -> Self {
        let reader = Reader {
            body: Some(response.body),
            splitter: FrameSplitter::new(limits.max_answer_bytes),
            progress: Progress::default(),
            headers: response.headers.clone(),
            limits,
        };
        let inner = futures::stream::unfold(Some(reader), |reader| async move {
            let mut reader = reader?;
            match reader.next().await {
                Ok(item) => item.map(|item| (Ok(item), Some(reader))),
                Err(error) => Some((Err(error), None)),
            }
        });
        Self {
            headers: response.headers,
            inner: inner.boxed(),
        }
    }
}

impl<T> AnswerStream<T> {
    /// The headers of the response, such as `x-request-id`.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl<T> Stream for AnswerStream<T> {
    type Item = Result<T, ClientError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.inner.poll_next_unpin(cx)
    }
}

impl<T> fmt::Debug for AnswerStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerStream").finish_non_exhaustive()
    }
}

/// Reads pieces off the wire.
struct Reader {
    /// `None` once it has ended.
    body: Option<ByteStream>,
    splitter: FrameSplitter,
    progress: Progress,
    headers: HeaderMap,
    limits: Limits,
}

impl Reader {
    /// The next piece, or `None` when the answer is complete.
    async fn next<T: StreamItem>(&mut self) -> Result<Option<T>, ClientError> {
        while let Some(frame) = self.next_frame().await? {
            match read_frame::<T>(frame, &self.headers)? {
                Said::Nothing => {}
                Said::Done => {
                    self.let_the_connection_rest();
                    return self.progress.end(true);
                }
                Said::Item(item) => {
                    self.progress.note(&item);
                    return Ok(Some(item));
                }
            }
        }
        self.progress.end(false)
    }

    async fn next_frame(&mut self) -> Result<Option<Frame>, ClientError> {
        loop {
            if let Some(frame) = self.splitter.next_frame()? {
                return Ok(Some(frame));
            }
            let Some(body) = &mut self.body else {
                return Ok(self.splitter.finish());
            };
            match next_chunk(body, &self.limits).await {
                Ok(Some(chunk)) => self.splitter.push(chunk),
                Ok(None) => self.body = None,
                // Whatever breaks after the last word takes nothing from the answer.
                Err(_) if self.progress.is_complete() => self.body = None,
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads the end of the body where it is there already, so that the connection can be used again.
    fn let_the_connection_rest(&mut self) {
        if let Some(mut body) = self.body.take() {
            let _ = body.next().now_or_never();
        }
    }
}

/// Which answers have begun and ended.
#[derive(Debug, Default)]
struct Progress {
    open: BTreeSet<u32>,
    ended: BTreeSet<u32>,
    any: bool,
}

impl Progress {
    fn note(&mut self, item: &impl StreamItem) {
        self.any = true;
        for (index, ends) in item.answers() {
            if ends {
                self.open.remove(&index);
                self.ended.insert(index);
            } else if !self.ended.contains(&index) {
                self.open.insert(index);
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.open.is_empty() && !self.ended.is_empty()
    }

    fn end<T>(&self, said_done: bool) -> Result<Option<T>, ClientError> {
        let complete = self.is_complete() || (said_done && self.any);
        if complete {
            Ok(None)
        } else {
            Err(ClientError::Truncated)
        }
    }
}
