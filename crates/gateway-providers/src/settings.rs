//! One configured provider, resolved and checked: everything a call needs, and nothing that can still be wrong.

mod base;
mod proxy_path;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use url::Url;

pub use self::proxy_path::ProxyPathError;
use self::{base::join, proxy_path::relative_segments};
use crate::{
    Auth, Operation, Secret,
    auth::{AuthError, Credential},
    call::{AnswerLimits, Timeouts},
    credentials::aws::{self, AwsKeys, AwsSigning},
    dialects::NativePath,
    rules::ModelRules,
    secret::Redactor,
    vendor::{PathTemplate, ProxyRule, Quirk, RowOverrides, VendorRow, segment},
};

/// What configuration says about one provider, before it is checked.
#[derive(Debug, Clone)]
pub struct ProviderInput {
    /// The name it goes by, e.g. `lab`: the first part of `lab/model`.
    pub name: String,
    /// Which of its provider's credentials this is, where there are several: `"1"`, `"2"` and so on.
    pub account: Option<String>,
    /// The vendor's row.
    pub vendor: Arc<VendorRow>,
    /// Where it is; the vendor's usual place when `None`.
    pub base_url: Option<String>,
    /// Values for the `{variables}` of the vendor's base URL.
    pub variables: BTreeMap<String, String>,
    /// The credential.
    pub credential: Option<Secret>,
    /// Headers of every request, beside the vendor's. Their values are taken for secrets.
    pub headers: BTreeMap<String, Secret>,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// How large its answers may be.
    pub limits: AnswerLimits,
    /// What it does differently from its vendor's row.
    pub overrides: RowOverrides,
    /// What holds for some models only. The built-in table unless told otherwise.
    pub rules: ModelRules,
}

impl ProviderInput {
    /// A provider that is named and placed as its vendor, without a credential.
    pub fn new(vendor: Arc<VendorRow>) -> Self {
        Self {
            name: vendor.id.clone(),
            account: None,
            vendor,
            base_url: None,
            variables: BTreeMap::new(),
            credential: None,
            headers: BTreeMap::new(),
            timeouts: Timeouts::default(),
            limits: AnswerLimits::default(),
            overrides: RowOverrides::default(),
            // A test reads the built-in table.
            rules: ModelRules::builtin().cloned().unwrap_or_default(),
        }
    }
}

/// One configured provider, resolved. Equal settings make providers that do the same.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ProviderSettings {
    /// The name it goes by.
    pub name: String,
    /// Which of its provider's credentials this is, see [`Provider::account`](crate::Provider::account).
    pub account: Option<String>,
    /// The vendor's row with the provider's differences applied: operations, model list, renames, quirks.
    pub vendor: Arc<VendorRow>,
    /// Where it is: `http` or `https`, no user, no query, no fragment, no slash at the end of its path.
    pub base_url: Url,
    /// The credential as it is sent.
    pub credential: Credential,
    /// The cloud region: the variable of that name, or what an AWS host's name says.
    pub region: Option<String>,
    /// Headers of every request: the vendor's and the provider's own.
    pub headers: HeaderMap,
    /// Values for the vendor's variables, those of its base URL among them.
    pub variables: BTreeMap<String, String>,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// How large its answers may be.
    pub limits: AnswerLimits,
    /// What holds for some models only.
    pub rules: ModelRules,
    /// Takes the provider's secrets out of what it answers.
    pub redactor: Redactor,
    endpoints: BTreeMap<Operation, Endpoint>,
    models_url: Option<Url>,
    /// Where a translated dialect's list of models is, if that is not the base URL.
    models_base: Option<Url>,
    proxy_rules: Vec<ProxyRule>,
}

/// Where an operation is served.
#[derive(Debug, Clone, PartialEq)]
enum Endpoint {
    Fixed(Url),
    PerModel {
        url: Url,
        prefix: String,
        path: PathTemplate,
    },
}

/// Why a provider cannot be used as it is configured. The text says what to change and shows no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The name cannot be the first part of `provider/model`, or a part of a path.
    #[error("`{0}` cannot be a provider's name: use letters, digits, `-`, `_` and `.`")]
    Name(String),
    /// The vendor has no usual place.
    #[error("vendor `{vendor}` has no base URL of its own: set `base_url` (or {variables})")]
    BaseUrlMissing {
        /// The vendor's id.
        vendor: String,
        /// The environment variables that would do.
        variables: String,
    },
    /// The base URL cannot be used.
    #[error("`base_url` {url:?} cannot be used: {reason}")]
    BaseUrl {
        /// What was written, without user information.
        url: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A variable of the base URL has no value.
    #[error(
        "the base URL of vendor `{vendor}` needs `{variable}`: set it under `variables` (or {names}), or set `base_url`"
    )]
    VariableMissing {
        /// The vendor's id.
        vendor: String,
        /// The variable's name.
        variable: String,
        /// The environment variables that would do.
        names: String,
    },
    /// A variable's value is not one that may stand in a URL.
    #[error("`variables.{0}` cannot stand in a URL: use letters, digits, `-`, `_` and `.`")]
    VariableValue(String),
    /// The vendor needs a credential.
    #[error("vendor `{vendor}` needs a credential: set `api_key` (or {names})")]
    CredentialMissing {
        /// The vendor's id.
        vendor: String,
        /// The environment variables that would do.
        names: String,
    },
    /// The credential cannot be sent.
    #[error(transparent)]
    Credential(#[from] AuthError),
    /// A header cannot be sent.
    #[error("header `{name}` cannot be set: {reason}")]
    Header {
        /// The header's name.
        name: String,
        /// What is wrong.
        reason: &'static str,
    },
}

