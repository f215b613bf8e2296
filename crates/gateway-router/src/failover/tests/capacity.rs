//! Providers that take so many requests at one time and no more.

use std::{collections::HashMap, time::Duration};

use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};

use super::{
    upstream::{Answer, after},
    *,
};
use crate::limits::{LimitSettings, Occupancy};

const TWO: &[&str] = &["a/x", "b/y"];

/// Two targets, each with these limits: at one time, in the queue, seconds of waiting.
fn limited(upstreams: &[&Arc<Upstream>], targets: &[&str], limit: (usize, usize, u64)) -> Router {
    router_of(upstreams, targets, settings(limit), PoolSettings::default())
}

fn settings((max_concurrent, max_queued, wait): (usize, usize, u64)) -> RouterSettings {
    let settings = LimitSettings {
        max_concurrent,
        max_queued,
        queue_wait: Duration::from_secs(wait),
    };
    let limits = ["a", "b"].map(|name| (name.to_owned(), settings));
    RouterSettings {
        limits: HashMap::from(limits),
        ..RouterSettings::default()
    }
}

fn described_with(
    upstreams: &[&Arc<Upstream>],
    limit: (usize, usize, u64),
) -> (TableParts, RouterSettings) {
    described(
        upstreams,
        &["a/x"],
        settings(limit),
        PoolSettings::default(),
    )
}

/// Answers after ten seconds.
fn slow(name: &'static str) -> Arc<Upstream> {
    Upstream::new(name, |_, _| after(10.0, Answer::Good))
}

/// Sends a request in the background, and lets it go as far as it can.
async fn begin(router: &Arc<Router>, ask: Ask) -> JoinHandle<String> {
    let theirs = Arc::clone(router);
    let sent = tokio::spawn(async move { course(&theirs, ask).await });
    sleep(Duration::from_millis(1)).await;
    sent
}

fn busy(router: &Router, provider: &str) -> (usize, usize, u64) {
    let all = router.limits().occupancy();
    let of = |of: &&Occupancy| of.provider == provider;
    let of = all.iter().find(of).unwrap();
    (of.in_use, of.waiting, of.shed)
}

