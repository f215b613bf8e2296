//! What every request shares, in two parts: what lives as long as the process, and what a configuration says, of which
//! a newer one can take the place at any time. A request takes the newest at its start and keeps it to its last byte, so
//! that none ever sees two.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use gateway_providers::Operation;
use gateway_router::Router;
use gateway_types::json::ScanLimits;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    health::Health,
    http::{
        body_memory::{BodyMemory, BodyShare},
        callers::CallersEndpoints,
        cors::CorsPolicy,
        detach::Detached,
        error::{ErrorStyle, UpstreamErrorPolicy},
        framing::HeadLimits,
        hops::Hops,
        identify::Keys,
        path_models::PathModels,
        receive::BodyLimits,
        understand::BodyPolicy,
    },
    observe::Observers,
    reload::History,
};

/// How the HTTP side behaves.
#[derive(Debug)]
pub struct HttpSettings {
    /// The keys that callers may use.
    pub keys: Keys,
    /// Bounds of a request's body.
    pub body: BodyLimits,
    /// The most bytes that the bodies of all requests may hold together.
    pub max_body_memory: usize,
    /// Bounds of requests' heads.
    pub head: HeadLimits,
    /// How many whole answers are awaited for callers who have gone.
    pub max_detached: usize,
    /// Bounds of the strict scan.
    pub scan: ScanLimits,
    /// Whether image content is let through.
    pub vision: bool,
    /// Whether the image endpoints are there.
    pub images: bool,
    /// Models that providers read out of paths.
    pub path_models: PathModels,
    /// This gateway's place on the way of requests.
    pub hops: Hops,
    /// How endpoints that callers bring along are called, where they may bring any.
    pub callers: Option<CallersEndpoints>,
    /// Whether `/proxy` is there.
    pub proxy: bool,
    /// Whether one backend gets every request as it is.
    pub single_backend: bool,
    /// Ask upstreams for token counts in streams.
    pub count_tokens: bool,
    /// Whether a request that would lose a member on its way is refused, where the caller does not say.
    pub strict_translation: bool,
    /// The failover sequence of requests without `/v1` that bring none: configured providers, possibly none.
    pub default_sequence: Vec<String>,
    /// How errors are written where the caller does not say.
    pub error_style: ErrorStyle,
    /// Whether upstreams' error bodies are replaced.
    pub mask_upstream_errors: bool,
    /// Answer 201 in the S3 dialect.
    pub created_status: bool,
    /// How long a stream may be silent before a comment is sent.
    pub keep_alive: Duration,
    /// Whether and where `/metrics` is.
    pub metrics: MetricsExposure,
    /// Which browser pages may call.
    pub cors: CorsPolicy,
    /// The gateway's name on `/api/status`.
    pub system_name: String,
}

/// Where the metrics are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsExposure {
    /// Nowhere.
    Off,
    /// At `/metrics`, behind the same keys as everything else.
    WithKey,
    /// At an address of their own.
    OwnAddress,
}

/// What lives as long as the process.
#[derive(Debug)]
pub struct Process {
    /// Log and metrics.
    pub observers: Arc<Observers>,
    /// Its configurations so far.
    pub configurations: History,
    /// When the process began to serve.
    pub started: Instant,
    /// The same in seconds since 1970.
    pub started_unix: u64,
    /// Whole answers whose callers have gone.
    pub detached: Detached,
    /// The memory that the bodies of all requests share.
    pub body_memory: Arc<BodyMemory>,
    /// Cancelled when a shutdown begins.
    pub draining: CancellationToken,
    /// Cancelled when open streams must end.
    pub cut_off: CancellationToken,
}

impl Process {
    /// A process that begins to serve now.
    pub fn begin(observers: Arc<Observers>) -> Self {
        Self {
            observers,
            configurations: History::begin(),
            started: Instant::now(),
            started_unix: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
            detached: Detached::default(),
            body_memory: Arc::default(),
            draining: CancellationToken::new(),
            cut_off: CancellationToken::new(),
        }
    }
}

/// What one configuration says, and the process that it holds for.
#[derive(Debug)]
pub struct Live {
    /// From a model's name to an upstream call.
    pub router: Router,
    /// The switches.
    pub settings: HttpSettings,
    /// What is known of each provider.
    pub health: Health,
    /// What is there whatever the configuration says.
    pub process: Arc<Process>,
}

/// The application.
#[derive(Debug)]
pub struct App {
    process: Arc<Process>,
    live: ArcSwap<Live>,
}

impl App {
    /// An application with its first configuration.
    pub fn new(live: Live) -> Self {
        Self {
            process: Arc::clone(&live.process),
            live: ArcSwap::from_pointee(live),
        }
    }

    /// What the newest configuration says. Taken once for each request.
    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// Puts another configuration in the place of this one, for the requests to come.
    pub(crate) fn replace(&self, live: Live) {
        self.live.store(Arc::new(live));
    }

    /// What lives as long as the process.
    pub fn process(&self) -> &Arc<Process> {
        &self.process
    }
}

impl Live {
    /// The share of a body in the memory that all bodies have.
    pub fn body_share(&self) -> BodyShare {
        self.process
            .body_memory
            .share(self.settings.max_body_memory)
    }

    /// What a body may hold.
    pub fn body_policy(&self) -> BodyPolicy {
        BodyPolicy {
            limits: self.settings.scan,
            vision: self.settings.vision,
        }
    }

    /// How errors of a caller's own endpoint are answered: the credential was the caller's.
    pub fn callers_own_errors(&self) -> UpstreamErrorPolicy {
        UpstreamErrorPolicy {
            own_credentials: false,
            ..self.upstream_errors()
        }
    }

    /// How upstream errors are answered.
    pub fn upstream_errors(&self) -> UpstreamErrorPolicy {
        UpstreamErrorPolicy {
            mask: self.settings.mask_upstream_errors,
            own_credentials: !self.settings.single_backend,
        }
    }

    /// Whether an operation is switched off as a feature.
    pub fn is_disabled(&self, operation: Operation) -> bool {
        let images = matches!(
            operation,
            Operation::ImageGenerations | Operation::ImageEdits | Operation::ImageVariations
        );
        images && !self.settings.images
    }
}
