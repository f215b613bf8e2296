//! The server as a value: started from parts, stopped in good order.

use std::{io, net::SocketAddr, sync::Arc};

use gateway_router::{
    Router, RouterSettings, label,
    resolve::{TableError, TableParts},
};
use tokio::{task::JoinHandle, time::Instant};

use crate::{
    app::{App, HttpSettings, Live, Process},
    health::Health,
    http::routes,
    listener::{self, BindError, Bound, ConnectionLimits, Signals, TlsFiles},
    observe::{
        Metrics, Observers,
        access_log::{AccessLog, LineFormat},
    },
    workers::Workers,
};

/// Everything that a server is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where to listen.
    pub listen: Vec<SocketAddr>,
    /// Where the metrics are served, if at an address of their own.
    pub metrics_listen: Option<SocketAddr>,
    /// TLS, where the gateway itself terminates it.
    pub tls: Option<TlsFiles>,
    /// Bounds of client connections.
    pub connections: ConnectionLimits,
    /// How the HTTP side behaves.
    pub http: HttpSettings,
    /// Providers, aliases, policy.
    pub table: TableParts,
    /// How the router behaves in time.
    pub router: RouterSettings,
    /// The threads that serve; where there are none, the runtime on which the server is started does.
    pub workers: Option<Workers>,
    /// The log of requests, where it is on.
    pub access_log: Option<LineFormat>,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The parts contradict each other.
    #[error(transparent)]
    Table(#[from] TableError),
    /// An address or the TLS files cannot be used.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The system gives no thread for the log.
    #[error("the access log cannot be written: {0}")]
    AccessLog(#[source] io::Error),
}

/// A server that is running. Dropping it does not stop it; [`shutdown`](Self::shutdown) does.
#[derive(Debug)]
pub struct RunningServer {
    addresses: Vec<SocketAddr>,
    metrics_address: Option<SocketAddr>,
    app: Arc<App>,
    task: JoinHandle<()>,
}

impl RunningServer {
    /// Starts a server inside the current tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running then.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let router = Router::new(parts.table, parts.router)?;
        let providers: Vec<_> = router
            .table()
            .every_account()
            .map(|account| (label(&**account).into_owned(), account.vendor().to_owned()))
            .collect();
        let bound = Bound::bind(&parts.listen, parts.tls.as_ref(), parts.connections).await?;
        let metrics_address: Vec<_> = parts.metrics_listen.into_iter().collect();
        let metrics_bound = Bound::bind(&metrics_address, None, parts.connections).await?;
        let access_log = parts
            .access_log
            .map(AccessLog::start)
            .transpose()
            .map_err(StartError::AccessLog)?;
        let observers = Arc::new(Observers {
            metrics: Metrics::default(),
            access_log,
        });
        let process = Arc::new(Process::begin(Arc::clone(&observers)));
        router.warm_up();
        let app = Arc::new(App::new(Live {
            router,
            settings: parts.http,
            health: Health::new(providers),
            process: Arc::clone(&process),
        }));
        let addresses = bound.addresses();
        let metrics_address = metrics_bound.addresses().first().copied();
        let serve = |bound, handler, workers| {
            let signals = Signals {
                draining: process.draining.clone(),
                cut_off: process.cut_off.clone(),
            };
            listener::serve(bound, handler, Arc::clone(&observers), signals, workers)
        };
        let serving = serve(bound, routes::handler(&app), parts.workers);
        let serving_metrics = serve(metrics_bound, routes::metrics_handler(&app), None);
        let theirs = Arc::clone(&process);
        let drain = parts.connections.drain;
        let all = async move {
            let began_to_drain = async {
                theirs.draining.cancelled().await;
                Instant::now()
            };
            let (began, ..) = tokio::join!(began_to_drain, serving, serving_metrics);
            theirs.detached.finish(began + drain, &theirs.cut_off).await;
        };
        Ok(Self {
            addresses,
            metrics_address,
            app,
            task: tokio::spawn(all),
        })
    }

    /// Where it listens, with the ports that the system chose.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where the metrics are served, if at an address of their own.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// The application, for whoever embeds the server.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Stops taking connections, lets open requests finish within [`ConnectionLimits::drain`], ends the rest with
    /// an error event, and returns.
    pub async fn shutdown(self) {
        self.app.process().draining.cancel();
        // A panic in the accept loop has been reported by the hook.
        let _ = self.task.await;
        if let Some(log) = &self.app.process().observers.access_log {
            log.flush();
        }
    }
}
