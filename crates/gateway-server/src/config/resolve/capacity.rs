//! How much a provider takes at one time, and how often it is asked whether it is there.

use std::time::Duration;

use gateway_providers::VendorRow;
use gateway_router::limits::LimitSettings;

use super::Scene;
use crate::config::{path::Path, section::Provider};

/// How long a request waits for a busy provider where nothing is said: long enough for the answers of most models to
/// end, short against the ten minutes that SDKs wait.
const QUEUE_WAIT: Duration = Duration::from_secs(10);

/// More often than this a probe is a load of its own.
const SHORTEST_PROBE: Duration = Duration::from_secs(1);

/// The limit, where there is one.
pub(super) fn limit(
    provider: &Provider,
    path: &Path,
    scene: &mut Scene<'_, '_>,
) -> Option<LimitSettings> {
    let Some(max_concurrent) = provider.max_concurrent else {
        let idle = [
            ("max_queued", provider.max_queued.is_some()),
            ("queue_wait", provider.queue_wait.is_some()),
        ];
        for (key, _) in idle.into_iter().filter(|(_, is_said)| *is_said) {
            scene.wrong(
                path.join(key),
                "nobody waits for a provider without a limit",
                "say how many requests it is sent at one time in `max_concurrent`, or leave this out",
            );
        }
        return None;
    };
    if max_concurrent == 0 {
        scene.wrong(
            path.join("max_concurrent"),
            "expected at least 1",
            "leave it out for no limit; `enabled = false` switches the provider off",
        );
    }
    Some(LimitSettings {
        max_concurrent,
        max_queued: provider.max_queued.unwrap_or(max_concurrent),
        queue_wait: provider.queue_wait.map_or(QUEUE_WAIT, |wait| wait.0),
    })
}

/// The rhythm of the probes, where there are any.
pub(super) fn probe(
    provider: &Provider,
    row: &VendorRow,
    path: &Path,
    scene: &mut Scene<'_, '_>,
) -> Option<Duration> {
    let every = provider.probe?.0;
    let list = provider.models.as_ref().unwrap_or(&row.models);
    if list.request_path().is_none() {
        scene.wrong(
            path.join("probe"),
            "this provider has no model list that could be asked for",
            "leave it out: requests alone say whether it is there",
        );
        return None;
    }
    if every < SHORTEST_PROBE {
        scene.wrong_plainly(path.join("probe"), "expected at least 1s");
    }
    Some(every)
}
