//! A second target beside one that takes its time.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use super::{
    upstream::{Answer, after, status_with},
    *,
};
use crate::limits::LimitSettings;

const TWO: &[&str] = &["a/x", "b/y"];

/// These targets, hedged after a second.
fn hedging(upstreams: &[&Arc<Upstream>], targets: &[&str], settings: FailoverSettings) -> Router {
    let settings = RouterSettings {
        failover: settings,
        ..RouterSettings::default()
    };
    router_of(upstreams, targets, settings, hedged())
}

fn hedged() -> PoolSettings {
    PoolSettings {
        hedge: Some(Duration::from_secs(1)),
        ..PoolSettings::default()
    }
}

/// Answers after so many seconds: with events where a stream is asked for.
fn good_after(name: &'static str, seconds: f64) -> Arc<Upstream> {
    Upstream::new(name, move |call, _| {
        let answer = if call.stream {
            Answer::Stream(None)
        } else {
            Answer::Good
        };
        after(seconds, answer)
    })
}

fn failing_after(name: &'static str, seconds: f64, code: u16) -> Arc<Upstream> {
    Upstream::new(name, move |_, _| after(seconds, status(code)))
}

/// (seconds of the first, seconds of the second, attempts, tenths of a second in all)
const RACES: &[(f64, f64, &str, u128)] = &[
    // In time: nobody else is asked.
    (0.5, 0.1, "a=200", 5),
    (0.9, 0.1, "a=200", 9),
    // The second was faster.
    (9.0, 0.5, "a=cancelled,b=200", 15),
    (2.0, 0.9, "a=cancelled,b=200", 19),
    // The first came after all.
    (1.2, 0.5, "b=cancelled,a=200", 12),
    (3.0, 9.0, "b=cancelled,a=200", 30),
];

#[tokio::test(start_paused = true)]
async fn the_first_answer_wins_and_the_other_attempt_is_cancelled_at_once() {
    for stream in [false, true] {
        for (first, second, expected, tenths) in RACES {
            let (a, b) = (good_after("a", *first), good_after("b", *second));
            let router = hedging(&[&a, &b], TWO, FailoverSettings::default());
            let began = Instant::now();
            let ask = Ask { stream, ..ask() };
            assert_eq!(course(&router, ask).await, *expected, "{first} {second}");
            assert_eq!(began.elapsed().as_millis() / 100, *tenths);
            let loser = match *expected {
                "a=200" => continue,
                text if text.starts_with("a=cancelled") => &a,
                _ => &b,
            };
            assert_eq!(loser.given_up(), [Instant::now()]);
            assert_eq!(a.given_up().len() + b.given_up().len(), 1);
            if b.count() > 0 {
                assert_eq!(b.times(), [began + Duration::from_secs(1)]);
            }
        }
    }
}

