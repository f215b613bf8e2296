//! HTTP/1.1 without TLS, in words of our own: the way to a runtime in one's own network.
//!
//! There the gateway's own time and memory count. A general client spends more of both on an exchange than the
//! exchange itself takes: tasks and channels between a connection and its user, and room for input and output
//! that is held while nothing comes (`docs/performance.md` has the figures). Here whoever waits for an answer
//! reads it from the socket. A pool that knows which of its connections are used ones can also repeat what met a
//! connection that its server was just closing. Everything else (TLS, proxies, HTTP/2) goes through reqwest.

mod body;
mod connect;
mod exchange;
mod framing;
mod head;
mod outgoing;
mod pool;
mod wire;

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, StatusCode};
use tokio::time::timeout;
use url::{Position, Url};

use self::{
    body::Incoming,
    connect::connect,
    exchange::{Answered, Failed, exchange},
    head::Head,
    outgoing::Outgoing,
    pool::{Host, Pool},
    wire::Wire,
};
use super::{
    ByteStream, HttpTransportConfig, TransportError, TransportErrorKind, TransportRequest,
};

/// Plain connections, pooled by host. A clone shares the pool.
#[derive(Debug, Clone)]
pub(super) struct PlainClient {
    config: Arc<HttpTransportConfig>,
    pool: Arc<Pool>,
}

/// What came back.
pub(super) struct PlainResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: ByteStream,
}

impl PlainClient {
    pub(super) fn new(config: HttpTransportConfig) -> Self {
        let pool = Pool::new(config.pool_idle_timeout, config.pool_max_idle_per_host);
        Self {
            config: Arc::new(config),
            pool: Arc::new(pool),
        }
    }

    /// Whether a request to this address goes this way.
    pub(super) fn takes(&self, url: &Url) -> bool {
        url.scheme() == "http" && url.has_host()
    }

    /// One exchange. What met a used connection that ended without a word is sent once more on a new one, if its
    /// body can be sent twice.
    pub(super) async fn send(
        &self,
        request: TransportRequest,
    ) -> Result<PlainResponse, TransportError> {
        let TransportRequest {
            method,
            url,
            headers,
            body,
            head_timeout: _,
        } = request;
        let host = self
            .pool
            .host(&url[Position::BeforeHost..Position::AfterPort])?;
        let target = target(&url)?;
        let mut outgoing = Outgoing::new(method, target, host.header(), &headers, body);
        drop(headers);
        if let Some(wire) = host.idle() {
            let spare = outgoing.spare();
            match exchange(wire, outgoing, &self.config).await {
                Ok(answered) => return Ok(respond(host, answered)),
                Err(failed) => outgoing = again(failed, spare)?,
            }
        }
        let wire = self.open(&host).await?;
        match exchange(wire, outgoing, &self.config).await {
            Ok(answered) => Ok(respond(host, answered)),
            Err(failed) => Err(failed.error),
        }
    }

    /// Opens a connection, in the time that is set for it.
    async fn open(&self, host: &Host) -> Result<Wire, TransportError> {
        let limit = self.config.connect_timeout;
        // Connecting is rare, and its state is large beside that of an exchange.
        let opening = Box::pin(connect(host.name(), host.port(), &self.config));
        let stream = timeout(limit, opening)
            .await
            .map_err(|_| connect_timeout(limit))??;
        Ok(Wire::new(stream))
    }
}

/// Path and query as they go out. The parser of URLs leaves no other characters in them; this is what keeps a
/// request from being split, so it is looked at once more.
fn target(url: &Url) -> Result<&str, TransportError> {
    let target = &url[Position::BeforePath..Position::AfterQuery];
    if target.bytes().all(|byte| byte.is_ascii_graphic()) && target.starts_with('/') {
        return Ok(target);
    }
    let message = "the address cannot be written into a request";
    Err(TransportError::new(TransportErrorKind::Connect, message))
}

fn respond(host: Arc<Host>, answered: Answered) -> PlainResponse {
    let Answered {
        head:
            Head {
                status,
                headers,
                framing,
                keeps_open,
            },
        wire,
        unfinished,
    } = answered;
    let incoming = Incoming {
        wire,
        framing,
        unfinished: unfinished.map(Box::new),
        keeps_open,
    };
    PlainResponse {
        status,
        headers,
        body: body::pooled(incoming, host),
    }
}

/// The request to send once more on a new connection: one that was not written at all, or one that met the end of
/// a used connection in place of an answer.
fn again(failed: Failed, spare: Option<Outgoing>) -> Result<Outgoing, TransportError> {
    let Failed {
        error,
        unsent,
        was_silent,
    } = failed;
    let again = unsent.filter(|_| was_silent);
    again.or_else(|| spare.filter(|_| was_silent)).ok_or(error)
}

fn connect_timeout(limit: Duration) -> TransportError {
    let message = format!("no connection within {} ms", limit.as_millis());
    TransportError::new(TransportErrorKind::ConnectTimeout, message)
}
