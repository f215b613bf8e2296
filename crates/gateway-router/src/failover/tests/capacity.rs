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

/// Two accounts of `a`, each with one place and one in its queue, and `b` beside them. The conversation of all requests is
/// at the first account.
fn two_accounts() -> (Arc<Router>, [Arc<Upstream>; 3]) {
    let account = |number| Upstream::account("a", Some(number), |_, _| after(10.0, Answer::Good));
    let upstreams = [account("1"), account("2"), slow("b")];
    let router = limited(&upstreams.each_ref(), TWO, (1, 1, 60));
    (Arc::new(router), upstreams)
}

#[tokio::test(start_paused = true)]
async fn a_busy_account_has_its_sibling_asked_before_another_target() {
    let (router, [one, two, other]) = two_accounts();
    let counts = || [&one, &two, &other].map(|upstream| upstream.count());
    // One of both each has a place first, whoever's turn it is; then the other target; then the queues in this order.
    let mut sent = vec![begin(&router, ask()).await];
    sent.push(begin(&router, ask()).await);
    assert_eq!(counts(), [1, 1, 0]);
    sent.push(begin(&router, ask()).await);
    assert_eq!(counts(), [1, 1, 1]);
    let waiting = || {
        let all = router.limits().occupancy();
        all.iter().map(|of| of.waiting).collect::<Vec<_>>()
    };
    for (waits, where_they_are) in [(1, 1), (2, 2), (3, 2)] {
        sent.push(begin(&router, ask()).await);
        let waiting = waiting();
        assert_eq!(waiting.iter().sum::<usize>(), waits);
        assert_eq!(waiting[0] + waiting[1], where_they_are, "{waiting:?}");
    }
    assert_eq!(course(&router, ask()).await, " -> QueueFull");
    for sent in sent {
        assert!(sent.await.unwrap().ends_with("=200"));
    }
    assert_eq!(counts(), [2, 2, 2]);
}

/// Whichever account the turn, or its conversation, has put in front.
#[tokio::test(start_paused = true)]
async fn a_held_account_is_passed_over_for_its_sibling_by_everybody() {
    let (router, [one, two, other]) = two_accounts();
    let held = router.enter(&router.provider("a").unwrap()).await.unwrap();
    for _ in 0..4 {
        assert_eq!(course(&router, ask()).await, "a#2=200");
    }
    let request = ModelRequest::new("m", Operation::Chat);
    for _ in 0..4 {
        let plan = router.plan(&request).await.unwrap();
        let form = router.for_one_attempt(plan);
        assert_eq!(form.primary.provider.account(), Some("2"), "a form as well");
    }
    drop(held);
    assert_eq!(
        [&one, &two, &other].map(|upstream| upstream.count()),
        [0, 4, 0]
    );
}

/// The sibling that was asked in place of a busy account is at the same host: when that fails, the next target is asked.
#[tokio::test(start_paused = true)]
async fn a_host_that_failed_has_its_busy_account_asked_last() {
    let failing = |number| Upstream::account("a", Some(number), |_, _| after(1.0, status(500)));
    let upstreams = [failing("1"), failing("2"), Upstream::failing("b", 500)];
    let router = Arc::new(limited(&upstreams.each_ref(), TWO, (1, 0, 60)));
    let held = router.enter(&router.provider("a").unwrap()).await.unwrap();
    let sent = begin(&router, ask()).await;
    drop(held);
    assert_eq!(sent.await.unwrap(), "a#2=500,b=500,a#1=500 -> 500");
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