impl ProviderSettings {
    /// Checks what configuration says and makes a provider's settings of it.
    ///
    /// # Errors
    /// The first thing that is wrong, in words for whoever writes the configuration.
    pub fn resolve(input: ProviderInput) -> Result<Self, SettingsError> {
        let ProviderInput {
            name,
            account,
            vendor,
            base_url,
            variables,
            credential,
            headers,
            timeouts,
            limits,
            overrides,
            rules,
        } = input;
        check_name(&name)?;
        let given_rules = overrides.proxy.clone();
        let row = base::with_places(VendorRow::clone(&vendor).with(overrides));
        let models_base = base::resolve_models(&row, base_url.as_deref(), &variables)?;
        let base_url = base::resolve(&row, base_url.as_deref(), &variables)?;
        let secret = credential.filter(|secret| !secret.is_empty());
        // Clouds have more places for keys than configuration, asked when a request is signed.
        let elsewhere = matches!(row.auth, Auth::Aws { .. } | Auth::Google | Auth::None);
        if secret.is_none() && row.key_required && !elsewhere {
            return Err(SettingsError::CredentialMissing {
                vendor: row.id.clone(),
                names: row.key_names().join(", "),
            });
        }
        let region = region(&variables, &base_url);
        let credential = credential_of(&row, secret.as_ref(), region.as_deref())?;
        let secrets: Vec<Secret> = secret
            .into_iter()
            .flat_map(|secret| all_secrets(&row.auth, secret))
            .chain(headers.values().cloned())
            .collect();
        let endpoints = row
            .operations
            .iter()
            .map(|operation| (*operation, endpoint(&base_url, &row, *operation)))
            .collect();
        let models_url = row
            .models
            .request_path()
            .map(|path| with_path(&base_url, &row, path.as_str()));
        Ok(Self {
            name,
            account,
            headers: header_map(&row, &headers)?,
            base_url,
            credential,
            region,
            variables,
            timeouts,
            limits,
            rules,
            redactor: Redactor::new(&secrets),
            endpoints,
            models_url,
            models_base,
            proxy_rules: given_rules.unwrap_or_else(|| row.proxy_rules()),
            vendor: Arc::new(row),
        })
    }

    /// What the provider offers.
    pub fn operations(&self) -> &BTreeSet<Operation> {
        &self.vendor.operations
    }

    /// Whether the provider offers the operation.
    pub fn supports(&self, operation: Operation) -> bool {
        self.vendor.operations.contains(&operation)
    }

    /// Whether the provider has the quirk.
    pub fn has(&self, quirk: Quirk) -> bool {
        self.vendor.quirks.contains(&quirk)
    }

    /// Where to send an operation for a model (the upstream's name); `None` where it is not offered. The
    /// vendor's query is in it, a credential is not.
    pub fn endpoint(&self, operation: Operation, model: &str) -> Option<Url> {
        self.endpoints
            .get(&operation)
            .map(|endpoint| match endpoint {
                Endpoint::Fixed(url) => url.clone(),
                Endpoint::PerModel { url, prefix, path } => {
                    let mut url = url.clone();
                    url.set_path(&join(prefix, &path.render(model)));
                    url
                }
            })
    }

    /// Where the models are listed; `None` where the vendor has no list.
    pub fn models_url(&self) -> Option<&Url> {
        self.models_url.as_ref()
    }

    /// Where a request of a translated dialect goes: its segments, each encoded as one, below the base URL, with
    /// the vendor's query and its own.
    pub fn native_url(&self, path: &NativePath) -> Url {
        self.native_url_below(&self.base_url, path)
    }

    /// As [`native_url`](Self::native_url), for the list of models, which may be at another place.
    pub fn native_models_url(&self, path: &NativePath) -> Url {
        let base = self.models_base.as_ref().unwrap_or(&self.base_url);
        self.native_url_below(base, path)
    }

