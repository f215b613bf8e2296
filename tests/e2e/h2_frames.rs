//! The little of HTTP/2 (RFC 9113) that a client needs who sets its windows by hand.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Frame types (section 6).
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
const PING: u8 = 6;
pub(crate) const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;
const INITIAL_WINDOW_SIZE: [u8; 2] = [0, 4];

/// One frame as it came.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A connection that opens no window but those that it is told to.
pub(crate) struct Connection(TcpStream);

impl Connection {
    /// Connects; each stream begins with a window of this many bytes.
    pub(crate) fn open(address: SocketAddr, window: u32) -> Self {
        let mut socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        let mut connection = Self(socket);
        connection.send(SETTINGS, 0, 0, &[&INITIAL_WINDOW_SIZE[..], &window.to_be_bytes()].concat());
        connection
    }

    /// Sends a whole request.
    pub(crate) fn request(&mut self, stream: u32, method: &str, path: &str, body: &str) {
        self.begin(stream, method, path, "application/json");
        self.send(DATA, END_STREAM, stream, body.as_bytes());
    }

    /// Sends a request without a body, with more headers.
    pub(crate) fn get_with(&mut self, stream: u32, path: &str, headers: &[(String, String)]) {
        let fields = [(":method", "GET"), (":scheme", "http"), (":path", path), (":authority", "x")];
        let more = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let block: Vec<u8> = fields.into_iter().chain(more).flat_map(|(name, value)| literal(name, value)).collect();
        self.send(HEADERS, END_HEADERS | END_STREAM, stream, &block);
    }

    /// The whole body of the answer on a stream.
    pub(crate) fn body_of(&mut self, stream: u32) -> String {
        let mut body = Vec::new();
        loop {
            let frame = self.wait_for(|frame| frame.stream == stream);
            match frame.kind {
                DATA => body.extend(&frame.payload),
                RST_STREAM => panic!("stream {stream} was reset"),
                _ => {}
            }
            if frame.flags & END_STREAM != 0 && matches!(frame.kind, DATA | HEADERS) {
                return String::from_utf8(body).unwrap();
            }
        }
    }

    /// Sends a request's head; a body is to follow.
    pub(crate) fn begin(&mut self, stream: u32, method: &str, path: &str, content_type: &str) {
        let fields = [(":method", method), (":scheme", "http"), (":path", path), (":authority", "x"), ("content-type", content_type)];
        let block = fields.map(|(name, value)| literal(name, value)).concat();
        self.send(HEADERS, END_HEADERS, stream, &block);
    }

    /// Sends a piece of a body, not the last one.
    pub(crate) fn piece(&mut self, stream: u32, bytes: &str) {
        self.send(DATA, 0, stream, bytes.as_bytes());
    }

    /// Gives a request up (error code CANCEL).
    pub(crate) fn reset(&mut self, stream: u32) {
        self.send(RST_STREAM, 0, stream, &8_u32.to_be_bytes());
    }

    /// Lets so many more bytes come on a stream.
    pub(crate) fn widen(&mut self, stream: u32, bytes: u32) {
        self.send(WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes());
    }

    /// The next frame on a stream that fits. Settings and pings are answered on the way.
    pub(crate) fn wait_for(&mut self, fits: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).expect("the connection lives");
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            self.0.read_exact(&mut payload).unwrap();
            let (kind, flags) = (head[3], head[4]);
            let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            match kind {
                SETTINGS if flags & ACK == 0 => self.send(SETTINGS, ACK, 0, &[]),
                PING if flags & ACK == 0 => self.send(PING, ACK, 0, &payload),
                _ => {}
            }
            let frame = Frame { kind, flags, stream, payload };
            if fits(&frame) {
                return frame;
            }
        }
    }

    fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = (payload.len() as u32).to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.write_all(&[&head[..], payload].concat()).unwrap();
    }
}

/// One field in HPACK's plainest form: neither indexed nor compressed (RFC 7541, section 6.2.2).
fn literal(name: &str, value: &str) -> Vec<u8> {
    [&[0][..], &length(name.len()), name.as_bytes(), &length(value.len()), value.as_bytes()].concat()
}

/// A length behind one bit that says 'not compressed' (section 5.1).
fn length(length: usize) -> Vec<u8> {
    const MOST: usize = 127;
    if length < MOST {
        return vec![length as u8];
    }
    let mut bytes = vec![MOST as u8];
    let mut rest = length - MOST;
    while rest >= 128 {
        bytes.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    bytes.push(rest as u8);
    bytes
}
