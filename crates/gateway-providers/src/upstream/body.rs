//! Reading an upstream's body, bounded in size and time.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use gateway_client::transport::{ByteStream, TransportError, TransportErrorKind};
use tokio::time::{Instant, timeout_at};

use crate::{Fault, FaultKind};

/// The largest error body in bytes that is passed on.
pub(crate) const MAX_ERROR: usize = 1 << 20;

/// The whole body.
///
/// # Errors
/// `TooLarge` above the limit, `Truncated` where the body broke off, `Deadline` when time is up.
pub(crate) async fn read(
    mut body: ByteStream,
    limit: usize,
    deadline: Instant,
) -> Result<Bytes, Fault> {
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(piece) = next(&mut body, deadline, FaultKind::Deadline).await? {
        if first.len() + joined.len() + piece.len() > limit {
            return Err(Fault::new(
                FaultKind::TooLarge,
                format!("a body of more than {limit} bytes"),
            ));
        }
        if first.is_empty() && joined.is_empty() {
            first = piece;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&piece);
        }
    }
    Ok(if joined.is_empty() {
        first
    } else {
        joined.freeze()
    })
}

async fn next(
    body: &mut ByteStream,
    deadline: Instant,
    late: FaultKind,
) -> Result<Option<Bytes>, Fault> {
    match timeout_at(deadline, body.next()).await {
        Ok(None) => Ok(None),
        Ok(Some(Ok(piece))) => Ok(Some(piece)),
        Ok(Some(Err(error))) => Err(Fault::new(FaultKind::Truncated, error.to_string())),
        Err(_) => Err(Fault::new(late, "the body did not come in time")),
    }
}

/// What a body turns out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sniffed {
    /// An event stream, or nothing at all, or something that only a guard can judge.
    Events,
    /// One JSON value.
    Json,
    /// Neither: the page of some proxy.
    Other,
}

/// Looks at where a body begins, since content types lie, and gives the body back whole. What is `declared` to be
/// an event stream is taken for one unless it is plainly something else.
pub(crate) async fn sniff(
    mut body: ByteStream,
    declared: bool,
    deadline: Instant,
) -> Result<(Sniffed, ByteStream), Fault> {
    let mut seen = Vec::new();
    let mut bytes = 0;
    loop {
        let piece = match timeout_at(deadline, body.next()).await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok((Sniffed::Events, stream::iter(seen).boxed())),
            Err(_) => {
                return Err(Fault::new(
                    FaultKind::FirstTokenTimeout,
                    "no first byte in time",
                ));
            }
        };
        let kind = piece
            .as_ref()
            .map_or(Some(Sniffed::Events), |piece| kind_of(piece, declared));
        bytes += piece.as_ref().map_or(0, Bytes::len);
        seen.push(piece);
        if let Some(kind) = kind {
            return Ok((kind, stream::iter(seen).chain(body).boxed()));
        }
        if bytes > MAX_ERROR {
            return Err(Fault::new(FaultKind::TooLarge, "nothing but white space"));
        }
    }
}

/// How the lines of event streams begin; a lone colon begins a comment.
const EVENT_LINES: &[&[u8]] = &[b"data", b"event", b"id", b"retry", b":", b"\xEF\xBB\xBF"];

/// `None` while there is white space only.
fn kind_of(piece: &[u8], declared: bool) -> Option<Sniffed> {
    let start = piece.trim_ascii_start();
    // A piece can end in the middle of the first word.
    let begins = |word: &&[u8]| start.starts_with(word) || word.starts_with(start);
    match start.first()? {
        b'{' | b'[' => Some(Sniffed::Json),
        b'<' => Some(Sniffed::Other),
        _ if declared || EVENT_LINES.iter().any(begins) => Some(Sniffed::Events),
        _ => Some(Sniffed::Other),
    }
}

/// What a transport error before the body means; `None` where the caller's own body was at fault.
pub(crate) fn fault_before_body(error: &TransportError, late: FaultKind) -> Option<Fault> {
    let kind = match error.kind {
        TransportErrorKind::Dns => FaultKind::Dns,
        TransportErrorKind::Connect => FaultKind::Unreachable,
        TransportErrorKind::ConnectTimeout => FaultKind::ConnectTimeout,
        TransportErrorKind::Tls => FaultKind::Tls,
        TransportErrorKind::HeadTimeout => late,
        TransportErrorKind::Protocol => FaultKind::Protocol,
        TransportErrorKind::RequestBody => return None,
        _ => FaultKind::Reset,
    };
    Some(Fault::new(kind, error.to_string()))
}
