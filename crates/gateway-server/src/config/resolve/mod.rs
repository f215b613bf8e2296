//! From the typed configuration to settings: everything looked up and checked against everything else.

mod address;
mod aliases;
mod callers;
mod capacity;
mod connection;
mod listen;
mod provider;
mod providers;
mod rest;
mod targets;

use std::collections::BTreeMap;

use gateway_providers::{Catalog, registry::dialect_names};
use gateway_router::resolve::{KnownVendor, ModelPolicy};

use self::providers::Upstreams;
use super::{
    document::Document,
    environment::Environment,
    ledger::Ledger,
    path::Path,
    problem::Finding,
    section::Config,
    settings::{Mode, Settings},
};

/// What was written, beside what it means.
pub(super) struct Written<'s, 'd> {
    /// The places of everything.
    pub(super) document: &'s Document<'d>,
    /// The names of all providers in their order, also of those that could not be read.
    pub(super) providers: Vec<String>,
}

/// What every part of the resolution reads, and where it writes its findings.
struct Scene<'s, 'd> {
    written: Written<'s, 'd>,
    environment: &'s BTreeMap<String, String>,
    ledger: &'s mut Ledger,
}

impl Scene<'_, '_> {
    /// Notes what is wrong at a key.
    fn wrong(&mut self, path: Path, message: impl Into<String>, help: impl Into<String>) {
        self.ledger.find(
            self.written.document,
            Finding::new(path, message).help(help),
        );
    }

    /// Notes what is wrong at a key, where the message says what to change.
    fn wrong_plainly(&mut self, path: Path, message: impl Into<String>) {
        self.ledger
            .find(self.written.document, Finding::new(path, message));
    }
}

/// Makes settings of a configuration. They are of use only when the ledger stayed empty.
pub(super) fn resolve(
    config: Config,
    written: Written<'_, '_>,
    environment: &Environment,
    ledger: &mut Ledger,
) -> Option<Settings> {
    let variables = environment.to_map();
    let mut scene = Scene {
        written,
        environment: &variables,
        ledger,
    };
    let catalog = vendors(&config, &mut scene)?;
    let server = listen::server(&config, &mut scene);
    let auth = listen::auth(&config, &server.listen, &mut scene);
    let upstreams = providers::upstreams(&config, &catalog, &mut scene);
    let aliases = aliases::aliases(&config, &upstreams, &catalog, &mut scene);
    let default_model = aliases::default_model(&config, &mut scene);
    let metrics = rest::metrics(&config, &server.listen, &mut scene);
    let own: Vec<_> = server
        .listen
        .iter()
        .copied()
        .chain(metrics.listen)
        .collect();
    let caller_endpoints = callers::caller_endpoints(&config, &auth, &own, &mut scene);
    let features = rest::features(&config, upstreams.mode);
    let guarded = caller_endpoints.is_some() || features.fetch_images;
    connection::check_guarded(&upstreams.connection, guarded, &mut scene);
    let cors = rest::cors(&config, &mut scene);
    rest::check_limits(&config, &mut scene);
    rest::check_resilience(&config, &mut scene);
    rest::check_affinity(&config, &mut scene);
    rest::check_logging(&config, &mut scene);
    let default_order = aliases::default_order(&config, &upstreams, &mut scene);
    let failover_sequence = aliases::failover_sequence(&config, &upstreams, &catalog, &mut scene);
    let names = |list: &super::value::TextList| list.0.clone();
    let (allowed, disallowed) = (
        names(&config.auth.allowed_models),
        names(&config.auth.disallowed_models),
    );
    Some(Settings {
        mode: upstreams.mode,
        server,
        auth,
        known_vendors: known_vendors(&catalog, &upstreams),
        demo: upstreams.demo,
        providers: upstreams.providers,
        aliases,
        default_model,
        default_order,
        failover_sequence,
        failover: config
            .resilience
            .settings(upstreams.mode != Mode::MultiProvider),
        affinity: config.affinity.settings(),
        policy: ModelPolicy::new(
            allowed.iter().map(String::as_str),
            disallowed.iter().map(String::as_str),
        ),
        catalogue: config.catalogue,
        timeouts: providers::timeouts(
            &config.timeouts,
            &super::section::ProviderTimeouts::default(),
        ),
        limits: config.limits,
        errors: config.errors,
        features,
        connection: upstreams.connection,
        caller_endpoints,
        cors,
        logging: config.logging,
        metrics,
        warnings: Vec::new(),
    })
}

/// The built-in vendors and those of the configuration.
fn vendors(config: &Config, scene: &mut Scene<'_, '_>) -> Option<Catalog> {
    let mut catalog = match Catalog::builtin() {
        Ok(catalog) => catalog,
        Err(error) => {
            scene.wrong_plainly(
                Path::default(),
                format!("the built-in vendors cannot be read: {error}"),
            );
            return None;
        }
    };
    for (id, row) in &config.vendors {
        let path = Path::of(&["vendors", id.as_str()]);
        let mut row = row.clone();
        if !row.id.is_empty() && row.id != *id {
            scene.wrong(
                path.join("id"),
                "the id of a vendor is the name of its table",
                "leave `id` out",
            );
        }
        check_dialect(&row.dialect, &path, scene);
        row.id.clone_from(id);
        if let Err(error) = catalog.merge(row) {
            scene.wrong_plainly(path, error.to_string());
        }
    }
    Some(catalog)
}

/// Notes a dialect that is not built in.
fn check_dialect(dialect: &str, owner: &Path, scene: &mut Scene<'_, '_>) {
    if dialect_names().any(|known| known == dialect) {
        return;
    }
    let known = dialect_names().collect::<Vec<_>>().join(", ");
    scene.wrong(
        owner.join("dialect"),
        format!("there is no dialect `{dialect}`"),
        format!("leave it out, or write one of: {known}"),
    );
}

/// Vendors that could be configured and are not, and what each of them needs.
fn known_vendors(catalog: &Catalog, upstreams: &Upstreams) -> Vec<KnownVendor> {
    let configured = |id: &str| {
        upstreams
            .providers
            .iter()
            .any(|provider| provider.settings.name == id)
    };
    catalog
        .iter()
        .filter(|row| !configured(&row.id))
        .map(|row| {
            let names = if row.key_required {
                row.key_names()
            } else {
                row.url_names()
            };
            let needs = format!("set `{}`", names.first().map_or("", String::as_str));
            KnownVendor {
                id: row.id.clone(),
                needs,
            }
        })
        .collect()
}
