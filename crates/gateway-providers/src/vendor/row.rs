//! One vendor as data: everything that tells it from the next OpenAI-compatible upstream.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde::{Deserialize, Serialize};

use super::path::{PathTemplate, ProxyRule};
use crate::{Auth, Operation};

/// The dialect of a row that names none.
pub const DEFAULT_DIALECT: &str = "openai";

/// Static headers of a row: name to value. Checked when a provider is resolved.
pub type StaticHeaders = BTreeMap<String, String>;

/// A kind of upstream. The built-in rows are in `vendors.toml`; a `[vendors.NAME]` table of a configuration
/// file has the same members, its name being the `id`.
///
/// ```
/// use gateway_providers::{Operation, vendor::VendorRow};
///
/// let row: VendorRow = toml::from_str(r#"
///     id = "acme"
///     name = "Acme"
///     base_url = "https://api.acme.test/v1"
///     operations = ["chat", "embeddings"]
///     rename = { max_completion_tokens = "max_tokens" }
/// "#)?;
/// assert!(row.operations.contains(&Operation::Embeddings));
/// assert_eq!(row.key_names(), ["ACME_API_KEY"]);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VendorRow {
    /// The name in configuration, e.g. `groq`. In a `[vendors.NAME]` table it is the table's name and left out.
    #[serde(default)]
    pub id: String,
    /// The name for people. The id when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where the facts of the row come from: the address of the vendor's documentation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs: Option<String>,
    /// The wire protocol. `openai` when left out.
    #[serde(default = "default_dialect")]
    pub dialect: String,
    /// The usual base URL, version segment included, e.g. `https://api.groq.com/openai/v1`. It may hold
    /// `{variables}`. Without one, each provider names its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Base URLs for single values of a variable, where the place has another form than for all others: variable to
    /// value to base URL.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub base_url_by: BTreeMap<String, BTreeMap<String, String>>,
    /// The path that a configured base URL without any path gets. When left out, the path of `base_url`; `/v1`
    /// where there is none. `/` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_path: Option<String>,
    /// The `{variables}` of `base_url`, and what else the vendor's credentials need to know: each with the environment
    /// variables that can give it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Vec<String>>,
    /// Environment variables beside the ones made from the id.
    #[serde(default)]
    pub env: EnvNames,
    /// How the credential is sent. `bearer` when left out.
    #[serde(default)]
    pub auth: Auth,
    /// Whether nothing works without a credential. `true` when left out.
    #[serde(default = "yes")]
    pub key_required: bool,
    /// A runtime on one's own machine or network: that it cannot be reached is routine, not an incident.
    #[serde(default)]
    pub local: bool,
    /// What it offers. Anything else is answered 501 before a call is made.
    pub operations: BTreeSet<Operation>,
    /// Operations whose path below the base URL is not OpenAI's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<Operation, PathTemplate>,
    /// Query parameters of every request, e.g. `api-version`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Headers of every request. No credentials: they belong to the provider.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: StaticHeaders,
    /// How it lists its models.
    #[serde(default)]
    pub models: ModelListSpec,
    /// A model of its own that documents can speak of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example_model: Option<String>,
    /// Top-level members of a JSON request that go under another name: OpenAI's name to the vendor's. Where a
    /// request has both, the vendor's own stays and the other goes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rename: BTreeMap<String, String>,
    /// Top-level members of a JSON request that it refuses; they are taken out, and named to the caller.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub drop: BTreeSet<String>,
    /// What else it does differently.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub quirks: BTreeSet<Quirk>,
    /// The opaque state of earlier answers that it takes back from a client beside its dialect's own: formats of
    /// `reasoning_details` and names in `extra_content` and `provider_data`. A name that ends in `*` stands for all
    /// that begin so, `*` for every one.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub takes_state: BTreeSet<String>,
    /// What `/proxy` lets through beside the operations' paths and the model list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxy: Vec<ProxyRule>,
}

/// Names of environment variables beside those made from a vendor's id (`<ID>_API_KEY`, `<ID>_API_URL`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvNames {
    /// Further names for the credential; an earlier one wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub api_key: Vec<String>,
    /// Further names for the base URL; an earlier one wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub base_url: Vec<String>,
}

/// How a vendor lists its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ModelListSpec {
    /// Where the list is, if that is not the base URL; it may hold the same `{variables}`. It does not count for
    /// a provider with a base URL of its own. Translated dialects only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The path below the base URL. `/models` when left out.
    #[serde(default = "models_path")]
    pub path: PathTemplate,
    /// The answer's shape.
    #[serde(default)]
    pub shape: ModelListShape,
    /// Models that the vendor serves and does not list; all of them where it lists none.
    #[serde(default, rename = "static", skip_serializing_if = "Vec::is_empty")]
    pub static_models: Vec<String>,
}

/// The shape of a model list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelListShape {
    /// OpenAI's: `{"object":"list","data":[{"id":...}]}`; the list may also be called `models` (Writer).
    #[default]
    Openai,
    /// A bare array: `[{"id":...}]` (Together, GitHub).
    Array,
    /// Cloudflare's envelope: `{"result":[{"name":...}],"success":true,"result_info":{...}}`; the model's id is
    /// its `name`, and there are pages.
    Cloudflare,
    /// There is no list: no request is made.
    None,
}

/// What a vendor does differently and code acts upon. Everything that can be told by looking at an answer is
/// handled for every vendor and is no quirk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quirk {
    /// It refuses `stream_options`: none is added to count tokens, and a caller's own is taken out.
    NoStreamOptions,
    /// Its `completion_tokens` leaves reasoning tokens out (`total = prompt + completion + reasoning`): they are
    /// added when tokens are counted, also where the total is not there to show it. The bytes for the client
    /// stay as they are.
    ReasoningBesideCompletion,
}

