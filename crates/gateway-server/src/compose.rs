//! From a checked configuration to the parts of a server. Nothing is decided here: the configuration has decided.

use std::{
    collections::HashMap,
    io::{self, IsTerminal},
};

use gateway_client::transport::TransportError;
use gateway_providers::{
    callers::CallersError, demo::DemoError, provider::SharedProvider, registry::RegistryError,
};
use gateway_router::{CatalogueSettings, RouterSettings, resolve::TableParts};
use gateway_types::json::ScanLimits;

use crate::{
    app::{HttpSettings, MetricsExposure},
    composer::Composer,
    config::{
        AuthSettings, ConfiguredProvider, CorsSettings, MetricsSettings, Mode, Origins, Settings,
        section::{self, LogFormat},
    },
    http::{
        callers::CallersEndpoints,
        cors::CorsPolicy,
        error::{ErrorFormat, ErrorStyle},
        framing::HeadLimits,
        hops::Hops,
        identify::Keys,
        path_models::PathModels,
        receive::BodyLimits,
    },
    listener::{ConnectionLimits, TlsFiles},
    observe::access_log::LineFormat,
    server::Parts,
    workers::Workers,
};

/// What stands between this gateway and places that its configuration does not name.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) hops: Hops,
    pub(crate) callers: Option<CallersEndpoints>,
}

