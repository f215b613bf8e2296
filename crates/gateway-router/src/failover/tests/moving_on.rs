//! Who is asked after whom.

use std::time::Duration;

use gateway_providers::{FaultKind, TranslateError};
use http::HeaderValue;
use tokio::time::Instant;

use super::{
    upstream::{Answer, status_with},
    *,
};

const TWO: &[&str] = &["a/x", "b/y"];

/// (status of the first, attempts with a good second, attempts where there is none)
const STATUSES: &[(u16, &str, &str)] = &[
    (400, "a=400 -> 400", "a=400 -> 400"),
    (401, "a=401,b=200", "a=401 -> 401"),
    (402, "a=402,b=200", "a=402 -> 402"),
    (403, "a=403,b=200", "a=403 -> 403"),
    (404, "a=404,b=200", "a=404 -> 404"),
    (408, "a=408,a=408,b=200", "a=408,a=408 -> 408"),
    (409, "a=409,a=409,b=200", "a=409,a=409 -> 409"),
    (413, "a=413 -> 413", "a=413 -> 413"),
    (422, "a=422 -> 422", "a=422 -> 422"),
    (425, "a=425,a=425,b=200", "a=425,a=425 -> 425"),
    (429, "a=429,b=200", "a=429,a=429 -> 429"),
    (451, "a=451 -> 451", "a=451 -> 451"),
    (500, "a=500,b=200", "a=500,a=500 -> 500"),
    (501, "a=501 -> 501", "a=501 -> 501"),
    (502, "a=502,b=200", "a=502,a=502 -> 502"),
    (503, "a=503,b=200", "a=503,a=503 -> 503"),
    (504, "a=504,b=200", "a=504,a=504 -> 504"),
    (529, "a=529,b=200", "a=529 -> 529"),
];

