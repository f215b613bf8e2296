//! HTTP/2: more long streams to one host than one connection may carry.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt as _, future::join_all};
use gateway_client::transport::{
    HttpTransport, HttpTransportConfig, HttpVersion, RequestBody, Transport as _, TransportRequest,
    TransportResponse,
};
use http::{HeaderMap, Method, Response};
use http_body_util::{StreamBody, combinators::BoxBody};
use hyper::{body::Frame, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use url::Url;

const STREAMS_PER_CONNECTION: u32 = 2;

/// One event at once, and then nothing for ever.
fn endless() -> BoxBody<Bytes, Infallible> {
    let first = Ok(Frame::data(Bytes::from_static(b"data: x\n\n")));
    let stream = futures::stream::iter([first]).chain(futures::stream::pending());
    BoxBody::new(StreamBody::new(stream))
}

/// A server that counts its connections.
async fn serve() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let service = service_fn(|_| async { Ok::<_, Infallible>(Response::new(endless())) });
            tokio::spawn(
                http2::Builder::new(TokioExecutor::new())
                    .max_concurrent_streams(STREAMS_PER_CONNECTION)
                    .serve_connection(TokioIo::new(socket), service),
            );
        }
    });
    (address, connections)
}

fn transport(max_streams_per_connection: usize) -> HttpTransport {
    let mut config = HttpTransportConfig::default();
    config.http_version = HttpVersion::Http2;
    config.max_streams_per_connection = max_streams_per_connection;
    HttpTransport::new(config).unwrap()
}

/// The streams that open within the time.
async fn open(
    transport: &HttpTransport,
    address: SocketAddr,
    count: usize,
) -> Vec<TransportResponse> {
    let calls = (0..count).map(|_| {
        transport.send(TransportRequest {
            method: Method::POST,
            url: Url::parse(&format!("http://{address}/")).unwrap(),
            headers: HeaderMap::new(),
            body: RequestBody::Full("{}".into()),
            head_timeout: Some(Duration::from_millis(700)),
        })
    });
    join_all(calls).await.into_iter().flatten().collect()
}

#[tokio::test]
async fn streams_over_the_limit_of_one_connection_get_another() {
    let (address, connections) = serve().await;
    let transport = transport(2);
    let mut streams = open(&transport, address, 5).await;
    assert_eq!(streams.len(), 5);
    for stream in &mut streams {
        assert_eq!(stream.body.next().await.unwrap().unwrap(), "data: x\n\n");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);

    drop(streams);
    assert_eq!(open(&transport, address, 4).await.len(), 4);
    assert_eq!(
        connections.load(Ordering::SeqCst),
        3,
        "places that were given back are used again"
    );
}

/// What the sharding is for. When this fails, the HTTP client has learnt to open a second connection.
#[tokio::test]
async fn one_client_alone_is_stuck_at_the_limit() {
    let (address, connections) = serve().await;
    let streams = open(&transport(100), address, 5).await;
    assert!(streams.len() < 5, "{}", streams.len());
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}
