//! The demo engine where a network would be.

use std::vec;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, future, stream};
use gateway_client::transport::{
    ByteStream, RequestBody, Transport, TransportError, TransportErrorKind, TransportRequest,
    TransportResponse,
};
use http::header::CONTENT_TYPE;

use super::{
    DemoConfig,
    engine::{self, DemoAnswer, DemoRequest, Ending, Piece},
};

/// The largest request that is read, in bytes.
const LARGEST_REQUEST: usize = 64 << 20;

/// A [`Transport`] that reaches nothing but the demo engine: only the path of the URL counts.
#[derive(Debug, Clone, Default)]
pub struct DemoTransport {
    config: DemoConfig,
}

impl DemoTransport {
    /// A transport with these settings.
    pub fn new(config: DemoConfig) -> Self {
        Self { config }
    }
}

#[async_trait]
impl Transport for DemoTransport {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let body = read(request.body).await?;
        let content_type = request
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let request = DemoRequest {
            method: &request.method,
            path: request.url.path(),
            content_type,
            body: &body,
        };
        let DemoAnswer {
            status,
            headers,
            script,
            ending,
        } = engine::serve(request, &self.config);
        Ok(TransportResponse {
            status,
            headers,
            body: play(script, ending),
        })
    }
}

async fn read(body: RequestBody) -> Result<Bytes, TransportError> {
    let mut stream = match body {
        RequestBody::Empty => return Ok(Bytes::new()),
        RequestBody::Full(bytes) => return Ok(bytes),
        RequestBody::Pieces(pieces) => return Ok(pieces.concat().into()),
        RequestBody::Stream { stream, .. } => stream,
    };
    let mut whole = BytesMut::new();
    while let Some(piece) = stream.next().await {
        whole.extend_from_slice(&piece?);
        if whole.len() > LARGEST_REQUEST {
            let message = format!("the demo provider reads at most {LARGEST_REQUEST} bytes");
            return Err(TransportError::new(
                TransportErrorKind::RequestBody,
                message,
            ));
        }
    }
    Ok(whole.freeze())
}

/// What is left of a script.
struct Player {
    pieces: vec::IntoIter<Piece>,
    /// `None` once it has come.
    ending: Option<Ending>,
}

/// The script as a body, with its waits.
fn play(script: Vec<Piece>, ending: Ending) -> ByteStream {
    let player = Player {
        pieces: script.into_iter(),
        ending: Some(ending),
    };
    stream::unfold(player, |mut player| async move {
        let next = player.next().await?;
        Some((next, player))
    })
    .boxed()
}

impl Player {
    async fn next(&mut self) -> Option<Result<Bytes, TransportError>> {
        if let Some(Piece { delay, bytes, .. }) = self.pieces.next() {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            return Some(Ok(bytes));
        }
        match self.ending.take()? {
            Ending::Clean => None,
            Ending::Reset => {
                let message = "the demo provider broke the connection on purpose";
                Some(Err(TransportError::new(TransportErrorKind::Body, message)))
            }
            Ending::Silence => future::pending().await,
        }
    }
}
