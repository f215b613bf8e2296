//! AWS: keys that sign each request.

mod chain;
mod sigv4;
mod web_identity;

use std::{
    collections::BTreeMap,
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use gateway_client::transport::TransportRequest;
use url::Url;

pub use self::chain::{AwsChain, AwsPlaces};
use self::sigv4::Scope;
use crate::{CallError, Fault, FaultKind, Secret};

/// The service whose name is signed where `auth` names none.
pub const USUAL_SERVICE: &str = "bedrock";

/// A pair of keys, with the token that belongs to it when it is a temporary one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsKeys {
    /// Who signs. It is sent as it is, and is no secret.
    pub access_key_id: String,
    /// What is signed with; it is never sent.
    pub secret_access_key: Secret,
    /// Sent beside the signature.
    pub session_token: Option<Secret>,
}

impl AwsKeys {
    /// Reads `ACCESS_KEY_ID:SECRET_ACCESS_KEY`, with `:SESSION_TOKEN` behind it for temporary keys; `None` where the
    /// text is something else, as Bedrock's own API keys are: they have no colon.
    ///
    /// ```
    /// use gateway_providers::credentials::aws::AwsKeys;
    ///
    /// let keys = AwsKeys::parse(&"AKIDEXAMPLE:wJalr/EXAMPLE".into()).ok_or("no keys")?;
    /// assert_eq!(keys.access_key_id, "AKIDEXAMPLE");
    /// assert!(AwsKeys::parse(&"ABSKQmVkcm9ja0FQSUtleQ==".into()).is_none());
    /// # Ok::<(), &str>(())
    /// ```
    pub fn parse(text: &Secret) -> Option<Self> {
        let mut parts = text.expose().splitn(3, ':');
        let id = parts.next().filter(|id| !id.is_empty())?;
        let secret = parts.next().filter(|secret| !secret.is_empty())?;
        let token = parts.next().filter(|token| !token.is_empty());
        Some(Self {
            access_key_id: id.to_owned(),
            secret_access_key: secret.into(),
            session_token: token.map(Secret::from),
        })
    }

    /// The keys in AWS's own environment variables, as [`parse`](Self::parse) reads them.
    pub fn in_environment(environment: &BTreeMap<String, String>) -> Option<Secret> {
        let value = |name: &str| {
            let value = environment.get(name).map(|value| value.trim());
            value.filter(|value| !value.is_empty())
        };
        let id = value("AWS_ACCESS_KEY_ID")?;
        let secret = value("AWS_SECRET_ACCESS_KEY")?;
        let token = value("AWS_SESSION_TOKEN").map(|token| format!(":{token}"));
        Some(format!("{id}:{secret}{}", token.unwrap_or_default()).into())
    }

    /// What must not be seen in what an upstream says.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = Secret> {
        [
            Some(self.secret_access_key.clone()),
            self.session_token.clone(),
        ]
        .into_iter()
        .flatten()
    }
}

/// Keys, and what their signatures are for.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsSigning {
    /// The keys.
    pub keys: AwsKeys,
    /// The region, e.g. `eu-central-1`.
    pub region: String,
    /// The service's name in signatures, e.g. `bedrock`.
    pub service: String,
}

impl AwsSigning {
    /// Signs a request as of now.
    ///
    /// # Errors
    /// A request whose body is passed on as it arrives.
    pub fn sign(&self, request: &mut TransportRequest) -> Result<(), CallError> {
        self.sign_at(request, SystemTime::now())
    }

    fn sign_at(&self, request: &mut TransportRequest, now: SystemTime) -> Result<(), CallError> {
        let scope = Scope {
            region: &self.region,
            service: &self.service,
            time: &written(now),
        };
        sigv4::sign(request, &self.keys, scope).map_err(|error| {
            let detail = format!("the request cannot be signed for AWS: {error}");
            Fault::new(FaultKind::Unreachable, detail).into()
        })
    }
}

impl fmt::Debug for AwsSigning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AwsSigning")
            .field("region", &self.region)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// The region in the name of one of AWS's hosts: `bedrock-runtime.eu-central-1.amazonaws.com`.
pub fn region_of(url: &Url) -> Option<&str> {
    url.host_str()?.split('.').find(|label| is_region(label))
}

/// `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn is_region(label: &str) -> bool {
    let Some((names, number)) = label.rsplit_once('-') else {
        return false;
    };
    let is_word =
        |word: &str| word.len() >= 2 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number =
        (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && names.contains('-') && names.split('-').all(is_word)
}