#[tokio::test(start_paused = true)]
async fn a_request_goes_to_whoever_is_free_before_it_waits() {
    let (a, b) = (slow("a"), slow("b"));
    let router = Arc::new(limited(&[&a, &b], TWO, (1, 1, 60)));
    let began = Instant::now();
    let first = begin(&router, ask()).await;
    let second = begin(&router, ask()).await;
    assert_eq!((a.count(), b.count()), (1, 1));
    // Both are busy: it waits for the first of its order, and whoever finds that queue full for the second.
    let third = begin(&router, ask()).await;
    assert_eq!(
        (busy(&router, "a"), busy(&router, "b")),
        ((1, 1, 0), (1, 0, 0))
    );
    let fourth = begin(&router, ask()).await;
    assert_eq!(
        (busy(&router, "a"), busy(&router, "b")),
        ((1, 1, 1), (1, 1, 0))
    );
    assert_eq!(course(&router, ask()).await, " -> QueueFull");
    for (sent, expected) in [
        (first, "a=200"),
        (second, "b=200"),
        (third, "a=200"),
        (fourth, "b=200"),
    ] {
        assert_eq!(sent.await.unwrap(), expected);
    }
    assert_eq!(began.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_room_is_told_at_once_and_nothing_is_sent() {
    let a = slow("a");
    let router = Arc::new(limited(&[&a], &["a/x"], (2, 1, 60)));
    let answered = [begin(&router, ask()).await, begin(&router, ask()).await];
    let waits = begin(&router, ask()).await;
    assert_eq!(busy(&router, "a"), (2, 1, 0));
    let now = Instant::now();
    assert_eq!(course(&router, ask()).await, " -> QueueFull");
    assert_eq!(now.elapsed(), Duration::ZERO);
    assert_eq!((a.count(), busy(&router, "a")), (2, (2, 1, 1)));
    for sent in answered {
        assert_eq!(sent.await.unwrap(), "a=200");
    }
    assert_eq!(waits.await.unwrap(), "a=200");
    assert_eq!(busy(&router, "a"), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_limit_the_caller_or_the_deadline_allow() {
    let limit = |seconds| Ask {
        limit: Some(Duration::from_secs(seconds)),
        ..ask()
    };
    for (ask, waited) in [(ask(), 5), (limit(2), 2), (limit(9), 5)] {
        let a = slow("a");
        let router = Arc::new(limited(&[&a], &["a/x"], (1, 9, 5)));
        let first = begin(&router, super::ask()).await;
        let began = Instant::now();
        assert_eq!(course(&router, ask).await, " -> WaitedTooLong");
        assert_eq!(began.elapsed(), Duration::from_secs(waited));
        assert_eq!(first.await.unwrap(), "a=200");
        assert_eq!(a.count(), 1);
    }
    // Without either, a request ends with the time that a whole answer has.
    let a = slow("a");
    let router = Arc::new(limited(&[&a], &["a/x"], (1, 9, 3600)));
    let _held = router.enter(&router.provider("a").unwrap()).await.unwrap();
    let began = Instant::now();
    assert_eq!(course(&router, ask()).await, " -> WaitedTooLong");
    assert_eq!(began.elapsed(), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn a_failure_moves_on_to_a_busy_target_by_waiting_for_it() {
    let (a, b) = (Upstream::failing("a", 500), slow("b"));
    let router = Arc::new(limited(&[&a, &b], TWO, (1, 1, 60)));
    let first = begin(&router, ask()).await;
    let second = begin(&router, ask()).await;
    assert_eq!(
        (a.count(), b.count(), busy(&router, "b")),
        (2, 1, (1, 1, 0))
    );
    // Here what the upstream said weighs more than that the other one has no room.
    assert_eq!(course(&router, ask()).await, "a=500 -> 500");
    assert_eq!(first.await.unwrap(), "a=500,b=200");
    assert_eq!(second.await.unwrap(), "a=500,b=200");
}

#[tokio::test(start_paused = true)]
async fn a_stream_keeps_its_place_to_its_end_and_a_whole_answer_gives_it_back() {
    let a = Upstream::new("a", |call, _| {
        if call.stream {
            Answer::Stream(None)
        } else {
            Answer::Good
        }
    });
    let router = limited(&[&a], &["a/x"], (1, 0, 1));
    let whole = send(&router, ask()).await.unwrap();
    assert!(whole.permit.is_none());
    assert_eq!(busy(&router, "a").0, 0);
    let stream = Ask {
        stream: true,
        ..ask()
    };
    let streamed = send(&router, stream).await.unwrap();
    assert_eq!(busy(&router, "a").0, 1);
    assert_eq!(course(&router, ask()).await, " -> QueueFull");
    drop(streamed);
    assert_eq!(course(&router, ask()).await, "a=200");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_gives_its_place_back_wherever_it_is() {
    let a = slow("a");
    let router = Arc::new(limited(&[&a], &["a/x"], (1, 1, 60)));
    let answered = begin(&router, ask()).await;
    let waits = begin(&router, ask()).await;
    assert_eq!(busy(&router, "a"), (1, 1, 0));
    waits.abort();
    let _ = waits.await;
    assert_eq!(busy(&router, "a"), (1, 0, 0));
    answered.abort();
    let _ = answered.await;
    assert_eq!(busy(&router, "a"), (0, 0, 0));
    assert_eq!(a.count(), 1);
}

/// What is sent without a plan counts as well.
#[tokio::test(start_paused = true)]
async fn raw_requests_have_places_of_the_same_number() {
    let a = slow("a");
    let router = Arc::new(limited(&[&a], &["a/x"], (1, 0, 1)));
    let provider = router.provider("a").unwrap();
    let raw = router.enter(&provider).await.unwrap();
    assert!(raw.is_some());
    assert_eq!(course(&router, ask()).await, " -> QueueFull");
    drop(raw);
    let _first = begin(&router, ask()).await;
    let refused = router.enter(&provider).await.unwrap_err();
    assert_eq!(refused.provider, "a");
    let free = super::router(&[&a], &["a/x"], FailoverSettings::default());
    assert!(free.enter(&provider).await.unwrap().is_none());
}

/// A form is written for one target: one that is free, where there is one.
#[tokio::test(start_paused = true)]
async fn a_form_goes_to_whoever_is_free() {
    let (a, b) = (slow("a"), slow("b"));
    let router = Arc::new(limited(&[&a, &b], TWO, (1, 1, 60)));
    let _first = begin(&router, ask()).await;
    let request = ModelRequest::new("m", Operation::Chat);
    let primary = |plan| router.for_one_attempt(plan).primary.model;
    let plan = router.plan(&request).await.unwrap();
    assert_eq!(primary(plan.clone()), "y");
    let _second = begin(&router, ask()).await;
    assert_eq!(primary(plan), "x", "all are busy: it waits for the first");
}

/// A newer configuration goes on counting where nothing has changed, and begins anew where the limit is another.
#[tokio::test(start_paused = true)]
async fn a_successor_goes_on_counting() {
    let a = slow("a");
    let old = limited(&[&a], &["a/x"], (2, 3, 5));
    let held = old.enter(&old.provider("a").unwrap()).await.unwrap();
    for (limit, in_use) in [((2, 3, 5), 1), ((4, 3, 5), 0)] {
        let (parts, settings) = described_with(&[&a], limit);
        let new = Router::succeeding(&old, parts, settings).unwrap();
        assert_eq!(busy(&new, "a").0, in_use, "{limit:?}");
    }
    let same = described_with(&[&a], (2, 3, 5));
    let new = Router::succeeding(&old, same.0, same.1).unwrap();
    drop(held);
    assert_eq!(busy(&new, "a").0, 0);
    let another = slow("a");
    let _held = old.enter(&old.provider("a").unwrap()).await.unwrap();
    let (parts, settings) = described_with(&[&another], (2, 3, 5));
    let new = Router::succeeding(&old, parts, settings).unwrap();
    assert_eq!(busy(&new, "a").0, 0, "it only goes by the same name");
}
