//! An upstream that fails for a minute while clients keep coming.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{upstream::Answer, *};

/// How many requests come a second.
const PER_SECOND: u32 = 100;
const OUTAGE: Duration = Duration::from_secs(60);
const AFTER: Duration = Duration::from_secs(30);

struct Storm {
    requests: usize,
    upstream: usize,
    /// From the recovery to the first success.
    recovered: Option<Duration>,
}

async fn storm(settings: FailoverSettings) -> Storm {
    let start = Instant::now();
    let over = start + OUTAGE;
    let a = Upstream::new("a", move |_, _| {
        let answer = if Instant::now() < over {
            status(503)
        } else {
            Answer::Good
        };
        Answer::After(Duration::from_millis(80), Box::new(answer))
    });
    let router = Arc::new(router(&[&a], &["a/x"], settings));
    let mut requests = 0;
    let mut clients = Vec::new();
    while start.elapsed() < OUTAGE + AFTER {
        let router = Arc::clone(&router);
        clients.push(tokio::spawn(async move {
            let good = send(&router, ask()).await.is_ok();
            good.then(Instant::now)
        }));
        requests += usize::from(start.elapsed() < OUTAGE);
        sleep(Duration::from_secs(1) / PER_SECOND).await;
    }
    let ends = futures::future::join_all(clients).await;
    let first = ends.into_iter().filter_map(|end| end.unwrap()).min();
    Storm {
        requests,
        upstream: a.times().iter().filter(|at| **at < over).count(),
        recovered: first.map(|at| at.saturating_duration_since(over)),
    }
}

#[tokio::test(start_paused = true)]
async fn with_breakers_an_outage_costs_a_handful_of_requests_and_ends_soon() {
    let storm = storm(FailoverSettings::default()).await;
    assert!(storm.upstream < 60, "{} upstream requests", storm.upstream);
    let recovered = storm.recovered.unwrap();
    assert!(recovered <= Duration::from_secs(10), "{recovered:?}");
}

#[tokio::test(start_paused = true)]
async fn without_them_the_budget_keeps_the_storm_down() {
    let storm = storm(NO_BREAKER).await;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let factor = storm.upstream as f64 / storm.requests as f64;
    assert!(factor > 1.1 && factor <= 1.2, "{factor}");
    assert!(storm.recovered.unwrap() <= Duration::from_secs(1));
}
