//! The upstreams: those of the file, the one backend, those that the environment switches on, and the demo.

use std::sync::Arc;

use gateway_providers::{
    Catalog, ProviderInput, ProviderSettings, VendorRow, demo::DEMO, vendor::Discovered,
};

use super::{
    Scene, capacity, connection,
    provider::{fill_from_environment, settle, settle_accounts},
};
use crate::config::{
    connection::ConnectionSettings,
    near::nearest,
    path::Path,
    section::{Config, Provider, ProviderTimeouts, Timeouts},
    settings::{ConfiguredProvider, DemoSettings, Mode, ProviderSource, UpstreamTimeouts},
};

/// The vendor of an OpenAI-compatible server of no particular kind.
const ANY_VENDOR: &str = "custom";
/// The name of a backend of no particular kind.
pub(super) const ANY_BACKEND: &str = "backend";

/// Everything upstream.
pub(super) struct Upstreams {
    pub(super) mode: Mode,
    pub(super) providers: Vec<ConfiguredProvider>,
    pub(super) demo: Option<DemoSettings>,
    /// How they are reached, where they say nothing else.
    pub(super) connection: ConnectionSettings,
    /// The name of the one backend.
    pub(super) backend: Option<String>,
    /// Names of providers that are there, also of those that are wrong.
    known: Vec<String>,
    /// Names of providers that are switched off.
    off: Vec<String>,
}

/// What a name stands for.
pub(super) enum Named<'a> {
    Provider(&'a str),
    SwitchedOff,
    Unknown,
}

impl Upstreams {
    /// The provider of that name, letter case not counting.
    pub(super) fn find(&self, name: &str) -> Named<'_> {
        let same = |known: &&String| known.eq_ignore_ascii_case(name);
        match self.known.iter().find(same) {
            Some(known) => Named::Provider(known),
            None if self.off.iter().any(|off| same(&off)) => Named::SwitchedOff,
            None => Named::Unknown,
        }
    }

    /// The names of all providers.
    pub(super) fn names(&self) -> &[String] {
        &self.known
    }
}

pub(super) fn upstreams(
    config: &Config,
    catalog: &Catalog,
    scene: &mut Scene<'_, '_>,
) -> Upstreams {
    let mut found = Upstreams {
        mode: Mode::MultiProvider,
        providers: Vec::new(),
        demo: None,
        connection: connection::usual(config, scene),
        backend: None,
        known: Vec::new(),
        off: Vec::new(),
    };
    let asks_for_backend = config.backend.kind.is_some()
        || config.backend.url.is_some()
        || config.backend.api_key.is_some();
    if asks_for_backend {
        add_backend(config, catalog, &mut found, scene);
    }
    add_configured(config, catalog, &mut found, scene);
    let only_backend = asks_for_backend && found.known.len() <= 1;
    if !only_backend && config.features.discover_providers {
        add_discovered(config, catalog, &mut found, scene);
    }
    found.mode = match (found.known.is_empty(), only_backend) {
        (_, true) => Mode::SingleBackend,
        (true, false) => Mode::Demo,
        _ => Mode::MultiProvider,
    };
    if asks_for_backend && found.mode != Mode::SingleBackend {
        scene.ledger.warn(
            "there are other providers beside the backend, so models are named `provider/model`",
        );
    }
    add_demo(config, &mut found, scene);
    found
}

fn add_demo(config: &Config, found: &mut Upstreams, scene: &mut Scene<'_, '_>) {
    let table = config
        .providers
        .iter()
        .find(|(name, _)| is_demo(name, config));
    let asked = config
        .demo
        .enabled
        .or(table.map(|(_, provider)| provider.enabled));
    if found.mode == Mode::Demo && asked == Some(false) {
        scene.wrong(
            Path::of(&["demo", "enabled"]),
            "nothing is configured, and the demo provider is switched off",
            "set a vendor's key in the environment (e.g. OPENAI_API_KEY), or BACKEND_URL, or write a [providers] table",
        );
    }
    if asked.unwrap_or(found.mode == Mode::Demo) {
        if found.mode == Mode::SingleBackend {
            found.mode = Mode::MultiProvider;
        }
        found.known.push(DEMO.to_owned());
        found.demo = Some(DemoSettings {
            pace: config.demo.pace.0,
            list_faults: config.demo.list_faults,
        });
    }
}

