//! What becomes of connections after their first exchange.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[expect(dead_code, reason = "the other test files use the rest")]
mod support;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use gateway_client::transport::{
    HttpTransport, HttpTransportConfig, RequestBody, Transport as _, TransportErrorKind,
    TransportRequest,
};
use http::{HeaderMap, Method};
use support::{read_request, serve};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};
use url::Url;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

fn transport() -> HttpTransport {
    HttpTransport::new(HttpTransportConfig::default()).unwrap()
}

fn post(address: SocketAddr, body: RequestBody) -> TransportRequest {
    TransportRequest {
        method: Method::POST,
        url: Url::parse(&format!("http://{address}/x")).unwrap(),
        headers: HeaderMap::new(),
        body,
        head_timeout: Some(Duration::from_secs(5)),
    }
}

fn full() -> RequestBody {
    RequestBody::Full(Bytes::from_static(b"body"))
}

fn streamed() -> RequestBody {
    let pieces = [Ok(Bytes::from_static(b"body"))];
    RequestBody::Stream {
        stream: stream::iter(pieces).boxed(),
        length: Some(4),
    }
}

/// Answers the first request of its first connection; the second one there meets a closed door. Later
/// connections answer everything.
async fn closes_after_one(number: usize, mut socket: TcpStream) {
    read_request(&mut socket).await;
    socket.write_all(ANSWER).await.unwrap();
    loop {
        read_request(&mut socket).await;
        if number == 0 {
            return;
        }
        if socket.write_all(ANSWER).await.is_err() {
            return;
        }
    }
}

async fn whole(transport: &HttpTransport, request: TransportRequest) -> Bytes {
    let response = transport.send(request).await.unwrap();
    let pieces: Vec<Bytes> = response.body.try_collect().await.unwrap();
    pieces.concat().into()
}

#[tokio::test]
async fn what_meets_the_end_of_a_used_connection_is_sent_once_more() {
    let address = serve(closes_after_one).await;
    let transport = transport();
    for _ in 0..3 {
        assert_eq!(whole(&transport, post(address, full())).await, "ok");
    }
}

#[tokio::test]
async fn a_body_that_can_be_read_once_only_is_not_sent_again() {
    let address = serve(closes_after_one).await;
    let transport = transport();
    assert_eq!(whole(&transport, post(address, full())).await, "ok");
    let error = transport.send(post(address, streamed())).await.unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::ResetBeforeHead);
}

#[tokio::test]
async fn the_first_request_of_a_connection_is_never_repeated() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&seen);
    let address = serve(move |_, mut socket| {
        let counter = Arc::clone(&counter);
        async move {
            read_request(&mut socket).await;
            counter.fetch_add(1, Ordering::SeqCst);
        }
    })
    .await;
    let error = transport().send(post(address, full())).await.unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::ResetBeforeHead);
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

