//! Gates in paused time.

use std::sync::Mutex;

use tokio::time::{Instant, sleep, timeout};

use super::*;

const NEVER: Duration = Duration::from_secs(3600);

fn gate(max_concurrent: usize, max_queued: usize) -> Arc<Gate> {
    Arc::new(Gate::new(LimitSettings {
        max_concurrent,
        max_queued,
        queue_wait: Duration::from_secs(5),
    }))
}

fn counts(gate: &Gate) -> (usize, usize, u64) {
    (gate.in_use(), gate.waiting(), gate.shed())
}

#[tokio::test(start_paused = true)]
async fn so_many_enter_so_many_wait_and_the_rest_is_told_at_once() {
    let gate = gate(2, 1);
    let one = gate.try_enter().unwrap();
    let _two = gate.enter(NEVER).await.unwrap();
    assert!(gate.try_enter().is_none() && !gate.is_free());
    let theirs = Arc::clone(&gate);
    let waiting = tokio::spawn(async move { theirs.enter(NEVER).await });
    tokio::task::yield_now().await;
    assert_eq!(counts(&gate), (2, 1, 0));
    let began = Instant::now();
    assert_eq!(gate.enter(NEVER).await.unwrap_err(), TurnedAway::QueueFull);
    assert_eq!(began.elapsed(), Duration::ZERO);
    drop(one);
    let three = waiting.await.unwrap().unwrap();
    assert_eq!(counts(&gate), (2, 0, 1));
    drop(three);
    assert!(gate.is_free());
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_shorter_of_two_times_and_leaves_no_trace() {
    for (most, waited) in [(NEVER, 5), (Duration::from_secs(2), 2)] {
        let gate = gate(1, 1);
        let held = gate.try_enter().unwrap();
        let began = Instant::now();
        assert_eq!(
            gate.enter(most).await.unwrap_err(),
            TurnedAway::WaitedTooLong
        );
        assert_eq!(began.elapsed(), Duration::from_secs(waited));
        assert_eq!(counts(&gate), (1, 0, 1));
        drop(held);
        assert!(gate.try_enter().is_some());
    }
}

#[tokio::test(start_paused = true)]
async fn who_goes_while_waiting_gives_the_place_in_the_queue_back() {
    let gate = gate(1, 1);
    let held = gate.try_enter().unwrap();
    let gone = timeout(Duration::from_secs(1), gate.enter(NEVER)).await;
    assert!(gone.is_err());
    assert_eq!(counts(&gate), (1, 0, 0), "nobody was turned away");
    drop(held);
    assert!(gate.try_enter().is_some());
}

/// The order of coming is the order of entering, and nobody who comes later slips in between.
#[tokio::test(start_paused = true)]
async fn the_queue_is_fair() {
    let gate = gate(1, 8);
    let order = Arc::new(Mutex::new(Vec::new()));
    let held = gate.try_enter().unwrap();
    let mut clients = Vec::new();
    for number in 0..8 {
        let (gate, order) = (Arc::clone(&gate), Arc::clone(&order));
        clients.push(tokio::spawn(async move {
            let permit = gate.enter(NEVER).await.unwrap();
            order.lock().unwrap().push(number);
            sleep(Duration::from_millis(10)).await;
            drop(permit);
        }));
        tokio::task::yield_now().await;
    }
    drop(held);
    assert!(
        gate.try_enter().is_none(),
        "the place is somebody's already"
    );
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..8).collect::<Vec<_>>());
    assert_eq!(counts(&gate), (0, 0, 0));
}

/// However many come from however many threads, never more than so many are inside, and in the end all are out.
#[test]
fn nobody_enters_beyond_the_limit() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_time()
        .build()
        .unwrap();
    let gate = gate(3, 10_000);
    let clients = (0..2_000).map(|number: u32| {
        let gate = Arc::clone(&gate);
        runtime.spawn(async move {
            let entered = if number.is_multiple_of(3) {
                gate.try_enter()
            } else {
                gate.enter(NEVER).await.ok()
            };
            let inside = gate.in_use();
            tokio::task::yield_now().await;
            drop(entered);
            inside
        })
    });
    let clients: Vec<_> = clients.collect();
    let inside = runtime.block_on(futures::future::join_all(clients));
    assert!(inside.into_iter().all(|inside| inside.unwrap() <= 3));
    assert_eq!((gate.in_use(), gate.waiting()), (0, 0));
}

#[test]
fn accounts_have_limits_of_their_own_where_their_provider_has_one() {
    let settings = LimitSettings {
        max_concurrent: 1,
        max_queued: 0,
        queue_wait: NEVER,
    };
    let by_name = HashMap::from([("a".to_owned(), settings)]);
    let accounts = [("a", Some("1")), ("a", Some("2")), ("b", None)];
    let limits = Limits::new(accounts, &by_name);
    let _held = limits.gate("a", Some("1")).unwrap().try_enter().unwrap();
    assert!(!limits.gate("a", Some("1")).unwrap().is_free());
    assert!(limits.gate("a", Some("2")).unwrap().is_free());
    assert!(limits.gate("a", None).is_none() && limits.gate("b", None).is_none());
    let busy: Vec<_> = limits
        .occupancy()
        .into_iter()
        .map(|of| (of.provider, of.account, of.in_use))
        .collect();
    let name = |number: &str| Some(number.to_owned());
    assert_eq!(
        busy,
        [
            ("a".to_owned(), name("1"), 1),
            ("a".to_owned(), name("2"), 0)
        ]
    );
}
