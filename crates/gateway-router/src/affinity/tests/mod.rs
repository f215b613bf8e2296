//! Conversations and their state under failures, in paused time, against upstreams whose every answer is set by the
//! test.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use gateway_client::transport::TransportResponse;
use gateway_providers::{
    Call, CallError, Fault, FaultKind, Operation, Payload, Provider, Reply, ReplyBody,
    call::EventBatch,
    provider::{ModelListing, ProxyRequest, SharedProvider},
    state::{MAKERS_KNOWN, StateKind, Taking, is_among},
};
use gateway_types::json::RawObject;
use http::{HeaderMap, StatusCode};
use tokio::time::advance;

use super::*;
use crate::{
    ModelRequest, RouteFailure, Router, RouterSettings,
    failover::BreakerSettings,
    fixture::{object, refusal},
    resolve::{Alias, AliasTarget, PoolSettings, TableParts},
};

mod state;

#[derive(Debug)]
struct Upstream {
    name: &'static str,
    account: Option<&'static str>,
    takes: &'static [&'static str],
    status: AtomicU16,
    /// Members of its next answers.
    says: Mutex<String>,
    bodies: Mutex<Vec<String>>,
}

impl Upstream {
    fn new(name: &'static str, takes: &'static [&'static str]) -> Arc<Self> {
        Self::with_account(name, None, takes)
    }

    fn with_account(
        name: &'static str,
        account: Option<&'static str>,
        takes: &'static [&'static str],
    ) -> Arc<Self> {
        Arc::new(Self {
            name,
            account,
            takes,
            status: AtomicU16::new(200),
            says: Mutex::default(),
            bodies: Mutex::default(),
        })
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// Puts more members into its answers from now on, each with a comma before it.
    fn says(&self, members: &str) {
        members.clone_into(&mut self.says.lock().unwrap());
    }

    fn count(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }

    fn last_body(&self) -> String {
        self.bodies.lock().unwrap().last().unwrap().clone()
    }
}

#[async_trait]
impl Provider for Upstream {
    fn name(&self) -> &str {
        self.name
    }

    fn account(&self) -> Option<&str> {
        self.account
    }

    fn vendor(&self) -> &'static str {
        "scripted"
    }

    fn supports(&self, _: Operation) -> bool {
        true
    }

    fn takes_state(&self, _: &str, kind: &StateKind) -> Taking {
        match kind {
            StateKind::Named(name) if is_among(self.takes, name) => Taking::Takes,
            StateKind::Named(name) if is_among(MAKERS_KNOWN, name) => Taking::Refuses,
            _ => Taking::Unsure,
        }
    }

    async fn call(&self, call: Call) -> Result<Reply, CallError> {
        let Payload::Json(body) = &call.payload else {
            panic!("only JSON is sent here");
        };
        let text = String::from_utf8(body.bytes().to_vec()).unwrap();
        let number = {
            let mut bodies = self.bodies.lock().unwrap();
            bodies.push(text);
            bodies.len()
        };
        let status = StatusCode::from_u16(self.status.load(Ordering::SeqCst)).unwrap();
        if status != StatusCode::OK {
            return Err(refusal(status, None).into());
        }
        let says = self.says.lock().unwrap().clone();
        let bytes = Bytes::from(format!(r#"{{"id":"resp_{}_{number}"{says}}}"#, self.name));
        let batch = || EventBatch {
            bytes: Bytes::from([b"data: ", &bytes[..], b"\n\n"].concat()),
            events: 1,
            usage: None,
        };
        let body = if call.stream {
            ReplyBody::Events(futures::stream::iter([Ok(batch())]).boxed())
        } else {
            ReplyBody::Whole { bytes, usage: None }
        };
        Ok(Reply {
            status,
            headers: HeaderMap::new(),
            body,
        })
    }

    async fn models(&self) -> Result<ModelListing, CallError> {
        Ok(ModelListing::default())
    }

    async fn proxy(&self, _: ProxyRequest) -> Result<TransportResponse, CallError> {
        Err(Fault::new(FaultKind::Unreachable, "scripted").into())
    }
}

/// A gateway with the alias `m`, whose targets are the model `x` at each upstream.
struct Gateway {
    router: Router,
}

#[derive(Clone, Copy)]
struct Setup {
    strategy: Strategy,
    pool: PoolSettings,
    affinity: AffinitySettings,
    /// The models at each upstream.
    models: &'static [&'static str],
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            strategy: Strategy::RoundRobin,
            pool: PoolSettings::default(),
            affinity: AffinitySettings {
                ttl: Duration::from_secs(600),
                ..AffinitySettings::default()
            },
            models: &["x"],
        }
    }
}

impl Setup {
    fn with_models(self, models: &'static [&'static str]) -> Self {
        Self { models, ..self }
    }

    fn leaving(self) -> Self {
        let pool = PoolSettings {
            leave_state_behind: true,
            ..self.pool
        };
        Self { pool, ..self }
    }

    fn ordered(self) -> Self {
        Self {
            strategy: Strategy::Ordered,
            ..self
        }
    }
}

