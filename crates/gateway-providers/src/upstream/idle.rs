//! Bytes that nobody looks into, and that must not fall silent for ever all the same.

use std::time::Duration;

use futures::{StreamExt, stream};
use gateway_client::transport::{ByteStream, TransportError, TransportErrorKind};
use tokio::time::timeout;

/// The body, which ends with an error ([`TransportErrorKind::BodyTimeout`]) once it was silent for so long. Only the time
/// in which somebody waits for a piece counts.
pub(crate) fn not_silent(body: ByteStream, idle: Duration) -> ByteStream {
    stream::unfold(Some(body), move |body| async move {
        let mut body = body?;
        match timeout(idle, body.next()).await {
            Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
            Err(_) => {
                let silent = format!("silent for {idle:?}");
                let error = TransportError::new(TransportErrorKind::BodyTimeout, silent);
                Some((Err(error), None))
            }
        }
    })
    .boxed()
}