#[tokio::test(start_paused = true)]
async fn statuses() {
    for breaker in [None, Some(BreakerSettings::default())] {
        let settings = FailoverSettings {
            breaker,
            ..FailoverSettings::default()
        };
        for (code, two, one) in STATUSES {
            let (a, b) = (Upstream::failing("a", *code), Upstream::good("b"));
            let got = course(&router(&[&a, &b], TWO, settings), ask()).await;
            assert_eq!(got, *two, "{code}");
            if b.count() > 0 {
                assert_eq!(b.models(), ["y"]);
            }
            let a = Upstream::failing("a", *code);
            let got = course(&router(&[&a], &["a/x"], settings), ask()).await;
            assert_eq!(got, *one, "{code} alone");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn faults_without_an_answer() {
    use FaultKind::{
        ConnectTimeout, Deadline, Dns, Empty, FirstTokenTimeout, IdleTimeout, InvalidResponse,
        Protocol, Redirect, Reset, Tls, TooLarge, Truncated, Unreachable,
    };
    let table = [
        (Unreachable, "a=connect_failed,b=200", 1),
        (Dns, "a=dns_failed,b=200", 1),
        (ConnectTimeout, "a=connect_timeout,b=200", 1),
        (Tls, "a=tls_failed,b=200", 1),
        (Reset, "a=backend_connection_reset,b=200", 2),
        (Truncated, "a=backend_stream_truncated,b=200", 1),
        (Empty, "a=backend_empty_response,b=200", 1),
        (InvalidResponse, "a=invalid_response,b=200", 1),
        (Protocol, "a=backend_protocol_error,b=200", 1),
        (
            FirstTokenTimeout,
            "a=first_token_timeout -> FirstTokenTimeout",
            1,
        ),
        (Deadline, "a=deadline_exceeded -> Deadline", 1),
        (IdleTimeout, "a=idle_timeout -> IdleTimeout", 1),
        (TooLarge, "a=backend_response_too_large -> TooLarge", 1),
        (Redirect, "a=backend_redirect -> Redirect", 1),
    ];
    for (kind, two, tries_alone) in table {
        let a = Upstream::new("a", move |_, _| fault(kind));
        let b = Upstream::good("b");
        let settings = FailoverSettings::default();
        assert_eq!(course(&router(&[&a, &b], TWO, settings), ask()).await, two);
        let a = Upstream::new("a", move |_, _| fault(kind));
        send(&router(&[&a], &["a/x"], settings), ask())
            .await
            .unwrap_err();
        assert_eq!(a.count(), tries_alone, "{kind:?} alone");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_put_into_a_providers_words_goes_to_the_next() {
    let refuses = |name| {
        Upstream::new(name, |_, _| {
            let (param, message) = ("n".to_owned(), "not here".to_owned());
            Answer::Fails(TranslateError::InvalidValue { param, message }.into())
        })
    };
    let b = Upstream::good("b");
    let two = router(&[&refuses("a"), &b], TWO, FailoverSettings::default());
    assert_eq!(course(&two, ask()).await, "a=not_sent,b=200");
    assert!(two.health().circuits().is_empty());

    // What an upstream said weighs more than why another was not asked.
    let a = Upstream::failing("a", 401);
    let two = router(&[&a, &refuses("b")], TWO, FailoverSettings::default());
    assert_eq!(course(&two, ask()).await, "a=401,b=not_sent -> 401");
    assert!(!send(&two, ask()).await.unwrap_err().is_retried());
}

#[tokio::test(start_paused = true)]
async fn three_attempts_are_the_most_and_the_number_can_be_set() {
    let all = ["a", "b", "c", "d"].map(|name| Upstream::failing(name, 503));
    let upstreams: Vec<_> = all.iter().collect();
    let targets = ["a/x", "b/x", "c/x", "d/x"];
    for (attempts, expected) in [
        (1, "a=503 -> 503"),
        (2, "a=503,b=503 -> 503"),
        (3, "a=503,b=503,c=503 -> 503"),
        (9, "a=503,b=503,c=503,d=503,d=503 -> 503"),
    ] {
        let settings = FailoverSettings {
            attempts,
            ..NO_BREAKER
        };
        let router = router(&upstreams, &targets, settings);
        assert_eq!(course(&router, ask()).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_target_is_asked_again_after_a_short_pause() {
    let a = Upstream::new("a", |_, before| match before {
        0 => status(500),
        _ => Answer::Good,
    });
    let routed = send(&router(&[&a], &["a/x"], NO_BREAKER), ask())
        .await
        .unwrap();
    assert_eq!(shown(&routed.attempts), "a=500,a=200");
    let times = a.times();
    let pause = times[1] - times[0];
    let (least, most) = (Duration::from_millis(50), Duration::from_millis(501));
    assert!((least..=most).contains(&pause), "{pause:?}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_asks_for_a_pause_is_waited_for_only_when_it_is_short() {
    for (said, tries) in [
        (Some(1), 2),
        (Some(2), 2),
        (None, 2),
        (Some(3), 1),
        (Some(60), 1),
    ] {
        for breaker in [None, Some(BreakerSettings::default())] {
            let wait = said.map(Duration::from_secs);
            let a = Upstream::new("a", move |_, before| match before {
                0 => status_with(429, wait),
                _ => Answer::Good,
            });
            let settings = FailoverSettings {
                breaker,
                ..NO_BREAKER
            };
            let begin = Instant::now();
            let got = send(&router(&[&a], &["a/x"], settings), ask()).await;
            assert_eq!((got.is_ok(), a.count()), (tries == 2, tries), "{said:?}");
            if tries == 2 {
                let least = Duration::from_secs(said.unwrap_or(1));
                let most = least + Duration::from_millis(502);
                assert!((least..=most).contains(&begin.elapsed()), "{said:?}");
            } else {
                assert_eq!(begin.elapsed(), Duration::ZERO, "{said:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_costs_one_attempt_unless_somebody_said_that_time_is_dearer() {
    let slow = || {
        Upstream::new("a", |_, _| {
            Answer::After(Duration::from_secs(3_600), Box::new(Answer::Good))
        })
    };
    let limited = |stream: bool, limit: Option<u64>| Ask {
        stream,
        limit: limit.map(Duration::from_secs),
        ..ask()
    };
    let b = Upstream::good("b");
    let patient = router(&[&slow(), &b], TWO, FailoverSettings::default());
    for (stream, limit, seconds, expected) in [
        (
            true,
            None,
            120,
            "a=first_token_timeout -> FirstTokenTimeout",
        ),
        (false, None, 600, "a=deadline_exceeded -> Deadline"),
        (true, Some(2), 2, "a=first_token_timeout,b=200"),
        (false, Some(2), 2, "a=deadline_exceeded,b=200"),
    ] {
        let begin = Instant::now();
        assert_eq!(course(&patient, limited(stream, limit)).await, expected);
        assert_eq!(begin.elapsed().as_secs(), seconds, "{expected}");
    }
    let circuits = patient.health().circuits();
    assert!(
        circuits.is_empty(),
        "two configured timeouts are no five: {circuits:?}"
    );

    let settings = FailoverSettings {
        retry_timeouts: true,
        ..FailoverSettings::default()
    };
    let impatient = router(&[&slow(), &b], TWO, settings);
    let got = course(&impatient, limited(true, None)).await;
    assert_eq!(got, "a=first_token_timeout,b=200");
}

/// Whatever is left to try, the request ends when its time is over.
#[tokio::test(start_paused = true)]
async fn no_attempt_goes_beyond_the_deadline() {
    let slow = |name| {
        Upstream::new(name, |_, _| {
            Answer::After(Duration::from_secs(250), Box::new(status(503)))
        })
    };
    let (a, b, c, d) = (slow("a"), slow("b"), slow("c"), slow("d"));
    let settings = FailoverSettings {
        attempts: 4,
        ..FailoverSettings::default()
    };
    let router = router(&[&a, &b, &c, &d], &["a/x", "b/x", "c/x", "d/x"], settings);
    let begin = Instant::now();
    let got = course(&router, ask()).await;
    assert_eq!(got, "a=503,b=503,c=deadline_exceeded -> Deadline");
    assert_eq!(begin.elapsed().as_secs(), 600);
    assert_eq!(d.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_flows_past_is_sent_once() {
    let (a, b) = (Upstream::failing("a", 503), Upstream::good("b"));
    let router = router(&[&a, &b], TWO, FailoverSettings::default());
    let form = || Ask {
        payload: Payload::Opaque {
            content_type: HeaderValue::from_static("multipart/form-data; boundary=x"),
            body: futures::stream::StreamExt::boxed(futures::stream::empty()),
            length: None,
        },
        ..ask()
    };
    assert_eq!(course(&router, form()).await, "a=503 -> 503");
    // Once its first target is left alone, a plan can be turned before the form is respelled.
    for _ in 0..4 {
        course(&router, form()).await;
    }
    let plan = router
        .plan(&ModelRequest::new("m", Operation::Chat))
        .await
        .unwrap();
    assert_eq!(plan.primary.provider.name(), "a");
    let plan = router.for_one_attempt(plan);
    assert_eq!(
        (plan.primary.provider.name(), plan.primary.model.as_str()),
        ("b", "y")
    );
    assert_eq!(
        shown(&router.send(plan, form()).await.unwrap().attempts),
        "b=200"
    );
}

#[tokio::test(start_paused = true)]
async fn another_model_of_a_provider_that_failed_is_a_retry_and_has_a_budget() {
    let a = Upstream::failing("a", 503);
    let settings = FailoverSettings {
        budget: BudgetSettings {
            percent: 0,
            per_second: 0,
        },
        ..NO_BREAKER
    };
    let alone = router(&[&a], &["a/x", "a/y"], settings);
    assert_eq!(course(&alone, ask()).await, "a=503 -> 503");
    let b = Upstream::good("b");
    let two = router(&[&a, &b], TWO, settings);
    assert_eq!(
        course(&two, ask()).await,
        "a=503,b=200",
        "another provider is none"
    );
}
