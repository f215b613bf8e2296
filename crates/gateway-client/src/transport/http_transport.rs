//! The real transport: reqwest, without redirects and without anything that touches bytes.

use std::{future::Future, net::Ipv6Addr, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH},
};
use reqwest::{Body, Client, Request, Response};
use tokio::time::timeout;
use url::{Host, Url};

use super::{
    ByteStream, HttpTransportConfig, HttpVersion, RequestBody, Transport, TransportError,
    TransportErrorKind, TransportRequest, TransportResponse,
    classify::{body_error, head_error},
    connector::build_client,
    error::RequestBodyFailed,
    plain::{PlainClient, PlainResponse},
    shards::{Lease, Shards},
};

/// Where instances without IPv4 find their metadata.
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>
const AWS_METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

/// [`Transport`] over HTTP/1.1 and HTTP/2, with pooled connections. A clone shares the pool.
///
/// What it leaves alone: redirects are given to the caller, bodies are not decompressed, cookies are not kept,
/// the environment's proxy is not used, and no header is added but `host`, `content-length`, `accept: */*` and
/// `accept-encoding: identity`, the last two only where the caller set none.
///
/// What it repeats by itself: a request that found a reused idle connection closed before any of it was
/// written, once more on another connection; and over HTTP/2 a request that the server says it has not looked
/// at. A request that was written to a connection that then broke is never repeated: that is
/// [`ResetBeforeHead`](TransportErrorKind::ResetBeforeHead), and for the caller to judge.
///
/// A response whose head is not read yet, or whose body is dropped before its end, is cancelled: HTTP/1.1
/// closes the connection, HTTP/2 resets the stream.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    plain: PlainClient,
    /// Whether everything that needs no TLS goes the shorter way: no proxy and no HTTP/2 is asked for.
    is_plain_usual: bool,
    pool: Pool,
    max_header_bytes: usize,
}

/// One client is enough for HTTP/1.1, where every exchange has a connection to itself.
#[derive(Debug, Clone)]
enum Pool {
    One(Client),
    Sharded(Arc<Shards>),
}

impl HttpTransport {
    /// Builds a transport with its own connection pool.
    ///
    /// With the feature `rustls-no-provider` the process must have installed a rustls provider before.
    ///
    /// # Errors
    /// When the TLS set-up of the process does not work, a PEM bundle holds no certificates that can be read, or
    /// the proxy's URL is none.
    pub fn new(config: HttpTransportConfig) -> Result<Self, TransportError> {
        let max_header_bytes = config.max_header_bytes;
        let is_plain_usual = config.proxy.is_none() && config.http_version != HttpVersion::Http2;
        let pool = match config.http_version {
            HttpVersion::Http1 => Pool::One(build_client(&config)?),
            HttpVersion::Negotiated | HttpVersion::Http2 => {
                Pool::Sharded(Arc::new(Shards::new(config.clone())?))
            }
        };
        Ok(Self {
            plain: PlainClient::new(config),
            is_plain_usual,
            pool,
            max_header_bytes,
        })
    }
}

#[async_trait]
impl Transport for HttpTransport {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let head_timeout = request.head_timeout;
        if self.goes_plain(&request.url) {
            let response = self.plain.send(with_identity(request));
            return from_plain(
                in_time(response, head_timeout).await??,
                self.max_header_bytes,
            );
        }
        let (response, lease) = match &self.pool {
            Pool::One(client) => (client.execute(into_reqwest(request)), None),
            Pool::Sharded(shards) => {
                let lease = shards.lease(&request.url)?;
                (lease.client.execute(into_reqwest(request)), Some(lease))
            }
        };
        let response = in_time(response, head_timeout).await?;
        from_reqwest(response.map_err(head_error)?, lease, self.max_header_bytes)
    }
}

impl HttpTransport {
    fn goes_plain(&self, url: &Url) -> bool {
        self.plain.takes(url) && (self.is_plain_usual || is_metadata_service(url))
    }
}

/// Whether a machine asks its own environment who it is: only it can, and in HTTP/1.1. These are link-local addresses,
/// and the one name that stands for such an address.
fn is_metadata_service(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_link_local(),
        Some(Host::Ipv6(address)) => address == AWS_METADATA_V6,
        Some(Host::Domain(name)) => name == "metadata.google.internal",
        None => false,
    }
}

/// Waits for a response head, but not for longer than that.
async fn in_time<T>(
    response: impl Future<Output = T>,
    limit: Option<Duration>,
) -> Result<T, TransportError> {
    match limit {
        None => Ok(response.await),
        Some(limit) => timeout(limit, response).await.map_err(|_| {
            let message = format!("no response head within {} ms", limit.as_millis());
            TransportError::new(TransportErrorKind::HeadTimeout, message)
        }),
    }
}

