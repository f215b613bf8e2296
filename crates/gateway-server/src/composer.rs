//! Parts made of one configuration after the other. What a newer configuration says as the one before is the same
//! provider still, with its connections; everything else is made anew, so that nothing that holds a secret is carried
//! from one provider to another.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Weak},
};

use gateway_client::transport::{
    HttpTransportConfig, Transport, TrustRoots, guard::GuardedTransport,
};
use gateway_providers::{
    HOPS, Provider, ProviderSettings,
    call::AnswerLimits,
    callers::CallersProviders,
    demo::{DemoConfig, DemoProvider},
    images::{ImageFetcher, WithImages},
    provider::SharedProvider,
    registry::{build_provider, credentials_file},
};

use http::HeaderMap;

use crate::{
    compose::{ComposeError, Edge},
    config::{ConnectionSettings, DemoSettings, Settings},
    http::{callers::CallersEndpoints, hops::Hops},
    reload::Sources,
    server::Parts,
    workers::{PerWorkerTransport, Workers},
};

/// Makes parts of configurations, and remembers what it made them of for as long as somebody uses it.
#[derive(Debug)]
pub struct Composer {
    workers: usize,
    hops: Hops,
    /// Made where somebody first needs it.
    images: Option<(TrustRoots, Arc<ImageFetcher>)>,
    threads: Option<Workers>,
    transports: HashMap<ConnectionSettings, Weak<dyn Transport>>,
    made: Vec<Made>,
}

/// A provider, and all that it follows from. Neither is kept alive here: what a configuration no longer says goes with
/// the last request that uses it, its secrets too.
#[derive(Debug)]
struct Made {
    of: Trace,
    provider: Weak<dyn Provider>,
}

/// Equal ones make providers that do the same.
#[derive(Debug)]
enum Blueprint {
    Upstream {
        settings: Arc<ProviderSettings>,
        way: Way,
    },
    Demo(DemoSettings),
}

/// What is left of a blueprint that a provider was made of.
#[derive(Debug)]
enum Trace {
    Upstream {
        /// The provider's own.
        settings: Weak<ProviderSettings>,
        way: Way,
    },
    Demo(DemoSettings),
}

/// How an upstream is reached.
#[derive(Debug, Clone, PartialEq)]
struct Way {
    connection: ConnectionSettings,
    /// Whose certificates are trusted where images are fetched for it; `None` where they are not.
    fetch_images: Option<TrustRoots>,
    /// The file that it gets its credential from, where there is one, and what was in it.
    credentials: Sources,
}

impl Way {
    /// Whether it is the same way still. A file that is gone says nothing of what came of it before: it may be back in
    /// a moment.
    fn is_still(&self, now: &Self) -> bool {
        self.connection == now.connection
            && self.fetch_images == now.fetch_images
            && (self.credentials == now.credentials || !now.credentials.are_readable())
    }
}

impl Trace {
    fn of(blueprint: Blueprint) -> Self {
        match blueprint {
            Blueprint::Upstream { settings, way } => Self::Upstream {
                settings: Arc::downgrade(&settings),
                way,
            },
            Blueprint::Demo(demo) => Self::Demo(demo),
        }
    }

    fn is_of(&self, blueprint: &Blueprint) -> bool {
        match (self, blueprint) {
            (
                Self::Upstream { settings, way },
                Blueprint::Upstream {
                    settings: now,
                    way: ways,
                },
            ) => way.is_still(ways) && settings.upgrade().is_some_and(|settings| settings == *now),
            (Self::Demo(demo), Blueprint::Demo(now)) => demo == now,
            _ => false,
        }
    }
}

impl Composer {
    /// For a server with so many threads of its own; with 0 the runtime serves on which it is started.
    pub fn new(workers: usize) -> Self {
        Self {
            workers,
            hops: Hops::new(),
            images: None,
            threads: None,
            transports: HashMap::new(),
            made: Vec::new(),
        }
    }

    /// The parts that a configuration asks for.
    ///
    /// # Errors
    /// See [`ComposeError`].
    pub fn compose(&mut self, settings: Settings) -> Result<Parts, ComposeError> {
        let providers = self.providers(&settings)?;
        if let (None, Some(count)) = (&self.threads, NonZeroUsize::new(self.workers)) {
            self.threads = Some(Workers::start(count).map_err(ComposeError::Workers)?);
        }
        let edge = Edge {
            hops: self.hops.clone(),
            callers: self.callers(&settings)?,
        };
        let threads = self.threads.clone();
        Ok(Parts::of(settings, providers, threads, edge))
    }

