//! Binding, accepting, and the two phases of a shutdown.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Certificate, ConnectionTerms, Peer, TlsError, TlsFiles, connection, presence::Presence,
    protocol::Protocol, terms::Terms, tls,
};
use crate::{http::routes::Front, observe::Observers, workers::Workers};

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address as configured.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The certificate or key is not usable.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Sockets that are bound, not yet served.
pub struct Bound {
    sockets: Vec<TcpListener>,
    certificate: Option<Certificate>,
    terms: ConnectionTerms,
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bound")
            .field("sockets", &self.sockets)
            .finish_non_exhaustive()
    }
}

impl Bound {
    /// Binds every address.
    ///
    /// # Errors
    /// The first address that cannot be bound; or what is wrong with the TLS files.
    pub async fn bind(
        addresses: &[SocketAddr],
        tls: Option<&TlsFiles>,
        terms: ConnectionTerms,
    ) -> Result<Self, BindError> {
        let certificate = tls.map(Certificate::read).transpose()?;
        let mut sockets = Vec::with_capacity(addresses.len());
        for &address in addresses {
            let socket = TcpListener::bind(address)
                .await
                .map_err(|source| BindError::Address { address, source })?;
            sockets.push(socket);
        }
        Ok(Self {
            sockets,
            certificate,
            terms,
        })
    }

    /// What connections are shown, where TLS is spoken.
    pub(crate) fn certificate(&self) -> Option<Certificate> {
        self.certificate.clone()
    }

    /// The addresses, with the ports that the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets
            .iter()
            .filter_map(|socket| socket.local_addr().ok())
            .collect()
    }
}

/// Everything that a connection needs.
struct Shared {
    front: Front,
    certificate: Option<Certificate>,
    terms: ConnectionTerms,
    observers: Arc<Observers>,
    per_ip: Mutex<HashMap<IpAddr, usize>>,
    connections: TaskTracker,
    draining: CancellationToken,
    workers: Option<Workers>,
}

/// What a server has to know to end in good order.
#[derive(Debug, Clone)]
pub struct Signals {
    /// Cancelled when a shutdown begins.
    pub draining: CancellationToken,
    /// Cancelled when open streams must end.
    pub cut_off: CancellationToken,
}

/// Serves until `draining` is cancelled; then lets open requests finish, and after
/// [`drain`](super::ConnectionLimits::drain) cancels `cut_off`, upon which streams end with an error event.
///
/// Connections run on the workers, or on the current runtime where there are none.
pub async fn serve(
    bound: Bound,
    front: Front,
    observers: Arc<Observers>,
    signals: Signals,
    workers: Option<Workers>,
) {
    let Signals { draining, cut_off } = signals;
    let Bound {
        sockets,
        certificate,
        terms,
    } = bound;
    let shared = Arc::new(Shared {
        front,
        certificate,
        terms,
        observers,
        per_ip: Mutex::default(),
        connections: TaskTracker::new(),
        draining,
        workers,
    });
    let loops = sockets
        .into_iter()
        .map(|socket| accept_loop(socket, Arc::clone(&shared)));
    futures::future::join_all(loops).await;
    shared.connections.close();
    let drained = timeout(shared.terms.drain(), shared.connections.wait());
    if drained.await.is_err() {
        cut_off.cancel();
        // The last error events still have to be written.
        let _ = timeout(Duration::from_secs(2), shared.connections.wait()).await;
    }
}

