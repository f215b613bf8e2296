//! Who is asked first how often: shares with exact seeds, in paused time.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use gateway_providers::{Operation, Payload, provider::SharedProvider};
use http::HeaderMap;

use super::*;
use crate::{
    Ask, FailoverSettings, ModelRequest, Router, RouterSettings,
    failover::{
        BudgetSettings,
        tests::upstream::{Answer, Upstream, status},
    },
    fixture::object,
    resolve::{Alias, AliasTarget, Strategy, TableParts},
};

/// A gateway with the alias `m` of this strategy over `x` at each upstream, with these weights.
fn router(strategy: Strategy, upstreams: &[(&Arc<Upstream>, u32)], breaker: bool) -> Router {
    let (parts, settings) = parts(strategy, upstreams, breaker);
    Router::new(parts, settings).unwrap()
}

fn parts(
    strategy: Strategy,
    upstreams: &[(&Arc<Upstream>, u32)],
    breaker: bool,
) -> (TableParts, RouterSettings) {
    let mut targets: Vec<AliasTarget> = Vec::new();
    for (upstream, weight) in upstreams {
        let target = AliasTarget {
            weight: *weight,
            ..AliasTarget::new(upstream.name, "x")
        };
        if targets.iter().all(|known| !known.is_same_place(&target)) {
            targets.push(target);
        }
    }
    let providers = upstreams
        .iter()
        .map(|(upstream, _)| Arc::clone(upstream) as SharedProvider);
    let parts = TableParts {
        providers: providers.collect(),
        aliases: vec![Alias {
            strategy,
            ..Alias::new("m", targets)
        }],
        ..TableParts::default()
    };
    let failover = FailoverSettings {
        // A storm of retries is not what is tested here.
        budget: BudgetSettings {
            percent: 100,
            per_second: 1_000,
        },
        breaker: FailoverSettings::default().breaker.filter(|_| breaker),
        ..FailoverSettings::default()
    };
    let settings = RouterSettings {
        failover,
        seed: Some(42),
        ..RouterSettings::default()
    };
    (parts, settings)
}

