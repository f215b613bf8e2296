//! One request and its answer, before any type is known.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use http::{HeaderMap, HeaderValue, Method, header::ACCEPT};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use super::{
    Client, ClientError,
    error::{ApiError, error_object},
};
use crate::{
    sse::FrameError,
    transport::{ByteStream, RequestBody, TransportRequest, TransportResponse},
};

/// What the client waits for, and how much it accepts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) head_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) max_answer_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            head_timeout: Duration::from_mins(10),
            idle_timeout: Duration::from_mins(5),
            max_answer_bytes: 64 << 20,
        }
    }
}

impl Client {
    /// Posts JSON and reads JSON.
    pub(super) async fn post_json<T: DeserializeOwned>(
        &self,
        url: Url,
        request: &(impl Serialize + Sync),
    ) -> Result<T, ClientError> {
        let body = encode(request)?;
        self.read_json(self.send(Method::POST, url, body, JSON).await?)
            .await
    }

    /// Gets JSON.
    pub(super) async fn get_json<T: DeserializeOwned>(&self, url: Url) -> Result<T, ClientError> {
        self.read_json(
            self.send(Method::GET, url, RequestBody::Empty, JSON)
                .await?,
        )
        .await
    }

    /// Posts JSON and gives the answer once it is clear that it is a stream.
    pub(super) async fn post_for_stream(
        &self,
        url: Url,
        request: &(impl Serialize + Sync),
    ) -> Result<TransportResponse, ClientError> {
        let body = encode(request)?;
        let response = self.send(Method::POST, url, body, EVENT_STREAM).await?;
        if is_event_stream(&response.headers) {
            return Ok(response);
        }
        let TransportResponse { headers, body, .. } = response;
        let body = read_body(body, &self.limits).await?;
        Err(match error_object(&body) {
            Some(error) => ApiError::in_band(error, &headers, body).into(),
            None => unexpected(
                "an event stream was asked for, and something else came",
                body,
            ),
        })
    }

    /// Sends, and turns an error status into an error.
    async fn send(
        &self,
        method: Method,
        url: Url,
        body: RequestBody,
        accept: &'static str,
    ) -> Result<TransportResponse, ClientError> {
        let mut headers = self.headers.clone();
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let head_timeout = Some(self.limits.head_timeout);
        let request = TransportRequest {
            method,
            url,
            headers,
            body,
            head_timeout,
        };
        let response = self.transport.send(request).await?;
        if response.status.is_success() {
            return Ok(response);
        }
        let TransportResponse {
            status,
            headers,
            body,
        } = response;
        // The status says enough where the body cannot be read.
        let body = read_body(body, &self.limits).await.unwrap_or_default();
        Err(ApiError::from_answer(status, &headers, body).into())
    }

    async fn read_json<T: DeserializeOwned>(
        &self,
        response: TransportResponse,
    ) -> Result<T, ClientError> {
        let TransportResponse { headers, body, .. } = response;
        let body = read_body(body, &self.limits).await?;
        serde_json::from_slice(&body).map_err(|source| match error_object(&body) {
            Some(error) => ApiError::in_band(error, &headers, body).into(),
            None => ClientError::Decode { source, body },
        })
    }
}

const JSON: &str = "application/json";
const EVENT_STREAM: &str = "text/event-stream";

fn encode(request: &impl Serialize) -> Result<RequestBody, ClientError> {
    serde_json::to_vec(request)
        .map(|body| RequestBody::Full(body.into()))
        .map_err(ClientError::Encode)
}

/// A server that names no type gets the benefit of the doubt.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(http::header::CONTENT_TYPE) else {
        return true;
    };
    let kind = kind.as_bytes();
    kind.get(..EVENT_STREAM.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(EVENT_STREAM.as_bytes()))
}

pub(super) fn unexpected(what: &str, body: Bytes) -> ClientError {
    let source = serde::de::Error::custom(what);
    ClientError::Decode { source, body }
}

/// The whole body, within the limits.
async fn read_body(mut body: ByteStream, limits: &Limits) -> Result<Bytes, ClientError> {
    let Some(first) = next_chunk(&mut body, limits).await? else {
        return Ok(Bytes::new());
    };
    let mut whole = BytesMut::new();
    let mut last = first;
    loop {
        if whole.len() + last.len() > limits.max_answer_bytes {
            let limit = limits.max_answer_bytes;
            return Err(FrameError::TooLarge { limit }.into());
        }
        let next = next_chunk(&mut body, limits).await?;
        match next {
            None if whole.is_empty() => return Ok(last),
            None => {
                whole.extend_from_slice(&last);
                return Ok(whole.freeze());
            }
            Some(next) => {
                whole.extend_from_slice(&last);
                last = next;
            }
        }
    }
}

/// The next piece, or `None` at the end.
pub(super) async fn next_chunk(
    body: &mut ByteStream,
    limits: &Limits,
) -> Result<Option<Bytes>, ClientError> {
    let after = limits.idle_timeout;
    match tokio::time::timeout(after, body.next()).await {
        Ok(chunk) => Ok(chunk.transpose()?),
        Err(_) => Err(ClientError::Stalled { after }),
    }
}
