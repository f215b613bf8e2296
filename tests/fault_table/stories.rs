//! Faults that no row can say, since they are more than one request, or no answer of an upstream: no room (F5), a request
//! that was not looked at (F54), a client that goes (F55), a target that rests and is well again (F56). The official SDKs
//! are told them as they are told the rows.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_testkit::{RecordedRequest, Reply, ScriptedUpstream, sse::event};
use serde_json::{Value, json};

use super::{
    Ends,
    row::fault,
    stage::{FIRST_KEY, good},
    unseen::{Unseeing, Unseen},
};
use crate::answers::{FINISH, GOOD_CHAT, HELLO, ROLE};

/// One story, told once of a stream and once of a whole answer where both can have it.
#[derive(Debug)]
pub(super) struct Story {
    name: &'static str,
    what: &'static str,
    stream: bool,
    /// The provider's own settings, as TOML.
    settings: &'static str,
    upstream: Upstream,
    before: Before,
    ends: StoryEnds,
    /// How many requests for the story's model the upstream sees, the SDK's own tries included.
    requests: usize,
}

/// What is done before the request that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    /// Another stream is begun, and kept while this request is made.
    PlaceTaken,
    /// It is asked once, without the SDK's own tries.
    AskedOnce,
}

#[derive(Debug)]
enum StoryEnds {
    As(Ends),
    /// The SDK's program goes: as soon as it has read text of a stream, or else as soon as the upstream has been asked.
    Leaves(LeftBehind),
}

/// What the upstream sees of a client that goes.
#[derive(Debug)]
enum LeftBehind {
    /// That nobody listens any more.
    Cancelled,
    /// Nothing: its answer is taken whole, since it is billed.
    Answered,
}

#[derive(Debug)]
enum Upstream {
    Http1(ScriptedUpstream),
    Http2(Unseeing),
}

const TEXT_OF_STREAM: Ends = Ends::Whole("Hello");
const TEXT_OF_WHOLE: Ends = Ends::Whole("café");
const NO_ROOM: Ends = fault(503, "overloaded", "overloaded").after(1).end();

/// Opens every story's upstream.
pub(super) fn stories() -> Vec<Story> {
    [false, true].into_iter().flat_map(of_both).chain(of_leaving()).collect()
}

fn of_both(stream: bool) -> Vec<Story> {
    let whole = || if stream { TEXT_OF_STREAM } else { TEXT_OF_WHOLE };
    let story = |name, what, settings, upstream, before, ends, requests| Story { name, what, stream, settings, upstream, before, ends: StoryEnds::As(ends), requests };
    let (one, queue) = ("max_concurrent = 1\nmax_queued = 0", "max_concurrent = 1\nmax_queued = 1\nqueue_wait = \"300ms\"");
    let http2 = "connection = { http_version = \"2\" }";
    let unseeing = |unseen| Upstream::Http2(Unseeing::open(unseen, stream));
    vec![
        story("f5-full", "F5 no room", one, busy(Reply::hang), Before::PlaceTaken, NO_ROOM, 0),
        story("f5-queue", "F5 no room in time", queue, busy(Reply::hang), Before::PlaceTaken, NO_ROOM, 0),
        story("f5-soon", "F5 no room at first", one, busy(ends_soon), Before::PlaceTaken, whole(), 1),
        story("f54-refused", "F54 a request that was refused unseen", http2, unseeing(Unseen::Refused), Before::Nothing, whole(), 2),
        story("f54-away", "F54 a connection that ends before the request", http2, unseeing(Unseen::GoneAway), Before::Nothing, whole(), 2),
        story("f56-well", "F56 a target that is well again", "", well_again(), Before::AskedOnce, whole(), 2),
    ]
}

/// Where the stream is that takes the only place.
const KEEPER: &str = "keeps-its-place";

fn busy(then: fn(Reply) -> Reply) -> Upstream {
    let answer = move |request: &RecordedRequest| match request.model().as_deref() {
        Some(KEEPER) => then(Reply::sse(&[ROLE, HELLO])),
        _ => good(request),
    };
    Upstream::Http1(ScriptedUpstream::start(answer))
}