/// Whether a `[providers]` table asks for the built-in demo.
fn is_demo(name: &str, config: &Config) -> bool {
    name == DEMO
        && config
            .providers
            .get(name)
            .is_none_or(|provider| provider.vendor.as_deref().is_none_or(|v| v == DEMO))
}

fn add_configured(
    config: &Config,
    catalog: &Catalog,
    found: &mut Upstreams,
    scene: &mut Scene<'_, '_>,
) {
    for name in scene.written.providers.clone() {
        let Some(provider) = config.providers.get(&name) else {
            found.known.push(name);
            continue;
        };
        if is_demo(&name, config) {
            continue;
        }
        if !provider.enabled {
            found.off.push(name);
            continue;
        }
        let path = Path::of(&["providers", name.as_str()]);
        if let Named::Provider(other) = found.find(&name) {
            let message =
                format!("another provider is called `{other}`, and letter case does not count");
            scene.wrong(path, message, "give it another name");
            continue;
        }
        found.known.push(name.clone());
        if provider.api_key.is_some() && !provider.api_keys.is_empty() {
            scene.wrong(
                path.join("api_keys"),
                "the credential is said twice",
                "keep `api_key` or `api_keys`, not both",
            );
        }
        if let Some(dialect) = &provider.dialect {
            super::check_dialect(dialect, &path, scene);
        }
        let vendor = provider.vendor.as_deref().unwrap_or(&name);
        let Some(row) = vendor_row(vendor, provider.vendor.is_some(), &path, catalog, scene) else {
            // What can be said without knowing the vendor.
            if let (Some(_), Some(any)) = (&provider.base_url, catalog.get(ANY_VENDOR)) {
                settle(
                    configured_input(&name, provider, any, config, scene),
                    &path,
                    scene,
                );
            }
            continue;
        };
        let input = configured_input(&name, provider, row, config, scene);
        let connect = timeouts(&config.timeouts, &provider.timeouts).connect;
        let connection = connection::of_provider(
            &found.connection,
            &provider.connection,
            connect,
            &path,
            scene,
        );
        let mut accounts = settle_accounts(input, &provider.api_keys, &path, scene).into_iter();
        if let Some(settings) = accounts.next() {
            found.providers.push(ConfiguredProvider {
                settings,
                further_accounts: accounts.collect(),
                limit: capacity::limit(provider, &path, scene),
                probe: capacity::probe(provider, row, &path, scene),
                connection,
                source: ProviderSource::Configured,
            });
        }
    }
}

fn vendor_row<'c>(
    vendor: &str,
    named: bool,
    path: &Path,
    catalog: &'c Catalog,
    scene: &mut Scene<'_, '_>,
) -> Option<&'c Arc<VendorRow>> {
    let row = catalog.get(vendor);
    if row.is_none() {
        let meant = nearest(vendor, catalog.iter().map(|row| row.id.as_str()));
        let meant = meant
            .map(|id| format!("did you mean `{id}`? Otherwise "))
            .unwrap_or_default();
        let help = format!(
            "{meant}write `vendor = \"{ANY_VENDOR}\"` with a `base_url` for any OpenAI-compatible server, or describe \
             it in a [vendors.{vendor}] table"
        );
        let path = if named {
            path.join("vendor")
        } else {
            path.clone()
        };
        scene.wrong(path, format!("there is no vendor `{vendor}`"), help);
    }
    row
}

fn configured_input(
    name: &str,
    provider: &Provider,
    row: &Arc<VendorRow>,
    config: &Config,
    scene: &Scene<'_, '_>,
) -> ProviderInput {
    let mut input = ProviderInput::new(Arc::clone(row));
    input.rules = input.rules.with_first(config.model_rules.iter().cloned());
    name.clone_into(&mut input.name);
    input.base_url.clone_from(&provider.base_url);
    let key = provider.api_key.as_ref().or(provider.api_keys.first());
    input.credential = key.map(|key| key.0.clone());
    input.headers = provider
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.0.clone()))
        .collect();
    input.variables.clone_from(&provider.variables);
    input.timeouts = timeouts(&config.timeouts, &provider.timeouts).call;
    input.overrides = provider.overrides();
    fill_from_environment(&mut input, scene);
    input
}

