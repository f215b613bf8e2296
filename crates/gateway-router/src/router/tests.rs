//! Planning against lists that come late or never, and attempts with their records.

use std::{sync::Arc, time::Duration};

use gateway_providers::{
    CallError, FaultKind, Operation, Payload, TranslateError, call::Timeouts,
    provider::SharedProvider,
};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::*;
use crate::{
    BoundState,
    attempt::Outcome,
    failover::RouteFailure,
    fixture::{Script, Scripted, after, list, object},
};

fn router(providers: Vec<Arc<Scripted>>) -> Router {
    let providers = providers
        .into_iter()
        .map(|provider| provider as SharedProvider)
        .collect();
    let parts = TableParts {
        providers,
        ..TableParts::default()
    };
    Router::new(parts, RouterSettings::default()).unwrap()
}

fn scripted(name: &str, script: Script) -> Arc<Scripted> {
    Arc::new(Scripted::new(name, [script]))
}

async fn planned(router: &Router, model: &str) -> (Result<String, ResolveError>, Duration) {
    let start = Instant::now();
    let request = ModelRequest::new(model, Operation::Chat);
    let plan = router.plan(&request).await;
    let text = plan.map(|plan| format!("{}|{}", plan.primary.provider.name(), plan.primary.model));
    (text, start.elapsed())
}

fn ok(text: &str) -> Result<String, ResolveError> {
    Ok(text.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_bare_name_waits_for_the_list_that_has_it_and_no_longer() {
    let router = router(vec![
        scripted("slow", Script::Hang),
        scripted("openai", after(800, list(&["gpt-4o"]))),
    ]);
    let (plan, waited) = planned(&router, "gpt-4o").await;
    assert_eq!(plan, ok("openai|gpt-4o"));
    assert_eq!(waited, Duration::from_millis(800));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_name_waits_once_until_the_deadline() {
    let hanging = scripted("slow", Script::Hang);
    let router = router(vec![hanging.clone(), scripted("openai", list(&["gpt-4o"]))]);
    let (plan, waited) = planned(&router, "nothing").await;
    assert!(matches!(plan, Err(ResolveError::ModelNotFound { .. })));
    assert_eq!(waited, Duration::from_secs(5));
    let (plan, waited) = planned(&router, "nothing").await;
    assert!(matches!(plan, Err(ResolveError::ModelNotFound { .. })));
    assert_eq!(waited, Duration::ZERO);
    assert_eq!(hanging.times_listed(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_prefix_works_while_lists_hang_and_yields_to_an_id_that_comes_soon() {
    let hanging = router(vec![
        scripted("openai", Script::Hang),
        scripted("qwen", Script::Hang),
    ]);
    assert_eq!(
        planned(&hanging, "openai/x").await,
        (ok("openai|x"), Duration::from_millis(500))
    );

    let soon = router(vec![
        scripted("qwen", after(50, list(&["qwen-max"]))),
        scripted("openai", after(100, list(&["gpt-4o"]))),
        scripted("vllm", after(200, list(&["Qwen/Q", "openai/gpt-oss-20b"]))),
    ]);
    let (plan, waited) = planned(&soon, "Qwen/Q").await;
    assert_eq!(
        (plan, waited),
        (ok("vllm|Qwen/Q"), Duration::from_millis(200))
    );
    assert_eq!(
        planned(&soon, "openai/gpt-oss-20b").await,
        (ok("vllm|openai/gpt-oss-20b"), Duration::ZERO)
    );
    assert_eq!(
        planned(&soon, "openai/new").await,
        (ok("openai|new"), Duration::ZERO)
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_cold_requests_fetch_each_list_once() {
    let openai = scripted("openai", after(100, list(&["gpt-4o"])));
    let router = Arc::new(router(vec![openai.clone()]));
    let requests = (0..1000).map(|_| {
        let router = router.clone();
        async move { planned(&router, "gpt-4o").await.0 }
    });
    for plan in futures::future::join_all(requests).await {
        assert_eq!(plan, ok("openai|gpt-4o"));
    }
    assert_eq!(openai.times_listed(), 1);
}

pub(super) fn ask(operation: Operation) -> Ask {
    Ask {
        operation,
        payload: Payload::Json(object(r#"{"model":"any"}"#)),
        stream: false,
        count_tokens: false,
        strict: false,
        headers: HeaderMap::new(),
        limit: None,
        conversation: None,
        state: BoundState::default(),
    }
}

async fn sent(
    router: &Router,
    model: &str,
    operation: Operation,
    ask: Ask,
) -> Result<Routed, RouteError> {
    let request = ModelRequest::new(model, operation);
    router.send(router.plan(&request).await.unwrap(), ask).await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_leaves_its_record() {
    let lab = scripted("lab", list(&["good"]));
    let timeouts = Timeouts {
        idle: Duration::from_secs(1),
        ..Timeouts::default()
    };
    let mut router = router(vec![lab.clone()]);
    router
        .settings
        .provider_timeouts
        .insert("lab".to_owned(), timeouts);

    let routed = sent(&router, "good", Operation::Chat, ask(Operation::Chat))
        .await
        .unwrap();
    assert_eq!(routed.target.provider.name(), "lab");
    let [record] = routed.attempts.as_slice() else {
        panic!("one attempt")
    };
    assert_eq!(record.outcome, Outcome::Answered(StatusCode::OK));
    assert_eq!(
        (record.to_string().as_str(), record.known),
        ("lab=200", true)
    );
    let call = lab.calls.lock().unwrap().pop().unwrap();
    assert_eq!((call.model.as_str(), call.timeouts), ("good", timeouts));

    let limited = Ask {
        limit: Some(Duration::from_secs(2)),
        ..ask(Operation::Chat)
    };
    sent(&router, "good", Operation::Chat, limited)
        .await
        .unwrap();
    let call = lab.calls.lock().unwrap().pop().unwrap();
    let two = Duration::from_secs(2);
    assert_eq!(
        call.timeouts,
        Timeouts {
            first_token: two,
            total: two,
            ..timeouts
        }
    );

    let error = sent(&router, "lab/broken", Operation::Chat, ask(Operation::Chat))
        .await
        .unwrap_err();
    let [record] = error.attempts.as_slice() else {
        panic!("one attempt")
    };
    assert_eq!(
        record.outcome,
        Outcome::Failed(FaultKind::Unreachable, None)
    );
    assert_eq!(
        (record.to_string().as_str(), record.known),
        ("lab=connect_failed", false)
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_for_an_operation_that_is_not_offered() {
    let tgi = Arc::new(Scripted::new("tgi", [list(&["m"])]).offering(&[Operation::Chat]));
    let router = router(vec![tgi.clone()]);
    let error = sent(&router, "m", Operation::Chat, ask(Operation::Embeddings))
        .await
        .unwrap_err();
    assert!(matches!(
        error.cause,
        RouteFailure::Call(CallError::Translate(TranslateError::UnsupportedOperation {
            operation: Operation::Embeddings,
            ..
        }))
    ));
    assert_eq!(
        error.attempts.first().map(ToString::to_string).as_deref(),
        Some("tgi=not_sent")
    );
    assert!(tgi.calls.lock().unwrap().is_empty());
}