/// Why a checked configuration still makes no server.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The transport cannot be set up.
    #[error("the connections to the providers cannot be set up: {0}")]
    Transport(#[from] TransportError),
    /// A provider cannot be built.
    #[error(transparent)]
    Provider(#[from] RegistryError),
    /// Callers' endpoints cannot be called.
    #[error(transparent)]
    Callers(#[from] CallersError),
    /// The demo provider cannot be built.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The system gives no threads.
    #[error("the worker threads cannot be started: {0}")]
    Workers(#[source] io::Error),
}

impl Parts {
    /// The parts that a configuration asks for, to be served by this many threads of their own; with 0 by the
    /// runtime on which the server is started.
    ///
    /// # Errors
    /// See [`ComposeError`].
    pub fn compose(settings: Settings, workers: usize) -> Result<Self, ComposeError> {
        Composer::new(workers).compose(settings)
    }

    pub(crate) fn of(
        settings: Settings,
        providers: Vec<SharedProvider>,
        workers: Option<Workers>,
        edge: Edge,
    ) -> Self {
        let http = http(&settings, edge);
        let router = router(&settings);
        let access_log = settings
            .logging
            .access
            .then(|| line_format(settings.logging.format));
        let single_backend = settings.mode == Mode::SingleBackend;
        let Settings {
            server,
            aliases,
            default_model,
            default_order,
            policy,
            known_vendors,
            limits,
            metrics,
            ..
        } = settings;
        Self {
            listen: server.listen,
            tls: server.tls.map(|tls| TlsFiles {
                certificate: tls.cert_path,
                key: tls.key_path,
            }),
            metrics_listen: metrics.listen.filter(|_| metrics.enabled),
            connections: ConnectionLimits {
                max_connections: limits.max_connections,
                max_connections_per_ip: limits.max_connections_per_ip,
                head: server.header_timeout,
                keep_alive: server.keep_alive_timeout,
                write_stall: server.write_stall_timeout,
                drain: server.drain_timeout,
                max_headers: limits.max_headers,
                max_head_bytes: limits.max_header_size.0,
                max_streams: limits.max_streams_per_connection,
                http2_window: u32::try_from(limits.http2_window.0).unwrap_or(u32::MAX),
            },
            http,
            table: TableParts {
                providers,
                aliases,
                default_model,
                default_order,
                policy,
                single_backend,
                known_vendors,
            },
            router,
            access_log,
            workers,
        }
    }
}

/// How lines look: `auto` is text on a terminal and JSON elsewhere.
pub fn line_format(format: LogFormat) -> LineFormat {
    match format {
        LogFormat::Pretty => LineFormat::Text,
        LogFormat::Auto if io::stdout().is_terminal() => LineFormat::Text,
        LogFormat::Auto | LogFormat::Json => LineFormat::Json,
    }
}

fn router(settings: &Settings) -> RouterSettings {
    RouterSettings {
        catalogue: CatalogueSettings {
            deadline: settings.catalogue.deadline.0,
            ttl: settings.catalogue.max_age.0,
            ..CatalogueSettings::default()
        },
        timeouts: settings.timeouts.call,
        provider_timeouts: by_name(settings, |provider| Some(provider.settings.timeouts)),
        limits: by_name(settings, |provider| provider.limit),
        probes: by_name(settings, |provider| provider.probe),
        failover: settings.failover,
        affinity: settings.affinity,
        ..RouterSettings::default()
    }
}

/// What some of the providers say, by their names.
fn by_name<T>(
    settings: &Settings,
    said: impl Fn(&ConfiguredProvider) -> Option<T>,
) -> HashMap<String, T> {
    let named = settings
        .providers
        .iter()
        .filter_map(|provider| Some((provider.settings.name.clone(), said(provider)?)));
    named.collect()
}

fn http(settings: &Settings, edge: Edge) -> HttpSettings {
    let single_backend = settings.mode == Mode::SingleBackend;
    HttpSettings {
        keys: keys(&settings.auth),
        body: BodyLimits {
            max_bytes: settings.limits.max_request_body.0,
            idle: settings.server.body_idle_timeout,
        },
        // A body that may come must have room where it is the only one.
        max_body_memory: settings
            .limits
            .max_request_memory
            .max(settings.limits.max_request_body)
            .0,
        head: HeadLimits {
            max_headers: settings.limits.max_headers,
            max_bytes: settings.limits.max_header_size.0,
        },
        max_detached: settings.limits.max_detached_requests,
        scan: ScanLimits {
            max_depth: settings.limits.max_json_depth,
        },
        vision: settings.features.vision,
        images: settings.features.images,
        path_models: path_models(settings),
        hops: edge.hops,
        callers: edge.callers,
        proxy: settings.features.proxy,
        single_backend,
        // One backend gets every body as it is, so nothing is asked of it that the client did not ask.
        count_tokens: !single_backend,
        strict_translation: settings.features.strict_translation,
        default_sequence: settings.failover_sequence.clone(),
        error_style: ErrorStyle {
            format: match settings.errors.format {
                section::ErrorFormat::Object => ErrorFormat::Object,
                section::ErrorFormat::String => ErrorFormat::String,
            },
            openai_types: settings.errors.type_style == section::ErrorTypeStyle::Openai,
        },
        mask_upstream_errors: settings.errors.upstream == section::UpstreamErrors::Mask,
        created_status: true,
        keep_alive: settings.server.heartbeat,
        metrics: match settings.metrics {
            MetricsSettings { enabled: false, .. } => MetricsExposure::Off,
            MetricsSettings {
                listen: Some(_), ..
            } => MetricsExposure::OwnAddress,
            MetricsSettings { listen: None, .. } => MetricsExposure::WithKey,
        },
        cors: cors(&settings.cors),
        system_name: "gateway".to_owned(),
    }
}

fn path_models(settings: &Settings) -> PathModels {
    PathModels::new(settings.providers.iter().map(|provider| {
        let provider = &provider.settings;
        (provider.name.as_str(), provider.vendor.paths.values())
    }))
}

fn keys(auth: &AuthSettings) -> Keys {
    let AuthSettings::Keys(keys) = auth else {
        return Keys::default();
    };
    let named: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(place, key)| {
            (
                key.name
                    .clone()
                    .unwrap_or_else(|| format!("key-{}", place + 1)),
                key.key.expose(),
            )
        })
        .collect();
    Keys::new(named.iter().map(|(name, key)| (name.as_str(), *key)))
}

fn cors(cors: &CorsSettings) -> CorsPolicy {
    let origins = match &cors.allowed {
        Origins::Any => Vec::new(),
        Origins::Listed(origins) => origins.clone(),
    };
    CorsPolicy {
        any: cors.allowed == Origins::Any,
        origins,
        max_age: cors.max_age,
    }
}