impl Quirk {
    /// Every quirk, for documents and checks.
    pub const ALL: [Self; 2] = [Self::NoStreamOptions, Self::ReasoningBesideCompletion];

    /// Its name in configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoStreamOptions => "no_stream_options",
            Self::ReasoningBesideCompletion => "reasoning_beside_completion",
        }
    }

    /// What it means, in one sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::NoStreamOptions => {
                "It refuses `stream_options`: none is added to count tokens, and a caller's own is taken out."
            }
            Self::ReasoningBesideCompletion => {
                "Its `completion_tokens` leaves reasoning tokens out; they are added when tokens are counted."
            }
        }
    }
}

/// What a `[providers.NAME]` table may say differently from its vendor's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RowOverrides {
    /// The wire protocol, in place of the vendor's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// How the credential is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Auth>,
    /// What it offers, in place of the vendor's operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<BTreeSet<Operation>>,
    /// How it lists its models, in place of the vendor's way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<ModelListSpec>,
    /// The path that a `base_url` without any path gets; `/` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_path: Option<String>,
    /// Operations whose path is another, beside the vendor's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub paths: BTreeMap<Operation, PathTemplate>,
    /// Query parameters of every request, beside the vendor's. An empty value takes one of the vendor's away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// Further renamed members. An empty name takes one of the vendor's away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rename: BTreeMap<String, String>,
    /// Further members that are taken out.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub drop: BTreeSet<String>,
    /// The quirks, in place of the vendor's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quirks: Option<BTreeSet<Quirk>>,
    /// Further state of earlier answers that it takes back.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub takes_state: BTreeSet<String>,
    /// What `/proxy` lets through, in place of everything that the vendor's row lets through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Vec<ProxyRule>>,
}

impl VendorRow {
    /// The name for people.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }

    /// The environment variables that can hold the credential; an earlier one wins.
    pub fn key_names(&self) -> Vec<String> {
        names(&self.id, &["API_KEY"], &self.env.api_key)
    }

    /// The environment variables that can hold the base URL; an earlier one wins.
    pub fn url_names(&self) -> Vec<String> {
        names(&self.id, &["API_URL"], &self.env.base_url)
    }

    /// The environment variables that can hold one of [`variables`](Self::variables).
    pub fn variable_names(&self, variable: &str) -> Vec<String> {
        let further = self
            .variables
            .get(variable)
            .map_or(&[] as &[String], Vec::as_slice);
        names(&self.id, &[&variable.to_ascii_uppercase()], further)
    }

    /// The path of an operation below the base URL.
    pub fn path(&self, operation: Operation) -> &str {
        self.paths
            .get(&operation)
            .map_or_else(|| operation.path(), PathTemplate::as_str)
    }

    /// What `/proxy` lets through: the operations' own paths, the model list, and [`proxy`](Self::proxy).
    pub fn proxy_rules(&self) -> Vec<ProxyRule> {
        let operations = self
            .operations
            .iter()
            .filter_map(|operation| self.path(*operation).parse().ok());
        let list = (self.models.shape != ModelListShape::None).then(|| self.models.path.clone());
        let single = list
            .as_ref()
            .and_then(|path| format!("GET {path}/**").parse().ok());
        operations
            .map(|path| ProxyRule::for_path(Method::POST, &path))
            .chain(
                list.iter()
                    .map(|path| ProxyRule::for_path(Method::GET, path)),
            )
            .chain(single)
            .chain(self.proxy.iter().cloned())
            .collect()
    }

    /// The row with a provider's differences applied.
    #[must_use]
    pub fn with(mut self, overrides: RowOverrides) -> Self {
        let RowOverrides {
            dialect,
            auth,
            operations,
            models,
            base_path,
            paths,
            query,
            rename,
            drop,
            quirks,
            takes_state,
            proxy: _,
        } = overrides;
        self.dialect = dialect.unwrap_or(self.dialect);
        self.auth = auth.unwrap_or(self.auth);
        self.operations = operations.unwrap_or(self.operations);
        self.models = models.unwrap_or(self.models);
        self.quirks = quirks.unwrap_or(self.quirks);
        self.base_path = base_path.or(self.base_path);
        self.paths.extend(paths);
        self.query.extend(query);
        self.query.retain(|_, value| !value.is_empty());
        self.rename.extend(rename);
        self.rename.retain(|_, name| !name.is_empty());
        self.drop.extend(drop);
        self.takes_state.extend(takes_state);
        self
    }
}

impl ModelListSpec {
    /// Where the list is asked for; `None` where the vendor has no list.
    pub fn request_path(&self) -> Option<&PathTemplate> {
        (self.shape != ModelListShape::None).then_some(&self.path)
    }
}

impl Default for ModelListSpec {
    fn default() -> Self {
        Self {
            base_url: None,
            path: models_path(),
            shape: ModelListShape::Openai,
            static_models: Vec::new(),
        }
    }
}

/// `<ID>_<ENDING>` for each ending, then the further names.
fn names(id: &str, endings: &[&str], further: &[String]) -> Vec<String> {
    let stem: String = id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect();
    endings
        .iter()
        .map(|ending| format!("{stem}_{ending}"))
        .chain(further.iter().cloned())
        .collect()
}

fn default_dialect() -> String {
    DEFAULT_DIALECT.to_owned()
}

fn models_path() -> PathTemplate {
    PathTemplate::models()
}

const fn yes() -> bool {
    true
}
