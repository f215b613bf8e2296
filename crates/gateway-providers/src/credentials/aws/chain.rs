//! Keys from where AWS keeps them for a machine: its variables, a token of its own that stands for a role, a profile, a
//! container's or an instance's own service.
//!
//! Spec: <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::lock::Mutex;
use gateway_client::transport::{RequestBody, Transport, TransportRequest};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use tokio::time::Instant;
use url::{Host, Url};

use super::{
    AwsKeys, AwsSigning, is_region,
    web_identity::{self, WebIdentity},
};
use crate::{CallError, Fault, FaultKind, ProviderSettings, credentials::Signer, upstream::body};

/// Keys are asked for anew this long before they expire.
const MARGIN: Duration = Duration::from_mins(5);
/// Keys that say nothing about an end are asked for anew after this.
const USUAL_LIFE: Duration = Duration::from_mins(5);
/// How long one of the services may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the exchange of a token for keys may take: it goes to the region's service, not to one nearby.
const PATIENCE_FOR_ROLE: Duration = Duration::from_secs(10);
/// The largest answer of one of the services.
const LARGEST_ANSWER: usize = 64 << 10;

const CONTAINER: &str = "http://169.254.170.2";
const INSTANCE: &str = "http://169.254.169.254";
const INSTANCE_KEYS: &str = "/latest/meta-data/iam/security-credentials/";
const INSTANCE_TOKEN: HeaderName = HeaderName::from_static("x-aws-ec2-metadata-token");
const INSTANCE_TOKEN_LIFE: HeaderName =
    HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");

/// Where keys may be, in the order in which they are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AwsPlaces {
    /// Keys in variables, as [`AwsKeys::in_environment`] reads them: whether there are any.
    in_environment: bool,
    /// A token that stands for a role.
    web_identity: Option<WebIdentity>,
    /// A file with profiles, and which of them.
    profile: Option<(PathBuf, String)>,
    /// A container's service, and what it wants to see.
    container: Option<(Url, ContainerToken)>,
    /// An instance's service.
    instance: Option<Url>,
}

/// What a container's service wants to see in `Authorization`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ContainerToken {
    None,
    /// The variable that holds it.
    Variable(&'static str),
    File(PathBuf),
}

/// Signs with keys that it looks for, keeps until they expire, and then looks for again.
#[derive(Debug)]
pub struct AwsChain {
    places: AwsPlaces,
    environment: fn() -> BTreeMap<String, String>,
    region: Option<String>,
    /// How the names of AWS's hosts end here.
    domain: &'static str,
    service: String,
    transport: Arc<dyn Transport>,
    held: Mutex<Option<Held>>,
}

#[derive(Debug, Clone)]
struct Held {
    keys: AwsKeys,
    until: SystemTime,
}

/// What a container's and an instance's service answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ServiceKeys {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

impl AwsPlaces {
    /// The places that these variables name.
    pub fn of(environment: &BTreeMap<String, String>) -> Self {
        let value = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let profile = value("AWS_PROFILE").map_or("default", String::as_str);
        let file = value("AWS_SHARED_CREDENTIALS_FILE")
            .map(PathBuf::from)
            .or_else(|| Some(Path::new(value("HOME")?).join(".aws/credentials")));
        let is_off =
            value("AWS_EC2_METADATA_DISABLED").is_some_and(|off| off.eq_ignore_ascii_case("true"));
        let instance = value("AWS_EC2_METADATA_SERVICE_ENDPOINT").map_or(INSTANCE, String::as_str);
        Self {
            in_environment: AwsKeys::in_environment(environment).is_some(),
            web_identity: WebIdentity::of(environment),
            profile: file.map(|file| (file, profile.to_owned())),
            container: container(environment),
            instance: Url::parse(instance).ok().filter(|_| !is_off),
        }
    }
}

