//! An upstream that fails for a minute while clients keep coming.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    upstream::{Answer, after},
    *,
};

/// How many requests come a second.
const PER_SECOND: u32 = 100;
const OUTAGE: Duration = Duration::from_secs(60);
const AFTER: Duration = Duration::from_secs(30);

struct Storm {
    /// Client requests while the outage lasted.
    requests: usize,
    /// What each upstream was sent in this time.
    upstream: Vec<usize>,
    /// From the recovery to the first success.
    recovered: Option<Duration>,
}

impl Storm {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    fn factor(&self, upstream: usize) -> f64 {
        upstream as f64 / self.requests as f64
    }

    /// Upstream requests for each client request, over all upstreams.
    fn factor_in_all(&self) -> f64 {
        self.factor(self.upstream.iter().sum())
    }

    /// The same of the upstream with the most.
    fn factor_of_one(&self) -> f64 {
        self.factor(self.upstream.iter().copied().max().unwrap_or(0))
    }
}

/// So many upstreams, all of them down for a minute: each answers 503 after 80 ms.
async fn storm(upstreams: usize, settings: FailoverSettings, hedge: Option<Duration>) -> Storm {
    let start = Instant::now();
    let over = start + OUTAGE;
    let all = ["a", "b"].map(|name| {
        Upstream::new(name, move |_, _| {
            let answer = if Instant::now() < over {
                status(503)
            } else {
                Answer::Good
            };
            after(0.08, answer)
        })
    });
    let down: Vec<&Arc<Upstream>> = all.iter().take(upstreams).collect();
    let targets: Vec<&str> = ["a/x", "b/x"].into_iter().take(upstreams).collect();
    let pool = PoolSettings {
        hedge,
        ..PoolSettings::default()
    };
    let router = Arc::new(router_of(&down, &targets, of_failover(settings), pool));
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
    let sent = |upstream: &&Arc<Upstream>| {
        let times = upstream.times();
        times.iter().filter(|at| **at < over).count()
    };
    Storm {
        requests,
        upstream: down.iter().map(sent).collect(),
        recovered: first.map(|at| at.saturating_duration_since(over)),
    }
}

/// With one target, with two that are both down, and with a second one asked beside each slow first one.
const STORMS: [(usize, Option<Duration>); 3] =
    [(1, None), (2, None), (2, Some(Duration::from_millis(40)))];

#[tokio::test(start_paused = true)]
async fn with_breakers_an_outage_costs_a_handful_of_requests_and_ends_soon() {
    for (upstreams, hedge) in STORMS {
        let storm = storm(upstreams, FailoverSettings::default(), hedge).await;
        assert!(storm.factor_in_all() <= 1.2, "{:?}", storm.upstream);
        let most = 60 * upstreams;
        let sum: usize = storm.upstream.iter().sum();
        assert!(sum < most, "{:?} with {hedge:?}", storm.upstream);
        let recovered = storm.recovered.unwrap();
        assert!(recovered <= Duration::from_secs(10), "{recovered:?}");
    }
}

/// No upstream gets more than its requests and a fifth of them; of two that are down, each has every request once.
#[tokio::test(start_paused = true)]
async fn without_them_the_budget_keeps_the_storm_down() {
    for (upstreams, hedge) in STORMS {
        let storm = storm(upstreams, NO_BREAKER, hedge).await;
        let factor = storm.factor_of_one();
        assert!(factor > 0.9 && factor <= 1.2, "{:?}", storm.upstream);
        assert!(storm.recovered.unwrap() <= Duration::from_secs(1));
    }
}
