//! An upstream whose every byte is scripted, and that remembers every byte it was sent.

mod connection;
mod forward_proxy;
mod record;
mod replay;
mod reply;
mod sinks;
mod tls;

use std::{
    collections::HashMap,
    fmt,
    net::SocketAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, task::JoinHandle};

use self::tls::Identity;
pub use self::{
    forward_proxy::ForwardProxy,
    record::RecordedRequest,
    replay::{BodyFraming, Chunking, RecordedReply},
    reply::{Gate, Reply},
    sinks::{Babbler, ClosedPort, FullBacklog},
    tls::{
        AUTHORITY_PEM, CERTIFICATE_PEM, PRIVATE_KEY_PEM, SIGNED_CERTIFICATE_PEM, SIGNED_KEY_PEM,
    },
};
use crate::runtime;

type Handler = Box<dyn Fn(&RecordedRequest) -> Reply + Send + Sync>;

/// A server on a free port of 127.0.0.1 that answers as its script says.
///
/// It stops when dropped, and then fails the test if its script panicked.
pub struct ScriptedUpstream {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

struct Shared {
    handler: Handler,
    by_model: Mutex<HashMap<String, Reply>>,
    requests: Mutex<Vec<Arc<RecordedRequest>>>,
    connections: AtomicU64,
    heads: AtomicU64,
    panics: Mutex<Vec<String>>,
}

impl ScriptedUpstream {
    /// Answers each request with what the closure makes of it, unless its model has a script of its own
    /// (see [`ScriptedUpstream::script`]).
    pub fn start(handler: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::launch(Box::new(handler), None)
    }

    /// Answers every request alike.
    pub fn replying(reply: Reply) -> Self {
        Self::start(move |_| reply.clone())
    }

    /// As [`ScriptedUpstream::start`], over TLS with the certificate [`CERTIFICATE_PEM`], which nobody trusts.
    pub fn start_tls(handler: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::launch(Box::new(handler), Some(Identity::SelfSigned))
    }

    /// As [`ScriptedUpstream::start`], over TLS with the certificate [`SIGNED_CERTIFICATE_PEM`], for those who trust
    /// [`AUTHORITY_PEM`].
    pub fn start_signed(
        handler: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::launch(Box::new(handler), Some(Identity::Signed))
    }

    fn launch(handler: Handler, identity: Option<Identity>) -> Self {
        let shared = Arc::new(Shared {
            handler,
            by_model: Mutex::default(),
            requests: Mutex::default(),
            connections: AtomicU64::new(0),
            heads: AtomicU64::new(0),
            panics: Mutex::default(),
        });
        let listener = runtime()
            .block_on(TcpListener::bind("127.0.0.1:0"))
            .expect("a free port on 127.0.0.1 can be bound");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let accepting = runtime().spawn(accept(listener, Arc::clone(&shared), identity));
        Self {
            address,
            scheme: if identity.is_some() { "https" } else { "http" },
            shared,
            accepting,
        }
    }

    /// Answers requests whose JSON body (or multipart field) names this model with this reply.
    pub fn script(&self, model: &str, reply: Reply) {
        lock(&self.shared.by_model).insert(model.to_owned(), reply);
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL with this path, e.g. `/v1`.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Every request so far, in the order in which they were complete.
    pub fn requests(&self) -> Vec<Arc<RecordedRequest>> {
        lock(&self.shared.requests).clone()
    }

    /// The requests that named this model.
    pub fn requests_for(&self, model: &str) -> Vec<Arc<RecordedRequest>> {
        self.requests()
            .into_iter()
            .filter(|request| request.model().as_deref() == Some(model))
            .collect()
    }

    /// The one request that named this model.
    ///
    /// # Panics
    /// Where there is none, or more than one.
    pub fn only_request_for(&self, model: &str) -> Arc<RecordedRequest> {
        let mut requests = self.requests_for(model);
        assert_eq!(
            requests.len(),
            1,
            "the upstream saw {} requests for {model}",
            requests.len()
        );
        requests.pop().expect("there is one")
    }

    /// Waits until the upstream has seen a request that fits.
    ///
    /// # Panics
    /// After `limit`.
    pub fn wait_for(
        &self,
        limit: Duration,
        fits: impl Fn(&RecordedRequest) -> bool,
    ) -> Arc<RecordedRequest> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(request) = self.requests().into_iter().find(|request| fits(request)) {
                return request;
            }
            assert!(
                Instant::now() < deadline,
                "no such request reached the upstream in {limit:?}"
            );
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// How many request heads have arrived, whether or not their bodies have.
    pub fn heads(&self) -> u64 {
        self.shared.heads.load(Ordering::Relaxed)
    }

    /// How many connections it has accepted.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for ScriptedUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ScriptedUpstream({})", self.url(""))
    }
}

impl Drop for ScriptedUpstream {
    fn drop(&mut self) {
        self.accepting.abort();
        let panics = lock(&self.shared.panics).join("\n");
        if !panics.is_empty() && !thread::panicking() {
            panic!("the upstream's script panicked: {panics}");
        }
    }
}

impl Shared {
    fn note_head(&self) {
        self.heads.fetch_add(1, Ordering::Relaxed);
    }

    fn record(&self, request: &Arc<RecordedRequest>) {
        lock(&self.requests).push(Arc::clone(request));
    }

    fn answer(&self, request: &RecordedRequest) -> Reply {
        let scripted = request
            .model()
            .and_then(|model| lock(&self.by_model).get(&model).cloned());
        if let Some(reply) = scripted {
            return reply;
        }
        catch_unwind(AssertUnwindSafe(|| (self.handler)(request))).unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            lock(&self.panics).push(text.unwrap_or_else(|| "a panic without words".to_owned()));
            Reply::reset_at_once()
        })
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, identity: Option<Identity>) {
    let acceptor = identity.map(tls::acceptor);
    while let Ok((socket, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        let acceptor = acceptor.clone();
        let number = shared.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            let _ = socket.set_nodelay(true);
            match acceptor {
                None => connection::serve(socket, number, &shared).await,
                Some(acceptor) => {
                    if let Ok(socket) = acceptor.accept(socket).await {
                        connection::serve(socket, number, &shared).await;
                    }
                }
            }
        });
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
