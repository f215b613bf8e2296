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
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
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

/// Frame types (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const PREFACE: usize = 24;
const REFUSED_STREAM: u32 = 7;

/// How a server says that it has not looked at a request.
#[derive(Debug, Clone, Copy)]
enum Unseen {
    /// RST_STREAM with REFUSED_STREAM: the connection goes on.
    Refused,
    /// GOAWAY with a last stream before this one: the connection ends.
    GoneAway,
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let [_, length @ ..] = length;
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Serves one connection by hand; the first request of all is not looked at.
async fn serve_by_hand(
    mut socket: TcpStream,
    unseen: Unseen,
    requests: &AtomicUsize,
) -> Option<()> {
    socket.read_exact(&mut [0; PREFACE]).await.ok()?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[])).await.ok()?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        socket.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes(stream);
        let said = match kind {
            SETTINGS if flags == 0 => frame(SETTINGS, 1, 0, &[]),
            HEADERS if requests.fetch_add(1, Ordering::SeqCst) > 0 => [
                frame(HEADERS, 4, stream, &[0x88]), // `:status: 200`, from HPACK's static table
                frame(DATA, 1, stream, b"here"),
            ]
            .concat(),
            HEADERS => match unseen {
                Unseen::Refused => frame(RST_STREAM, 0, stream, &REFUSED_STREAM.to_be_bytes()),
                Unseen::GoneAway => frame(GOAWAY, 0, 0, &[0; 8]),
            },
            _ => continue,
        };
        socket.write_all(&said).await.ok()?;
    }
}

/// F54: what the server says it has not looked at goes out once more, and costs nobody a retry.
#[tokio::test]
async fn f54_a_request_that_was_not_looked_at_is_sent_again() {
    for unseen in [Unseen::Refused, Unseen::GoneAway] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let counted = counted.clone();
                tokio::spawn(async move { serve_by_hand(socket, unseen, &counted).await });
            }
        });
        let mut answers = open(&transport(100), address, 1).await;
        let answer = answers.first_mut();
        let said = answer
            .unwrap_or_else(|| panic!("{unseen:?}: no answer"))
            .body
            .next()
            .await;
        assert_eq!(said.unwrap().unwrap(), "here", "{unseen:?}");
        assert_eq!(requests.load(Ordering::SeqCst), 2, "{unseen:?}");
    }
}
