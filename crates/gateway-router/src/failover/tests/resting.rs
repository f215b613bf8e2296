//! Who is left alone, for how long, and what the client is told meanwhile.

use std::time::Duration;

use futures::StreamExt;
use gateway_providers::{Fault, FaultKind, ReplyBody};
use tokio::time::{advance, sleep};

use super::{
    upstream::{Answer, status_with},
    *,
};

const ON: fn() -> FailoverSettings = FailoverSettings::default;

#[tokio::test(start_paused = true)]
async fn five_faults_leave_a_target_alone_and_a_probe_brings_it_back() {
    let a = Upstream::new("a", |_, before| {
        if before < 5 {
            status(503)
        } else {
            Answer::Good
        }
    });
    let b = Upstream::good("b");
    let router = router(&[&a, &b], &["a/x", "b/y"], ON());
    for _ in 0..5 {
        assert_eq!(course(&router, ask()).await, "a=503,b=200");
    }
    for _ in 0..20 {
        assert_eq!(course(&router, ask()).await, "b=200");
    }
    let circuits = router.health().circuits();
    let states: Vec<_> = circuits
        .iter()
        .map(|circuit| (circuit.model.as_deref(), circuit.state.name()))
        .collect();
    assert_eq!(states, [(Some("x"), "open")]);
    sleep(Duration::from_millis(5_501)).await;
    assert_eq!(course(&router, ask()).await, "a=200");
    assert!(router.health().circuits().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lone_target_answers_fast_while_it_is_left_alone() {
    let a = Upstream::failing("a", 500);
    let router = router(&[&a], &["a/x"], ON());
    for _ in 0..3 {
        course(&router, ask()).await;
    }
    assert_eq!(a.count(), 5, "the fifth fault ends the third request");
    let error = send(&router, ask()).await.unwrap_err();
    let RouteFailure::NoHealthyTarget(none) = error.cause else {
        panic!("{error:?}")
    };
    let (least, most) = (Duration::from_millis(4_500), Duration::from_millis(5_500));
    assert!((least..=most).contains(&none.retry_after), "{none:?}");
    assert_eq!(
        none.to_string(),
        "No provider can take the request now: a: its last requests failed (500)."
    );
    assert_eq!(a.count(), 5);
}

/// Who comes back after that time finds a target again, and not a refusal.
#[tokio::test(start_paused = true)]
async fn an_error_says_for_how_long_all_targets_are_left_alone() {
    let (a, b) = (Upstream::failing("a", 529), Upstream::failing("b", 529));
    let lone = router(&[&a], &["a/x"], ON());
    for seconds in [1, 2, 4] {
        let error = send(&lone, ask()).await.unwrap_err();
        assert_eq!(error.rest, Some(Duration::from_secs(seconds)));
        advance(Duration::from_secs(seconds)).await;
    }
    let c = Upstream::failing("c", 400);
    let two = router(&[&b, &c], &["b/x", "c/x"], ON());
    assert_eq!(course(&two, ask()).await, "b=529,c=400 -> 400");
    let error = send(&two, ask()).await.unwrap_err();
    assert_eq!(
        (shown(&error.attempts).as_str(), error.rest),
        ("c=400", None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_is_for_every_model_and_for_no_other_provider() {
    let (a, b) = (Upstream::failing("a", 401), Upstream::failing("b", 402));
    let both = router(&[&a, &b], &["a/x", "b/y", "a/z"], ON());
    // Not a/z: the credential is the same.
    assert_eq!(course(&both, ask()).await, "a=401,b=402 -> 402");
    assert_eq!(
        course(&both, ask()).await,
        " -> No provider can take the request now: a: its credential was refused (401); \
         b: its account has no quota left (402)."
    );
    advance(Duration::from_millis(1_001)).await;
    assert_eq!(course(&both, ask()).await, "a=401,b=402 -> 402");
    advance(Duration::from_millis(1_001)).await;
    assert!(
        course(&both, ask()).await.starts_with(" -> No"),
        "twice as long"
    );
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_for_one_model_and_as_long_as_it_is_said() {
    let a = Upstream::new("a", |call, _| match call.model.as_str() {
        "x" => status_with(429, Some(Duration::from_secs(30))),
        _ => Answer::Good,
    });
    let router = router(&[&a], &["a/x", "a/y"], ON());
    assert_eq!(course(&router, ask()).await, "a=429,a=200");
    assert_eq!(course(&router, ask()).await, "a=200");
    assert_eq!(a.models(), ["x", "y", "y"]);
    advance(Duration::from_secs(31)).await;
    course(&router, ask()).await;
    assert_eq!(a.models().last().map(String::as_str), Some("y"));
    assert_eq!(a.models().iter().filter(|model| *model == "x").count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_certificate_leaves_the_provider_alone_at_once() {
    let a = Upstream::new("a", |_, _| fault(FaultKind::Tls));
    let b = Upstream::good("b");
    let router = router(&[&a, &b], &["a/x", "b/y"], ON());
    assert_eq!(course(&router, ask()).await, "a=tls_failed,b=200");
    assert_eq!(course(&router, ask()).await, "b=200");
    assert_eq!(
        router.health().circuits()[0].model,
        None,
        "all models of it"
    );
}

#[tokio::test(start_paused = true)]
async fn one_request_alone_probes_and_one_whose_client_went_leaves_its_place() {
    let a = Upstream::new("a", |_, before| match before {
        0..5 => status(503),
        _ => Answer::After(Duration::from_secs(3), Box::new(Answer::Good)),
    });
    let b = Upstream::good("b");
    let router = router(&[&a, &b], &["a/x", "b/y"], ON());
    for _ in 0..5 {
        course(&router, ask()).await;
    }
    sleep(Duration::from_secs(6)).await;
    let gone = tokio::time::timeout(Duration::from_secs(1), course(&router, ask())).await;
    assert!(gone.is_err());
    assert_eq!(a.count(), 6);

    let all = (0..50).map(|_| course(&router, ask()));
    let courses = futures::future::join_all(all).await;
    let probes = courses.iter().filter(|course| *course == "a=200").count();
    assert_eq!((probes, a.count()), (1, 7));
    assert_eq!(course(&router, ask()).await, "a=200", "and it is back");
}

/// A model that is missing says that its provider works: the probe has found out what it wanted.
#[tokio::test(start_paused = true)]
async fn a_refused_request_mends_a_target_and_a_callers_haste_does_not_harm_one() {
    let a = Upstream::new("a", |_, before| match before {
        0..5 => status(500),
        _ => status(422),
    });
    let mended = router(&[&a], &["a/x"], NO_BREAKER);
    drop(mended);
    let mended = router(&[&a], &["a/x"], ON());
    for _ in 0..3 {
        course(&mended, ask()).await;
    }
    sleep(Duration::from_secs(6)).await;
    assert_eq!(course(&mended, ask()).await, "a=422 -> 422");
    assert!(mended.health().circuits().is_empty());

    let slow = Upstream::new("a", |_, _| {
        Answer::After(Duration::from_secs(1), Box::new(Answer::Good))
    });
    let calm = router(&[&slow], &["a/x"], ON());
    for _ in 0..50 {
        let hasty = Ask {
            limit: Some(Duration::from_millis(1)),
            ..ask()
        };
        assert_eq!(
            course(&calm, hasty).await,
            "a=deadline_exceeded -> Deadline"
        );
    }
    assert_eq!(course(&calm, ask()).await, "a=200");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_not_sent_again_but_counts() {
    let a = Upstream::new("a", |_, _| {
        Answer::Stream(Some(Fault::new(FaultKind::Truncated, "cut")))
    });
    let b = Upstream::new("b", |_, _| Answer::Stream(None));
    let router = router(&[&a, &b], &["a/x", "b/y"], ON());
    let stream = || Ask {
        stream: true,
        ..ask()
    };
    for _ in 0..5 {
        let routed = send(&router, stream()).await.unwrap();
        assert_eq!(shown(&routed.attempts), "a=200");
        let (ReplyBody::Events(mut events), Some(feedback)) = (routed.reply.body, routed.feedback)
        else {
            panic!("no stream")
        };
        assert!(events.next().await.unwrap().is_ok());
        feedback.broke(&events.next().await.unwrap().unwrap_err());
    }
    let routed = send(&router, stream()).await.unwrap();
    assert_eq!(shown(&routed.attempts), "b=200");
    routed.feedback.unwrap().complete();
}

/// Names that clients make up must not fill the memory, not even where each of them fails.
#[tokio::test(start_paused = true)]
async fn invented_names_are_remembered_up_to_a_bound_and_not_for_long() {
    let a = Upstream::failing("a", 500);
    let router = router(&[&a], &["a/known"], ON());
    for number in 0..3_000 {
        let model = format!("a/invented-{number}");
        let plan = router
            .plan(&ModelRequest::new(&model, Operation::Chat))
            .await
            .unwrap();
        router.send(plan, ask()).await.unwrap_err();
    }
    assert!(
        router.health().tracked() <= 1_025,
        "{}",
        router.health().tracked()
    );
    for _ in 0..3 {
        course(&router, ask()).await;
    }
    assert!(
        course(&router, ask()).await.starts_with(" -> No"),
        "a real one finds room"
    );
    let huge = format!("a/{}", "x".repeat(1_000));
    let before = router.health().tracked();
    let plan = router
        .plan(&ModelRequest::new(&huge, Operation::Chat))
        .await
        .unwrap();
    router.send(plan, ask()).await.unwrap_err();
    assert!(router.health().tracked() <= before);

    // Open ones stay until a probe; what was closed is forgotten.
    advance(Duration::from_secs(120)).await;
    course(&router, ask()).await;
    assert!(
        router.health().tracked() < 10,
        "{}",
        router.health().tracked()
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_remembered_where_it_is_switched_off() {
    let a = Upstream::failing("a", 401);
    let router = router(&[&a], &["a/x"], NO_BREAKER);
    for _ in 0..20 {
        assert_eq!(course(&router, ask()).await, "a=401 -> 401");
    }
    assert_eq!(router.health().tracked(), 0);
}