    /// How endpoints that callers bring along are called. They share nothing with the configured providers.
    fn callers(&self, settings: &Settings) -> Result<Option<CallersEndpoints>, ComposeError> {
        let Some(callers) = &settings.caller_endpoints else {
            return Ok(None);
        };
        let marks = HeaderMap::from_iter([(HOPS, self.hops.mark().clone())]);
        Ok(Some(CallersEndpoints {
            transport: GuardedTransport::new(
                callers.policy.clone(),
                settings.connection.transport(),
            )?,
            providers: CallersProviders::new(callers.rules.clone(), limits(settings), marks)?,
        }))
    }

    /// Every provider in its order, the demo last.
    fn providers(&mut self, settings: &Settings) -> Result<Vec<SharedProvider>, ComposeError> {
        self.made.retain(|made| made.provider.strong_count() > 0);
        self.transports
            .retain(|_, transport| transport.strong_count() > 0);
        let limits = limits(settings);
        let fetch_images = settings
            .features
            .fetch_images
            .then(|| settings.connection.trust_roots.clone());
        let mark = self.hops.mark().clone();
        let upstreams = settings.providers.iter().flat_map(|provider| {
            let accounts = std::iter::once(&provider.settings).chain(&provider.further_accounts);
            accounts.map(|account| {
                let mut settings = account.clone();
                settings.limits = limits;
                settings.headers.insert(HOPS, mark.clone());
                Blueprint::Upstream {
                    settings: Arc::new(settings),
                    way: Way {
                        connection: provider.connection.clone(),
                        fetch_images: fetch_images.clone(),
                        credentials: Sources::of_files(credentials_file(account)),
                    },
                }
            })
        });
        upstreams
            .chain(settings.demo.map(Blueprint::Demo))
            .map(|blueprint| self.provider(blueprint))
            .collect()
    }

    /// The provider that was made of the same, or a new one.
    fn provider(&mut self, of: Blueprint) -> Result<SharedProvider, ComposeError> {
        let made = self.made.iter().rfind(|made| made.of.is_of(&of));
        if let Some(provider) = made.and_then(|made| made.provider.upgrade()) {
            return Ok(provider);
        }
        let provider: SharedProvider = match &of {
            Blueprint::Upstream { settings, way } => {
                let transport = self.transport(&way.connection)?;
                let provider = build_provider(Arc::clone(settings), transport)?;
                self.with_images(provider, way.fetch_images.as_ref())?
            }
            Blueprint::Demo(demo) => Arc::new(DemoProvider::new(DemoConfig {
                pace: demo.pace,
                list_faults: demo.list_faults,
            })?),
        };
        self.made.push(Made {
            of: Trace::of(of),
            provider: Arc::downgrade(&provider),
        });
        Ok(provider)
    }

    /// Images are fetched for providers that cannot be told an address, where that is on.
    fn with_images(
        &mut self,
        provider: SharedProvider,
        trusting: Option<&TrustRoots>,
    ) -> Result<SharedProvider, ComposeError> {
        let Some(trusted) = trusting.filter(|_| provider.wants_image_bytes()) else {
            return Ok(provider);
        };
        let fetcher = match &self.images {
            Some((roots, fetcher)) if roots == trusted => Arc::clone(fetcher),
            _ => {
                let mut config = HttpTransportConfig::default();
                config.trust_roots = trusted.clone();
                Arc::new(ImageFetcher::new(config)?)
            }
        };
        self.images = Some((trusted.clone(), Arc::clone(&fetcher)));
        Ok(Arc::new(WithImages::new(provider, fetcher)))
    }

    /// Providers that are reached in the same way share their connections.
    fn transport(
        &mut self,
        connection: &ConnectionSettings,
    ) -> Result<Arc<dyn Transport>, ComposeError> {
        let known = self.transports.get(connection);
        if let Some(transport) = known.and_then(Weak::upgrade) {
            return Ok(transport);
        }
        let config = connection.transport();
        let transport: Arc<dyn Transport> =
            Arc::new(PerWorkerTransport::new(&config, self.workers)?);
        self.transports
            .insert(connection.clone(), Arc::downgrade(&transport));
        Ok(transport)
    }
}

