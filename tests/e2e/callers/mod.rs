//! The caller's own endpoint: what goes there, what does not, and who may not be called at all.

mod endpoint;
mod refused;
mod secrets;

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream};

use crate::support::{ONE_ATTEMPT, good_upstream};

const ENDPOINT: &str = "x-opengateway-vllm-endpoint";
const KEY: &str = "x-opengateway-vllm-api-key";
const SEQUENCE: &str = "x-opengateway-failover-sequence";

/// What the caller has for the endpoint. Nobody else may see it.
const CALLERS_KEY: &str = "sk-callers-canary-1d90a7f3";
/// What the caller has for the gateway. No upstream may see it.
const GATEWAY_KEY: &str = "sk-gateway-canary-40c2be86";
/// What the gateway holds. The caller's endpoint may see none of it.
const FIRST_KEY: &str = "sk-first-canary-e5b71290";
const VLLM_KEY: &str = "sk-vllm-canary-93f4d0c7";
const HEADER_SECRET: &str = "team-header-canary-6ab8e114";

/// A gateway with two providers, `first` and `vllm`, and a server that is the caller's.
struct World {
    first: ScriptedUpstream,
    vllm: ScriptedUpstream,
    callers: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

impl World {
    /// `first` and the caller's server answer as the closures say, `vllm` well. The caller's server is listed.
    fn start(
        first: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static,
        callers: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static,
        more: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let (first, callers) = (ScriptedUpstream::start(first), ScriptedUpstream::start(callers));
        let vllm = ScriptedUpstream::start(good_upstream);
        let config = format!("{}\n[caller_endpoints]\norigins = [\"{}\"]\n{more}", providers(&first, &vllm), callers.url(""));
        let gateway = GatewayUnderTest::start(&config, &with_key(environment));
        Self { first, vllm, callers, gateway }
    }

    fn good() -> Self {
        Self::start(good_upstream, good_upstream, ONE_ATTEMPT, &[])
    }

    /// A chat request with the caller's endpoint and key.
    fn ask(&self, model: &str, stream: bool) -> Request {
        asking(&self.callers.url("/v1"), model, stream).header(KEY, CALLERS_KEY)
    }

    fn send(&self, request: &Request) -> Response {
        self.gateway.send(request)
    }

    /// How many calls each of `first`, `vllm` and the caller's server has seen.
    fn calls(&self) -> [usize; 3] {
        [&self.first, &self.vllm, &self.callers].map(|upstream| calls(upstream).len())
    }
}

/// The requests that are no list of models.
fn calls(upstream: &ScriptedUpstream) -> Vec<std::sync::Arc<RecordedRequest>> {
    upstream.requests().into_iter().filter(|request| !request.path().ends_with("/models")).collect()
}

fn providers(first: &ScriptedUpstream, vllm: &ScriptedUpstream) -> String {
    format!(
        "[providers.first]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{FIRST_KEY}\"\nheaders = {{ x-team = \"{HEADER_SECRET}\" }}\n\
         [providers.vllm]\nbase_url = \"{}\"\napi_key = \"{VLLM_KEY}\"\nheaders = {{ x-team = \"{HEADER_SECRET}\" }}\n",
        first.url("/v1"),
        vllm.url("/v1")
    )
}

fn with_key<'a>(environment: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    environment.iter().copied().chain([("API_KEYS", GATEWAY_KEY)]).collect()
}

fn asking(endpoint: &str, model: &str, stream: bool) -> Request {
    Request::chat(model, stream).bearer(GATEWAY_KEY).header(ENDPOINT, endpoint)
}

fn attempts(response: &Response) -> &str {
    response.header("x-attempts").unwrap_or("none")
}
