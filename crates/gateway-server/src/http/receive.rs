//! Step 1 of a request's path: the body, bounded in size and time before anybody looks at it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use gateway_client::transport::{TransportError, TransportErrorKind};
use http::{HeaderMap, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout};

use super::{
    body_memory::{Arrived, BodyShare},
    error::{ApiError, ErrorKind},
};

/// Bounds of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes that are taken. Default 32 MiB.
    pub max_bytes: usize,
    /// The longest silence between two pieces. Default 15 s.
    pub idle: Duration,
}

/// Below this pace a body is taken for an attempt to hold a place, once the client has been waited for long enough.
const LEAST_BYTES_PER_SECOND: u64 = 1024;
/// How long a client is waited for in all before its pace counts.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most room that is made for a body because of its announced length alone. Only what has arrived is counted, so that
/// nobody takes all memory by announcing; and so what is made beyond that must be little for each connection.
const MAX_ROOM: usize = 256 * 1024;

/// Refuses a body by its head alone: coded, or longer than the limit.
///
/// # Errors
/// 415 and 413.
pub fn check_head(headers: &HeaderMap, limits: BodyLimits) -> Result<(), ApiError> {
    let coding = headers
        .get(header::CONTENT_ENCODING)
        .map(http::HeaderValue::as_bytes);
    if coding.is_some_and(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"))
    {
        let message =
            "Compressed request bodies are not taken. Send the body without `content-encoding`.";
        return Err(
            ApiError::new(ErrorKind::UnsupportedMediaType, message).param("content-encoding")
        );
    }
    match content_length(headers) {
        Some(length) if length > limits.max_bytes as u64 => Err(too_large(limits)),
        _ => Ok(()),
    }
}

/// The announced length.
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers
        .get(header::CONTENT_LENGTH)?
        .to_str()
        .ok()?
        .parse()
        .ok()
}

/// Refuses a content type that is not JSON.
///
/// `curl -d` says `application/x-www-form-urlencoded` unless told otherwise, and the documents that this
/// gateway fulfils hold such lines, so that type is read as JSON too. A browser can send it across sites
/// without asking, so with an `Origin` it is refused.
///
/// # Errors
/// 415.
pub fn check_json_type(headers: &HeaderMap) -> Result<(), ApiError> {
    let media_type = media_type(headers);
    let curl =
        media_type == "application/x-www-form-urlencoded" && !headers.contains_key(header::ORIGIN);
    if media_type.is_empty() || names_json(&media_type) || curl {
        return Ok(());
    }
    let message = "This endpoint takes `content-type: application/json`.";
    Err(ApiError::new(ErrorKind::UnsupportedMediaType, message).param("content-type"))
}

/// Whether the content type says that the body is JSON, where it could also be a form.
pub fn is_json(headers: &HeaderMap) -> bool {
    names_json(&media_type(headers))
}

fn names_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// The content type without its parameters, in lower case; empty where there is none.
fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE);
    let text = value.and_then(|value| value.to_str().ok());
    let media_type = text.unwrap_or_default().split(';').next();
    media_type.unwrap_or_default().trim().to_ascii_lowercase()
}

/// Reads a whole body. Its share of the memory is to be kept for as long as the body is.
///
/// # Errors
/// 413 over the limit, 408 when it stops coming, 400 when it breaks off, 503 when there is no memory for it.
pub async fn read_whole(
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
    share: BodyShare,
) -> Result<(Bytes, BodyShare), ApiError> {
    check_head(headers, limits)?;
    let announced = content_length(headers)
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or_default();
    let mut arriving = Arriving {
        is_gathered: true,
        ..Arriving::new(body, limits, share)
    };
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(piece) = arriving.next().await? {
        // One piece is the common case and is not copied.
        if whole.is_empty() && joined.is_empty() {
            whole = piece;
            continue;
        }
        if joined.is_empty() {
            joined.reserve(announced.min(MAX_ROOM).max(whole.len() + piece.len()));
            joined.extend_from_slice(&std::mem::take(&mut whole));
        }
        joined.extend_from_slice(&piece);
    }
    let whole = if joined.is_empty() {
        whole
    } else {
        joined.freeze()
    };
    Ok((whole, arriving.share))
}

/// A body as it arrives, held to its limits: size, silence, pace, and its share of the memory.
#[derive(Debug)]
pub struct Arriving {
    body: Body,
    limits: BodyLimits,
    share: BodyShare,
    received: usize,
    /// As it was announced.
    body_length: Option<u64>,
    /// Whether it is held until it is whole. What flows is never much at one time, however long it is.
    is_gathered: bool,
    /// How long the client was waited for; what the gateway itself or an upstream takes does not count.
    waited: Duration,
}

