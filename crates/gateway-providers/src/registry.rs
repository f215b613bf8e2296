//! The configured providers, by name.

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc};

use gateway_client::transport::Transport;

use crate::{
    Auth, ProviderSettings,
    auth::Credential,
    credentials::{
        Signer,
        aws::AwsChain,
        google::{GoogleSource, GoogleTokens},
    },
    dialects::{
        Dialect, anthropic::Anthropic, bedrock::Bedrock, cohere::Cohere, gemini::Gemini,
        ollama::Ollama, vertex::Vertex,
    },
    openai::OpenAiProvider,
    provider::SharedProvider,
    translated::TranslatedProvider,
};

/// Makes a provider from its settings.
pub type BuildProvider = fn(Arc<ProviderSettings>, Arc<dyn Transport>) -> SharedProvider;

/// A dialect: its name in vendor rows, and what builds a provider that speaks it.
#[derive(Debug, Clone, Copy)]
pub struct DialectEntry {
    /// The name, e.g. `openai`.
    pub name: &'static str,
    /// Builds a provider.
    pub build: BuildProvider,
}

/// All dialects that are built in.
pub static DIALECTS: &[DialectEntry] = &[
    DialectEntry {
        name: "openai",
        build: |settings, transport| Arc::new(OpenAiProvider::new(settings, transport)),
    },
    DialectEntry {
        name: "anthropic",
        build: |settings, transport| with_key(settings, transport, Anthropic::new()),
    },
    DialectEntry {
        name: "bedrock",
        build: |settings, transport| {
            let signer = aws_signer(&settings, &transport);
            Arc::new(TranslatedProvider::new(
                settings,
                transport,
                signer,
                Arc::new(Bedrock),
            ))
        },
    },
    DialectEntry {
        name: "cohere",
        build: |settings, transport| with_key(settings, transport, Cohere),
    },
    DialectEntry {
        name: "gemini",
        build: |settings, transport| with_key(settings, transport, Gemini),
    },
    DialectEntry {
        name: "vertex",
        build: |settings, transport| {
            let signer = google_signer(&settings, &transport);
            Arc::new(TranslatedProvider::new(
                settings,
                transport,
                signer,
                Arc::new(Vertex),
            ))
        },
    },
    DialectEntry {
        name: "ollama",
        build: |settings, transport| with_key(settings, transport, Ollama),
    },
    DialectEntry {
        name: "responses",
        build: |settings, transport| {
            Arc::new(OpenAiProvider::with_chat_through_responses(
                settings, transport,
            ))
        },
    },
];

/// A provider that speaks a translated dialect, with its settings' own credential.
fn with_key(
    settings: Arc<ProviderSettings>,
    transport: Arc<dyn Transport>,
    dialect: impl Dialect + 'static,
) -> SharedProvider {
    let signer = Arc::new(settings.credential.clone());
    Arc::new(TranslatedProvider::new(
        settings,
        transport,
        signer,
        Arc::new(dialect),
    ))
}

/// The provider's own credential; where it has none and stands at Google, tokens that are fetched.
fn google_signer(settings: &ProviderSettings, transport: &Arc<dyn Transport>) -> Arc<dyn Signer> {
    match google_source(settings) {
        Some(source) => Arc::new(GoogleTokens::new(source, Arc::clone(transport))),
        None => Arc::new(settings.credential.clone()),
    }
}

fn google_source(settings: &ProviderSettings) -> Option<GoogleSource> {
    let wants_tokens =
        settings.vendor.auth == Auth::Google && matches!(settings.credential, Credential::None);
    GoogleSource::of(settings).filter(|_| wants_tokens)
}

/// The file from which a provider with these settings gets a credential that it then keeps for long: one of Google's
/// credentials files, whose tokens are good for an hour. Whoever sees another one there builds the provider anew. What
/// is read again within minutes, as AWS's files are, is not named.
pub fn credentials_file(settings: &ProviderSettings) -> Option<PathBuf> {
    match google_source(settings)? {
        GoogleSource::File(path) => Some(path),
        GoogleSource::Metadata(_) => None,
    }
}

