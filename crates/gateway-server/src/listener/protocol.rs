//! The two protocols of client connections, and which of them a client speaks.

use std::{io, time::Duration};

use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioTimer;
use tokio::{net::TcpStream, time::sleep};

use super::{ConnectionLimits, presence::Presence, stall::StreamTasks, window::STREAMS};

/// The most that is read at once of HTTP/1.1, so that most bodies are one piece, which need not be joined. hyper takes
/// heads up to this size then; [`framing::check`](crate::http::framing::check) holds them to the limit. A connection
/// keeps a buffer of this size while it answers a large request.
const READ_AT_ONCE: usize = 128 * 1024;
/// Where so many connections are open, further ones read less at once and keep half of that: what is fast for few is not
/// to be much for many.
const MANY: i64 = 1_000;
/// hyper refuses to work with a smaller buffer.
const LEAST_HEAD_BYTES: usize = 8192;

/// How every connection of HTTP/2 begins (RFC 9113, section 3.4): a request that HTTP/1 does not have.
const PREFACE: &[u8] = b"PRI ";

/// How long to wait for more where what has come could be the beginning of either.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// The settings of all connections.
#[derive(Debug)]
pub(super) struct Protocols {
    /// For few connections that can be watched without being read.
    http1_at_once: http1::Builder,
    http1: http1::Builder,
    pub(super) http2: http2::Builder<StreamTasks>,
}

impl Protocols {
    pub(super) fn new(limits: ConnectionLimits) -> Self {
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            // hyper counts the idle time before a head as part of reading it; heads themselves have `Deadlines`.
            .header_read_timeout(limits.keep_alive)
            .max_headers(limits.max_headers)
            .max_buf_size(limits.max_head_bytes.max(LEAST_HEAD_BYTES));
        let mut http1_at_once = http1.clone();
        http1_at_once
            .half_close(true)
            .max_buf_size(limits.max_head_bytes.max(READ_AT_ONCE));
        let mut http2 = http2::Builder::new(StreamTasks {
            stall: limits.write_stall,
        });
        http2
            .timer(TokioTimer::new())
            .max_concurrent_streams(limits.max_streams)
            .initial_stream_window_size(limits.http2_window / STREAMS)
            .initial_connection_window_size(limits.http2_window)
            // Over this h2 answers a bare status by itself; what is over the limit itself gets an error object.
            .max_header_list_size(
                u32::try_from(limits.max_head_bytes)
                    .unwrap_or(u32::MAX)
                    .saturating_mul(2),
            )
            .max_pending_accept_reset_streams(20)
            .max_local_error_reset_streams(1024)
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(20));
        Self {
            http1_at_once,
            http1,
            http2,
        }
    }

    /// What HTTP/1.1 is served with over such a stream, where so many connections are open.
    pub(super) fn http1<S: Presence>(&self, open: i64) -> &http1::Builder {
        if S::IS_TOLD && open <= MANY {
            &self.http1_at_once
        } else {
            &self.http1
        }
    }
}

impl Protocol {
    /// What TLS has agreed on.
    pub(super) fn agreed(alpn: Option<&[u8]>) -> Self {
        if alpn == Some(b"h2") {
            Self::Http2
        } else {
            Self::Http1
        }
    }

    /// What the client begins to speak; its bytes stay where they are. `None` when it closes without a word.
    ///
    /// # Errors
    /// The connection's.
    pub(super) async fn spoken(stream: &TcpStream) -> io::Result<Option<Self>> {
        let mut begin = [0; PREFACE.len()];
        loop {
            let count = stream.peek(&mut begin).await?;
            if count == 0 {
                return Ok(None);
            }
            if let Some(protocol) = Self::begun(begin.get(..count).unwrap_or_default()) {
                return Ok(Some(protocol));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// What begins so; `None` where more has to be seen.
    fn begun(bytes: &[u8]) -> Option<Self> {
        if bytes == PREFACE {
            Some(Self::Http2)
        } else if PREFACE.starts_with(bytes) {
            None
        } else {
            Some(Self::Http1)
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// What a client is taken for that writes these pieces, with a pause between them.
    async fn spoken(pieces: &[&[u8]]) -> Option<Protocol> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        let talk = async {
            for piece in pieces {
                client.write_all(piece).await.unwrap();
                sleep(Duration::from_millis(15)).await;
            }
            client.shutdown().await.unwrap();
        };
        let (protocol, ()) = tokio::join!(Protocol::spoken(&server), talk);
        let mut all = Vec::new();
        server.read_to_end(&mut all).await.unwrap();
        assert_eq!(all, pieces.concat(), "nothing is taken away");
        protocol.unwrap()
    }

    #[tokio::test]
    async fn the_first_bytes_tell_the_protocol() {
        for pieces in [
            &[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice()] as &[&[u8]],
            &[b"P", b"R", b"I * HTTP/2.0"],
        ] {
            assert_eq!(spoken(pieces).await, Some(Protocol::Http2), "{pieces:?}");
        }
        for pieces in [
            &[b"POST / HTTP/1.1\r\n".as_slice()] as &[&[u8]],
            &[b"P", b"OST /"],
            &[b"G"],
            &[b"PRIVATE / HTTP/1.1"],
        ] {
            assert_eq!(spoken(pieces).await, Some(Protocol::Http1), "{pieces:?}");
        }
        assert_eq!(spoken(&[]).await, None);
    }
}
