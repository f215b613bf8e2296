//! Addresses that fail in their own ways: nobody listens, or nobody accepts.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::{Duration, timeout},
};

use crate::runtime;

/// A port that is taken, yet refuses every connection.
#[derive(Debug)]
pub struct ClosedPort {
    socket: TcpSocket,
}

impl ClosedPort {
    /// Takes a port.
    pub fn take() -> Self {
        let _guard = runtime().enter();
        let socket = TcpSocket::new_v4().expect("a socket can be made");
        socket
            .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
            .expect("a free port can be bound");
        Self { socket }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.socket
            .local_addr()
            .expect("a bound socket has an address")
    }
}

/// A listener whose queue is full, so that a connection is neither accepted nor refused (Linux).
#[derive(Debug)]
pub struct FullBacklog {
    listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl FullBacklog {
    /// Listens and fills the queue.
    pub fn open() -> Self {
        runtime().block_on(async {
            let socket = TcpSocket::new_v4().expect("a socket can be made");
            socket
                .bind(SocketAddr::from(([127, 0, 0, 1], 0)))
                .expect("a free port can be bound");
            let listener = socket.listen(1).expect("a bound socket can listen");
            let address = listener
                .local_addr()
                .expect("a bound listener has an address");
            let mut queued = Vec::new();
            while let Ok(Ok(stream)) =
                timeout(Duration::from_millis(200), TcpStream::connect(address)).await
            {
                queued.push(stream);
            }
            Self {
                listener,
                _queued: queued,
            }
        })
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.listener
            .local_addr()
            .expect("a bound listener has an address")
    }
}

/// A server that says its piece to whoever connects, reads nothing, and hangs up.
#[derive(Debug)]
pub struct Babbler {
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Babbler {
    /// Listens on a free port.
    pub fn open(piece: &'static [u8]) -> Self {
        let listener = runtime()
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a free port can be bound");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let accepting = runtime().spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                // Whoever has gone meanwhile misses nothing.
                let _ = socket.write_all(piece).await;
                let _ = socket.shutdown().await;
                let mut rest = [0; 4096];
                while matches!(socket.read(&mut rest).await, Ok(1..)) {}
            }
        });
        Self { address, accepting }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Babbler {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