/// A container's service: at a fixed place, or at one that is this machine's or speaks TLS.
fn container(environment: &BTreeMap<String, String>) -> Option<(Url, ContainerToken)> {
    let value = |name: &str| environment.get(name).filter(|value| !value.is_empty());
    let url = match (
        value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"),
        value("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
    ) {
        (Some(relative), _) => Url::parse(CONTAINER).ok()?.join(relative).ok()?,
        (None, Some(full)) => Url::parse(full).ok()?,
        (None, None) => return None,
    };
    let token = match value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(file) => ContainerToken::File(file.into()),
        None if value("AWS_CONTAINER_AUTHORIZATION_TOKEN").is_some() => {
            ContainerToken::Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
        }
        None => ContainerToken::None,
    };
    is_near(&url).then_some((url, token))
}

fn is_near(url: &Url) -> bool {
    match url.host() {
        _ if url.scheme() == "https" => true,
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unique_local(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl AwsChain {
    /// A chain for a provider at one of AWS's own hosts; `None` elsewhere, for a machine's keys sign for AWS alone.
    pub fn at_home(
        settings: &ProviderSettings,
        service: &str,
        transport: Arc<dyn Transport>,
    ) -> Option<Self> {
        let domain = domain_of(&settings.base_url)?;
        let environment = || std::env::vars().collect();
        Some(Self {
            places: AwsPlaces::of(&environment()),
            environment,
            region: settings.region.clone(),
            domain,
            service: service.to_owned(),
            transport,
            held: Mutex::new(None),
        })
    }

    async fn keys(&self) -> Result<AwsKeys, CallError> {
        let mut held = self.held.lock().await;
        let now = SystemTime::now();
        if let Some(known) = held.as_ref().filter(|held| held.until > now) {
            return Ok(known.keys.clone());
        }
        let found = self.look(now).await.ok_or_else(|| {
            let detail = "no keys for AWS: none in `api_key`, in AWS's variables, for its web identity, in its \
                 profile, or at the container's or the instance's service";
            Fault::new(FaultKind::Unreachable, detail)
        })?;
        let keys = found.keys.clone();
        *held = Some(found);
        Ok(keys)
    }

    async fn look(&self, now: SystemTime) -> Option<Held> {
        let lasting = |keys| Held {
            keys,
            until: now + USUAL_LIFE,
        };
        if self.places.in_environment {
            let keys = AwsKeys::in_environment(&(self.environment)())?;
            return AwsKeys::parse(&keys).map(lasting);
        }
        if let Some(identity) = &self.places.web_identity {
            return self.of_role(identity, now).await;
        }
        if let Some((file, profile)) = &self.places.profile
            && let Ok(text) = fs::read_to_string(file)
            && let Some(keys) = in_profile(&text, profile)
        {
            return Some(lasting(keys));
        }
        if let Some((url, token)) = &self.places.container {
            let mut headers = HeaderMap::new();
            if let Some(token) = self.container_token(token) {
                headers.insert(header::AUTHORIZATION, token);
            }
            let answer = self.ask(Method::GET, url.clone(), headers).await?;
            return held_of(&answer, now);
        }
        self.of_instance(self.places.instance.as_ref()?, now).await
    }

    /// The keys of the role that the token stands for. The file is read each time: its writer renews it.
    async fn of_role(&self, identity: &WebIdentity, now: SystemTime) -> Option<Held> {
        let region = self.region.as_deref().filter(|region| is_region(region))?;
        let url = Url::parse(&format!("https://sts.{region}{}/", self.domain)).ok()?;
        let form = identity.form()?;
        let mut headers = HeaderMap::new();
        let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, kind);
        let request = TransportRequest {
            method: Method::POST,
            url,
            headers,
            body: RequestBody::Full(form.into()),
            head_timeout: Some(PATIENCE_FOR_ROLE),
        };
        let answer = self.send(request, PATIENCE_FOR_ROLE).await?;
        let (keys, ends) = web_identity::keys_in(std::str::from_utf8(&answer).ok()?)?;
        Some(held_until(keys, ends.as_deref(), now))
    }

    fn container_token(&self, token: &ContainerToken) -> Option<HeaderValue> {
        let text = match token {
            ContainerToken::None => return None,
            ContainerToken::Variable(name) => (self.environment)().remove(*name)?,
            ContainerToken::File(file) => fs::read_to_string(file).ok()?,
        };
        sensitive(text.trim())
    }

    /// The keys of the instance's role, by a token that is asked for first.
    async fn of_instance(&self, base: &Url, now: SystemTime) -> Option<Held> {
        let mut headers = HeaderMap::new();
        headers.insert(INSTANCE_TOKEN_LIFE, HeaderValue::from_static("300"));
        let url = base.join("/latest/api/token").ok()?;
        let token = self.ask(Method::PUT, url, headers).await?;
        let mut headers = HeaderMap::new();
        headers.insert(
            INSTANCE_TOKEN,
            sensitive(std::str::from_utf8(&token).ok()?)?,
        );
        let url = base.join(INSTANCE_KEYS).ok()?;
        let role = self.ask(Method::GET, url.clone(), headers.clone()).await?;
        let role = std::str::from_utf8(&role).ok()?.lines().next()?.trim();
        let mut url = url;
        url.path_segments_mut().ok()?.pop_if_empty().push(role);
        held_of(&self.ask(Method::GET, url, headers).await?, now)
    }

    async fn ask(&self, method: Method, url: Url, headers: HeaderMap) -> Option<Bytes> {
        let request = TransportRequest {
            method,
            url,
            headers,
            body: RequestBody::Empty,
            head_timeout: Some(PATIENCE),
        };
        self.send(request, PATIENCE).await
    }

    async fn send(&self, request: TransportRequest, patience: Duration) -> Option<Bytes> {
        let deadline = Instant::now() + patience;
        let response = self.transport.send(request).await.ok()?;
        if !response.status.is_success() {
            return None;
        }
        body::read(response.body, LARGEST_ANSWER, deadline)
            .await
            .ok()
    }
}

#[async_trait]
impl Signer for AwsChain {
    async fn sign(&self, request: &mut TransportRequest) -> Result<(), CallError> {
        let Some(region) = self.region.clone() else {
            let detail = "no region to sign for: set `variables.region`, or AWS_REGION";
            return Err(Fault::new(FaultKind::Unreachable, detail).into());
        };
        let signing = AwsSigning {
            keys: self.keys().await?,
            region,
            service: self.service.clone(),
        };
        signing.sign(request)
    }
}

/// How the name of one of AWS's own hosts ends.
fn domain_of(url: &Url) -> Option<&'static str> {
    const DOMAINS: [&str; 4] = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".api.aws",
        ".amazonaws.eu",
    ];
    let host = url.host_str().filter(|_| url.scheme() == "https")?;
    DOMAINS.into_iter().find(|domain| host.ends_with(domain))
}