impl Arriving {
    /// A body of which nothing has been read.
    pub fn new(body: Body, limits: BodyLimits, share: BodyShare) -> Self {
        Self {
            body_length: body.size_hint().exact(),
            is_gathered: false,
            body,
            limits,
            share,
            received: 0,
            waited: Duration::ZERO,
        }
    }

    /// The next piece of a body that is passed on: what came before it is not held any more.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn pass(&mut self) -> Result<Option<Bytes>, ApiError> {
        self.share.give_back();
        self.next().await
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// 413 over the limit, 408 when it does not come in time, 400 when the client broke off, 503 when there is no
    /// memory for it.
    pub async fn next(&mut self) -> Result<Option<Bytes>, ApiError> {
        loop {
            let asked = Instant::now();
            let Ok(frame) = timeout(self.limits.idle, self.body.frame()).await else {
                return Err(too_slow("The request's body stopped arriving."));
            };
            self.waited += asked.elapsed();
            match frame {
                None => return Ok(None),
                Some(Err(error)) => return Err(broken_off(&error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data()
                        && !data.is_empty()
                    {
                        self.count(data.len())?;
                        return Ok(Some(data));
                    }
                }
            }
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.received = self.received.saturating_add(bytes);
        if self.received > self.limits.max_bytes {
            return Err(too_large(self.limits));
        }
        let expected = self.waited.as_secs() * LEAST_BYTES_PER_SECOND;
        if self.waited > PATIENCE && (self.received as u64) < expected {
            return Err(too_slow("The request's body arrives too slowly."));
        }
        let arrived = Arrived {
            bytes: self.received,
            announced: self.body_length,
        };
        let arrived = if self.is_gathered {
            arrived
        } else {
            Arrived::ALL
        };
        self.share.grow(bytes, arrived)
    }
}

/// What was wrong with a body that was already on its way to an upstream, which only sees it end too soon.
#[derive(Debug, Clone, Default)]
pub struct Refusal(Arc<Mutex<Option<ApiError>>>);

impl Refusal {
    /// The error, if the body had one. It is given once.
    pub fn take(&self) -> Option<ApiError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps an error for the caller, and gives one for the transport.
    pub fn keep(&self, error: ApiError) -> TransportError {
        let code = error.code();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        TransportError::new(TransportErrorKind::RequestBody, code)
    }
}

fn too_slow(message: &'static str) -> ApiError {
    ApiError::new(ErrorKind::RequestTimeout, message)
}

fn broken_off(error: &axum::Error) -> ApiError {
    let message = "The request's body broke off before its end.";
    ApiError::new(ErrorKind::InvalidRequest, message).detail(error.to_string())
}

/// 413, naming the limit.
pub fn too_large(limits: BodyLimits) -> ApiError {
    let message = format!(
        "The body is larger than {} bytes, the most that this gateway takes. Send less, or raise `limits.max_request_body`.",
        limits.max_bytes
    );
    ApiError::new(ErrorKind::RequestTooLarge, message)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures::stream;

    use super::{super::body_memory::BodyMemory, *};

    /// One piece of so many bytes every ten seconds.
    fn body(pieces: usize, bytes: usize) -> Body {
        let pieces = stream::unfold(pieces, move |left| async move {
            let left = left.checked_sub(1)?;
            tokio::time::sleep(Duration::from_secs(10)).await;
            Some((Ok::<_, Infallible>(vec![b'x'; bytes]), left))
        });
        Body::from_stream(pieces)
    }

    async fn read(body: Body) -> Result<usize, &'static str> {
        let limits = BodyLimits {
            max_bytes: 100_000,
            idle: Duration::from_secs(15),
        };
        let share = Arc::new(BodyMemory::default()).share(1_000_000);
        let whole = read_whole(&HeaderMap::new(), body, limits, share).await;
        whole
            .map(|(bytes, _)| bytes.len())
            .map_err(|error| error.code())
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_is_refused_and_a_slow_body_is_not() {
        let began = Instant::now();
        assert_eq!(read(body(1000, 1)).await, Err("request_timeout"));
        assert!(began.elapsed() < Duration::from_secs(60));
        assert_eq!(read(body(8, 11_000)).await, Ok(88_000));
        assert_eq!(read(body(10, 11_000)).await, Err("request_too_large"));
        assert_eq!(read(body(3, 1)).await, Ok(3));
    }
}