fn parts(upstreams: &[&Arc<Upstream>], setup: Setup) -> (TableParts, RouterSettings) {
    let mut names: Vec<&str> = upstreams.iter().map(|upstream| upstream.name).collect();
    names.dedup();
    let targets = names.iter().flat_map(|name| {
        let models = setup.models.iter();
        models.map(|model| AliasTarget::new(*name, *model))
    });
    let mut alias = Alias::new("m", targets.collect());
    alias.strategy = setup.strategy;
    alias.settings = setup.pool;
    let providers = upstreams
        .iter()
        .map(|upstream| Arc::clone(upstream) as SharedProvider);
    let parts = TableParts {
        providers: providers.collect(),
        aliases: vec![alias],
        ..TableParts::default()
    };
    let settings = RouterSettings {
        affinity: setup.affinity,
        ..RouterSettings::default()
    };
    (parts, settings)
}

impl Gateway {
    fn new(upstreams: &[&Arc<Upstream>], setup: Setup) -> Self {
        let (parts, settings) = parts(upstreams, setup);
        Self {
            router: Router::new(parts, settings).unwrap(),
        }
    }

    async fn send(
        &self,
        tenant: &str,
        operation: Operation,
        body: &RawObject,
    ) -> Result<Routed, crate::RouteError> {
        self.send_strictly(tenant, operation, body, false).await
    }

    async fn send_strictly(
        &self,
        tenant: &str,
        operation: Operation,
        body: &RawObject,
        strict: bool,
    ) -> Result<Routed, crate::RouteError> {
        let request = ModelRequest::new("m", operation);
        let plan = self.router.plan(&request).await.unwrap();
        let speaker = Speaker {
            tenant,
            headers: &HeaderMap::new(),
            operation,
            body,
        };
        let (conversation, state) = self.router.conversation(&plan, speaker);
        let ask = Ask {
            operation,
            payload: Payload::Json(body.clone()),
            stream: body.string("user").is_some_and(|user| user == "streams"),
            count_tokens: false,
            strict,
            headers: HeaderMap::new(),
            limit: None,
            conversation,
            state,
        };
        self.router.send(plan, ask).await
    }

    /// Who answers a chat of this caller in this conversation, with its account.
    async fn chat(&self, tenant: &str, conversation: &str) -> String {
        let body = chat(conversation, "");
        who(&self.send(tenant, Operation::Chat, &body).await.unwrap())
    }
}

fn who(routed: &Routed) -> String {
    crate::account::label(&*routed.target.provider).into_owned()
}

/// A chat with more members in the assistant's message.
fn chat(conversation: &str, more: &str) -> RawObject {
    object(&format!(
        r#"{{"model":"m","prompt_cache_key":"{conversation}","messages":[{{"role":"user","content":"hi"}},{{"role":"assistant","content":"ho"{more}}}]}}"#
    ))
}

const CLAUDE: &str = r#","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"s","format":"anthropic-claude-v1"}]"#;
const UNKNOWN: &str =
    r#","reasoning_details":[{"type":"reasoning.encrypted","data":"d","format":"new-maker-v1"}]"#;
const CLAUDES: &[&str] = &["anthropic*"];

/// So long that every circuit has closed again.
const RECOVERY: Duration = Duration::from_secs(120);

#[tokio::test(start_paused = true)]
async fn a_conversation_stays_moves_with_a_fault_and_stays_there() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default());
    let home = gateway.chat("alice", "1").await;
    for _ in 0..6 {
        assert_eq!(gateway.chat("alice", "1").await, home);
    }
    // Others take turns all the while.
    let mut others = Vec::new();
    for number in 2..6 {
        others.push(gateway.chat("alice", &number.to_string()).await);
    }
    assert!(others.contains(&"a".to_owned()) && others.contains(&"b".to_owned()));
    let (at_home, other) = if home == "a" { (&a, &b) } else { (&b, &a) };
    at_home.answers(500);
    assert_eq!(gateway.chat("alice", "1").await, other.name);
    at_home.answers(200);
    advance(RECOVERY).await;
    for _ in 0..4 {
        assert_eq!(gateway.chat("alice", "1").await, other.name);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pin_to_a_target_that_is_left_alone_is_not_asked() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default().ordered());
    assert_eq!(gateway.chat("alice", "1").await, "a");
    a.answers(429);
    assert_eq!(gateway.chat("alice", "other").await, "b");
    let asked = a.count();
    // The circuit is open: the conversation leaves without trying, and stays where it came to.
    assert_eq!(gateway.chat("alice", "1").await, "b");
    assert_eq!(a.count(), asked);
    a.answers(200);
    advance(RECOVERY).await;
    assert_eq!(gateway.chat("alice", "1").await, "b");
    assert_eq!(gateway.chat("alice", "new").await, "a");
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_conversation_and_use_does_not() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default().ordered());
    a.answers(500);
    assert_eq!(gateway.chat("alice", "1").await, "b");
    a.answers(200);
    for _ in 0..3 {
        advance(Duration::from_secs(599)).await;
        assert_eq!(gateway.chat("alice", "1").await, "b");
    }
    advance(Duration::from_secs(601)).await;
    assert_eq!(gateway.chat("alice", "1").await, "a");
}