/// (seconds and status of the first, seconds and status of the second, attempts)
type Course = ((f64, u16), (f64, u16), &'static str);

const FAILURES: &[Course] = &[
    // Whoever fails leaves the other one running.
    ((2.0, 500), (5.0, 200), "a=500,b=200"),
    ((5.0, 200), (1.0, 500), "b=500,a=200"),
    ((2.0, 400), (5.0, 200), "a=400,b=200"),
    // Both fail: the third is asked, unless one of them said that it cannot help.
    ((2.0, 500), (5.0, 500), "a=500,b=500,c=200"),
    ((5.0, 500), (1.0, 429), "b=429,a=500,c=200"),
    ((2.0, 400), (5.0, 500), "a=400,b=500 -> 500"),
    ((5.0, 500), (1.0, 422), "b=422,a=500 -> 500"),
    // Before the second is asked, all is as without it.
    ((0.5, 500), (0.1, 200), "a=500,b=200"),
    ((0.5, 400), (0.1, 200), "a=400 -> 400"),
];

#[tokio::test(start_paused = true)]
async fn failures_beside_each_other() {
    for ((first, one), (second, other), expected) in FAILURES {
        let answering = |name, seconds, code| match code {
            200 => good_after(name, seconds),
            code => failing_after(name, seconds, code),
        };
        let (a, b) = (
            answering("a", *first, *one),
            answering("b", *second, *other),
        );
        let c = good_after("c", 0.1);
        let targets = ["a/x", "b/y", "c/z"];
        let router = hedging(&[&a, &b, &c], &targets, FailoverSettings::default());
        assert_eq!(course(&router, ask()).await, *expected);
    }
}

/// What was cancelled says nothing: its circuit is as it was, and a probe's place is free again.
#[tokio::test(start_paused = true)]
async fn the_loser_is_not_judged() {
    let (a, b) = (good_after("a", 9.0), good_after("b", 0.1));
    let router = hedging(&[&a, &b], TWO, FailoverSettings::default());
    for _ in 0..20 {
        assert_eq!(course(&router, ask()).await, "a=cancelled,b=200");
    }
    assert_eq!(router.health().tracked(), 0);

    let recovering = Upstream::new("a", |_, before| match before {
        0..5 => status(500),
        _ => after(9.0, Answer::Good),
    });
    let router = hedging(&[&recovering, &b], TWO, FailoverSettings::default());
    for _ in 0..5 {
        assert_eq!(course(&router, ask()).await, "a=500,b=200");
    }
    assert_eq!(course(&router, ask()).await, "b=200", "it rests");
    tokio::time::sleep(Duration::from_secs(6)).await;
    for _ in 0..3 {
        let tried = course(&router, ask()).await;
        assert_eq!(tried, "a=cancelled,b=200", "each time it is tried anew");
    }
    let circuits = router.health().circuits();
    assert_eq!(circuits[0].state.name(), "half_open");
}

/// A target that loses each time is found slow, although it never comes to an answer.
#[tokio::test(start_paused = true)]
async fn a_loser_is_as_slow_as_it_was_waited_for() {
    let (a, b) = (good_after("a", 9.0), good_after("b", 0.5));
    let mut parts = described(
        &[&a, &b],
        TWO,
        of_failover(FailoverSettings::default()),
        hedged(),
    );
    parts.0.aliases[0].strategy = crate::resolve::Strategy::LeastLatency;
    parts.1.seed = Some(7);
    let router = Router::new(parts.0, parts.1).unwrap();
    let mut lost = 0;
    for _ in 0..40 {
        let told = course(&router, ask()).await;
        lost += usize::from(told == "a=cancelled,b=200");
        assert!(told.ends_with("b=200"), "{told}");
    }
    // Once it is unknown; it is asked again only when that has faded to what the faster one takes.
    assert!((1..=2).contains(&lost), "{lost} of 40");
    assert_eq!(a.count(), lost);
}

#[tokio::test(start_paused = true)]
async fn who_is_asked_beside_is_another_place_that_is_well_and_free() {
    let slow = good_after("a", 9.0);
    let settings = FailoverSettings::default();
    // The same place through another account is no second target.
    let accounts = ["1", "2"]
        .map(|account| Upstream::account("p", Some(account), |_, _| after(9.0, Answer::Good)));
    let q = good_after("q", 0.1);
    let targets = ["p/x", "q/x"];
    let router = hedging(&[&accounts[0], &accounts[1], &q], &targets, settings);
    assert_eq!(course(&router, ask()).await, "p#1=cancelled,q=200");
    assert_eq!(accounts[1].count(), 0);

    // One that is left alone is passed over.
    let refused = Upstream::new("b", |_, _| status_with(401, Some(Duration::from_secs(30))));
    let c = good_after("c", 0.1);
    let router = hedging(
        &[&slow, &refused, &c],
        &["b/y", "a/x", "b/w", "c/z"],
        settings,
    );
    assert_eq!(course(&router, ask()).await, "b=401,a=cancelled,c=200");
    assert_eq!(course(&router, ask()).await, "a=cancelled,c=200");
    assert_eq!(refused.count(), 1);
}

/// One that has as much to do as it may have is not asked beside another, and nobody waits for it.
#[tokio::test(start_paused = true)]
async fn a_busy_target_is_nobodys_second() {
    let (a, b) = (good_after("a", 3.0), good_after("b", 0.1));
    let limit = LimitSettings {
        max_concurrent: 1,
        max_queued: 9,
        queue_wait: Duration::from_secs(60),
    };
    let settings = RouterSettings {
        limits: HashMap::from([("b".to_owned(), limit)]),
        ..RouterSettings::default()
    };
    let router = router_of(&[&a, &b], TWO, settings, hedged());
    let held = router.enter(&router.provider("b").unwrap()).await.unwrap();
    assert_eq!(course(&router, ask()).await, "a=200");
    drop(held);
    assert_eq!(course(&router, ask()).await, "a=cancelled,b=200");
    assert_eq!(router.limits().occupancy()[0].in_use, 0);
}

#[tokio::test(start_paused = true)]
async fn a_hedge_is_an_attempt_and_a_retry_of_its_provider() {
    let (a, b) = (good_after("a", 9.0), good_after("b", 0.1));
    let one = FailoverSettings {
        attempts: 1,
        ..FailoverSettings::default()
    };
    assert_eq!(course(&hedging(&[&a, &b], TWO, one), ask()).await, "a=200");
    // Ten in ten seconds are allowed, a hundred come.
    let poor = FailoverSettings {
        budget: BudgetSettings {
            percent: 0,
            per_second: 1,
        },
        ..FailoverSettings::default()
    };
    let router = hedging(&[&a, &b], TWO, poor);
    let before = b.count();
    let sent = (0..100).map(|_| course(&router, ask()));
    let courses = futures::future::join_all(sent).await;
    let hedges = courses.iter().filter(|course| course.contains("cancelled"));
    assert_eq!((hedges.count(), b.count() - before), (10, 10));
    // Two attempts may fail beside each other, and a third is the last.
    let failing = ["a", "b", "c", "d"].map(|name| failing_after(name, 2.0, 500));
    let targets = ["a/x", "b/x", "c/x", "d/x"];
    let router = hedging(&failing.each_ref(), &targets, FailoverSettings::default());
    assert_eq!(course(&router, ask()).await, "a=500,b=500,c=500 -> 500");
}

/// Without an alias that says so nobody is asked twice, nor with one target alone.
#[tokio::test(start_paused = true)]
async fn it_is_off_unless_it_is_on() {
    let (a, b) = (good_after("a", 90.0), good_after("b", 0.1));
    let plain = router(&[&a, &b], TWO, FailoverSettings::default());
    assert_eq!(course(&plain, ask()).await, "a=200");
    let alone = hedging(&[&a], &["a/x"], FailoverSettings::default());
    assert_eq!(course(&alone, ask()).await, "a=200");
    assert_eq!(b.count(), 0);
}

/// A caller's own time is each attempt's: the second has it from its own beginning.
#[tokio::test(start_paused = true)]
async fn both_attempts_have_the_callers_time() {
    let (a, b) = (good_after("a", 9.0), good_after("b", 9.0));
    let router = hedging(&[&a, &b], TWO, FailoverSettings::default());
    let ask = Ask {
        limit: Some(Duration::from_secs(2)),
        ..ask()
    };
    let began = Instant::now();
    let told = course(&router, ask).await;
    assert_eq!(told, "a=deadline_exceeded,b=deadline_exceeded -> Deadline");
    assert_eq!(began.elapsed(), Duration::from_secs(3));
}
