//! Model lists that are asked for to know whether a provider is there.

use std::{collections::HashMap, time::Duration};

use gateway_providers::FaultKind;

use super::{
    upstream::{Answer, after, status_with},
    *,
};

/// One provider, on which requests fail as the closure says.
fn failing(answer: fn() -> Answer) -> (Arc<Upstream>, Router) {
    let a = Upstream::new("a", move |_, _| answer());
    let router = router(&[&a], &["a/x"], FailoverSettings::default());
    (a, router)
}

/// The circuits, each `model=state`, `*` standing for the provider as a whole.
fn circuits(router: &Router) -> String {
    let circuits = router.health().circuits();
    let shown: Vec<String> = circuits
        .iter()
        .map(|circuit| {
            let model = circuit.model.as_deref().unwrap_or("*");
            format!("{model}={}", circuit.state.name())
        })
        .collect();
    shown.join(",")
}

async fn check(router: &Router) -> String {
    let account = router.provider("a").unwrap();
    router.check(&account).await.to_string()
}

/// (how requests fail, what that opens, what is left when the list has come)
type Opened = (fn() -> Answer, &'static str, &'static str);

const OPENED: &[Opened] = &[
    (|| fault(FaultKind::Unreachable), "*=open", ""),
    (|| fault(FaultKind::Dns), "*=open", ""),
    (|| fault(FaultKind::Tls), "*=open", ""),
    (|| long_pause(401), "*=cooling", ""),
    // That a provider can be reached says nothing about its money, nor about a model.
    (|| long_pause(402), "*=cooling", "*=cooling"),
    (|| long_pause(429), "x=cooling", "x=cooling"),
    (|| status(500), "x=open", "x=open"),
];

fn long_pause(code: u16) -> Answer {
    status_with(code, Some(Duration::from_secs(50)))
}

#[tokio::test(start_paused = true)]
async fn a_list_that_comes_closes_what_opened_for_the_provider_as_a_whole() {
    for (fails, opened, left) in OPENED {
        let (a, router) = failing(*fails);
        for _ in 0..5 {
            let _ = course(&router, ask()).await;
        }
        assert_eq!(circuits(&router), *opened);
        let before = a.count();
        assert_eq!(check(&router).await, "a=200");
        assert_eq!(circuits(&router), *left, "{opened}");
        assert_eq!(a.count(), before, "a request that costs money was sent");
    }
}

/// (what the list comes to, how the check is shown, what it opens: the first, the fifth)
type Failing = (fn() -> Answer, &'static str, [&'static str; 2]);

const FAILING: &[Failing] = &[
    (
        || fault(FaultKind::Unreachable),
        "a=connect_failed",
        ["", "*=open"],
    ),
    (
        || fault(FaultKind::Tls),
        "a=tls_failed",
        ["*=open", "*=open"],
    ),
    (|| long_pause(401), "a=401", ["*=cooling", "*=cooling"]),
    (|| long_pause(402), "a=402", ["*=cooling", "*=cooling"]),
    // What fails is the list, and not a model.
    (|| status(500), "a=500", ["", ""]),
    (|| status(404), "a=404", ["", ""]),
    (|| status(429), "a=429", ["", ""]),
    (
        || after(60.0, Answer::Good),
        "a=deadline_exceeded",
        ["", ""],
    ),
];

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_come_counts_as_a_request_that_failed_so() {
    for (list, shown, [first, fifth]) in FAILING {
        let (a, router) = failing(|| Answer::Good);
        a.lists(*list);
        for place in 1..=5 {
            assert_eq!(check(&router).await, *shown);
            if place == 1 {
                assert_eq!(circuits(&router), *first, "{shown}");
            }
        }
        assert_eq!(circuits(&router), *fifth, "{shown}");
    }
}

/// A check of a provider that is half open is the request that finds out.
#[tokio::test(start_paused = true)]
async fn a_check_is_the_probe_of_an_open_provider() {
    let (a, router) = failing(|| Answer::Good);
    a.lists(|| fault(FaultKind::Unreachable));
    for _ in 0..5 {
        check(&router).await;
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(circuits(&router), "*=half_open");
    check(&router).await;
    assert_eq!(circuits(&router), "*=open", "for twice as long");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(circuits(&router), "*=open");
    a.lists(|| Answer::Good);
    check(&router).await;
    assert_eq!(course(&router, ask()).await, "a=200");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_to_be_asked_is_asked_in_a_rhythm_with_some_chance() {
    let accounts =
        ["1", "2"].map(|account| Upstream::account("a", Some(account), |_, _| Answer::Good));
    let b = Upstream::good("b");
    let every = Duration::from_secs(30);
    let settings = RouterSettings {
        probes: HashMap::from([("a".to_owned(), every)]),
        ..RouterSettings::default()
    };
    let upstreams = [&accounts[0], &accounts[1], &b];
    let router = router_of(&upstreams, &["b/x"], settings, PoolSettings::default());
    let checks: Vec<Check> = router.checks().collect();
    let whom: Vec<_> = checks.iter().map(|check| check.account.account()).collect();
    assert_eq!(whom, [Some("1"), Some("2")]);
    let pauses: Vec<Duration> = (0..100).map(|_| checks[0].pause()).collect();
    let bounds = every.mul_f64(0.9)..=every.mul_f64(1.1);
    assert!(pauses.iter().all(|pause| bounds.contains(pause)));
    assert!(pauses.iter().any(|pause| *pause != pauses[0]));
}
