//! The sections that stand for themselves.

use std::{net::SocketAddr, time::Duration};

use tracing_subscriber::EnvFilter;
use url::Url;

use super::{Scene, address};
use crate::config::{
    path::Path,
    section::Config,
    settings::{CorsSettings, FeatureSettings, MetricsSettings, Mode, Origins},
};

/// Deeper JSON could exhaust a thread's stack in an upstream.
const DEEPEST: usize = 128;

/// The shortest and the longest that a conversation can be remembered.
const MOMENT: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// More would take gigabytes.
const MOST_CONVERSATIONS: usize = 10_000_000;

pub(super) fn features(config: &Config, mode: Mode) -> FeatureSettings {
    FeatureSettings {
        vision: config
            .features
            .vision
            .unwrap_or(mode == Mode::SingleBackend),
        images: config.features.images,
        proxy: config.proxy.enabled,
        strict_translation: config.features.strict_translation,
        fetch_images: config.features.fetch_images,
    }
}

pub(super) fn metrics(
    config: &Config,
    listen: &[SocketAddr],
    scene: &mut Scene<'_, '_>,
) -> MetricsSettings {
    let path = Path::of(&["metrics", "listen"]);
    let own = config
        .metrics
        .listen
        .as_deref()
        .and_then(|text| match address::parse(text) {
            Ok(address) if address.port() != 0 && listen.contains(&address) => {
                scene.wrong(
                    path,
                    "the gateway itself listens on this address",
                    "leave it out, or choose another port",
                );
                None
            }
            Ok(address) => Some(address),
            Err(message) => {
                scene.wrong_plainly(path, message);
                None
            }
        });
    MetricsSettings {
        enabled: config.metrics.enabled,
        listen: own,
    }
}

pub(super) fn cors(config: &Config, scene: &mut Scene<'_, '_>) -> CorsSettings {
    let path = Path::of(&["cors", "allowed_origins"]);
    let origins = &config.cors.allowed_origins.0;
    for (index, origin) in origins.iter().enumerate() {
        if origin != "*" && !is_origin(origin) {
            scene.wrong(
                path.join(index),
                "expected an origin",
                "write scheme, host and perhaps port, without a path, e.g. https://app.example.com, or *",
            );
        }
    }
    let any = origins.iter().any(|origin| origin == "*");
    CorsSettings {
        allowed: if any {
            Origins::Any
        } else {
            Origins::Listed(origins.clone())
        },
        max_age: config.cors.max_age.0,
    }
}

/// Whether a text is an origin in the very form in which a browser sends it.
fn is_origin(text: &str) -> bool {
    Url::parse(text)
        .is_ok_and(|url| url.origin().is_tuple() && url.origin().ascii_serialization() == text)
}

pub(super) fn check_limits(config: &Config, scene: &mut Scene<'_, '_>) {
    let limits = &config.limits;
    let mut within = |key: &str, value: usize, least: usize, most: usize| {
        if !(least..=most).contains(&value) {
            let end = if most == usize::MAX {
                String::new()
            } else {
                format!(" and at most {most}")
            };
            scene.wrong_plainly(
                Path::of(&["limits", key]),
                format!("expected at least {least}{end}"),
            );
        }
    };
    within("max_json_depth", limits.max_json_depth, 1, DEEPEST);
    within("max_connections", limits.max_connections, 1, usize::MAX);
    within("max_headers", limits.max_headers, 1, 1000);
    within(
        "max_header_size",
        limits.max_header_size.0,
        8 << 10,
        16 << 20,
    );
    within("http2_window", limits.http2_window.0, 64 << 10, 16 << 20);
    within(
        "max_streams_per_connection",
        limits.max_streams_per_connection as usize,
        1,
        usize::MAX,
    );
}

pub(super) fn check_affinity(config: &Config, scene: &mut Scene<'_, '_>) {
    let affinity = &config.affinity;
    if !(MOMENT..=DAY).contains(&affinity.ttl.0) {
        let path = Path::of(&["affinity", "ttl"]);
        scene.wrong_plainly(path, "expected at least 1s and at most 24h");
    }
    if !(1..=MOST_CONVERSATIONS).contains(&affinity.max_conversations) {
        scene.wrong(
            Path::of(&["affinity", "max_conversations"]),
            format!("expected at least 1 and at most {MOST_CONVERSATIONS}"),
            "to remember none, write `enabled = false`",
        );
    }
}

pub(super) fn check_resilience(config: &Config, scene: &mut Scene<'_, '_>) {
    let resilience = &config.resilience;
    let mut within = |key: &str, value: u64, least: u64, most: u64| {
        if !(least..=most).contains(&value) {
            scene.wrong_plainly(
                Path::of(&["resilience", key]),
                format!("expected at least {least} and at most {most}"),
            );
        }
    };
    within("attempts", resilience.attempts.unwrap_or(1) as u64, 1, 10);
    within("retry_percent", resilience.retry_percent.into(), 0, 100);
    let per_second = resilience.retries_per_second.into();
    within("retries_per_second", per_second, 0, 1_000_000);
    let most = u32::MAX.into();
    within("breaker_faults", resilience.breaker_faults.into(), 1, most);
    within("breaker_percent", resilience.breaker_percent.into(), 1, 100);
    let requests = resilience.breaker_requests.into();
    within("breaker_requests", requests, 1, most);
    if resilience.breaker_longest < resilience.breaker_open {
        scene.wrong_plainly(
            Path::of(&["resilience", "breaker_longest"]),
            "expected at least `breaker_open`",
        );
    }
}

pub(super) fn check_logging(config: &Config, scene: &mut Scene<'_, '_>) {
    if EnvFilter::builder().parse(&config.logging.level).is_err() {
        scene.wrong(
            Path::of(&["logging", "level"]),
            "this is no log level",
            "write error, warn, info, debug or trace, or directives, e.g. info,gateway_router=debug",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for good in [
            "https://app.example.com",
            "http://localhost:3000",
            "http://127.0.0.1:5173",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for wrong in [
            "",
            "app.example.com",
            "https://app.example.com/",
            "https://a.test:443",
            "HTTPS://a.test",
            "null",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