/// Streams a chunk, and the end of the stream a moment after it.
async fn ends_a_moment_later(_: usize, mut socket: TcpStream) {
    loop {
        read_request(&mut socket).await;
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nlast\r\n";
        if socket.write_all(head).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(20)).await;
        if socket.write_all(b"0\r\n\r\n").await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_reader_that_stops_just_before_the_end_keeps_the_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let address = serve(move |number, socket| {
        counter.fetch_add(1, Ordering::SeqCst);
        ends_a_moment_later(number, socket)
    })
    .await;
    let transport = transport();
    for _ in 0..3 {
        let mut response = transport.send(post(address, full())).await.unwrap();
        assert_eq!(response.body.next().await.unwrap().unwrap(), "last");
        drop(response);
        sleep(Duration::from_millis(60)).await;
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reader_that_goes_away_in_the_middle_cuts_the_upstream_off() {
    let (gone, mut is_gone) = tokio::sync::mpsc::channel(1);
    let address = serve(move |_, mut socket| {
        let gone = gone.clone();
        async move {
            read_request(&mut socket).await;
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
            socket.write_all(head).await.unwrap();
            while socket.write_all(b"2\r\nhi\r\n").await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
            gone.send(()).await.unwrap();
        }
    })
    .await;
    let mut response = transport().send(post(address, full())).await.unwrap();
    response.body.next().await.unwrap().unwrap();
    drop(response);
    let waited = tokio::time::timeout(Duration::from_secs(2), is_gone.recv()).await;
    assert_eq!(waited, Ok(Some(())));
}

#[tokio::test]
async fn connections_that_wait_for_too_long_are_closed() {
    let (closed, mut is_closed) = tokio::sync::mpsc::channel(1);
    let address = serve(move |_, mut socket| {
        let closed = closed.clone();
        async move {
            read_request(&mut socket).await;
            socket.write_all(ANSWER).await.unwrap();
            let mut rest = Vec::new();
            socket.read_to_end(&mut rest).await.unwrap();
            closed.send(rest).await.unwrap();
        }
    })
    .await;
    let mut config = HttpTransportConfig::default();
    config.pool_idle_timeout = Duration::from_millis(50);
    let transport = HttpTransport::new(config).unwrap();
    assert_eq!(whole(&transport, post(address, full())).await, "ok");
    let rest = tokio::time::timeout(Duration::from_secs(2), is_closed.recv()).await;
    assert_eq!(rest.unwrap(), Some(Vec::new()));
}

/// A program may drop an answer where no runtime is at work any more.
#[test]
fn an_answer_can_be_dropped_outside_of_a_runtime() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (transport, mut body) = runtime.block_on(async {
        let address = serve(|_, mut socket| async move {
            read_request(&mut socket).await;
            let chunked =
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
            socket.write_all(chunked.as_bytes()).await.unwrap();
            sleep(Duration::from_secs(5)).await;
        })
        .await;
        let transport = transport();
        let response = transport.send(post(address, full())).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        (transport, response.body)
    });
    assert_eq!(runtime.block_on(body.next()).unwrap().unwrap(), "ok");
    drop(body);
    drop(transport);
}

const LARGE: usize = 16 << 20;

/// Reads a head, byte by byte, so that nothing behind it is taken.
async fn read_head(socket: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_out_is_read_and_the_connection_closed() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let address = serve(move |_, mut socket| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            read_head(&mut socket).await;
            let refusal = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno";
            socket.write_all(refusal).await.unwrap();
            sleep(Duration::from_millis(200)).await;
        }
    })
    .await;
    let transport = transport();
    for _ in 0..2 {
        let large = RequestBody::Full(vec![b'x'; LARGE].into());
        let response = transport.send(post(address, large)).await.unwrap();
        assert_eq!(response.status, 413);
        let pieces: Vec<Bytes> = response.body.try_collect().await.unwrap();
        assert_eq!(pieces.concat(), b"no");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_request_goes_on_being_written_while_its_answer_is_read() {
    let address = serve(|_, mut socket| async move {
        for _ in 0..2 {
            read_head(&mut socket).await;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n");
            socket.write_all(head.as_bytes()).await.unwrap();
            let mut room = vec![0; 1 << 20];
            for _ in 0..LARGE / room.len() {
                socket.read_exact(&mut room).await.unwrap();
                socket.write_all(&room).await.unwrap();
            }
        }
    })
    .await;
    let transport = transport();
    for number in 0..2_u8 {
        let piece = Bytes::from(vec![number; LARGE / 64]);
        let body = RequestBody::Stream {
            stream: stream::iter(vec![piece; 64]).map(Ok).boxed(),
            length: Some(LARGE as u64),
        };
        let echo = whole(&transport, post(address, body)).await;
        assert_eq!(echo.len(), LARGE);
        assert!(echo.iter().all(|&byte| byte == number));
    }
}

#[tokio::test]
async fn what_a_server_says_unasked_ends_its_connection() {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let address = serve(move |_, mut socket| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            while !read_request(&mut socket).await.is_empty() {
                let twice = [ANSWER, b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil"].concat();
                socket.write_all(&twice).await.unwrap();
            }
        }
    })
    .await;
    let transport = transport();
    for _ in 0..3 {
        assert_eq!(whole(&transport, post(address, full())).await, "ok");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}