async fn accept_loop(socket: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = shared.draining.cancelled() => return,
        };
        match accepted {
            Ok((stream, address)) => {
                let Some(slot) = Slot::take(&shared, address.ip()) else {
                    shared
                        .observers
                        .metrics
                        .refused_connections
                        .fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                start(stream, address, &shared, slot);
            }
            // Out of file descriptors, or the client was gone already: neither is mended by spinning.
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Hands a connection to a worker, or to the current runtime.
fn start(stream: TcpStream, address: SocketAddr, shared: &Arc<Shared>, slot: Slot) {
    let theirs = Arc::clone(shared);
    let Some(workers) = &shared.workers else {
        shared
            .connections
            .spawn(connect(stream, address, theirs, slot));
        return;
    };
    // A socket belongs to the runtime that it was accepted on: it is taken off here and put on again over there.
    let Ok(stream) = stream.into_std() else {
        return;
    };
    let open = shared.connections.token();
    workers.run(Box::new(move || {
        Box::pin(async move {
            let _open = open;
            if let Ok(stream) = TcpStream::from_std(stream) {
                connect(stream, address, theirs, slot).await;
            }
        })
    }));
}

async fn connect(stream: TcpStream, address: SocketAddr, shared: Arc<Shared>, slot: Slot) {
    let terms = &*slot.terms;
    // Events are small and must not wait for company.
    let _ = stream.set_nodelay(true);
    match &shared.certificate {
        None => plain(stream, address, terms, &shared).await,
        // What TLS needs is large, and no burden for connections without it.
        Some(certificate) => {
            let acceptor = certificate.acceptor();
            Box::pin(over_tls(stream, acceptor, address, (terms, &shared))).await;
        }
    }
}

async fn plain(stream: TcpStream, address: SocketAddr, terms: &Terms, shared: &Shared) {
    let opened = Instant::now();
    let protocol = tokio::select! {
        spoken = timeout(terms.limits.head, Protocol::spoken(&stream)) => spoken,
        () = shared.draining.cancelled() => return,
    };
    // A client that says nothing, or goes away, is answered by closing.
    if let Ok(Ok(Some(protocol))) = protocol {
        serve_connection(
            protocol,
            stream,
            (Peer::new(address, terms.limits.http2_window), opened),
            (terms, shared),
        )
        .await;
    }
}

async fn over_tls(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    address: SocketAddr,
    (terms, shared): (&Terms, &Shared),
) {
    match timeout(terms.limits.head, tls::accept(acceptor, stream)).await {
        Ok(Ok(stream)) => {
            let protocol = Protocol::agreed(stream.get_ref().1.alpn_protocol());
            let peer = Peer::new(address, terms.limits.http2_window);
            let peer = (peer, Instant::now());
            serve_connection(protocol, stream, peer, (terms, shared)).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_) => tracing::debug!("TLS handshake took too long"),
    }
}

async fn serve_connection<S>(
    protocol: Protocol,
    stream: S,
    peer: (Peer, Instant),
    (terms, shared): (&Terms, &Shared),
) where
    S: AsyncRead + AsyncWrite + Presence + Unpin + Send + 'static,
{
    let open = shared.observers.metrics.connections.load(Ordering::Relaxed);
    connection::serve(
        (&terms.protocols, protocol, open),
        stream,
        peer,
        shared.front.clone(),
        terms.limits,
        shared.draining.clone(),
    )
    .await;
}

/// A place among the allowed connections with the terms of whoever has it, given back when dropped.
struct Slot {
    shared: Arc<Shared>,
    terms: Arc<Terms>,
    ip: Option<IpAddr>,
}

impl Slot {
    fn take(shared: &Arc<Shared>, ip: IpAddr) -> Option<Self> {
        let open = shared
            .observers
            .metrics
            .connections
            .fetch_add(1, Ordering::Relaxed);
        let mut slot = Self {
            shared: Arc::clone(shared),
            terms: shared.terms.now(),
            ip: None,
        };
        let limits = &slot.terms.limits;
        if usize::try_from(open).unwrap_or_default() >= limits.max_connections {
            return None;
        }
        let cap = limits.max_connections_per_ip;
        if cap > 0 {
            let mut per_ip = shared.per_ip.lock().unwrap_or_else(PoisonError::into_inner);
            let open = per_ip.entry(ip).or_default();
            if *open >= cap {
                return None;
            }
            *open += 1;
            slot.ip = Some(ip);
        }
        Some(slot)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.shared
            .observers
            .metrics
            .connections
            .fetch_sub(1, Ordering::Relaxed);
        let Some(ip) = self.ip else { return };
        let mut per_ip = self
            .shared
            .per_ip
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = per_ip.get_mut(&ip) {
            *open -= 1;
            if *open == 0 {
                per_ip.remove(&ip);
            }
        }
    }
}
