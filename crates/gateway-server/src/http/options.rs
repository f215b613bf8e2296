//! What a request says beside its body: the query and the `x-opengateway-*` headers. An empty value is an absent one.

use std::time::Duration;

use gateway_providers::{Secret, callers::CALLERS_VENDOR};
use http::{HeaderMap, Uri};
use percent_encoding::percent_decode_str;

use super::{
    callers::CallersEndpoint,
    error::{ApiError, ErrorKind},
};

const FAILOVER: &str = "x-opengateway-failover-sequence";
pub(super) const ENDPOINT: &str = "x-opengateway-vllm-endpoint";
pub(super) const ENDPOINT_KEY: &str = "x-opengateway-vllm-api-key";
const TIMEOUT: &str = "x-opengateway-timeout";
const STRICT: &str = "x-gateway-strict";

/// The longest time that a caller may ask for.
const MAX_TIMEOUT: Duration = Duration::from_secs(3600);

/// What a request asks for beside its body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The provider that must answer: `?provider=`.
    pub provider: Option<String>,
    /// The failover sequence: providers in the order in which they are to be asked, none twice.
    pub sequence: Option<Vec<String>>,
    /// The caller's own endpoint; it stands in the sequence then.
    pub endpoint: Option<CallersEndpoint>,
    /// The caller's limit for the upstream: to the first token of a stream, to the end of a whole answer.
    pub timeout: Option<Duration>,
    /// Whether to refuse a request that would lose a member on its way; as configured when not said.
    pub strict: Option<bool>,
    /// Whether any `x-opengateway-*` header is there, be it empty: the caller speaks that dialect.
    pub opengateway: bool,
}

impl Options {
    /// Reads query and headers.
    ///
    /// # Errors
    /// 400 with the name of the parameter or header.
    pub fn read(uri: &Uri, headers: &HeaderMap) -> Result<Self, ApiError> {
        let query = one_query(uri, "provider")?.filter(|name| !name.is_empty());
        let strict = text(headers, STRICT)?.map(strict).transpose()?;
        let opengateway = headers
            .keys()
            .any(|name| name.as_str().starts_with("x-opengateway-"));
        if !opengateway {
            return Ok(Self {
                provider: query,
                strict,
                ..Self::default()
            });
        }
        let sequence = text(headers, FAILOVER)?.map(sequence).transpose()?;
        let endpoint = endpoint(headers)?;
        // A caller who brings an endpoint and says nothing else means that one.
        let sequence = sequence.or_else(|| {
            let alone = vec![CALLERS_VENDOR.to_owned()];
            endpoint.is_some().then_some(alone)
        });
        let timeout = text(headers, TIMEOUT)?.map(timeout).transpose()?;
        check_agreement(query.as_deref(), sequence.as_deref())?;
        Ok(Self {
            provider: query,
            sequence,
            endpoint,
            timeout,
            strict,
            opengateway,
        })
    }
}

impl Options {
    /// The caller's own endpoint, where its name stands in the sequence. It does unless the caller wrote a sequence
    /// without it.
    pub fn seated_endpoint(&self) -> Option<&CallersEndpoint> {
        let mut names = self.sequence.iter().flatten();
        let has_place = names.any(|name| name.eq_ignore_ascii_case(CALLERS_VENDOR));
        self.endpoint.as_ref().filter(|_| has_place)
    }
}

/// A key without an endpoint goes nowhere.
fn endpoint(headers: &HeaderMap) -> Result<Option<CallersEndpoint>, ApiError> {
    let url = text(headers, ENDPOINT)?.map(str::to_owned);
    let key = text(headers, ENDPOINT_KEY)?.map(Secret::from);
    Ok(url.map(|url| CallersEndpoint { url, key }))
}

fn strict(text: &str) -> Result<bool, ApiError> {
    text.to_ascii_lowercase()
        .parse()
        .map_err(|_| bad_header(STRICT, "it is neither `true` nor `false`"))
}

