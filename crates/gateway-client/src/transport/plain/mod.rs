//! HTTP/1.1 without TLS, straight on hyper: the way to a runtime in one's own network.
//!
//! There the gateway's own time counts, and a general client spends more of it on a request than the request's
//! own work takes (`docs/performance.md` has the figures). A pool that knows which of its connections are used
//! ones can also repeat what met a connection that its server was just closing. Everything else (TLS, proxies,
//! HTTP/2) goes through reqwest.

mod body;
mod connect;
mod driver;
mod pool;

use std::{pin::pin, sync::Arc, time::Duration};

use futures::future::poll_fn;
use http::{HeaderMap, Method, Request, Uri, header};
use hyper::{body::Incoming, client::conn::http1};
use tokio::time::timeout;
use url::{Position, Url};

use self::{
    body::OutBody,
    connect::connect,
    driver::Driver,
    pool::{Connection, Host, Pool},
};
use super::{
    ByteStream, HttpTransportConfig, RequestBody, TransportError, TransportErrorKind,
    TransportRequest, classify::hyper_error,
};

/// Plain connections, pooled by host. A clone shares the pool.
#[derive(Debug, Clone)]
pub(super) struct PlainClient {
    config: Arc<HttpTransportConfig>,
    pool: Arc<Pool>,
}

/// What came back.
pub(super) struct PlainResponse {
    pub(super) head: http::response::Parts,
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

    /// One exchange. What met a used connection that broke before it answered is sent once more on a new one,
    /// if its body can be sent twice.
    pub(super) async fn send(
        &self,
        request: TransportRequest,
    ) -> Result<PlainResponse, TransportError> {
        let authority = &request.url[Position::BeforeHost..Position::AfterPort];
        let host = self.pool.host(authority)?;
        let outgoing = Outgoing::new(request, &host)?;
        if let Some(connection) = host.idle() {
            let (request, spare) = outgoing.split();
            match exchange(connection, request).await {
                Ok(response) => return Ok(self.respond(&host, response)),
                Err(failed) => match failed.again(spare) {
                    Ok(again) => return self.send_fresh(&host, again).await,
                    Err(error) => return Err(error),
                },
            }
        }
        self.send_fresh(&host, outgoing.into_request()).await
    }

    async fn send_fresh(
        &self,
        host: &Arc<Host>,
        request: Request<OutBody>,
    ) -> Result<PlainResponse, TransportError> {
        let connection = self.open(host).await?;
        match exchange(connection, request).await {
            Ok(response) => Ok(self.respond(host, response)),
            Err(failed) => Err(failed.error),
        }
    }

    /// Opens a connection, in the time that is set for it.
    async fn open(&self, host: &Host) -> Result<Connection, TransportError> {
        let limit = self.config.connect_timeout;
        let opening = timeout(limit, connect(host.name(), host.port(), &self.config));
        let stream = opening.await.map_err(|_| connect_timeout(limit))??;
        let (sender, connection) = http1::Builder::new()
            .max_headers(self.config.max_headers)
            .handshake(stream)
            .await
            .map_err(hyper_error)?;
        let driver = Driver::new(connection);
        Ok(Connection { sender, driver })
    }

    fn respond(
        &self,
        host: &Arc<Host>,
        (response, connection): (http::Response<Incoming>, Connection),
    ) -> PlainResponse {
        let (head, body) = response.into_parts();
        PlainResponse {
            head,
            body: body::pooled(body, connection, Arc::clone(host)),
        }
    }
}

fn connect_timeout(limit: Duration) -> TransportError {
    let message = format!("no connection within {} ms", limit.as_millis());
    TransportError::new(TransportErrorKind::ConnectTimeout, message)
}

/// A request in hyper's words, and whether it can be sent twice.
struct Outgoing {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: RequestBody,
}

impl Outgoing {
    fn new(request: TransportRequest, host: &Host) -> Result<Self, TransportError> {
        let TransportRequest {
            method,
            url,
            mut headers,
            body,
            head_timeout: _,
        } = request;
        let uri = Uri::try_from(&url[Position::BeforePath..Position::AfterQuery])
            .map_err(|error| TransportError::with_source(TransportErrorKind::Connect, error))?;
        headers.entry(header::HOST).or_insert_with(|| host.header());
        headers
            .entry(header::ACCEPT)
            .or_insert(header::HeaderValue::from_static("*/*"));
        Ok(Self {
            method,
            uri,
            headers,
            body,
        })
    }

    /// The request, and a second one where its body is in memory.
    fn split(self) -> (Request<OutBody>, Option<Request<OutBody>>) {
        let spare = match &self.body {
            RequestBody::Empty => Some(RequestBody::Empty),
            RequestBody::Full(bytes) => Some(RequestBody::Full(bytes.clone())),
            RequestBody::Stream { .. } => None,
        };
        let spare = spare.map(|body| Self {
            method: self.method.clone(),
            uri: self.uri.clone(),
            headers: self.headers.clone(),
            body,
        });
        (self.into_request(), spare.map(Self::into_request))
    }

    fn into_request(self) -> Request<OutBody> {
        let mut request = Request::new(OutBody::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        request
    }
}

/// A failed exchange: with the request, where none of it was written.
struct Failed {
    error: TransportError,
    unsent: Option<Request<OutBody>>,
}

impl Failed {
    /// The request to send once more on a new connection: one that was not written at all, or one that met the
    /// end of a used connection in place of an answer.
    fn again(self, spare: Option<Request<OutBody>>) -> Result<Request<OutBody>, TransportError> {
        let is_reset = self.error.kind == TransportErrorKind::ResetBeforeHead;
        let again = self.unsent.or_else(|| spare.filter(|_| is_reset));
        again.ok_or(self.error)
    }
}

async fn exchange(
    mut connection: Connection,
    request: Request<OutBody>,
) -> Result<(http::Response<Incoming>, Connection), Failed> {
    let Connection { sender, driver } = &mut connection;
    let mut answer = pin!(sender.try_send_request(request));
    let answer = poll_fn(|context| driver.poll(context, |inner| answer.as_mut().poll(inner))).await;
    match answer {
        Ok(response) => Ok((response, connection)),
        Err(mut failed) => {
            let unsent = failed.take_message();
            Err(Failed {
                error: hyper_error(failed.into_error()),
                unsent,
            })
        }
    }
}
