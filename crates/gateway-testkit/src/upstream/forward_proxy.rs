//! A forward proxy: it tunnels what asks for a tunnel, passes the rest on, and remembers every head.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::BytesMut;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    runtime,
    wire::{Head, take_head},
};

/// An HTTP proxy on a free port of 127.0.0.1, with CONNECT and with absolute targets.
#[derive(Debug)]
pub struct ForwardProxy {
    address: SocketAddr,
    heads: Arc<Mutex<Vec<Head>>>,
    accepting: JoinHandle<()>,
}

impl ForwardProxy {
    /// Listens on a free port.
    pub fn open() -> Self {
        let listener = runtime()
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a free port can be bound");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let heads = Arc::new(Mutex::default());
        let seen = Arc::clone(&heads);
        let accepting = runtime().spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(socket, Arc::clone(&seen)));
            }
        });
        Self {
            address,
            heads,
            accepting,
        }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The first head of each connection, in the order in which they came.
    pub fn heads(&self) -> Vec<Head> {
        self.heads
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for ForwardProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Whoever cannot be served is hung up on.
async fn serve(mut client: TcpStream, heads: Arc<Mutex<Vec<Head>>>) -> Option<()> {
    let mut buffer = BytesMut::new();
    let head = loop {
        if let Some(head) = take_head(&mut buffer) {
            break head;
        }
        if client.read_buf(&mut buffer).await.ok()? == 0 {
            return None;
        }
    };
    heads
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head.clone());
    let target = head.word(1);
    let mut upstream;
    if head.word(0) == "CONNECT" {
        upstream = TcpStream::connect(target).await.ok()?;
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await
            .ok()?;
    } else {
        let (authority, _) = target.strip_prefix("http://")?.split_once('/')?;
        upstream = TcpStream::connect(authority).await.ok()?;
        // The origin gets the target as a client of its own would write it.
        let text =
            String::from_utf8_lossy(&head.raw).replacen(&format!("http://{authority}"), "", 1);
        upstream.write_all(text.as_bytes()).await.ok()?;
    }
    upstream.write_all(&buffer).await.ok()?;
    copy_bidirectional(&mut client, &mut upstream).await.ok()?;
    Some(())
}