fn limits(settings: &Settings) -> AnswerLimits {
    AnswerLimits {
        whole_bytes: settings.limits.max_response_body.0,
        event_bytes: settings.limits.max_event.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ConfigFile, Environment, Flags, load};

    fn settings(text: &str) -> Settings {
        let file = ConfigFile {
            path: "gateway.toml".into(),
            text: text.to_owned(),
        };
        load(Some(&file), &Environment::default(), &Flags::default()).unwrap()
    }

    fn composed(composer: &mut Composer, text: &str) -> Vec<SharedProvider> {
        composer.compose(settings(text)).unwrap().table.providers
    }

    fn lab(more: &str) -> String {
        format!(
            "[providers.other]\nvendor = 'vllm'\nbase_url = 'http://10.0.0.6'\n\
             [providers.lab]\nvendor = 'custom'\nbase_url = 'http://10.0.0.5/v1'\napi_key = 'sk-one'\n{more}\n"
        )
    }

    #[test]
    fn what_is_said_again_is_the_same_provider_and_what_is_changed_is_another() {
        let base = lab("");
        let mut composer = Composer::new(0);
        let first = composed(&mut composer, &base);
        let again = composed(&mut composer, &format!("[cors]\nmax_age = '9s'\n{base}"));
        assert!(
            first
                .iter()
                .zip(&again)
                .all(|(old, new)| Arc::ptr_eq(old, new))
        );

        let changes = [
            base.replace("sk-one", "sk-two"),
            base.replace("10.0.0.5", "10.0.0.7"),
            lab("headers = { x-team = 'a' }"),
            lab("timeouts = { connect = '3s' }"),
            lab("connection = { http_version = 'auto' }"),
            format!("[connection]\noutbound_proxy = 'http://p.test'\n{base}"),
            lab("timeouts = { total = '3s' }"),
            lab("drop = ['seed']"),
            format!("[limits]\nmax_event = '1MiB'\n{base}"),
            format!(
                "[[model_rules]]\nmodels = ['x*']\nsource = 'https://example.com'\nrefuses = ['seed']\n{base}"
            ),
        ];
        for change in changes {
            let changed = composed(&mut composer, &change);
            assert_eq!(changed[1].name(), "lab");
            assert!(!Arc::ptr_eq(&first[1], &changed[1]), "{change}");
        }
        let back = composed(&mut composer, &base);
        assert!(Arc::ptr_eq(&first[1], &back[1]), "it is there still");
    }

    #[test]
    fn another_credentials_file_makes_another_provider_and_none_keeps_the_one_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key.json");
        let text = format!(
            "[providers.vertex]\nvariables = {{ location = 'global', project = 'p', credentials_file = {file:?} }}\n"
        );
        let mut composer = Composer::new(0);
        let mut made = |content: Option<&str>| {
            match content {
                Some(content) => std::fs::write(&file, content).unwrap(),
                None => std::fs::remove_file(&file).unwrap(),
            }
            composed(&mut composer, &text).remove(0)
        };
        let first = made(Some("{\"type\": 1}"));
        let second = made(Some("{\"type\": 2}"));
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &made(Some("{\"type\": 2}"))));
        // Both are in use, and without a file it is the newest that stays.
        assert!(Arc::ptr_eq(&second, &made(None)));
        assert!(Arc::ptr_eq(&second, &made(Some("{\"type\": 2}"))));
        assert!(Arc::ptr_eq(&first, &made(Some("{\"type\": 1}"))));
    }

    #[test]
    fn what_nobody_uses_any_more_is_forgotten_with_its_secret() {
        let mut composer = Composer::new(0);
        drop(composed(&mut composer, &lab("")));
        for made in &composer.made {
            let Trace::Upstream { settings, .. } = &made.of else {
                panic!("two upstreams were made")
            };
            assert_eq!(settings.strong_count(), 0, "not even until the next one");
        }
        let kept = composed(&mut composer, "[demo]\nenabled = true\n");
        assert_eq!((composer.made.len(), composer.transports.len()), (1, 0));
        let again = composed(&mut composer, "[demo]\nenabled = true\n");
        assert!(Arc::ptr_eq(&kept[0], &again[0]));
    }
}