fn add_backend(
    config: &Config,
    catalog: &Catalog,
    found: &mut Upstreams,
    scene: &mut Scene<'_, '_>,
) {
    let path = Path::of(&["backend"]);
    let backend = &config.backend;
    let name = backend.kind.as_deref().unwrap_or(ANY_BACKEND);
    found.known.push(name.to_owned());
    found.backend = Some(name.to_owned());
    if backend.kind.is_none() && backend.url.is_none() {
        scene.wrong(
            path,
            "there is a key for a backend, and no backend",
            "set BACKEND_URL (or `backend.url`)",
        );
        return;
    }
    let kind = backend.kind.as_deref().unwrap_or(ANY_VENDOR);
    let Some(row) = catalog.get(kind) else {
        let meant = nearest(kind, catalog.iter().map(|row| row.id.as_str()));
        let help = meant.map_or_else(
            || "leave it out for any OpenAI-compatible server".to_owned(),
            |id| {
                format!("did you mean `{id}`? Leave it out for any other OpenAI-compatible server")
            },
        );
        scene.wrong(
            path.join("kind"),
            format!("there is no kind of backend `{kind}`"),
            help,
        );
        return;
    };
    let mut input = ProviderInput::new(Arc::clone(row));
    input.rules = input.rules.with_first(config.model_rules.iter().cloned());
    name.clone_into(&mut input.name);
    input.base_url.clone_from(&backend.url);
    input.credential = backend.api_key.as_ref().map(|key| key.0.clone());
    let defaults = timeouts(&config.timeouts, &ProviderTimeouts::default());
    input.timeouts = defaults.call;
    fill_from_environment(&mut input, scene);
    if let Some(settings) = settle(input, &path, scene) {
        let source = ProviderSource::Backend;
        found.providers.push(ConfiguredProvider {
            settings,
            further_accounts: Vec::new(),
            limit: None,
            probe: None,
            connection: found.connection.clone(),
            source,
        });
    }
}

/// Adds what the environment switches on. What is incomplete there is left out with a warning: a variable may be there
/// for something else.
fn add_discovered(
    config: &Config,
    catalog: &Catalog,
    found: &mut Upstreams,
    scene: &mut Scene<'_, '_>,
) {
    let defaults = timeouts(&config.timeouts, &ProviderTimeouts::default());
    for Discovered {
        mut input,
        variables,
    } in catalog.discover(scene.environment)
    {
        let is_written = |(name, provider): (&String, &Provider)| {
            let vendor = provider.vendor.as_deref().unwrap_or(name);
            vendor == input.vendor.id || name.eq_ignore_ascii_case(&input.name)
        };
        let is_known = !matches!(found.find(&input.name), Named::Unknown);
        if is_known || config.providers.iter().any(is_written) {
            continue;
        }
        input.timeouts = defaults.call;
        input.rules = input.rules.with_first(config.model_rules.iter().cloned());
        let name = input.name.clone();
        match ProviderSettings::resolve(input) {
            Ok(settings) => {
                found.known.push(name);
                let source = ProviderSource::Environment(variables);
                found.providers.push(ConfiguredProvider {
                    settings,
                    further_accounts: Vec::new(),
                    limit: None,
                    probe: None,
                    connection: found.connection.clone(),
                    source,
                });
            }
            Err(error) => {
                let named = variables.join(", ");
                scene.ledger.warn(format!(
                    "provider `{name}`, asked for by {named}, is left out: {error}"
                ));
            }
        }
    }
}

/// A provider's times, where it has its own, else those of `[timeouts]`.
pub(super) fn timeouts(all: &Timeouts, own: &ProviderTimeouts) -> UpstreamTimeouts {
    UpstreamTimeouts {
        connect: own.connect.unwrap_or(all.connect).0,
        call: gateway_providers::call::Timeouts {
            first_token: own.first_token.unwrap_or(all.first_token).0,
            idle: own.idle.unwrap_or(all.idle).0,
            total: own.total.unwrap_or(all.total).0,
            hold: own.hold.unwrap_or(all.hold).0,
        },
    }
}
