//! The loop against providers whose every answer is written in the test, in paused time.

mod accounts;
mod capacity;
mod checks;
mod hedging;
mod moving_on;
mod raw;
mod resting;
mod storm;
mod succession;
pub(crate) mod upstream;

use std::sync::Arc;

use gateway_providers::{CallError, Operation, Payload, provider::SharedProvider};
use http::HeaderMap;

use self::upstream::{Upstream, fault, status};
use super::*;
use crate::{
    Ask, Attempt, BoundState, ModelRequest, RouteError, Routed, Router, RouterSettings,
    fixture::object,
    resolve::{Alias, PoolSettings, TableParts},
};

/// A gateway with the alias `m`, whose targets are these, each `provider/model`.
fn router(upstreams: &[&Arc<Upstream>], targets: &[&str], settings: FailoverSettings) -> Router {
    let (parts, settings) = described(
        upstreams,
        targets,
        of_failover(settings),
        PoolSettings::default(),
    );
    Router::new(parts, settings).unwrap()
}

/// The same with more to say.
fn router_of(
    upstreams: &[&Arc<Upstream>],
    targets: &[&str],
    settings: RouterSettings,
    pool: PoolSettings,
) -> Router {
    let (parts, settings) = described(upstreams, targets, settings, pool);
    Router::new(parts, settings).unwrap()
}

/// The same in place of an older one.
fn successor(
    old: &Router,
    upstreams: &[&Arc<Upstream>],
    targets: &[&str],
    settings: FailoverSettings,
) -> Router {
    let (parts, settings) = described(
        upstreams,
        targets,
        of_failover(settings),
        PoolSettings::default(),
    );
    Router::succeeding(old, parts, settings).unwrap()
}

fn of_failover(failover: FailoverSettings) -> RouterSettings {
    RouterSettings {
        failover,
        ..RouterSettings::default()
    }
}

fn described(
    upstreams: &[&Arc<Upstream>],
    targets: &[&str],
    settings: RouterSettings,
    pool: PoolSettings,
) -> (TableParts, RouterSettings) {
    let providers = upstreams
        .iter()
        .map(|upstream| Arc::clone(upstream) as SharedProvider);
    let targets = targets.iter().map(|text| text.parse().unwrap());
    let alias = Alias {
        settings: pool,
        ..Alias::new("m", targets.collect())
    };
    let parts = TableParts {
        providers: providers.collect(),
        aliases: vec![alias],
        ..TableParts::default()
    };
    (parts, settings)
}

fn ask() -> Ask {
    Ask {
        operation: Operation::Chat,
        payload: Payload::Json(object(r#"{"model":"m","messages":[]}"#)),
        stream: false,
        count_tokens: false,
        strict: false,
        headers: HeaderMap::new(),
        limit: None,
        conversation: None,
        state: BoundState::default(),
    }
}

async fn send(router: &Router, ask: Ask) -> Result<Routed, RouteError> {
    let request = ModelRequest::new("m", Operation::Chat);
    router.send(router.plan(&request).await.unwrap(), ask).await
}

/// As `x-attempts` says it.
fn shown(attempts: &[Attempt]) -> String {
    let texts: Vec<String> = attempts.iter().map(ToString::to_string).collect();
    texts.join(",")
}

/// The attempts, and after them the status of what the client is told.
async fn course(router: &Router, ask: Ask) -> String {
    match send(router, ask).await {
        Ok(routed) => shown(&routed.attempts),
        Err(error) => {
            let cause = match &error.cause {
                RouteFailure::Call(CallError::Fault(fault)) => {
                    let status = fault.upstream_status();
                    status.map_or(format!("{:?}", fault.kind), |status| {
                        status.as_u16().to_string()
                    })
                }
                RouteFailure::Call(CallError::Translate(_)) => "refused".to_owned(),
                RouteFailure::NoHealthyTarget(none) => none.to_string(),
                RouteFailure::StateBound(bound) => bound.to_string(),
                RouteFailure::Overloaded(overloaded) => format!("{:?}", overloaded.why),
            };
            format!("{} -> {cause}", shown(&error.attempts))
        }
    }
}

const NO_BREAKER: FailoverSettings = FailoverSettings {
    attempts: 3,
    budget: BudgetSettings {
        percent: 20,
        per_second: 10,
    },
    breaker: None,
    retry_timeouts: false,
};
