//! The server as a value: started from parts, stopped in good order.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use gateway_router::{
    Router, RouterSettings, label,
    resolve::{TableError, TableParts},
};
use tokio::{sync::Mutex, task::JoinHandle, time::Instant};

use crate::{
    app::{App, HttpSettings, Live, Process},
    health::Health,
    http::routes,
    listener::{
        self, BindError, Bound, Certificate, ConnectionLimits, ConnectionTerms, Signals, TlsError,
        TlsFiles,
    },
    observe::{
        Metrics, Observers,
        access_log::{AccessLog, LineFormat},
    },
    probes,
    reload::Fixed,
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
    /// How lines of the log of requests look, where it is on.
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

/// Why a running server does not take up other parts. It goes on with those that it has.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The parts contradict each other.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gives no thread for the log.
    #[error("the access log cannot be written: {0}")]
    AccessLog(#[source] io::Error),
}

/// Parts that were taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reloaded {
    /// Counts the parts that the server was given; those from its start are 1.
    pub generation: u64,
    /// Keys of the configuration that say something else than at the start, and that a restart alone brings about.
    pub after_restart: Vec<&'static str>,
}

/// How long other parts wait for the lists of providers that are new in them, so that no request has to.
const WARM_UP: Duration = Duration::from_secs(1);

/// A server that is running. Dropping it does not stop it; [`shutdown`](Self::shutdown) does.
#[derive(Debug)]
pub struct RunningServer {
    addresses: Vec<SocketAddr>,
    metrics_address: Option<SocketAddr>,
    app: Arc<App>,
    fixed: Fixed,
    certificate: Option<Certificate>,
    connections: ConnectionTerms,
    /// Held while other parts are taken up, one after the other.
    reloading: Mutex<()>,
    task: JoinHandle<()>,
}

impl RunningServer {
    /// Starts a server inside the current tokio runtime.
    ///
    /// # Errors
    /// See [`StartError`]; nothing is left running then.
    pub async fn start(parts: Parts) -> Result<Self, StartError> {
        let fixed = Fixed::of(&parts);
        let router = Router::new(parts.table, parts.router)?;
        let connections = ConnectionTerms::new(parts.connections);
        let bound = Bound::bind(&parts.listen, parts.tls.as_ref(), connections.clone()).await?;
        let metrics_address: Vec<_> = parts.metrics_listen.into_iter().collect();
        let metrics_bound = Bound::bind(&metrics_address, None, connections.clone()).await?;
        let access_log = AccessLog::default();
        access_log
            .prepare(parts.access_log)
            .map_err(StartError::AccessLog)?;
        access_log.switch(parts.access_log);
        let observers = Arc::new(Observers {
            metrics: Metrics::default(),
            access_log,
        });
        let process = Arc::new(Process::begin(Arc::clone(&observers)));
        router.warm_up();
        let app = Arc::new(App::new(Live {
            health: Health::new(names(&router)),
            router,
            settings: parts.http,
            process: Arc::clone(&process),
        }));
        probes::start(&app);
        let addresses = bound.addresses();
        let certificate = bound.certificate();
        let metrics_address = metrics_bound.addresses().first().copied();
        let serve = |bound, front, workers| {
            let signals = Signals {
                draining: process.draining.clone(),
                cut_off: process.cut_off.clone(),
            };
            listener::serve(bound, front, Arc::clone(&observers), signals, workers)
        };
        let serving = serve(bound, routes::front(&app), parts.workers);
        let serving_metrics = serve(metrics_bound, routes::metrics_front(&app), None);
        let theirs = Arc::clone(&process);
        let terms = connections.clone();
        let all = async move {
            let began_to_drain = async {
                theirs.draining.cancelled().await;
                Instant::now()
            };
            let (began, ..) = tokio::join!(began_to_drain, serving, serving_metrics);
            let end = began + terms.drain();
            theirs.detached.finish(end, &theirs.cut_off).await;
        };
        Ok(Self {
            addresses,
            metrics_address,
            app,
            fixed,
            certificate,
            connections,
            reloading: Mutex::new(()),
            task: tokio::spawn(all),
        })
    }

    /// Takes up other parts, for the requests to come. Requests that are under way end with those that they began with;
    /// a key that is gone is refused from now on, and its open streams run to their end.
    ///
    /// What is known of a provider (connections, circuits, budgets, its list of models) stays where its `Arc` in
    /// [`Parts::table`] is the one that the server has; a [`Composer`](crate::Composer) that made both parts gives
    /// the same one for the same settings. The TLS files are read again, and [`Parts::connections`] hold for the
    /// connections to come. Of what only a restart can change the
    /// answer tells ([`Reloaded::after_restart`]); [`Parts::workers`] is not looked at.
    ///
    /// Waits for a second at most for the lists of new providers' models. Cancelled before its end, it has done nothing.
    ///
    /// # Errors
    /// See [`ReloadError`]; the server goes on as before, and tells why at `/status`.
    pub async fn reload(&self, parts: Parts) -> Result<Reloaded, ReloadError> {
        let _one_at_a_time = self.reloading.lock().await;
        let after_restart = self.fixed.differences(&Fixed::of(&parts));
        let (connections, access_log) = (parts.connections, parts.access_log);
        let live = self.prepared(parts).await.inspect_err(|error| {
            self.refused(&error.to_string());
        })?;
        self.app.replace(live);
        self.connections.replace(connections);
        self.app.process().observers.access_log.switch(access_log);
        probes::start(&self.app);
        Ok(Reloaded {
            generation: self.app.process().configurations.taken_up(),
            after_restart,
        })
    }

    /// Notes that another configuration did not even come to parts, so that `/status` and the metrics tell. The text
    /// is shown to callers with a key.
    pub fn refused(&self, why: &str) {
        self.app.process().configurations.refused(why);
    }

    /// What other parts come to. Nothing can go wrong any more behind it.
    async fn prepared(&self, parts: Parts) -> Result<Live, ReloadError> {
        let tls = match (&self.certificate, &parts.tls) {
            (Some(certificate), Some(files)) => Some((certificate, files.read()?)),
            _ => None,
        };
        let observers = &self.app.process().observers;
        observers
            .access_log
            .prepare(parts.access_log)
            .map_err(ReloadError::AccessLog)?;
        let old = self.app.live();
        let router = Router::succeeding(&old.router, parts.table, parts.router)?;
        router.warmed(WARM_UP).await;
        if let Some((certificate, renewed)) = tls {
            certificate.replace(renewed);
        }
        Ok(Live {
            health: Health::succeeding(&old.health, names(&router)),
            router,
            settings: parts.http,
            process: Arc::clone(&old.process),
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
        self.app.process().observers.access_log.flush();
    }
}

/// Name and vendor of each provider.
fn names(router: &Router) -> Vec<(String, String)> {
    let accounts = router.table().every_account();
    accounts
        .map(|account| (label(&**account).into_owned(), account.vendor().to_owned()))
        .collect()
}