/// The query and the sequence must agree on who is asked first.
fn check_agreement(query: Option<&str>, sequence: Option<&[String]>) -> Result<(), ApiError> {
    let (Some(query), Some(first)) = (query, sequence.and_then(<[String]>::first)) else {
        return Ok(());
    };
    if query.eq_ignore_ascii_case(first) {
        return Ok(());
    }
    let message = format!(
        "`?provider=` names `{}` and `{FAILOVER}` begins with another. Send one of them.",
        shown(query)
    );
    Err(ApiError::new(ErrorKind::InvalidValue, message).param("provider"))
}

/// As [`query_value`], of a parameter that must not stand there twice: who reads the other one?
fn one_query(uri: &Uri, name: &'static str) -> Result<Option<String>, ApiError> {
    let pairs = uri.query().unwrap_or_default().split('&');
    let keys = pairs.map(|pair| pair.split_once('=').map_or(pair, |(key, _)| key));
    if keys.filter(|key| *key == name).count() > 1 {
        let message = format!("`?{name}=` was given twice. Give it once.");
        return Err(ApiError::new(ErrorKind::InvalidValue, message).param(name));
    }
    Ok(query_value(uri, name))
}

/// The decoded value of a query parameter; the first one of that name.
pub fn query_value(uri: &Uri, name: &str) -> Option<String> {
    uri.query()?.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (key == name).then(|| {
            percent_decode_str(&value.replace('+', " "))
                .decode_utf8_lossy()
                .into_owned()
        })
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(bad_header(name, "it was sent twice"));
    }
    match value.to_str() {
        Ok(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Err(_) => Err(bad_header(
            name,
            "it holds characters that are not plain ASCII",
        )),
    }
}

pub(super) fn bad_header(name: &'static str, why: &str) -> ApiError {
    ApiError::new(
        ErrorKind::InvalidHeader,
        format!("The header `{name}` cannot be used: {why}."),
    )
    .param(name)
}

/// A JSON array of provider names, none twice.
fn sequence(text: &str) -> Result<Vec<String>, ApiError> {
    let names: Vec<String> = serde_json::from_str(text).map_err(|_| {
        bad_header(
            FAILOVER,
            r#"it must be a JSON array of provider names, e.g. ["openai","azure"]"#,
        )
    })?;
    if names.is_empty() {
        return Err(bad_header(
            FAILOVER,
            "the array is empty; leave the header out instead",
        ));
    }
    let twice = names.iter().enumerate().any(|(index, name)| {
        names
            .iter()
            .take(index)
            .any(|other| other.eq_ignore_ascii_case(name))
    });
    if twice {
        return Err(bad_header(FAILOVER, "a provider is named twice"));
    }
    Ok(names)
}

/// `1500` and `1500ms` are milliseconds, `30s` seconds, `2m` minutes.
fn timeout(text: &str) -> Result<Duration, ApiError> {
    let why = "write `1500ms`, `30s`, `2m`, or milliseconds as a plain number, above zero";
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("", 1)];
    let found = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)));
    let milliseconds =
        found.and_then(|(number, factor)| number.parse::<u64>().ok()?.checked_mul(factor));
    match milliseconds {
        Some(milliseconds) if milliseconds > 0 => {
            Ok(Duration::from_millis(milliseconds).min(MAX_TIMEOUT))
        }
        _ => Err(bad_header(TIMEOUT, why)),
    }
}