/// The keys of one profile: `[name]`, then `aws_access_key_id = ...` and so on.
fn in_profile(text: &str, profile: &str) -> Option<AwsKeys> {
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    let mut is_in = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            is_in = name.trim_end_matches(']').trim() == profile;
        } else if let Some((name, value)) = line.split_once('=')
            && is_in
            && !line.starts_with(['#', ';'])
        {
            values.insert(name.trim().to_ascii_uppercase(), value.trim().to_owned());
        }
    }
    AwsKeys::parse(&AwsKeys::in_environment(&values)?)
}

fn held_of(answer: &[u8], now: SystemTime) -> Option<Held> {
    let found: ServiceKeys = serde_json::from_slice(answer).ok()?;
    let keys = AwsKeys {
        access_key_id: found.access_key_id,
        secret_access_key: found.secret_access_key.into(),
        session_token: found.token.map(Into::into),
    };
    Some(held_until(keys, found.expiration.as_deref(), now))
}

fn held_until(keys: AwsKeys, ends: Option<&str>, now: SystemTime) -> Held {
    let ends = ends.and_then(|time| {
        let time: jiff::Timestamp = time.parse().ok()?;
        Some(SystemTime::from(time))
    });
    let until = ends.map_or(now + USUAL_LIFE, |ends| {
        ends.checked_sub(MARGIN).unwrap_or(now)
    });
    Held { keys, until }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests;