/// The provider's own credential; where it has none and stands at AWS, the keys that the machine has.
fn aws_signer(settings: &ProviderSettings, transport: &Arc<dyn Transport>) -> Arc<dyn Signer> {
    let own = Arc::new(settings.credential.clone());
    match (&settings.credential, &settings.vendor.auth) {
        (Credential::None, Auth::Aws { service }) => {
            match AwsChain::at_home(settings, service, Arc::clone(transport)) {
                Some(chain) => Arc::new(chain),
                None => own,
            }
        }
        _ => own,
    }
}

/// The names of all dialects that are built in.
pub fn dialect_names() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|entry| entry.name)
}

/// Providers in the order in which they were registered. Cheap to share behind an `Arc`.
///
/// ```
/// use std::sync::Arc;
///
/// use gateway_client::transport::{HttpTransport, HttpTransportConfig, Transport};
/// use gateway_providers::{Catalog, ProviderInput, ProviderSettings, registry::Registry};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let catalog = Catalog::builtin()?;
/// let ollama = ProviderInput::new(Arc::clone(catalog.get("ollama").ok_or("no such vendor")?));
/// let transport: Arc<dyn Transport> = Arc::new(HttpTransport::new(HttpTransportConfig::default())?);
/// let registry = Registry::build([ProviderSettings::resolve(ollama)?], &transport)?;
/// assert_eq!(registry.get("Ollama").map(|provider| provider.name()), Some("ollama"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct Registry {
    providers: Vec<SharedProvider>,
    /// By the name in lower case.
    places: HashMap<String, usize>,
}

/// Why a provider cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Names differ by more than the case of their letters.
    #[error("there are two providers named `{0}`")]
    Duplicate(String),
    /// The vendor's row names a dialect that is not built in.
    #[error(
        "provider `{provider}` speaks `{dialect}`, which this build does not know (known: {known})"
    )]
    UnknownDialect {
        /// The provider's name.
        provider: String,
        /// The dialect.
        dialect: String,
        /// The dialects there are.
        known: String,
    },
}

impl Registry {
    /// A registry with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Builds a provider for each of the settings, all over one transport.
    ///
    /// # Errors
    /// The first provider that cannot be registered.
    pub fn build(
        settings: impl IntoIterator<Item = ProviderSettings>,
        transport: &Arc<dyn Transport>,
    ) -> Result<Self, RegistryError> {
        let mut registry = Self::new();
        for settings in settings {
            registry.register(build_provider(settings, Arc::clone(transport))?)?;
        }
        Ok(registry)
    }

    /// Adds a provider, built in or your own, behind those that are there.
    ///
    /// # Errors
    /// [`RegistryError::Duplicate`] when its name is taken.
    pub fn register(&mut self, provider: SharedProvider) -> Result<(), RegistryError> {
        let name = provider.name();
        let key = name.to_ascii_lowercase();
        if self.places.contains_key(&key) {
            return Err(RegistryError::Duplicate(name.to_owned()));
        }
        self.places.insert(key, self.providers.len());
        self.providers.push(provider);
        Ok(())
    }

    /// The provider of that name, whatever the case of its letters.
    pub fn get(&self, name: &str) -> Option<&SharedProvider> {
        let place = match self.places.get(name) {
            Some(place) => place,
            None => self.places.get(&name.to_ascii_lowercase())?,
        };
        self.providers.get(*place)
    }

    /// All providers in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &SharedProvider> {
        self.providers.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.providers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }
}

/// Builds one provider through [`DIALECTS`].
///
/// # Errors
/// [`RegistryError::UnknownDialect`].
pub fn build_provider(
    settings: impl Into<Arc<ProviderSettings>>,
    transport: Arc<dyn Transport>,
) -> Result<SharedProvider, RegistryError> {
    let settings = settings.into();
    let dialect = &settings.vendor.dialect;
    let Some(entry) = DIALECTS.iter().find(|entry| entry.name == dialect) else {
        let known = DIALECTS
            .iter()
            .map(|entry| entry.name)
            .collect::<Vec<_>>()
            .join(", ");
        return Err(RegistryError::UnknownDialect {
            provider: settings.name.clone(),
            dialect: dialect.clone(),
            known,
        });
    };
    Ok((entry.build)(settings, transport))
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.providers.iter().map(|provider| provider.name()))
            .finish()
    }
}