#[tokio::test(start_paused = true)]
async fn nobody_moves_anothers_conversation_and_it_can_be_switched_off() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default().ordered());
    a.answers(500);
    assert_eq!(gateway.chat("mallory", "1").await, "b");
    a.answers(200);
    advance(RECOVERY).await;
    assert_eq!(gateway.chat("mallory", "1").await, "b");
    assert_eq!(gateway.chat("alice", "1").await, "a");
    let off = [
        Setup {
            affinity: AffinitySettings {
                enabled: false,
                ..AffinitySettings::default()
            },
            ..Setup::default()
        },
        Setup {
            pool: PoolSettings {
                affinity: false,
                ..PoolSettings::default()
            },
            ..Setup::default()
        },
    ];
    for setup in off {
        let gateway = Gateway::new(&[&a, &b], setup);
        let mut answered = Vec::new();
        for _ in 0..4 {
            answered.push(gateway.chat("alice", "1").await);
        }
        answered.sort();
        assert_eq!(answered, ["a", "a", "b", "b"]);
        assert_eq!(gateway.router.conversations(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_single_target_costs_no_look_and_is_never_refused() {
    let a = Upstream::new("a", &[]);
    let gateway = Gateway::new(&[&a], Setup::default());
    let body = chat("1", CLAUDE);
    let routed = gateway.send("alice", Operation::Chat, &body).await.unwrap();
    assert_eq!(who(&routed), "a");
    assert_eq!(gateway.router.conversations(), 0);
    assert_eq!(a.last_body(), String::from_utf8_lossy(body.bytes()));
}

#[tokio::test(start_paused = true)]
async fn accounts_are_kept_too_and_nodes_agree_on_them() {
    let account = |number| Upstream::with_account("a", Some(number), &[]);
    let (one, two, three) = (account("1"), account("2"), account("3"));
    let b = Upstream::new("b", &[]);
    let node = || {
        let setup = Setup {
            strategy: Strategy::Weighted,
            ..Setup::default()
        };
        Gateway::new(&[&one, &two, &three, &b], setup)
    };
    let (here, there) = (node(), node());
    let mut met = std::collections::BTreeSet::new();
    for number in 0..40 {
        let number = number.to_string();
        let first = here.chat("alice", &number).await;
        assert_eq!(here.chat("alice", &number).await, first);
        assert_eq!(there.chat("alice", &number).await, first);
        met.insert(first);
    }
    assert_eq!(
        met.into_iter().collect::<Vec<_>>(),
        ["a#1", "a#2", "a#3", "b"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_newer_configuration_remembers_unless_it_says_otherwise() {
    let (a, b) = (Upstream::new("a", &[]), Upstream::new("b", &[]));
    let gateway = Gateway::new(&[&a, &b], Setup::default().ordered());
    a.answers(500);
    assert_eq!(gateway.chat("alice", "1").await, "b");
    a.answers(200);
    advance(RECOVERY).await;
    let next = |affinity: AffinitySettings| {
        let setup = Setup {
            affinity,
            ..Setup::default().ordered()
        };
        let (parts, settings) = parts(&[&a, &b], setup);
        Gateway {
            router: Router::succeeding(&gateway.router, parts, settings).unwrap(),
        }
    };
    let same = Setup::default().affinity;
    assert_eq!(next(same).chat("alice", "1").await, "b");
    let other = AffinitySettings {
        max_conversations: 7,
        ..same
    };
    assert_eq!(next(other).chat("alice", "1").await, "a");
}

#[test]
fn a_pinned_way_takes_the_place_of_the_first_way() {
    let way = |name: &'static str, account| Target {
        provider: Upstream::with_account(name, account, &[]),
        ..crate::fixture::target(name, "x")
    };
    let mut targets = vec![
        way("a", Some("1")),
        way("b", Some("1")),
        way("c", None),
        way("a", Some("2")),
        way("b", Some("2")),
    ];
    to_front(&mut targets, 4);
    let order: Vec<String> = targets
        .iter()
        .map(|target| crate::account::label(&*target.provider).into_owned())
        .collect();
    assert_eq!(order, ["b#2", "a#1", "c", "a#2", "b#1"]);
    to_front(&mut targets, 9);
    assert_eq!(targets.len(), 5);
}

#[test]
fn the_usual_breaker_opens_in_these_tests() {
    assert!(RECOVERY > BreakerSettings::default().longest_open);
}