/// Sooner than an SDK tries for the last time.
fn ends_soon(reply: Reply) -> Reply {
    reply.wait(Duration::from_millis(1500)).send([event(FINISH), event("[DONE]")].concat())
}

/// Says how long it is busy, and has said it once.
fn well_again() -> Upstream {
    let asked = Arc::new(AtomicUsize::new(0));
    let answer = move |request: &RecordedRequest| match request.path().ends_with("/models") || asked.fetch_add(1, Ordering::SeqCst) > 0 {
        true => good(request),
        false => Reply::text(503, "application/json", "{\"error\":{\"message\":\"busy\"}}").header("retry-after", "3"),
    };
    Upstream::Http1(ScriptedUpstream::start(answer))
}

fn of_leaving() -> Vec<Story> {
    let story = |name, what, stream, reply: fn() -> Reply, left| Story {
        name,
        what,
        stream,
        settings: "",
        upstream: Upstream::Http1(ScriptedUpstream::start(move |_| reply())),
        before: Before::Nothing,
        ends: StoryEnds::Leaves(left),
        requests: 1,
    };
    // Later than a client is gone; nobody waits for longer than it takes.
    let slow = || Reply::text(200, "application/json", GOOD_CHAT).slow_head(Duration::from_secs(3));
    vec![
        story("f55-middle", "F55 a client that goes in the middle of a stream", true, || Reply::sse(&[ROLE, HELLO]).hang(), LeftBehind::Cancelled),
        story("f55-silence", "F55 a client that goes before a stream begins", true, || Reply::stream().hang(), LeftBehind::Cancelled),
        story("f55-whole", "F55 a client that goes before a whole answer", false, slow, LeftBehind::Answered),
    ]
}

impl Story {
    /// Its provider's name, and the model that the upstream is asked for.
    pub(super) fn name(&self) -> String {
        format!("{}-{}", self.name, if self.stream { "stream" } else { "whole" })
    }

    /// Its provider, as TOML.
    pub(super) fn config(&self) -> String {
        let (name, base) = (self.name(), self.upstream.base());
        format!("[providers.{name}]\nvendor = \"custom\"\nbase_url = \"{base}\"\napi_key = \"{FIRST_KEY}\"\n{}\n", self.settings)
    }

    /// What its upstream has seen.
    pub(super) fn seen(&self) -> Value {
        match &self.upstream {
            Upstream::Http1(upstream) => super::contract::seen(&upstream.requests_for(&self.name())),
            Upstream::Http2(upstream) => json!({"requests": upstream.requests(), "left": 0, "answered": 0}),
        }
    }

    /// What a program with an SDK has to know.
    pub(super) fn described(&self) -> Value {
        let name = self.name();
        let keeper = (self.before == Before::PlaceTaken).then(|| format!("{name}/{KEEPER}"));
        json!({
            "name": name,
            "title": format!("{} ({name})", self.what),
            "model": format!("{name}/{name}"),
            "stream": self.stream,
            "headers": null,
            "asked_before": self.before == Before::AskedOnce,
            "beside": keeper,
            "retries": true,
            "leaves": matches!(self.ends, StoryEnds::Leaves(_)),
            "ends": self.ends.described(),
            "requests": self.requests,
        })
    }
}

impl StoryEnds {
    fn described(&self) -> Value {
        match self {
            Self::As(ends) => super::contract::ends(*ends),
            Self::Leaves(left) => {
                let cancelled = matches!(left, LeftBehind::Cancelled);
                json!({"how": "left", "left": usize::from(cancelled), "answered": usize::from(!cancelled)})
            }
        }
    }
}

impl Upstream {
    fn base(&self) -> String {
        match self {
            Self::Http1(upstream) => upstream.url("/v1"),
            Self::Http2(upstream) => format!("http://{}/v1", upstream.address()),
        }
    }
}
