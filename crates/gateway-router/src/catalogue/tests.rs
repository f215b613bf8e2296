//! The catalogue in time: the clock stands still and moves only as the tests say.

use std::{sync::Arc, time::Duration};

use gateway_providers::FaultKind;
use http::StatusCode;
use tokio::time::{Instant, sleep};

use super::*;
use crate::fixture::{Script, Scripted, after, list};

fn catalogue(providers: &[Arc<Scripted>]) -> Catalogue {
    let providers = providers
        .iter()
        .map(|provider| provider.clone() as SharedProvider)
        .collect();
    Catalogue::new(providers, CatalogueSettings::default())
}

fn scripted(name: &str, script: impl IntoIterator<Item = Script>) -> Arc<Scripted> {
    Arc::new(Scripted::new(name, script))
}

/// Lets background tasks run; at most a millisecond passes.
async fn settle() {
    sleep(Duration::from_millis(1)).await;
}

fn ids(snapshot: &CatalogueSnapshot, place: usize) -> Vec<&str> {
    snapshot
        .list(place)
        .unwrap()
        .models()
        .iter()
        .map(|model| &*model.id)
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_never_waits_and_old_lists_are_served_while_new_ones_come() {
    let lab = scripted("lab", [list(&["old"]), after(2_000, list(&["new"]))]);
    let catalogue = catalogue(std::slice::from_ref(&lab));
    assert!(catalogue.snapshot().any_pending());
    settle().await;
    assert_eq!(ids(&catalogue.snapshot(), 0), ["old"]);

    sleep(Duration::from_secs(299)).await;
    catalogue.snapshot();
    settle().await;
    assert_eq!(lab.times_listed(), 1, "fresh for 300 s");

    sleep(Duration::from_secs(1)).await;
    for _ in 0..100 {
        assert_eq!(ids(&catalogue.snapshot(), 0), ["old"], "stale, and served");
        settle().await;
    }
    assert_eq!(lab.times_listed(), 2, "one refresh only");
    sleep(Duration::from_secs(2)).await;
    assert_eq!(ids(&catalogue.snapshot(), 0), ["new"]);
    assert_eq!(lab.times_listed(), 2);
}

#[tokio::test(start_paused = true)]
async fn lists_come_in_parallel_and_each_is_published_as_it_comes() {
    let catalogue = catalogue(&[
        scripted("a", [after(3_000, list(&["x", "y"]))]),
        scripted("b", [Script::Hang]),
        scripted("c", [after(1_000, list(&["y"]))]),
    ]);
    catalogue.snapshot();
    sleep(Duration::from_millis(1_001)).await;
    let early = catalogue.snapshot();
    assert_eq!(early.listed_by("y"), [2]);
    assert!(early.list(0).unwrap().is_pending());
    sleep(Duration::from_secs(2)).await;
    let later = catalogue.snapshot();
    assert_eq!(later.listed_by("y"), [0, 2]);
    assert!(later.any_pending());
    sleep(Duration::from_secs(2)).await;
    let last = catalogue.snapshot();
    assert!(!last.any_pending());
    assert!(matches!(
        last.list(1).unwrap().state(),
        ListState::Failed(ListFailure::Deadline(_))
    ));
}

#[tokio::test(start_paused = true)]
async fn a_failing_provider_keeps_its_last_list_and_is_asked_again_sooner() {
    let lab = scripted(
        "lab",
        [
            list(&["m"]),
            Script::Fail(FaultKind::Unreachable),
            Script::Fail(FaultKind::Unreachable),
            list(&["m", "n"]),
        ],
    );
    let steady = scripted("steady", [list(&["s"])]);
    let catalogue = catalogue(&[lab.clone(), steady.clone()]);
    catalogue.snapshot();
    sleep(Duration::from_secs(301)).await;
    catalogue.snapshot();
    settle().await;
    let marked = catalogue.snapshot();
    assert!(matches!(
        marked.list(0).unwrap().state(),
        ListState::Failed(ListFailure::Call(_))
    ));
    assert_eq!(ids(&marked, 0), ["m"]);
    assert_eq!((lab.times_listed(), steady.times_listed()), (2, 2));
    for expected in [3, 4] {
        sleep(Duration::from_secs(15)).await;
        catalogue.snapshot();
        settle().await;
        assert_eq!((lab.times_listed(), steady.times_listed()), (expected, 2));
    }
    assert_eq!(ids(&catalogue.snapshot(), 0), ["m", "n"]);
    assert!(matches!(
        catalogue.snapshot().list(0).unwrap().state(),
        ListState::Listed
    ));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_panics_harms_nobody_else() {
    let bad = scripted("bad", [Script::Panic]);
    let catalogue = catalogue(&[bad.clone(), scripted("good", [list(&["m"])])]);
    for round in 1..=3 {
        catalogue.snapshot();
        settle().await;
        let snapshot = catalogue.snapshot();
        assert_eq!(snapshot.listed_by("m"), [1]);
        assert!(matches!(
            snapshot.list(0).unwrap().state(),
            ListState::Failed(ListFailure::Panicked)
        ));
        assert_eq!(bad.times_listed(), round);
        sleep(Duration::from_secs(16)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_watch_ends_with_the_news_or_with_its_patience() {
    let catalogue = catalogue(&[
        scripted("a", [after(300, list(&["x"]))]),
        scripted("b", [Script::Hang]),
    ]);
    let until = |id: &'static str, millis: u64| {
        let catalogue = catalogue.clone();
        async move {
            let start = Instant::now();
            let found = catalogue.watch(|snapshot| {
                let found = !snapshot.listed_by(id).is_empty();
                (found, (!found).then(|| Duration::from_millis(millis)))
            });
            (found.await, start.elapsed().as_millis())
        }
    };
    let all = futures::join!(
        until("x", 1_000),
        until("x", 100),
        until("y", 1_000),
        until("y", 0)
    );
    assert_eq!(all, ((true, 300), (false, 100), (false, 1_000), (false, 0)));
}

#[test]
fn outside_of_a_runtime_a_snapshot_is_just_that() {
    let lab = scripted("lab", [list(&["m"])]);
    let catalogue = catalogue(std::slice::from_ref(&lab));
    assert!(catalogue.snapshot().any_pending());
    assert_eq!(lab.times_listed(), 0);
}

#[test]
fn failures_say_504_for_waits_and_502_otherwise() {
    let call = |kind| ListFailure::Call(Arc::new(gateway_providers::Fault::new(kind, "").into()));
    for (failure, status) in [
        (
            ListFailure::Deadline(Duration::ZERO),
            StatusCode::GATEWAY_TIMEOUT,
        ),
        (call(FaultKind::ConnectTimeout), StatusCode::GATEWAY_TIMEOUT),
        (call(FaultKind::Unreachable), StatusCode::BAD_GATEWAY),
        (call(FaultKind::Status), StatusCode::BAD_GATEWAY),
        (ListFailure::Panicked, StatusCode::BAD_GATEWAY),
    ] {
        assert_eq!(failure.status(), status, "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_accounts_the_first_one_lists_whose_credential_is_taken() {
    for (first, expected) in [
        (Script::Refuse(StatusCode::UNAUTHORIZED), 1),
        (Script::Refuse(StatusCode::TOO_MANY_REQUESTS), 1),
        (Script::Refuse(StatusCode::BAD_GATEWAY), 0),
        (Script::Fail(FaultKind::Unreachable), 0),
        (list(&["first"]), 0),
    ] {
        let second = scripted("lab", [list(&["second"])]);
        let accounts: [SharedProvider; 2] = [scripted("lab", [first]), second.clone()];
        let catalogue =
            Catalogue::with_accounts([Box::from(accounts)], CatalogueSettings::default());
        catalogue.snapshot();
        settle().await;
        assert_eq!(second.times_listed(), expected);
        let listed = ids(&catalogue.snapshot(), 0).contains(&"second");
        assert_eq!(listed, expected == 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_successor_has_the_lists_of_those_that_stay_and_asks_only_the_others() {
    let (stays, goes) = (
        scripted("stays", [list(&["a"])]),
        scripted("goes", [list(&["b"])]),
    );
    let old = catalogue(&[goes.clone(), stays.clone()]);
    old.snapshot();
    settle().await;

    let (again, new) = (
        scripted("goes", [list(&["c"])]),
        scripted("new", [list(&["d"])]),
    );
    let all: [Arc<Scripted>; 3] = [stays.clone(), again.clone(), new.clone()];
    let providers = all.map(|provider| Box::from([provider as SharedProvider]));
    let next = Catalogue::succeeding(&old, providers, CatalogueSettings::default());
    let first = next.snapshot();
    assert_eq!(ids(&first, 0), ["a"], "at once");
    assert!(
        first.list(1).unwrap().is_pending(),
        "of the same name, and another"
    );
    assert!(first.listed_by("b").is_empty());
    settle().await;
    let later = next.snapshot();
    assert_eq!((ids(&later, 1), ids(&later, 2)), (vec!["c"], vec!["d"]));
    assert_eq!((stays.times_listed(), again.times_listed()), (1, 1));
}
