//! An upstream of HTTP/2 that says of the first request that it has not looked at it (F54), frame by frame.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use gateway_testkit::sse::event;

use crate::answers::{GOOD_CHAT, GOOD_STREAM};

/// Frame types (RFC 9113, section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
/// What a client sends before its first frame.
const PREFACE: usize = 24;
/// The flag of a frame that is its stream's last, and of settings that were taken up.
const LAST: u8 = 1;
/// The flag of a whole field block.
const END_HEADERS: u8 = 4;
const REFUSED_STREAM: u32 = 7;
/// `:status: 200` and `:status: 404`, from HPACK's static table (RFC 7541, appendix A).
const OK: u8 = 0x88;
const NOT_FOUND: u8 = 0x8d;
/// `content-type` from that table, its value to follow.
const CONTENT_TYPE: [u8; 2] = [0x0f, 0x10];

/// How it says that it has not looked at a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unseen {
    /// RST_STREAM with REFUSED_STREAM: the connection goes on.
    Refused,
    /// GOAWAY with a last stream before this one: the connection ends.
    GoneAway,
}

/// Such an upstream; it serves until its process ends.
#[derive(Debug)]
pub(super) struct Unseeing {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Unseeing {
    /// Opens one that answers with a stream, or with a whole answer, whatever it is asked.
    pub(super) fn open(unseen: Unseen, stream: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1 can be bound");
        let address = listener.local_addr().expect("a bound listener has an address");
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                // A connection that breaks is its client's to tell of.
                thread::spawn(move || serve(socket, unseen, stream, &counted).ok());
            }
        });
        Self { address, requests }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests with a body have come, those that were not looked at included.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(mut socket: TcpStream, unseen: Unseen, is_stream: bool, requests: &AtomicUsize) -> io::Result<()> {
    socket.read_exact(&mut [0; PREFACE])?;
    socket.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    loop {
        let mut head = [0; 9];
        socket.read_exact(&mut head)?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let length = u64::from(u32::from_be_bytes([0, a, b, c]));
        io::copy(&mut (&mut socket).take(length), &mut io::sink())?;
        let stream = u32::from_be_bytes(stream);
        let said = match kind {
            SETTINGS if flags & LAST == 0 => frame(SETTINGS, LAST, 0, &[]),
            // No body: it asks for the list of models.
            HEADERS if flags & LAST != 0 => frame(HEADERS, END_HEADERS | LAST, stream, &[NOT_FOUND]),
            HEADERS if requests.fetch_add(1, Ordering::SeqCst) > 0 => answer(stream, is_stream),
            HEADERS => unseen.frame(stream),
            _ => continue,
        };
        socket.write_all(&said)?;
    }
}

impl Unseen {
    fn frame(self, stream: u32) -> Vec<u8> {
        match self {
            Self::Refused => frame(RST_STREAM, 0, stream, &REFUSED_STREAM.to_be_bytes()),
            Self::GoneAway => frame(GOAWAY, 0, 0, &[0; 8]),
        }
    }
}

fn answer(stream: u32, is_stream: bool) -> Vec<u8> {
    let (kind, body) = match is_stream {
        true => ("text/event-stream", GOOD_STREAM.iter().map(|data| event(data)).collect()),
        false => ("application/json", GOOD_CHAT.to_owned()),
    };
    let length = u8::try_from(kind.len()).expect("a media type is short");
    let block = [&[OK], &CONTENT_TYPE[..], &[length], kind.as_bytes()].concat();
    [frame(HEADERS, END_HEADERS, stream, &block), frame(DATA, LAST, stream, body.as_bytes())].concat()
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a frame is short");
    let [_, length @ ..] = length.to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}
