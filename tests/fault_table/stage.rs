//! Where the table is played: an upstream for each row, one good upstream behind them all, and the configuration of a
//! gateway in front.

use std::{any::Any, fmt};

use gateway_testkit::{
    RecordedRequest, Reply, ScriptedUpstream,
    upstream::{Babbler, ClosedPort, FullBacklog},
};

use super::{Does, On, Row, rows};
use crate::answers::{GOOD_CHAT, GOOD_STREAM};

/// What the gateway holds for the upstreams of the rows. Neither may ever be seen by the other one, or by the client.
pub const FIRST_KEY: &str = "sk-first-canary-77d1c04b";
/// What it holds for the good one.
pub const SECOND_KEY: &str = "sk-second-canary-c92e15aa";

/// Every row's upstream. Each has a connection pool of its own in the gateway, and each case a provider of its own, so that
/// what one row does is remembered for no other.
#[derive(Debug)]
pub struct Stage {
    upstreams: Vec<Upstream>,
    second: ScriptedUpstream,
}

/// One row, played to a stream or to a whole answer.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    number: usize,
    /// The row.
    pub row: &'static Row,
    /// Whether a stream is asked for.
    pub stream: bool,
}

/// Whether there is somebody else to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// One target.
    Alone,
    /// An alias with two targets, of which the second is good.
    Pool,
}

enum Upstream {
    Scripted(ScriptedUpstream),
    /// What cannot be asked how often it was called; it holds its place for as long as it is kept.
    Silent {
        base: String,
        _kept: Box<dyn Any + Send + Sync>,
    },
}

impl Stage {
    /// Opens every upstream.
    pub fn open() -> Self {
        Self { upstreams: rows().map(Upstream::open).collect(), second: ScriptedUpstream::start(good) }
    }

    /// Every case of every row.
    pub fn cases() -> Vec<Case> {
        let both = |(number, row): (usize, &'static Row)| {
            let kinds: &[bool] = match row.on {
                On::Streams => &[true],
                On::Wholes => &[false],
                On::Both => &[false, true],
            };
            kinds.iter().map(move |&stream| Case { number, row, stream })
        };
        rows().enumerate().flat_map(both).collect()
    }

    /// The configuration of a gateway in front of it all; `more` are sections of the caller's own.
    pub fn config(&self, more: &str) -> String {
        let limits = "[limits]\nmax_response_body = \"1MiB\"\nmax_event = \"512KiB\"\n";
        let second = provider("second", &self.second.url("/v1"), SECOND_KEY, "");
        let cases = Self::cases().into_iter().map(|case| self.case_config(case));
        format!("{more}{limits}{second}{}", cases.collect::<String>())
    }

    fn case_config(&self, case: Case) -> String {
        let base = self.upstream(case).base();
        let routes = [Route::Alone, Route::Pool].map(|route| provider(&case.provider(route), &base, FIRST_KEY, case.row.timeouts));
        let name = case.name();
        let (first, model) = (case.provider(Route::Pool), case.pool_model());
        format!("{}[models.\"{name}\"]\ntargets = [\"{first}/{model}\", \"second/{model}\"]\n", routes.concat())
    }

    /// The requests for this model that the row's own upstream has seen; `None` where it sees none by its nature.
    pub fn seen_by_first(&self, case: Case, model: &str) -> Option<Vec<std::sync::Arc<RecordedRequest>>> {
        match self.upstream(case) {
            Upstream::Scripted(upstream) => Some(upstream.requests_for(model)),
            Upstream::Silent { .. } => None,
        }
    }

    /// How many requests the good upstream has seen for this model.
    pub fn calls_of_second(&self, model: &str) -> usize {
        self.second.requests_for(model).len()
    }

