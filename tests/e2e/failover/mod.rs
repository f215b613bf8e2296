//! Two providers, of which the first fails: what the client gets, and what each of the upstreams sees.

mod hedging;
mod once;
mod probes;
mod resting;
mod sequence;

use gateway_testkit::{GatewayUnderTest, RecordedRequest, Reply, Request, Response, ScriptedUpstream};

use crate::support::good_upstream;

/// What the gateway holds for each provider. Neither may ever be seen by the other one, or by the client.
const FIRST_KEY: &str = "sk-first-canary-77d1c04b";
const SECOND_KEY: &str = "sk-second-canary-c92e15aa";

const SEQUENCE: &str = "x-opengateway-failover-sequence";
const BOTH: &str = r#"["first","second"]"#;

/// A gateway with two providers, `first` and `second`, each with an upstream of its own.
struct Pair {
    first: ScriptedUpstream,
    second: ScriptedUpstream,
    gateway: GatewayUnderTest,
}

impl Pair {
    /// The first answers as the closure says, the second well; more configuration text, more environment.
    fn start(first: impl Fn(&RecordedRequest) -> Reply + Send + Sync + 'static, more: &str, environment: &[(&str, &str)]) -> Self {
        let first = ScriptedUpstream::start(first);
        let second = ScriptedUpstream::start(good_upstream);
        let provider = |name: &str, upstream: &ScriptedUpstream, key: &str| {
            format!(
                "[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{}\"\napi_key = \"{key}\"\ntimeouts = {{ connect = \"2s\", first_token = \"20s\", total = \"20s\", idle = \"400ms\" }}\n",
                upstream.url("/v1")
            )
        };
        let config = format!("{}{}{more}", provider("first", &first, FIRST_KEY), provider("second", &second, SECOND_KEY));
        let gateway = GatewayUnderTest::start(&config, environment);
        Self { first, second, gateway }
    }

    /// The first answers every call so, and lists no models, over a connection that is not used again: what fails on
    /// a used one may go out once more, which is no attempt of its own.
    fn failing(reply: Reply) -> Self {
        Self::start(move |request| if request.path().ends_with("/models") { Reply::status(404).header("connection", "close") } else { reply.clone() }, "", &[])
    }

    /// Asks both, or the first alone, for a model `m`.
    fn chat(&self, sequence: &str, stream: bool) -> Response {
        self.gateway.send(&Request::chat("m", stream).header(SEQUENCE, sequence))
    }

    /// How many calls each upstream has seen; and that neither has seen the other's key.
    #[track_caller]
    fn calls(&self) -> (usize, usize) {
        for (upstream, own, other) in [(&self.first, FIRST_KEY, SECOND_KEY), (&self.second, SECOND_KEY, FIRST_KEY)] {
            for request in upstream.requests() {
                let head = String::from_utf8_lossy(&request.head.raw).into_owned();
                assert!(head.contains(own) && !head.contains(other), "{head}");
                assert!(!String::from_utf8_lossy(&request.body).contains(other));
            }
        }
        (self.first.requests_for("m").len(), self.second.requests_for("m").len())
    }
}

fn attempts(response: &Response) -> &str {
    response.header("x-attempts").unwrap_or("none")
}
