//! A client that hides nothing: it sends the bytes it is given and shows the framing it is answered with.

mod request;
mod response;

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use bytes::BytesMut;

pub use self::{
    request::Request,
    response::{End, Response, ResponseStream},
};

/// How long a client waits for the next byte before it gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One connection to a server.
#[derive(Debug)]
pub struct RawClient {
    stream: TcpStream,
    buffer: BytesMut,
}

impl RawClient {
    /// Connects.
    ///
    /// # Panics
    /// Where nobody listens.
    pub fn connect(address: SocketAddr) -> Self {
        let stream =
            TcpStream::connect_timeout(&address, PATIENCE).expect("the server accepts connections");
        stream
            .set_nodelay(true)
            .expect("a TCP connection has the option");
        stream
            .set_write_timeout(Some(PATIENCE))
            .expect("the timeout is not zero");
        Self {
            stream,
            buffer: BytesMut::new(),
        }
    }

    /// Sends exactly these bytes.
    ///
    /// # Errors
    /// Where the server has closed the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends a request and reads the whole response.
    pub fn call(&mut self, request: &Request) -> Response {
        self.begin(request).collect()
    }

    /// Sends a request and reads the head of the response.
    pub fn begin(&mut self, request: &Request) -> ResponseStream<'_> {
        let host = self
            .stream
            .peer_addr()
            .map(|address| address.to_string())
            .unwrap_or_default();
        // A server may answer and close before it has read everything: then the answer is what counts.
        let _ = self.send(&request.to_bytes(&host));
        self.read_head(request.method() == "HEAD")
            .unwrap_or_else(|| panic!("no response to {} {}", request.method(), request.target()))
    }

    /// Reads the next response to bytes that were sent by hand; `None` where the connection ends without one.
    pub fn response(&mut self) -> Option<Response> {
        self.read_head(false).map(ResponseStream::collect)
    }

    /// As [`RawClient::response`], to a request with the method `HEAD`.
    pub fn head_response(&mut self) -> Option<Response> {
        self.read_head(true).map(ResponseStream::collect)
    }

    /// Reads up to the end of the connection and returns what came; `Err` after `limit`, with what came until then.
    ///
    /// # Errors
    /// When the server has not closed in time.
    pub fn read_to_close(&mut self, limit: Duration) -> Result<Vec<u8>, Vec<u8>> {
        let deadline = Instant::now() + limit;
        loop {
            match self.read_some(deadline) {
                Fill::Data => {}
                Fill::Closed | Fill::Reset => return Ok(self.buffer.split().to_vec()),
                Fill::Late => return Err(self.buffer.split().to_vec()),
            }
        }
    }

    /// Says that no more will be sent, but goes on reading.
    pub fn finish_sending(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Hangs up.
    pub fn close(self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    fn read_head(&mut self, bodiless: bool) -> Option<ResponseStream<'_>> {
        let sent = Instant::now();
        let deadline = sent + PATIENCE;
        loop {
            match crate::wire::take_head(&mut self.buffer) {
                Some(head) if head.word(1).starts_with('1') => {}
                Some(head) => return Some(ResponseStream::new(self, head, sent, bodiless)),
                None => match self.read_some(deadline) {
                    Fill::Data => {}
                    Fill::Closed | Fill::Reset => return None,
                    Fill::Late => panic!("no response in {PATIENCE:?}"),
                },
            }
        }
    }

    fn read_some(&mut self, deadline: Instant) -> Fill {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Fill::Late;
        }
        self.stream
            .set_read_timeout(Some(left))
            .expect("the timeout is not zero");
        let mut piece = [0; 64 * 1024];
        match self.stream.read(&mut piece) {
            Ok(0) => Fill::Closed,
            Ok(count) => {
                self.buffer
                    .extend_from_slice(piece.get(..count).unwrap_or_default());
                Fill::Data
            }
            Err(error) => match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Fill::Late,
                io::ErrorKind::Interrupted => Fill::Data,
                _ => Fill::Reset,
            },
        }
    }
}

/// What one read brought.
enum Fill {
    Data,
    Closed,
    Reset,
    Late,
}
