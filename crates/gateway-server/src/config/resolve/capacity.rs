//! How much a provider takes at one time.

use std::time::Duration;

use gateway_router::limits::LimitSettings;

use super::Scene;
use crate::config::{path::Path, section::Provider};

/// How long a request waits for a busy provider where nothing is said: long enough for the answers of most models to
/// end, short against the ten minutes that SDKs wait.
const QUEUE_WAIT: Duration = Duration::from_secs(10);

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