    /// Every request that any upstream has seen, with the key that it may have and the one that it may not.
    pub fn requests(&self) -> Vec<(std::sync::Arc<RecordedRequest>, [&'static str; 2])> {
        let first = self.upstreams.iter().filter_map(|upstream| match upstream {
            Upstream::Scripted(upstream) => Some((upstream, [FIRST_KEY, SECOND_KEY])),
            Upstream::Silent { .. } => None,
        });
        first.chain([(&self.second, [SECOND_KEY, FIRST_KEY])]).flat_map(|(upstream, keys)| upstream.requests().into_iter().map(move |request| (request, keys))).collect()
    }

    fn upstream(&self, case: Case) -> &Upstream {
        self.upstreams.get(case.number).expect("every row has an upstream")
    }
}

impl Case {
    /// A name of its own, e.g. `f17-23-stream`.
    pub fn name(self) -> String {
        let kind = if self.stream { "stream" } else { "whole" };
        format!("{}-{}-{kind}", self.row.id.to_lowercase(), self.number)
    }

    /// The first provider on this route.
    pub fn provider(self, route: Route) -> String {
        match route {
            Route::Alone => self.name(),
            Route::Pool => format!("{}-pool", self.name()),
        }
    }

    /// The model as the upstreams are asked for it by way of the alias.
    pub fn pool_model(self) -> String {
        format!("pooled-{}", self.name())
    }

    /// The row in words, for messages.
    pub fn title(self) -> String {
        format!("{} {} ({})", self.row.id, self.row.what, self.name())
    }

    /// The reply that its upstream gives, where it gives one.
    pub fn reply(self) -> Option<Reply> {
        match self.row.does {
            Does::Replies(reply) => Some(reply()),
            Does::Refuses | Does::IsNameless | Does::IsUntrusted | Does::SpeaksNoTls | Does::AcceptsNobody => None,
        }
    }
}

impl Upstream {
    fn open(row: &'static Row) -> Self {
        match row.does {
            Does::Replies(reply) => {
                let reply = reply();
                Self::Scripted(ScriptedUpstream::start(move |request| no_list(request).unwrap_or_else(|| reply.clone())))
            }
            Does::Refuses => {
                let port = ClosedPort::take();
                Self::silent(format!("http://{}", port.address()), port)
            }
            Does::AcceptsNobody => {
                let full = FullBacklog::open();
                Self::silent(format!("http://{}", full.address()), full)
            }
            Does::SpeaksNoTls => {
                let plain = Babbler::open(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
                Self::silent(format!("https://{}", plain.address()), plain)
            }
            Does::IsUntrusted => {
                let untrusted = ScriptedUpstream::start_tls(good);
                Self::silent(untrusted.url(""), untrusted)
            }
            // Reserved for what never exists (RFC 2606, section 2).
            Does::IsNameless => Self::silent("http://no-such-host.invalid".to_owned(), ()),
        }
    }

    fn silent(base: String, kept: impl Any + Send + Sync) -> Self {
        Self::Silent { base, _kept: Box::new(kept) }
    }

    fn base(&self) -> String {
        match self {
            Self::Scripted(upstream) => upstream.url("/v1"),
            Self::Silent { base, .. } => format!("{base}/v1"),
        }
    }
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base())
    }
}

/// No models are listed, and the connection is not used again: what fails on a used one may go out once more, which is no
/// attempt of its own.
fn no_list(request: &RecordedRequest) -> Option<Reply> {
    request.path().ends_with("/models").then(|| Reply::status(404).header("connection", "close"))
}

/// A good answer to whatever is asked.
pub(super) fn good(request: &RecordedRequest) -> Reply {
    let answer = || match String::from_utf8_lossy(&request.body).contains("\"stream\":true") {
        true => Reply::sse(GOOD_STREAM),
        false => Reply::text(200, "application/json", GOOD_CHAT),
    };
    no_list(request).unwrap_or_else(answer)
}

fn provider(name: &str, base: &str, key: &str, timeouts: &str) -> String {
    // Long enough for a machine that is busy with other things.
    let timeouts = if timeouts.is_empty() { r#"connect = "10s", first_token = "20s", idle = "20s", total = "20s""# } else { timeouts };
    format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{base}\"\napi_key = \"{key}\"\ntimeouts = {{ {timeouts} }}\n")
}
