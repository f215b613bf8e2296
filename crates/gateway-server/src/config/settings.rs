//! What the server runs on: the configuration with everything looked up, filled in and checked.

use std::{fmt, net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use gateway_client::transport::guard::GuardPolicy;
use gateway_providers::{ProviderSettings, registry::credentials_file, rules::ModelRules};
use gateway_router::{
    AffinitySettings, FailoverSettings,
    limits::LimitSettings,
    resolve::{Alias, KnownVendor, ModelPolicy},
};

use super::{
    connection::ConnectionSettings,
    section::{Catalogue, Errors, Limits, Logging},
    value::NamedKey,
};

/// A checked configuration: nothing in it can still be wrong. `Debug` shows no secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// What kind of gateway this is.
    pub mode: Mode,
    /// Where it listens and how long it waits for callers.
    pub server: ServerSettings,
    /// Who may call.
    pub auth: AuthSettings,
    /// The upstreams, in the order in which they are asked: those of the file as written, then those that the
    /// environment switched on.
    pub providers: Vec<ConfiguredProvider>,
    /// The built-in demo provider, where it is on. It comes after all others.
    pub demo: Option<DemoSettings>,
    /// The public model names. Every target names a provider that is there.
    pub aliases: Vec<Alias>,
    /// What the model name `default` stands for where no alias is called so.
    pub default_model: Option<String>,
    /// Which provider is preferred for a bare model name.
    pub default_order: Vec<String>,
    /// The failover sequence of requests without `/v1` that bring none: configured providers only, possibly none.
    pub failover_sequence: Vec<String>,
    /// How a request survives what one upstream does not.
    pub failover: FailoverSettings,
    /// How conversations are kept where they are.
    pub affinity: AffinitySettings,
    /// Which models may be asked for.
    pub policy: ModelPolicy,
    /// Vendors that could be configured and are not.
    pub known_vendors: Vec<KnownVendor>,
    /// How the list of models is kept fresh.
    pub catalogue: Catalogue,
    /// How long a call may take at a provider that says nothing else.
    pub timeouts: UpstreamTimeouts,
    /// How much of anything is accepted.
    pub limits: Limits,
    /// How errors look.
    pub errors: Errors,
    /// What is switched on.
    pub features: FeatureSettings,
    /// How places are reached that no provider's table speaks of.
    pub connection: ConnectionSettings,
    /// Endpoints that callers bring along, where they may.
    pub caller_endpoints: Option<CallerEndpointSettings>,
    /// Which web pages may call.
    pub cors: CorsSettings,
    /// What the log says and how it looks.
    pub logging: Logging,
    /// Numbers for Prometheus.
    pub metrics: MetricsSettings,
    /// What the operator should know, one sentence each.
    pub warnings: Vec<String>,
}

impl Settings {
    /// The files from which providers get credentials that they then keep for long.
    pub(crate) fn credentials_files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let providers = self.providers.iter();
        providers.filter_map(|provider| credentials_file(&provider.settings))
    }
}

/// What kind of gateway this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One backend, which gets every model's name and every body as it is.
    SingleBackend,
    /// Several providers, models named `provider/model`.
    MultiProvider,
    /// Nothing is configured: the demo provider alone.
    Demo,
}

/// Where the gateway listens and how long it waits for callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerSettings {
    /// The addresses, at least one.
    pub listen: Vec<SocketAddr>,
    /// How many threads serve, at least one.
    pub worker_threads: NonZeroUsize,
    /// Whether a change of its files is taken up at once.
    pub watch_files: bool,
    /// The files of its certificate, where it serves HTTPS.
    pub tls: Option<TlsFiles>,
    /// For a request's headers.
    pub header_timeout: Duration,
    /// Between two pieces of a request's body.
    pub body_idle_timeout: Duration,
    /// Of a connection without a request.
    pub keep_alive_timeout: Duration,
    /// For bytes that were sent and not taken.
    pub write_stall_timeout: Duration,
    /// Of a silent stream, before a comment is sent.
    pub heartbeat: Duration,
    /// For running requests at the end.
    pub drain_timeout: Duration,
}

/// A certificate chain and its key, both PEM files that were there when the configuration was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain.
    pub cert_path: PathBuf,
    /// The key.
    pub key_path: PathBuf,
}

/// Who may call.
#[derive(Debug, Clone)]
pub enum AuthSettings {
    /// Who has one of these keys, at least one.
    Keys(Vec<NamedKey>),
    /// Everybody: on loopback, or because the operator said so.
    Open,
}

/// One upstream.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConfiguredProvider {
    /// What a provider is made of; of several accounts, the first.
    pub settings: ProviderSettings,
    /// The same with its further credentials, one by one.
    pub further_accounts: Vec<ProviderSettings>,
    /// How many requests each of its accounts is sent at one time; `None` for as many as come.
    pub limit: Option<LimitSettings>,
    /// How often each of its accounts is asked whether it is there, by its model list; `None` for never.
    pub probe: Option<Duration>,
    /// How it is reached.
    pub connection: ConnectionSettings,
    /// What switched it on.
    pub source: ProviderSource,
}

/// What switched a provider on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderSource {
    /// A `[providers.NAME]` table.
    Configured,
    /// `[backend]`.
    Backend,
    /// Environment variables; their names.
    Environment(Vec<String>),
}

impl fmt::Display for ProviderSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured => f.write_str("configured"),
            Self::Backend => f.write_str("backend"),
            Self::Environment(names) => write!(f, "from {}", names.join(", ")),
        }
    }
}

/// The built-in demo provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoSettings {
    /// The wait before each word of a stream.
    pub pace: Duration,
    /// Whether its models that misbehave are listed.
    pub list_faults: bool,
}

/// How long each phase of an upstream call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamTimeouts {
    /// To make a connection.
    pub connect: Duration,
    /// Everything after that.
    pub call: gateway_providers::call::Timeouts,
}

/// What is switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureSettings {
    /// Whether images in chat messages pass.
    pub vision: bool,
    /// Whether the image endpoints are served.
    pub images: bool,
    /// Whether a request that would lose a member on its way is refused.
    pub strict_translation: bool,
    /// Whether images are fetched for providers that take bytes only.
    pub fetch_images: bool,
    /// Whether `/proxy` is served.
    pub proxy: bool,
}

/// Endpoints that callers bring along.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallerEndpointSettings {
    /// Which of them are called.
    pub policy: GuardPolicy,
    /// What holds for some of their models only.
    pub rules: ModelRules,
}

/// Which web pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorsSettings {
    /// The origins, each in the form in which a browser sends it.
    pub allowed: Origins,
    /// How long a browser may remember.
    pub max_age: Duration,
}

/// Web origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origins {
    /// Every one.
    Any,
    /// These, possibly none.
    Listed(Vec<String>),
}

/// Numbers for Prometheus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Whether they are served.
    pub enabled: bool,
    /// An address of their own.
    pub listen: Option<SocketAddr>,
}
