//! One connection that asks and reads, blocking.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::decoder::Decoder;

/// What is longer silent than this has failed.
const SILENCE: Duration = Duration::from_secs(30);

/// A keep-alive connection.
#[derive(Debug)]
pub(crate) struct Client {
    stream: TcpStream,
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    pub(crate) fn connect(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        Ok(Self {
            stream,
            decoder: Decoder::default(),
            buffer: vec![0; 64 * 1024],
        })
    }

    /// Sends a request. Everything of the last answer has been read.
    pub(crate) fn ask(&mut self, request: &[u8]) -> io::Result<()> {
        self.decoder.reset();
        self.stream.write_all(request)
    }

    /// Reads what is there, waiting for it. Says how many events came, and whether the answer is whole, whatever its
    /// status.
    pub(crate) fn read(&mut self) -> io::Result<(u64, bool)> {
        let before = self.decoder.events();
        let length = self.stream.read(&mut self.buffer)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = self.buffer.get(..length).unwrap_or_default();
        self.decoder.push(bytes).map_err(io::Error::other)?;
        Ok((self.decoder.events() - before, self.decoder.is_done()))
    }

    /// The answer, so far as it has come.
    pub(crate) fn answer(&self) -> &Decoder {
        &self.decoder
    }

    /// Gives the memory back that reading takes; the connection stays open.
    pub(crate) fn into_open(self) -> TcpStream {
        self.stream
    }
}
