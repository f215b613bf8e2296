//! One connection: requests in, scripts out, and an eye on the other side all the while.

use std::{io, sync::Arc, time::Instant};

use bytes::BytesMut;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split},
    net::TcpStream,
    time::sleep,
};
use tokio_rustls::server::TlsStream;

use super::{
    RecordedRequest, Reply, Shared,
    reply::{Ending, Framing, Step},
};
use crate::wire::{BodyDecoder, take_head};

/// A byte stream that stands on TCP.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {
    /// The TCP connection underneath.
    fn tcp(&self) -> &TcpStream;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Socket for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Serves one connection until either side ends it.
pub(super) async fn serve<S: Socket>(socket: S, number: u64, shared: &Shared) {
    let (mut reader, mut writer) = split(socket);
    let mut buffer = BytesMut::new();
    while let Some(request) = read_request(&mut reader, &mut buffer, number, shared).await {
        let request = Arc::new(request);
        shared.record(&request);
        if !request.complete {
            return;
        }
        let reply = shared.answer(&request);
        let finished = tokio::select! {
            biased;
            finished = play(&reply, &mut writer) => finished,
            () = until_peer_leaves(&mut reader, &mut buffer) => Err(io::ErrorKind::ConnectionAborted.into()),
        };
        if finished.is_err() {
            let _ = request.peer_left.set(Instant::now());
            return;
        }
        let _ = request.answered.set(Instant::now());
        match reply.ending {
            Ending::Complete => {}
            Ending::Cut => {
                let _ = writer.shutdown().await;
                return;
            }
            Ending::Reset | Ending::CompleteThenReset | Ending::Hang => {
                return reset(reader, writer);
            }
        }
    }
}

async fn read_request<S: Socket>(
    reader: &mut ReadHalf<S>,
    buffer: &mut BytesMut,
    connection: u64,
    shared: &Shared,
) -> Option<RecordedRequest> {
    let head = loop {
        if let Some(head) = take_head(buffer) {
            break head;
        }
        read_some(reader, buffer).await?;
    };
    shared.note_head();
    let mut decoder = BodyDecoder::of(&head, BodyDecoder::Length(0));
    let mut body = BytesMut::new();
    let complete = loop {
        while let Some(piece) = decoder.take(buffer) {
            body.extend_from_slice(&piece);
        }
        if decoder.is_done() {
            break true;
        }
        if read_some(reader, buffer).await.is_none() {
            break false;
        }
    };
    Some(RecordedRequest::new(
        connection,
        head,
        body.freeze(),
        complete,
    ))
}

async fn read_some<S: Socket>(reader: &mut ReadHalf<S>, buffer: &mut BytesMut) -> Option<()> {
    match reader.read_buf(buffer).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}

async fn until_peer_leaves<S: Socket>(reader: &mut ReadHalf<S>, buffer: &mut BytesMut) {
    while read_some(reader, buffer).await.is_some() {}
}

async fn play<S: Socket>(reply: &Reply, writer: &mut WriteHalf<S>) -> io::Result<()> {
    let framing = reply.framing();
    play_steps(&reply.before_head, framing, writer).await?;
    writer.write_all(&reply.head_bytes()).await?;
    play_steps(&reply.body, framing, writer).await?;
    match reply.ending {
        Ending::Complete | Ending::CompleteThenReset => {
            writer.write_all(framing.terminator()).await?;
        }
        Ending::Cut => {}
        // What was written must be on its way before the reset overtakes it.
        Ending::Reset => sleep(std::time::Duration::from_millis(20)).await,
        Ending::Hang => std::future::pending().await,
    }
    if reply.ending == Ending::CompleteThenReset {
        sleep(std::time::Duration::from_millis(20)).await;
    }
    writer.flush().await
}

async fn play_steps<S: Socket>(
    steps: &[Step],
    framing: Framing,
    writer: &mut WriteHalf<S>,
) -> io::Result<()> {
    for step in steps {
        match step {
            Step::Piece(bytes) => writer.write_all(&framing.wrap(bytes)).await?,
            Step::Burst(pieces) => writer.write_all(&framing.wrap_all(pieces)).await?,
            Step::Raw(bytes) => writer.write_all(bytes).await?,
            Step::Wait(time) => sleep(*time).await,
            Step::Gate(gate) => gate.pass().await,
        }
        writer.flush().await?;
    }
    Ok(())
}

fn reset<S: Socket>(reader: ReadHalf<S>, writer: WriteHalf<S>) {
    let socket = reader.unsplit(writer);
    let _ = socket.tcp().set_zero_linger();
}
