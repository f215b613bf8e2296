//! What is known of a target when another configuration takes the place of the one under which it was found out.

use std::time::Duration;

use tokio::time::{advance, sleep};

use super::{upstream::Answer, *};

const ON: fn() -> FailoverSettings = FailoverSettings::default;

#[tokio::test(start_paused = true)]
async fn a_target_that_is_down_stays_down_and_one_that_is_new_begins_anew() {
    let (a, b) = (Upstream::failing("a", 401), Upstream::good("b"));
    let old = router(&[&a, &b], &["a/x", "b/y"], ON());
    assert_eq!(course(&old, ask()).await, "a=401,b=200");

    let same = successor(&old, &[&b, &a], &["a/z", "b/y"], ON());
    assert_eq!(
        course(&same, ask()).await,
        "b=200",
        "its credential is refused still"
    );

    // Another credential makes another provider, whatever its name.
    let mended = Upstream::good("a");
    let changed = successor(&same, &[&mended, &b], &["a/x", "b/y"], ON());
    assert_eq!(course(&changed, ask()).await, "a=200");
    assert!(changed.health().circuits().is_empty());
    assert_eq!(
        changed.health().tracked(),
        0,
        "nothing is kept of what is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_under_way_teach_the_successor_about_their_own_provider_only() {
    let late = || Answer::After(Duration::from_secs(3), Box::new(status(401)));
    let (a, b) = (Upstream::new("a", move |_, _| late()), Upstream::good("b"));
    let old = router(&[&a, &b], &["a/x"], ON());
    let same = successor(&old, &[&a, &b], &["a/x", "b/y"], ON());
    let mended = Upstream::good("a");
    let changed = successor(&same, &[&mended, &b], &["a/x", "b/y"], ON());

    assert_eq!(course(&old, ask()).await, "a=401 -> 401");
    assert_eq!(course(&same, ask()).await, "b=200", "the same credential");
    assert_eq!(course(&changed, ask()).await, "a=200", "another credential");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_under_way_is_the_only_one_of_both() {
    let a = Upstream::new("a", |_, before| match before {
        0..5 => status(503),
        _ => Answer::After(Duration::from_secs(3), Box::new(Answer::Good)),
    });
    let b = Upstream::good("b");
    let old = router(&[&a, &b], &["a/x", "b/y"], ON());
    for _ in 0..5 {
        course(&old, ask()).await;
    }
    sleep(Duration::from_secs(6)).await;
    let new = successor(&old, &[&a, &b], &["a/x", "b/y"], ON());
    let probe = course(&old, ask());
    let others = async {
        sleep(Duration::from_secs(1)).await;
        course(&new, ask()).await
    };
    let (probe, other) = tokio::join!(probe, others);
    assert_eq!((probe.as_str(), other.as_str()), ("a=200", "b=200"));
    assert_eq!(course(&new, ask()).await, "a=200", "it is back for both");
}

#[tokio::test(start_paused = true)]
async fn what_was_spent_on_retries_is_spent() {
    let settings = || FailoverSettings {
        breaker: None,
        budget: BudgetSettings {
            percent: 0,
            per_second: 1,
        },
        ..FailoverSettings::default()
    };
    let a = Upstream::failing("a", 503);
    let old = router(&[&a], &["a/x"], settings());
    for _ in 0..20 {
        course(&old, ask()).await;
    }
    let spent = a.count();
    assert_eq!(spent, 30, "ten retries in ten seconds");
    let same = successor(&old, &[&a], &["a/x"], settings());
    course(&same, ask()).await;
    assert_eq!(a.count(), spent + 1, "no further one");

    let fresh = Upstream::failing("a", 503);
    let changed = successor(&same, &[&fresh], &["a/x"], settings());
    course(&changed, ask()).await;
    assert!(fresh.count() > 1);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_gone_leaves_nothing_even_when_a_request_ends_late() {
    let a = Upstream::new("a", |_, _| {
        Answer::After(Duration::from_secs(3), Box::new(status(401)))
    });
    let b = Upstream::failing("b", 401);
    let old = router(&[&a, &b], &["a/x"], ON());
    let new = successor(&old, &[&b], &["b/y"], ON());
    assert_eq!(course(&old, ask()).await, "a=401 -> 401");
    drop((old, a));
    advance(Duration::from_secs(2)).await;
    course(&new, ask()).await;
    assert_eq!(new.health().tracked(), 1, "that of `b`");
}
