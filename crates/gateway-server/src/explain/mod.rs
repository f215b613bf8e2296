//! `gateway explain MODEL`: where a name leads with this configuration, and why, for people and for programs.

mod told;

use std::{
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use clap::Args;
use gateway_providers::Operation;
use gateway_router::{ModelRequest, Router};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use self::told::{Refused, Told};
use crate::{
    Parts,
    app::HttpSettings,
    config::Settings,
    http::{
        callers::{CallersEndpoints, Unasked},
        error::ApiError,
        options,
    },
};

/// What a process ends with when the name leads nowhere.
pub const LEADS_NOWHERE: u8 = 4;

/// What is to be explained.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Question {
    /// The model's name as a client would write it.
    pub model: String,
    /// The value of `?provider=`.
    #[arg(long, value_name = "NAME")]
    pub provider: Option<String>,
    /// A header of the request, `name: value`, e.g. the failover sequence, or the caller's own endpoint. May be given
    /// several times.
    #[arg(long, short = 'H', value_name = "HEADER")]
    pub header: Vec<String>,
    /// What is asked of the model.
    #[arg(long, value_name = "NAME", default_value = "chat")]
    pub operation: Operation,
    /// Take the request for one without `/v1`, to which the default failover sequence belongs.
    #[arg(long)]
    pub unversioned: bool,
    /// Ask no provider for its list: what only a list would say is not known then.
    #[arg(long)]
    pub offline: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

impl Question {
    /// Writes the answer. Gives the process's end: 0 where the name leads to a target, [`LEADS_NOWHERE`] where not, or
    /// where the caller's endpoint is refused; 2 for headers that no request may have.
    ///
    /// # Errors
    /// When `out` cannot be written to, or the configuration makes no router.
    pub async fn answer(&self, settings: Settings, out: &mut dyn Write) -> io::Result<ExitCode> {
        let options = match self.options() {
            Ok(options) => options,
            Err(problem) => {
                writeln!(out, "{problem}")?;
                return Ok(ExitCode::from(2));
            }
        };
        let lists_deadline = settings.catalogue.deadline.0;
        let default_sequence = settings.failover_sequence.clone();
        let Parts {
            table,
            router,
            http,
            ..
        } = Parts::compose(settings, 0).map_err(io::Error::other)?;
        let router = Router::new(table, router).map_err(io::Error::other)?;
        let guest = match guest(&options, &http, &router) {
            Ok(guest) => guest,
            Err(error) => {
                Refused {
                    question: self,
                    error: &error,
                }
                .write(out)?;
                return Ok(ExitCode::from(LEADS_NOWHERE));
            }
        };
        if !self.offline {
            router.warm_up();
            router.warmed(lists_deadline + Duration::from_secs(1)).await;
        }
        let request = ModelRequest {
            provider_query: options.provider.as_deref(),
            sequence: options.sequence.as_deref(),
            default_sequence: self.unversioned.then_some(default_sequence.as_slice()),
            ..ModelRequest::new(&self.model, self.operation)
        };
        let (explanation, endpoint) = match guest {
            Some(Unasked { url, provider }) => {
                (router.explain_with_guest(&request, provider), Some(url))
            }
            None => (router.explain(&request), None),
        };
        let told = Told {
            question: self,
            explanation: &explanation,
            router: &router,
            endpoint: endpoint.as_ref(),
            unseated: options.endpoint.is_some() && endpoint.is_none(),
        };
        if self.json {
            writeln!(out, "{:#}", told.as_json())?;
        } else {
            write!(out, "{told}")?;
        }
        Ok(match explanation.refused {
            None => ExitCode::SUCCESS,
            Some(_) => ExitCode::from(LEADS_NOWHERE),
        })
    }

    /// What the server would read in query and headers.
    fn options(&self) -> Result<options::Options, String> {
        let mut headers = HeaderMap::new();
        for header in &self.header {
            let (name, value) = header
                .split_once(':')
                .ok_or_else(|| format!("`{header}` is no header; write `name: value`."))?;
            let name = HeaderName::try_from(name.trim())
                .map_err(|_| format!("`{}` is no header's name.", name.trim()))?;
            let value = HeaderValue::try_from(value.trim())
                .map_err(|_| format!("The value of `{name}` cannot stand in a header."))?;
            headers.append(name, value);
        }
        let options = options::Options::read(&Uri::from_static("/v1"), &headers)
            .map_err(|error| error.message().to_owned())?;
        let provider = self.provider.clone().filter(|name| !name.is_empty());
        Ok(options::Options {
            provider,
            ..options
        })
    }
}

/// The provider at the caller's endpoint, as far as can be told without looking anything up.
fn guest(
    options: &options::Options,
    http: &HttpSettings,
    router: &Router,
) -> Result<Option<Unasked>, ApiError> {
    let callers = http.callers.as_ref();
    let Some(endpoint) = CallersEndpoints::wanted(callers, options) else {
        return Ok(None);
    };
    let timeouts = |name: &str| router.timeouts(name);
    CallersEndpoints::unasked(callers, endpoint, &http.keys, timeouts).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{cli, config::Environment};

    const CONFIGURATION: &str = r#"
[auth]
disallowed_models = ["b/secret"]
[providers.a]
vendor = "custom"
base_url = "http://127.0.0.1:1/v1"
api_keys = ["one", "two"]
[providers.b]
vendor = "custom"
base_url = "http://127.0.0.1:2/v1"
[caller_endpoints]
public = true
ports = [443, 8000]
origins = ["http://10.0.0.9:8000"]
[models.smart]
strategy = "weighted"
timeouts = { first_token = "7s" }
targets = [{ target = "a/large", weight = 3, parameters = { seed = 7 } }, "b/small", "b/secret"]
"#;

    async fn answer(question: Question) -> (String, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gateway.toml");
        std::fs::write(&path, CONFIGURATION).unwrap();
        let options = cli::Options {
            config: Some(path),
            ..cli::Options::default()
        };
        let settings = options.load(&Environment::default()).unwrap().settings;
        let mut out = Vec::new();
        let code = question.answer(settings, &mut out).await.unwrap();
        (format!("{code:?}"), String::from_utf8(out).unwrap())
    }

    fn asking(model: &str) -> Question {
        Question {
            model: model.to_owned(),
            provider: None,
            header: Vec::new(),
            operation: Operation::Chat,
            unversioned: false,
            offline: true,
            json: false,
        }
    }

    #[tokio::test]
    async fn an_alias_is_told_with_all_of_its_targets() {
        let (code, text) = answer(asking("smart")).await;
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS));
        for part in [
            "  no   ?provider= names the provider\n  yes  the name is an alias\n",
            "Alias `smart`, strategy weighted.",
            "Targets; which is asked first is drawn by weight, a fault moves on to another:\n",
            "  1  a/large (custom)\n     first token within 7s, whole answer within 600s; 2 accounts in turn; weight 3; sets `seed` to 7\n",
            "  2  b/small (custom)\n",
            "  -  b/secret (custom): left out, auth.allowed_models",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        assert!(!text.contains("The model lists"), "{text}");
    }

    #[tokio::test]
    async fn a_name_that_leads_nowhere_says_so() {
        let (code, text) = answer(asking("smrt")).await;
        assert_eq!(code, format!("{:?}", ExitCode::from(LEADS_NOWHERE)));
        assert!(
            text.contains("It leads nowhere: The model `smrt` does not exist here."),
            "{text}"
        );
        assert!(text.contains("providers are not known now: a, b"), "{text}");
    }

    fn bringing(endpoint: &str) -> Question {
        Question {
            header: vec![format!("x-opengateway-vllm-endpoint: {endpoint}")],
            ..asking("m")
        }
    }

    #[tokio::test]
    async fn a_callers_endpoint_is_told_with_what_is_judged_later() {
        let (code, text) = answer(bringing("https://vllm.example.com:8000")).await;
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS), "{text}");
        for part in [
            "  1  vllm/m (vllm)\n",
            "the caller's own endpoint https://vllm.example.com:8000/",
            "are judged when the name is looked up",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
        let sequence = r#"x-opengateway-failover-sequence: ["b","vllm","a"]"#.to_owned();
        let mut question = bringing("http://10.0.0.9:8000/v1");
        question.header.push(sequence);
        question.json = true;
        let (_, text) = answer(question).await;
        let told: Value = serde_json::from_str(&text).unwrap();
        let of_targets = |member: &str| -> Vec<Value> {
            let targets = told["targets"].as_array().unwrap().iter();
            targets.map(|target| target[member].clone()).collect()
        };
        assert_eq!(of_targets("provider"), ["b", "vllm", "a"], "{text}");
        let endpoint = Value::from("http://10.0.0.9:8000/v1");
        assert_eq!(of_targets("endpoint"), [Value::Null, endpoint, Value::Null]);
        assert_eq!(told["fails_over"], true);
    }

    #[tokio::test]
    async fn a_callers_endpoint_is_refused_as_the_guard_would_and_the_operator_hears_why() {
        let nowhere = format!("{:?}", ExitCode::from(LEADS_NOWHERE));
        for (endpoint, parts) in [
            (
                "http://127.0.0.1:8000",
                ["not one that callers may choose", "loopback"],
            ),
            (
                "http://other.example.com:9",
                ["port 9 is not open", "port not open"],
            ),
            ("ftp://a.example", ["must begin with `http://`", "400"]),
        ] {
            let (code, text) = answer(bringing(endpoint)).await;
            assert_eq!(code, nowhere, "{text}");
            for part in parts {
                assert!(
                    text.contains(part),
                    "{endpoint}: {part:?} is not in\n{text}"
                );
            }
            let question = Question {
                json: true,
                ..bringing(endpoint)
            };
            let told: Value = serde_json::from_str(&answer(question).await.1).unwrap();
            assert!(
                told["error"].is_string() && told["targets"] == json!([]),
                "{told}"
            );
        }
        let mut question = bringing("http://127.0.0.1:8000");
        let sequence = r#"x-opengateway-failover-sequence: ["a"]"#.to_owned();
        question.header.push(sequence);
        let (code, text) = answer(question).await;
        assert_eq!(code, format!("{:?}", ExitCode::SUCCESS), "{text}");
        assert!(text.contains("is not asked"), "{text}");
    }

    #[tokio::test]
    async fn headers_count_as_they_would_in_a_request() {
        let question = Question {
            header: vec![r#"x-opengateway-failover-sequence: ["b","a"]"#.to_owned()],
            json: true,
            ..asking("m")
        };
        let (_, text) = answer(question).await;
        let told: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(told["rule"], "failover_sequence");
        assert_eq!(told["fails_over"], true);
        let providers: Vec<_> = told["targets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| &it["provider"])
            .collect();
        assert_eq!(providers, ["b", "a"]);
        let bad = Question {
            header: vec!["x-opengateway-failover-sequence: b".to_owned()],
            ..asking("m")
        };
        let (code, text) = answer(bad).await;
        assert_eq!(code, format!("{:?}", ExitCode::from(2)));
        assert!(text.contains("must be a JSON array"), "{text}");
    }
}