/// A caller's text as it may stand in a message.
fn shown(text: &str) -> String {
    text.chars().take(64).filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        uri: &'static str,
        headers: &[(&'static str, &'static str)],
    ) -> Result<Options, Option<String>> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Options::read(&Uri::from_static(uri), &map).map_err(|error| {
            let body: serde_json::Value =
                serde_json::from_slice(&error.body(Default::default())).unwrap();
            body["error"]["param"].as_str().map(str::to_owned)
        })
    }

    #[test]
    fn empty_is_absent_and_bad_is_named() {
        let provider = |name: &str| Options {
            provider: Some(name.to_owned()),
            ..Options::default()
        };
        assert_eq!(read("/v1/x", &[]), Ok(Options::default()));
        assert_eq!(read("/v1/x?provider=", &[]), Ok(Options::default()));
        assert_eq!(
            read("/v1/x?a=b&provider=o%6Clama", &[]),
            Ok(provider("ollama"))
        );
        let dialect = Options {
            opengateway: true,
            ..Options::default()
        };
        let empty = [(FAILOVER, ""), (ENDPOINT, ""), (TIMEOUT, " ")];
        assert_eq!(read("/v1/x", &empty), Ok(dialect));
        let sequence = Options {
            opengateway: true,
            sequence: Some(vec!["azure".to_owned(), "openai".to_owned()]),
            ..Options::default()
        };
        assert_eq!(
            read("/v1/x", &[(FAILOVER, r#"["azure","openai"]"#)]),
            Ok(sequence.clone())
        );
        assert_eq!(
            read(
                "/v1/x?provider=azure",
                &[(FAILOVER, r#"["azure","openai"]"#)]
            ),
            Ok(Options {
                provider: Some("azure".to_owned()),
                ..sequence
            })
        );
        assert_eq!(
            read("/v1/x?provider=openai", &[(FAILOVER, r#"["azure"]"#)]),
            Err(Some("provider".to_owned()))
        );
        for bad in [
            "azure",
            "[]",
            "[1]",
            r#"{"a":1}"#,
            r#"["a","A"]"#,
            r#""azure""#,
        ] {
            assert_eq!(
                read("/v1/x", &[(FAILOVER, bad)]),
                Err(Some(FAILOVER.to_owned())),
                "{bad}"
            );
        }
        assert_eq!(
            read("/v1/x?provider=a&provider=b", &[]),
            Err(Some("provider".to_owned()))
        );
        let twice = [(FAILOVER, r#"["a"]"#), (FAILOVER, r#"["b"]"#)];
        assert_eq!(read("/v1/x", &twice), Err(Some(FAILOVER.to_owned())));
    }

    #[test]
    fn an_endpoint_stands_in_the_sequence_and_its_key_is_not_shown() {
        let url = (ENDPOINT, " http://10.0.0.1:8000 ");
        let key = (ENDPOINT_KEY, "sk-callers");
        let options = read("/v1/x", &[url, key]).unwrap();
        assert_eq!(options.sequence, Some(vec!["vllm".to_owned()]));
        assert!(!format!("{options:?}").contains("sk-callers"));
        let endpoint = options.endpoint.unwrap();
        assert_eq!(endpoint.url, "http://10.0.0.1:8000");
        assert_eq!(endpoint.key.unwrap().expose(), "sk-callers");

        let both = [url, (FAILOVER, r#"["openai","vllm"]"#)];
        let options = read("/v1/x", &both).unwrap();
        assert_eq!(
            options.sequence,
            Some(vec!["openai".to_owned(), "vllm".to_owned()])
        );
        assert!(options.endpoint.is_some_and(|it| it.key.is_none()));
        assert!(read("/v1/x?provider=VLLM", &[url]).is_ok());
        let alone = read("/v1/x", &[key, (ENDPOINT, "")]).unwrap();
        assert!(alone.endpoint.is_none() && alone.sequence.is_none());
        for (uri, headers, param) in [
            ("/v1/x", &[url, url][..], ENDPOINT),
            ("/v1/x", &[url, key, key], ENDPOINT_KEY),
            ("/v1/x?provider=openai", &[url], "provider"),
        ] {
            assert_eq!(
                read(uri, headers).unwrap_err(),
                Some(param.to_owned()),
                "{uri} {headers:?}"
            );
        }
    }

    #[test]
    fn timeouts_have_units() {
        let table = [
            ("1500", 1500),
            ("1500ms", 1500),
            ("30s", 30_000),
            ("2m", 120_000),
            ("99999m", 3_600_000),
        ];
        for (text, milliseconds) in table {
            let options = read("/v1/x", &[(TIMEOUT, text)]).unwrap();
            assert_eq!(
                options.timeout,
                Some(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        for bad in [
            "0",
            "-1",
            "1.5s",
            "soon",
            "5h",
            "ms",
            "18446744073709551615m",
        ] {
            assert_eq!(
                read("/v1/x", &[(TIMEOUT, bad)]),
                Err(Some(TIMEOUT.to_owned())),
                "{bad}"
            );
        }
    }
}
