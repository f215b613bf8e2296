//! The configuration file as types: one struct a section, each key with its meaning, its unit and its default.
//!
//! The documentation of a field is its description in the JSON Schema. Every key may be left out.

mod affinity;
mod alias;
mod auth;
mod backend;
mod caller_endpoints;
mod catalogue;
mod connection;
mod cors;
mod demo;
mod errors;
mod features;
mod limits;
mod logging;
mod metrics;
mod provider;
mod proxy;
mod resilience;
mod routing;
mod server;
mod timeouts;

use std::collections::BTreeMap;

use gateway_providers::{VendorRow, rules::RuleRow};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    affinity::Affinity,
    alias::{Alias, AliasTimeouts, PoolStrategy, TargetEntry, TargetList},
    auth::Auth,
    backend::Backend,
    caller_endpoints::CallerEndpoints,
    catalogue::Catalogue,
    connection::{Connection, HttpVersion},
    cors::Cors,
    demo::Demo,
    errors::{ErrorFormat, ErrorTypeStyle, Errors, UpstreamErrors},
    features::Features,
    limits::Limits,
    logging::{LogFormat, Logging},
    metrics::Metrics,
    provider::{Provider, ProviderTimeouts},
    proxy::Proxy,
    resilience::Resilience,
    routing::Routing,
    server::{Server, Tls},
    timeouts::Timeouts,
};

/// The gateway's configuration file, e.g. `gateway.toml`. Every section and every key may be left out. Any text may take
/// values from the environment with `${NAME}` or `${NAME:-default}`; `$${` stands for `${`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the gateway listens.
    pub server: Server,
    /// Who may call, and which models.
    pub auth: Auth,
    /// The one backend of a single-backend gateway.
    pub backend: Backend,
    /// The configured upstreams by name, in the order in which they are asked.
    pub providers: BTreeMap<String, Provider>,
    /// Vendors of your own, by id, with the members of the built-in ones. One with a built-in id takes its place.
    pub vendors: BTreeMap<String, VendorRow>,
    /// What holds for some models only, before the built-in rules: the first row with a pattern that fits counts.
    pub model_rules: Vec<RuleRow>,
    /// Public model names and what serves them. `default` is the one for callers that have no favourite.
    pub models: BTreeMap<String, Alias>,
    /// Which model and which provider, where a request leaves it open.
    pub routing: Routing,
    /// How a request survives what one upstream does not.
    pub resilience: Resilience,
    /// How conversations are kept where they are.
    pub affinity: Affinity,
    /// How the list of models is kept fresh.
    pub catalogue: Catalogue,
    /// How upstreams are reached.
    pub connection: Connection,
    /// How long each phase of an upstream call may take.
    pub timeouts: Timeouts,
    /// How much of anything is accepted.
    pub limits: Limits,
    /// How errors look.
    pub errors: Errors,
    /// What is switched on.
    pub features: Features,
    /// The built-in provider that needs no key and no network.
    pub demo: Demo,
    /// Raw requests to a provider.
    pub proxy: Proxy,
    /// Endpoints that callers bring along.
    pub caller_endpoints: CallerEndpoints,
    /// Which web pages may call.
    pub cors: Cors,
    /// What the log says and how it looks.
    pub logging: Logging,
    /// Numbers for Prometheus.
    pub metrics: Metrics,
}