fn ask(stream: bool) -> Ask {
    Ask {
        operation: Operation::Chat,
        payload: Payload::Json(object(r#"{"model":"m","messages":[]}"#)),
        stream,
        count_tokens: false,
        strict: false,
        headers: HeaderMap::new(),
        limit: None,
        conversation: None,
        state: crate::BoundState::default(),
    }
}

async fn plan(router: &Router) -> Plan {
    let request = ModelRequest::new("m", Operation::Chat);
    router.plan(&request).await.unwrap()
}

async fn send(router: &Router) -> String {
    let routed = router.send(plan(router).await, ask(false)).await.unwrap();
    routed.attempts.last().unwrap().label().into_owned()
}

/// The names of the targets in the order in which one request would ask them.
async fn order(router: &Router) -> String {
    let selection = router.select(plan(router).await, false);
    let names = selection
        .targets
        .iter()
        .map(|target| target.provider.name());
    names.collect()
}

/// How often each order came up in ten thousand requests, that of the text's beginning only.
async fn shares(router: &Router, beginnings: &[&str]) -> Vec<u32> {
    let mut counts = vec![0; beginnings.len()];
    for _ in 0..10_000 {
        let order = order(router).await;
        for (count, beginning) in counts.iter_mut().zip(beginnings) {
            *count += u32::from(order.starts_with(beginning));
        }
    }
    counts
}

/// Within four standard deviations of a share of ten thousand.
#[track_caller]
fn assert_shares(counts: &[u32], expected: &[f64]) {
    for (count, share) in counts.iter().zip(expected) {
        let deviation = (10_000.0 * share * (1.0 - share)).sqrt();
        let off = (f64::from(*count) - 10_000.0 * share).abs();
        assert!(off <= 4.0 * deviation, "{counts:?}, expected {expected:?}");
    }
}

#[tokio::test]
async fn weights_are_shares_of_the_first_place_and_of_each_next_one() {
    let [a, b, c, d] = ["a", "b", "c", "d"].map(Upstream::good);
    let targets = [(&a, 5), (&b, 3), (&c, 2), (&d, 0)];
    let router = router(Strategy::Weighted, &targets, true);
    let counts = shares(&router, &["a", "b", "c", "ab", "ac", "ba", "cb"]).await;
    // Without replacement: behind `a`, the rest is 3 to 2.
    let expected = [0.5, 0.3, 0.2, 0.3, 0.2, 0.3 * 5.0 / 7.0, 0.2 * 3.0 / 8.0];
    assert_shares(&counts, &expected);
    for _ in 0..100 {
        assert!(order(&router).await.ends_with('d'), "no weight, no share");
    }
}

#[tokio::test]
async fn a_seed_repeats_the_choices() {
    let [a, b] = ["a", "b"].map(Upstream::good);
    let course = async || {
        let router = router(Strategy::Weighted, &[(&a, 1), (&b, 1)], true);
        let mut orders = String::new();
        for _ in 0..32 {
            orders.push_str(&order(&router).await[..1]);
        }
        orders
    };
    let first = course().await;
    assert_eq!(first, course().await);
    assert!(first.contains('a') && first.contains('b'), "{first}");
}

#[tokio::test(start_paused = true)]
async fn the_share_of_a_target_that_rests_is_spread_as_the_weights_say() {
    let [a, b] = ["a", "b"].map(Upstream::good);
    let c = Upstream::failing("c", 503);
    let router = router(Strategy::Weighted, &[(&a, 3), (&b, 1), (&c, 96)], true);
    while router.health().circuits().is_empty() {
        send(&router).await;
    }
    let counts = shares(&router, &["a", "b", "c"]).await;
    assert_shares(&counts, &[0.75, 0.25, 0.0]);
    assert!(order(&router).await.ends_with('c'), "last, yet there");
}

#[tokio::test(start_paused = true)]
async fn turns_go_round_among_those_that_are_well() {
    let [a, c] = ["a", "c"].map(Upstream::good);
    let b = Upstream::failing("b", 401);
    let three = router(Strategy::RoundRobin, &[(&a, 1), (&b, 1), (&c, 1)], true);
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(order(&three).await);
    }
    assert_eq!(seen, ["abc", "bca", "cab", "abc"]);
    // `b` fails once, and rests.
    for _ in 0..2 {
        send(&three).await;
    }
    assert_eq!(b.count(), 1);
    let counts = shares(&three, &["ac", "ca", "b"]).await;
    assert_eq!(counts, [5_000, 5_000, 0]);
}

#[tokio::test]
async fn a_callers_own_sequence_is_not_reordered() {
    let [a, b, c] = ["a", "b", "c"].map(Upstream::good);
    let router = router(Strategy::RoundRobin, &[(&a, 1), (&b, 1), (&c, 1)], true);
    let sequence = ["c", "b", "a"].map(str::to_owned);
    let request = ModelRequest {
        sequence: Some(&sequence),
        ..ModelRequest::new("m", Operation::Chat)
    };
    for _ in 0..5 {
        let plan = router.plan(&request).await.unwrap();
        let selection = router.select(plan, false);
        let names: String = selection
            .targets
            .iter()
            .map(|target| target.provider.name())
            .collect();
        assert_eq!(names, "cba");
    }
}

/// An upstream that answers after so many milliseconds: the first of the two numbers until it was called so often.
fn slow(name: &'static str, millis: u64, until: usize, then: u64) -> Arc<Upstream> {
    Upstream::new(name, move |_, before| {
        let wait = if before < until { millis } else { then };
        Answer::After(Duration::from_millis(wait), Box::new(Answer::Good))
    })
}

#[tokio::test(start_paused = true)]
async fn the_faster_target_is_asked_and_the_slower_one_gets_another_chance() {
    let a = slow("a", 100, usize::MAX, 0);
    let b = slow("b", 900, usize::MAX, 0);
    let router = router(Strategy::LeastLatency, &[(&a, 1), (&b, 1)], true);
    for _ in 0..3_000 {
        send(&router).await;
    }
    // An average of 0.9 s fades to 0.1 s within 66 s, and a hundred seconds are a thousand requests to `a`.
    let tries = b.count();
    assert!((3..=8).contains(&tries), "{tries} of {}", a.count());
}

#[tokio::test(start_paused = true)]
async fn a_target_that_grows_slow_is_left_at_once() {
    let a = slow("a", 100, 50, 3_000);
    let b = slow("b", 200, usize::MAX, 0);
    let router = router(Strategy::LeastLatency, &[(&a, 1), (&b, 1)], true);
    for _ in 0..150 {
        send(&router).await;
    }
    assert_eq!(a.count(), 51, "the first slow answer is enough");
}

#[tokio::test(start_paused = true)]
async fn requests_under_way_count() {
    let a = slow("a", 1_000, usize::MAX, 0);
    let b = slow("b", 1_000, usize::MAX, 0);
    let c = slow("c", 4_000, usize::MAX, 0);
    let router = router(Strategy::LeastLatency, &[(&a, 1), (&b, 1), (&c, 1)], true);
    // Each is known, then a thousand come at once.
    for _ in 0..3 {
        join_all((0..9).map(|_| send(&router))).await;
    }
    let known = [&a, &b, &c].map(|upstream| upstream.count());
    join_all((0..1_000).map(|_| send(&router))).await;
    let [a, b, c] = [0, 1, 2].map(|place| [&a, &b, &c][place].count() - known[place]);
    // As many as are answered in the same time: 4 to 4 to 1.
    assert!(
        (400..=490).contains(&a) && (400..=490).contains(&b),
        "{a} {b} {c}"
    );
    assert!((80..=160).contains(&c), "{a} {b} {c}");
}

#[tokio::test(start_paused = true)]
async fn who_fails_at_once_is_not_the_fastest() {
    let a = Upstream::failing("a", 500);
    let b = slow("b", 300, usize::MAX, 0);
    // Nothing is left alone here: the time alone decides.
    let router = router(Strategy::LeastLatency, &[(&a, 1), (&b, 1)], false);
    for _ in 0..200 {
        assert_eq!(send(&router).await, "b");
    }
    assert!(a.count() <= 3, "{}", a.count());
}

#[tokio::test(start_paused = true)]
async fn streams_and_whole_answers_are_measured_apart_and_a_stream_is_under_way_to_its_end() {
    let stream = |name, millis| {
        Upstream::new(name, move |call, _| {
            let answer = if call.stream {
                Answer::Stream(None)
            } else {
                Answer::Good
            };
            // `a` thinks long and writes fast, `b` the other way round.
            let wait = if call.stream == (name == "a") {
                millis
            } else {
                100
            };
            Answer::After(Duration::from_millis(wait), Box::new(answer))
        })
    };
    let [a, b] = [stream("a", 2_000), stream("b", 2_000)];
    let router = router(Strategy::LeastLatency, &[(&a, 1), (&b, 1)], true);
    let chat = async |streams| {
        let routed = router
            .send(plan(&router).await, ask(streams))
            .await
            .unwrap();
        (routed.target.provider.name().to_owned(), routed.feedback)
    };
    for streams in [true, true, false, false] {
        drop(chat(streams).await);
    }
    for _ in 0..10 {
        assert_eq!(
            (chat(true).await.0, chat(false).await.0),
            ("b".into(), "a".into())
        );
    }
    // Thirty open streams make the faster one the slower one.
    let mut open = Vec::new();
    while open.len() < 30 {
        let (name, feedback) = chat(true).await;
        if name == "a" {
            break;
        }
        open.push(feedback);
    }
    assert!((10..30).contains(&open.len()), "{}", open.len());
    drop(open);
    assert_eq!(chat(true).await.0, "b");
}

#[tokio::test(start_paused = true)]
async fn accounts_take_turns_and_those_that_rest_are_passed_over() {
    let good = |account| Upstream::account("p", Some(account), |_, _| Answer::Good);
    let tired = Upstream::account("p", Some("2"), |_, before| match before {
        0 => status(429),
        _ => Answer::Good,
    });
    let accounts = [good("1"), tired, good("3"), good("4")];
    let all = accounts.each_ref().map(|account| (account, 1));
    let router = router(Strategy::Ordered, &all, true);
    assert_eq!(send(&router).await, "p#1");
    assert_eq!(
        send(&router).await,
        "p#3",
        "the second one asked for a pause"
    );
    for _ in 0..300 {
        send(&router).await;
    }
    let counts = accounts.each_ref().map(|account| account.count());
    assert_eq!(counts[1], 1);
    for place in [0, 2, 3] {
        assert!((100..=102).contains(&counts[place]), "{counts:?}");
    }
    tokio::time::advance(Duration::from_secs(61)).await;
    for _ in 0..8 {
        send(&router).await;
    }
    assert_eq!(accounts[1].count(), 3, "and it is back in the circle");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_can_be_sent_once_has_one_target_that_is_well() {
    let a = Upstream::failing("a", 401);
    let b = Upstream::good("b");
    let router = router(Strategy::Ordered, &[(&a, 1), (&b, 1)], true);
    send(&router).await;
    let one = router.for_one_attempt(plan(&router).await);
    assert_eq!(
        (one.primary.provider.name(), one.targets().count()),
        ("b", 1)
    );
    assert!(one.pool.is_some() && !one.moves_on);
}

#[tokio::test(start_paused = true)]
async fn a_successor_goes_on_measuring_where_the_older_router_left_off() {
    let a = slow("a", 2_000, usize::MAX, 0);
    let b = slow("b", 100, usize::MAX, 0);
    let old = router(Strategy::LeastLatency, &[(&a, 1), (&b, 1)], true);
    for _ in 0..10 {
        send(&old).await;
    }
    let before = a.count();
    assert!(before >= 1, "tried, and found slow");
    let (same, settings) = parts(Strategy::LeastLatency, &[(&b, 1), (&a, 1)], true);
    let new = Router::succeeding(&old, same, settings).unwrap();
    for _ in 0..20 {
        assert_eq!(send(&new).await, "b");
    }
    // A provider of the same name that is another one is unknown.
    let fresh = slow("a", 2_000, usize::MAX, 0);
    let (changed, settings) = parts(Strategy::LeastLatency, &[(&b, 1), (&fresh, 1)], true);
    let changed = Router::succeeding(&new, changed, settings).unwrap();
    for _ in 0..20 {
        send(&changed).await;
    }
    assert_eq!((a.count(), fresh.count()), (before, 1));
}