/// A time as AWS writes it: `20150830T123600Z`.
fn written(time: SystemTime) -> String {
    let seconds = time
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map(|time| time.strftime("%Y%m%dT%H%M%SZ").to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{
        Catalog, ProviderInput, ProviderSettings, SettingsError, auth::Credential,
        dialects::NativePath,
    };

    #[test]
    fn keys_are_told_from_api_keys_and_never_shown() {
        let keys = AwsKeys::parse(&"AKID:sec/ret+x:to:ken==".into()).unwrap();
        assert_eq!(keys.secret_access_key.expose(), "sec/ret+x");
        assert_eq!(keys.session_token.as_ref().unwrap().expose(), "to:ken==");
        assert!(!format!("{keys:?}").contains("sec/ret"));
        for text in ["ABSKabc=", "bedrock-api-key-abc", "", ":x", "x:"] {
            assert!(AwsKeys::parse(&text.into()).is_none(), "{text}");
        }
    }

    #[test]
    fn the_environment_gives_all_or_nothing() {
        let environment = |pairs: &[(&str, &str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            AwsKeys::in_environment(&pairs.collect()).map(|keys| keys.expose().to_owned())
        };
        let (id, secret) = (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b "));
        assert_eq!(environment(&[id, secret]).as_deref(), Some("a:b"));
        let token = ("AWS_SESSION_TOKEN", "c");
        assert_eq!(environment(&[id, secret, token]).as_deref(), Some("a:b:c"));
        assert_eq!(environment(&[id]), None);
        assert_eq!(environment(&[id, ("AWS_SECRET_ACCESS_KEY", "")]), None);
    }

    #[test]
    fn regions_are_found_in_hosts() {
        for (host, region) in [
            ("bedrock-runtime.us-east-1.amazonaws.com", Some("us-east-1")),
            (
                "bedrock-runtime-fips.us-gov-west-1.amazonaws.com",
                Some("us-gov-west-1"),
            ),
            (
                "vpce-0a-1.bedrock-runtime.eu-west-3.vpce.amazonaws.com",
                Some("eu-west-3"),
            ),
            (
                "bedrock-runtime.cn-north-1.amazonaws.com.cn",
                Some("cn-north-1"),
            ),
            (
                "bedrock-mantle.ap-southeast-2.api.aws",
                Some("ap-southeast-2"),
            ),
            ("127.0.0.1", None),
            ("localhost", None),
            ("proxy-1.example.com", None),
        ] {
            let url = Url::parse(&format!("https://{host}/x")).unwrap();
            assert_eq!(region_of(&url), region, "{host}");
        }
    }

    #[test]
    fn times_are_written_as_aws_reads_them() {
        let time = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        assert_eq!(written(time), "20150830T123600Z");
    }

    fn resolve(
        key: Option<&str>,
        region: Option<&str>,
        base_url: Option<&str>,
    ) -> Result<ProviderSettings, SettingsError> {
        let catalog = Catalog::builtin().unwrap();
        let mut input = ProviderInput::new(Arc::clone(catalog.get("bedrock").unwrap()));
        input.credential = key.map(Into::into);
        input.base_url = base_url.map(str::to_owned);
        let region = region.map(|region| ("region".to_owned(), region.to_owned()));
        input.variables.extend(region);
        ProviderSettings::resolve(input)
    }

    #[test]
    fn a_pair_signs_and_any_other_key_is_sent() {
        let pair = Some("AKID:secret-of-mine:token-of-mine");
        let settings = resolve(pair, Some("eu-west-1"), None).unwrap();
        let Credential::Aws(signing) = &settings.credential else {
            panic!("{:?}", settings.credential);
        };
        assert_eq!(
            (signing.region.as_str(), signing.service.as_str()),
            ("eu-west-1", "bedrock")
        );
        for secret in [
            "secret-of-mine",
            "token-of-mine",
            "AKID:secret-of-mine:token-of-mine",
        ] {
            assert!(settings.redactor.finds(secret.as_bytes()), "{secret}");
        }
        let home = "https://bedrock-runtime.us-west-2.amazonaws.com";
        let settings = resolve(pair, None, Some(home)).unwrap();
        assert!(
            matches!(&settings.credential, Credential::Aws(signing) if signing.region == "us-west-2")
        );
        let settings = resolve(Some("ABSKkey"), Some("eu-west-1"), None).unwrap();
        assert!(matches!(settings.credential, Credential::Header { .. }));
    }

    #[test]
    fn a_stand_in_needs_no_region_unless_it_is_signed_for() {
        let stand_in = Some("http://127.0.0.1:9");
        let settings = resolve(Some("ABSKkey"), None, stand_in).unwrap();
        let path = NativePath::new(["foundation-models"]);
        let url = settings.native_models_url(&path);
        assert_eq!(url.as_str(), "http://127.0.0.1:9/foundation-models");
        assert!(resolve(None, None, stand_in).is_ok());
        let error = resolve(Some("AKID:secret"), None, stand_in).unwrap_err();
        assert!(
            matches!(error, SettingsError::VariableMissing { .. }),
            "{error}"
        );
        assert!(matches!(
            resolve(Some("ABSKkey"), None, None),
            Err(SettingsError::VariableMissing { .. })
        ));
        let settings = resolve(Some("ABSKkey"), Some("eu-west-1"), None).unwrap();
        assert_eq!(
            settings.native_models_url(&path).as_str(),
            "https://bedrock.eu-west-1.amazonaws.com/foundation-models"
        );
        let path = NativePath::new(["model", "a:b/c", "converse"]);
        assert_eq!(
            settings.native_url(&path).as_str(),
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/a%3Ab%2Fc/converse"
        );
    }
}