    fn native_url_below(&self, base: &Url, path: &NativePath) -> Url {
        let mut url = with_path(base, &self.vendor, "");
        let segments: Vec<String> = path.segments.iter().map(|text| segment(text)).collect();
        let mut relative = segments.join("/");
        if let Some(verb) = path.verb {
            relative.push(':');
            relative.push_str(verb);
        }
        url.set_path(&join(base.path(), &relative));
        if !path.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&path.query);
        }
        url
    }

    /// Where a raw request below the base URL goes, or why it does not.
    ///
    /// `path` and `query` are the client's own text. The path is split into segments, each checked, and the
    /// segments are appended to the base URL, their percent-encoding kept: nothing in them can change the
    /// origin or climb above the base. A version segment that the base URL ends in is not repeated. Only what
    /// the vendor's rules let through passes.
    ///
    /// # Errors
    /// See [`ProxyPathError`].
    pub fn proxy_url(
        &self,
        method: &Method,
        path: &str,
        query: Option<&str>,
    ) -> Result<Url, ProxyPathError> {
        let segments = relative_segments(self.base_url.path(), path)?;
        proxy_path::check_query(query, &self.vendor.auth)?;
        if !self
            .proxy_rules
            .iter()
            .any(|rule| rule.allows(method, &segments))
        {
            return Err(ProxyPathError::NotAllowed);
        }
        let mut url = self.base_url.clone();
        let base = self.base_url.path().trim_end_matches('/');
        url.set_path(&format!("{base}/{}", segments.join("/")));
        url.set_query(query.filter(|query| !query.is_empty()));
        for (name, value) in &self.vendor.query {
            if !url.query_pairs().any(|(given, _)| given == name.as_str()) {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(url)
    }
}

impl fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProviderSettings")
            .field("name", &self.name)
            .field("vendor", &self.vendor.id)
            .field("base_url", &self.base_url.as_str())
            .finish_non_exhaustive()
    }
}

fn region(variables: &BTreeMap<String, String>, base_url: &Url) -> Option<String> {
    let given = variables.get("region").filter(|region| !region.is_empty());
    given
        .map(String::as_str)
        .or_else(|| aws::region_of(base_url))
        .map(str::to_owned)
}

/// The credential as it is sent. Keys that sign need to know the region.
fn credential_of(
    row: &VendorRow,
    secret: Option<&Secret>,
    region: Option<&str>,
) -> Result<Credential, SettingsError> {
    let keys = match &row.auth {
        Auth::Aws { service } => secret.and_then(AwsKeys::parse).map(|keys| (keys, service)),
        _ => None,
    };
    let Some((keys, service)) = keys else {
        return Ok(row.auth.prepare(secret)?);
    };
    let region = region.ok_or_else(|| SettingsError::VariableMissing {
        vendor: row.id.clone(),
        variable: "region".to_owned(),
        names: row.variable_names("region").join(", "),
    })?;
    Ok(Credential::Aws(Arc::new(AwsSigning {
        keys,
        region: region.to_owned(),
        service: service.clone(),
    })))
}

/// What must not be seen in answers: the secret, and the parts of it that are sent or signed with alone.
fn all_secrets(auth: &Auth, secret: Secret) -> Vec<Secret> {
    let parts = match auth {
        Auth::Aws { .. } => AwsKeys::parse(&secret),
        _ => None,
    };
    let parts = parts.as_ref().map(AwsKeys::secrets);
    parts.into_iter().flatten().chain([secret]).collect()
}

fn check_name(name: &str) -> Result<(), SettingsError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let dots = name.bytes().all(|byte| byte == b'.');
    if dots || !name.bytes().all(plain) {
        return Err(SettingsError::Name(name.to_owned()));
    }
    Ok(())
}

fn endpoint(base: &Url, row: &VendorRow, operation: Operation) -> Endpoint {
    match row.paths.get(&operation) {
        Some(path) if path.names_model() => Endpoint::PerModel {
            url: with_path(base, row, ""),
            prefix: base.path().to_owned(),
            path: path.clone(),
        },
        _ => Endpoint::Fixed(with_path(base, row, row.path(operation))),
    }
}

/// The base URL with a checked path below it and the row's query.
fn with_path(base: &Url, row: &VendorRow, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&join(base.path(), path));
    if !row.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&row.query);
    }
    url
}

/// Headers that the transport or the request itself decides.
const RESERVED_HEADERS: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

fn header_map(row: &VendorRow, own: &BTreeMap<String, Secret>) -> Result<HeaderMap, SettingsError> {
    let mut map = HeaderMap::new();
    for (name, value) in &row.headers {
        set_header(&mut map, name, value, false)?;
    }
    for (name, value) in own {
        set_header(&mut map, name, value.expose(), true)?;
    }
    Ok(map)
}

fn set_header(
    map: &mut HeaderMap,
    name: &str,
    value: &str,
    sensitive: bool,
) -> Result<(), SettingsError> {
    let wrong = |reason| SettingsError::Header {
        name: name.to_owned(),
        reason,
    };
    let key: HeaderName = name
        .parse()
        .map_err(|_| wrong("the name has characters that a header cannot have"))?;
    if RESERVED_HEADERS.contains(&key.as_str()) {
        return Err(wrong("the gateway decides this header itself"));
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| wrong("the value has characters that a header cannot carry"))?;
    value.set_sensitive(sensitive);
    map.insert(key, value);
    Ok(())
}

#[cfg(test)]
mod tests;
