//! An upstream that fails for a minute while clients keep coming.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    upstream::{Answer, after},
    *,
};

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

/// How many upstreams, and how many client requests a second.
#[derive(Debug, Clone, Copy)]
struct Scene {
    upstreams: usize,
    per_second: u32,
    hedge: Option<Duration>,
}

const fn scene(upstreams: usize, per_second: u32) -> Scene {
    Scene {
        upstreams,
        per_second,
        hedge: None,
    }
}

const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// So many upstreams, all of them down for a minute: each answers 503 after 80 ms.
async fn storm(scene: Scene, settings: FailoverSettings) -> Storm {
    let start = Instant::now();
    let over = start + OUTAGE;
    let all = NAMES.map(|name| {
        Upstream::new(name, move |_, _| {
            let answer = if Instant::now() < over {
                status(503)
            } else {
                Answer::Good
            };
            after(0.08, answer)
        })
    });
    let down: Vec<&Arc<Upstream>> = all.iter().take(scene.upstreams).collect();
    let targets = NAMES.map(|name| format!("{name}/x"));
    let targets = targets.each_ref().map(String::as_str);
    let targets = targets.get(..scene.upstreams).unwrap();
    let pool = PoolSettings {
        hedge: scene.hedge,
        ..PoolSettings::default()
    };
    let router = Arc::new(router_of(&down, targets, of_failover(settings), pool));
    let mut requests = 0;
    let mut clients = Vec::new();
    while start.elapsed() < OUTAGE + AFTER {
        let router = Arc::clone(&router);
        clients.push(tokio::spawn(async move {
            let good = send(&router, ask()).await.is_ok();
            good.then(Instant::now)
        }));
        requests += usize::from(start.elapsed() < OUTAGE);
        sleep(Duration::from_secs(1) / scene.per_second).await;
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

/// With one target, with several that are all down, and with a second one asked beside each slow first one.
const STORMS: [Scene; 5] = [
    scene(1, 100),
    scene(2, 100),
    Scene {
        hedge: Some(Duration::from_millis(40)),
        ..scene(2, 100)
    },
    scene(5, 100),
    scene(10, 100),
];

/// Over all upstreams of a pool together, however many of them are down.
#[tokio::test(start_paused = true)]
async fn with_breakers_an_outage_costs_a_handful_of_requests_and_ends_soon() {
    for scene in STORMS.into_iter().chain([scene(10, 10)]) {
        let storm = storm(scene, FailoverSettings::default()).await;
        assert!(
            storm.factor_in_all() <= 1.2,
            "{scene:?}: {:?}",
            storm.upstream
        );
        let most = 60 * scene.upstreams;
        let sum: usize = storm.upstream.iter().sum();
        assert!(sum < most, "{scene:?}: {:?}", storm.upstream);
        let recovered = storm.recovered.unwrap();
        assert!(
            recovered <= Duration::from_secs(10),
            "{scene:?}: {recovered:?}"
        );
    }
}

/// No upstream gets more than its requests and a fifth of them. Of several that are down each may have every request once,
/// up to the attempts of a request: what bounds the pool as a whole is the breaker.
#[tokio::test(start_paused = true)]
async fn without_them_the_budget_keeps_the_storm_down() {
    for scene in STORMS {
        let storm = storm(scene, NO_BREAKER).await;
        let factor = storm.factor_of_one();
        assert!(
            factor > 0.9 && factor <= 1.2,
            "{scene:?}: {:?}",
            storm.upstream
        );
        #[expect(clippy::cast_precision_loss, reason = "three")]
        let most = NO_BREAKER.attempts.min(scene.upstreams) as f64 + 0.2;
        assert!(
            storm.factor_in_all() <= most,
            "{scene:?}: {:?}",
            storm.upstream
        );
        assert!(storm.recovered.unwrap() <= Duration::from_secs(1));
    }
}
