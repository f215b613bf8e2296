//! Raw requests heed what is known of an account as a whole, and add to it what their caller cannot have caused.

use std::time::Duration;

use futures::StreamExt;
use gateway_client::transport::RequestBody;
use gateway_providers::{
    CallError, Fault, FaultKind,
    provider::{ProxyReply, ProxyRequest},
};
use http::{HeaderMap, Method, StatusCode};

use super::{upstream::RawAnswer, *};

fn request() -> ProxyRequest {
    ProxyRequest {
        method: Method::POST,
        path: "/v1/x".to_owned(),
        query: None,
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
    }
}

fn replied(code: u16) -> RawAnswer {
    Ok(ProxyReply {
        status: StatusCode::from_u16(code).unwrap(),
        headers: HeaderMap::new(),
        body: futures::stream::empty().boxed(),
    })
}

fn failed(kind: FaultKind) -> RawAnswer {
    Err(CallError::from(Fault::new(kind, "scripted")))
}

/// What a raw request comes to, in a word.
async fn raw(router: &Router) -> String {
    let account = router.provider("a").unwrap();
    match router.raw(&account, request()).await {
        Ok(reply) => reply.response.status.as_u16().to_string(),
        Err(RouteFailure::NoHealthyTarget(none)) => format!("left alone: {}", none.reasons[0].0),
        Err(RouteFailure::Call(_)) => "failed".to_owned(),
        Err(other) => panic!("{other}"),
    }
}

fn lab(answer: fn() -> RawAnswer) -> (Arc<Upstream>, Router) {
    let a = Upstream::good("a");
    a.answers_raw(answer);
    let router = router(&[&a], &["a/x"], FailoverSettings::default());
    (a, router)
}

#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_reached_is_left_alone_by_raw_requests_and_all_others() {
    for kind in [
        || failed(FaultKind::Unreachable),
        || failed(FaultKind::Dns),
        || failed(FaultKind::ConnectTimeout),
    ] {
        let (a, router) = lab(kind);
        for _ in 0..5 {
            assert_eq!(raw(&router).await, "failed");
        }
        assert_eq!(raw(&router).await, "left alone: a");
        assert!(!course(&router, ask()).await.contains("a=200"));
        assert_eq!(a.count(), 0, "nothing was sent");

        // After its time one raw request finds out, and mends it for everybody.
        a.answers_raw(|| replied(200));
        tokio::time::sleep(Duration::from_secs(120)).await;
        assert_eq!(raw(&router).await, "200");

        assert!(course(&router, ask()).await.contains("a=200"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_can_bring_about_says_nothing() {
    for answer in [
        || replied(400),
        || replied(401),
        || replied(403),
        || replied(404),
        || replied(429),
        || replied(500),
        || replied(503),
        || failed(FaultKind::Deadline),
        || failed(FaultKind::Reset),
        || failed(FaultKind::Redirect),
    ] {
        let (_, router) = lab(answer);
        for _ in 0..30 {
            raw(&router).await;
        }
        assert_eq!(router.health().tracked(), 0);
        assert!(course(&router, ask()).await.contains("a=200"));
    }
}

/// A probe's place that a refused raw request took is given back: the next one finds out.
#[tokio::test(start_paused = true)]
async fn a_probe_that_finds_out_nothing_leaves_its_place() {
    let (a, router) = lab(|| failed(FaultKind::Tls));
    assert_eq!(raw(&router).await, "failed");
    assert_eq!(raw(&router).await, "left alone: a");
    a.answers_raw(|| replied(404));
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!(raw(&router).await, "404");
    assert_eq!(raw(&router).await, "404");
    assert!(course(&router, ask()).await.contains("a=200"));
}