/// Bytes are passed on as they are, so they must not be coded on the way.
fn with_identity(mut request: TransportRequest) -> TransportRequest {
    request
        .headers
        .entry(ACCEPT_ENCODING)
        .or_insert(HeaderValue::from_static("identity"));
    request
}

fn from_plain(
    response: PlainResponse,
    max_header_bytes: usize,
) -> Result<TransportResponse, TransportError> {
    let PlainResponse {
        status,
        headers,
        body,
    } = response;
    check_header_bytes(&headers, max_header_bytes)?;
    Ok(TransportResponse {
        status,
        headers,
        body,
    })
}

/// Moves the parts over; nothing is copied.
fn into_reqwest(request: TransportRequest) -> Request {
    let TransportRequest {
        method,
        url,
        mut headers,
        body,
        head_timeout: _,
    } = with_identity(request);
    let body = into_body(body, &mut headers);
    let mut request = Request::new(method, url);
    *request.headers_mut() = headers;
    *request.body_mut() = body;
    request
}

/// The length of a body in memory is known to reqwest, that of a stream is said in the header.
fn into_body(body: RequestBody, headers: &mut HeaderMap) -> Option<Body> {
    match body {
        RequestBody::Empty => None,
        RequestBody::Full(bytes) => Some(bytes.into()),
        RequestBody::Pieces(pieces) => Some(pieces.concat().into()),
        RequestBody::Stream { stream, length } => {
            match length {
                Some(length) => headers.insert(CONTENT_LENGTH, length.into()),
                None => headers.remove(CONTENT_LENGTH),
            };
            Some(Body::wrap_stream(stream.map_err(RequestBodyFailed)))
        }
    }
}

fn from_reqwest(
    mut response: Response,
    lease: Option<Lease>,
    max_header_bytes: usize,
) -> Result<TransportResponse, TransportError> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    check_header_bytes(&headers, max_header_bytes)?;
    Ok(TransportResponse {
        status,
        headers,
        body: into_stream(response, lease),
    })
}

fn check_header_bytes(headers: &HeaderMap, limit: usize) -> Result<(), TransportError> {
    let bytes: usize = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes <= limit {
        return Ok(());
    }
    let message = format!("the response's headers are larger than {limit} bytes");
    Err(TransportError::new(TransportErrorKind::Protocol, message))
}

/// The chunks as they were read. The lease is kept until the body is dropped.
fn into_stream(response: Response, lease: Option<Lease>) -> ByteStream {
    let chunks = response.bytes_stream();
    match lease {
        None => chunks.map_err(body_error).boxed(),
        Some(lease) => chunks
            .map_err(move |error| {
                let _held_by_the_stream = &lease;
                body_error(error)
            })
            .boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_machines_own_metadata_goes_past_proxies_and_versions() {
        let proxied = HttpTransport::new(HttpTransportConfig {
            proxy: Some(Url::parse("http://proxy.test:3128").unwrap()),
            ..Default::default()
        });
        let newer = HttpTransport::new(HttpTransportConfig {
            http_version: HttpVersion::Http2,
            ..Default::default()
        });
        for transport in [proxied.unwrap(), newer.unwrap()] {
            for (url, expected) in [
                ("http://169.254.169.254/latest/api/token", true),
                ("http://169.254.170.2/v2/x", true),
                ("http://[fd00:ec2::254]/x", true),
                ("http://metadata.google.internal/x", true),
                ("https://169.254.169.254/x", false),
                ("http://10.0.0.5:8000/v1", false),
                ("http://127.0.0.1/v1", false),
                ("http://metadata.example/x", false),
            ] {
                assert_eq!(
                    transport.goes_plain(&Url::parse(url).unwrap()),
                    expected,
                    "{url}"
                );
            }
        }
    }

    #[test]
    fn what_needs_no_tls_goes_the_shorter_way_unless_http2_is_asked_for() {
        for (http_version, expected) in [
            (HttpVersion::Http1, true),
            (HttpVersion::Negotiated, true),
            (HttpVersion::Http2, false),
        ] {
            let config = HttpTransportConfig {
                http_version,
                ..Default::default()
            };
            let transport = HttpTransport::new(config).unwrap();
            let goes = |url: &str| transport.goes_plain(&Url::parse(url).unwrap());
            assert_eq!(goes("http://10.0.0.5/v1"), expected);
            assert!(!goes("https://10.0.0.5/v1"));
        }
    }
}
