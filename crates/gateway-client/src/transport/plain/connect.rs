//! From a host's name to a TCP connection.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::{StreamExt, stream::FuturesUnordered};
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time::sleep,
};

use crate::transport::{HttpTransportConfig, TransportError, TransportErrorKind};

/// How much of a head start each address has before the next one is tried beside it (RFC 8305, section 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that answers.
pub(super) async fn connect(
    name: &str,
    port: u16,
    config: &HttpTransportConfig,
) -> Result<TcpStream, TransportError> {
    let addresses = resolve(name, port, config)
        .await
        .map_err(|error| TransportError::with_source(TransportErrorKind::Dns, error))?;
    race(&addresses)
        .await
        .map_err(|error| TransportError::with_source(TransportErrorKind::Connect, error))
}

async fn resolve(
    name: &str,
    port: u16,
    config: &HttpTransportConfig,
) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let mut addresses: Vec<_> = match &config.dns_resolver {
        None => lookup_host((name, port)).await?.collect(),
        Some(resolver) => resolver.resolve(name).await?,
    };
    for address in &mut addresses {
        address.set_port(port);
    }
    if addresses.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the name has no address",
        ));
    }
    Ok(addresses)
}

/// Tries each address a little after the one before it; the last error counts when none answers.
async fn race(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut attempts: FuturesUnordered<_> = addresses
        .iter()
        .zip(0_u32..)
        .map(|(address, place)| async move {
            sleep(HEAD_START * place).await;
            open(*address).await
        })
        .collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "there is no address to connect to");
    while let Some(attempt) = attempts.next().await {
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_keepalive(true)?;
    socket.set_nodelay(true)?;
    socket.connect(address).await
}
