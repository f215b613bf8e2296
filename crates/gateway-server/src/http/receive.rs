//! Step 1 of a request's path: the body, bounded in size and time before anybody looks at it.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::error::{ApiError, ErrorKind};

/// Bounds of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BodyLimits {
    /// The most bytes that are taken. Default 32 MiB.
    pub max_bytes: usize,
    /// The longest silence between two pieces. Default 15 s.
    pub idle: Duration,
}

/// After a body proved too large, this much more of it is read and thrown away, so that a client that is still
/// sending gets to read the answer instead of a broken connection.
const DISCARD_BYTES: usize = 64 * 1024 * 1024;
const DISCARD_TIME: Duration = Duration::from_secs(10);

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
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let text = value.to_str().unwrap_or_default();
    let media_type = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let json =
        media_type.is_empty() || media_type == "application/json" || media_type.ends_with("+json");
    let curl =
        media_type == "application/x-www-form-urlencoded" && !headers.contains_key(header::ORIGIN);
    if json || curl {
        return Ok(());
    }
    let message = "This endpoint takes `content-type: application/json`.";
    Err(ApiError::new(ErrorKind::UnsupportedMediaType, message).param("content-type"))
}

/// Reads a whole body.
///
/// # Errors
/// 413 over the limit, 408 when it stops coming, 400 when it breaks off.
pub async fn read_whole(
    headers: &HeaderMap,
    mut body: Body,
    limits: BodyLimits,
) -> Result<Bytes, ApiError> {
    if let Err(error) = check_head(headers, limits) {
        discard(body).await;
        return Err(error);
    }
    let announced = content_length(headers)
        .and_then(|length| usize::try_from(length).ok())
        .unwrap_or_default();
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(piece) = next_piece(&mut body, limits.idle).await? {
        if whole.len() + joined.len() + piece.len() > limits.max_bytes {
            discard(body).await;
            return Err(too_large(limits));
        }
        // One piece is the common case and is not copied.
        if whole.is_empty() && joined.is_empty() {
            whole = piece;
            continue;
        }
        if joined.is_empty() {
            joined.reserve(announced.max(whole.len() + piece.len()));
            joined.extend_from_slice(&std::mem::take(&mut whole));
        }
        joined.extend_from_slice(&piece);
    }
    Ok(if joined.is_empty() {
        whole
    } else {
        joined.freeze()
    })
}

/// The next piece of a body; `None` at its end.
///
/// # Errors
/// 408 when it does not come in time, 400 when the client broke off.
pub async fn next_piece(body: &mut Body, idle: Duration) -> Result<Option<Bytes>, ApiError> {
    loop {
        let Ok(frame) = timeout(idle, body.frame()).await else {
            let message = "The request's body stopped arriving.";
            return Err(ApiError::new(ErrorKind::RequestTimeout, message));
        };
        match frame {
            None => return Ok(None),
            Some(Err(error)) => {
                let message = "The request's body broke off before its end.";
                return Err(
                    ApiError::new(ErrorKind::InvalidRequest, message).detail(error.to_string())
                );
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// 413, naming the limit.
pub fn too_large(limits: BodyLimits) -> ApiError {
    let message = format!(
        "The body is larger than {} bytes, the most that this gateway takes. Send less, or raise `limits.max_body`.",
        limits.max_bytes
    );
    ApiError::new(ErrorKind::RequestTooLarge, message)
}

async fn discard(mut body: Body) {
    let all = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > DISCARD_BYTES {
                return;
            }
        }
    };
    // Whether it ended in time makes no difference to the answer.
    let _ = timeout(DISCARD_TIME, all).await;
}
