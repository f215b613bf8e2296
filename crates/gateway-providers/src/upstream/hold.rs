//! Holding a stream's head back until its first valid event is there.

use std::{future::Future, time::Duration};

use futures::StreamExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::time::{Instant, timeout_at};

use crate::{CallError, Fault, FaultKind, Reply, ReplyBody};

/// The content type of a stream of events.
pub(crate) const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");

/// The reply that `opening` gives, or after the time of `hold` a stream that will have it: what goes wrong later is told inside
/// of it.
pub(crate) async fn hold(
    hold: Duration,
    opening: impl Future<Output = Result<Reply, CallError>> + Send + 'static,
) -> Result<Reply, CallError> {
    let held_until = Instant::now() + hold;
    let mut opening = Box::pin(opening);
    match timeout_at(held_until, &mut opening).await {
        Ok(reply) => reply,
        Err(_) => Ok(Reply {
            status: StatusCode::OK,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, EVENT_STREAM)]),
            body: ReplyBody::Events(
                futures::stream::once(opening)
                    .flat_map(|reply| late_events(reply).boxed())
                    .boxed(),
            ),
        }),
    }
}

/// The events of a reply whose head the client has got already.
fn late_events(reply: Result<Reply, CallError>) -> crate::EventStream {
    let fault = match reply {
        Ok(Reply {
            body: ReplyBody::Events(events),
            ..
        }) => return events,
        Ok(_) => Fault::new(
            FaultKind::InvalidResponse,
            "a whole answer, too late to be given as one",
        ),
        Err(CallError::Fault(fault)) => *fault,
        Err(CallError::Translate(error)) => Fault::new(FaultKind::Reset, error.to_string()),
    };
    futures::stream::iter([Err(fault)]).boxed()
}
