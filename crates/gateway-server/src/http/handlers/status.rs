//! `GET /health`, `/readyz`, `/status`, `/api/status`, `/v1`, `/metrics`: one snapshot, several readers. None of
//! them calls an upstream.

use std::{
    sync::atomic::Ordering,
    time::{SystemTime, UNIX_EPOCH},
};

use gateway_router::{failover::CircuitReport, limits::Occupancy};
use http::{HeaderMap, HeaderName, header};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    app::{Live, MetricsExposure},
    health::LastSeen,
    http::{
        answer::Answer,
        error::{ApiError, ErrorKind},
        identify::Principal,
        routes,
    },
    observe::occupancy,
};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// So many targets that are left alone are shown of one provider: their models may be clients' inventions.
const MOST_CIRCUITS: usize = 20;

/// The process is alive.
pub(super) fn health() -> Result<Answer, ApiError> {
    Answer::json(&json!({ "status": "ok", "message": "OK" }))
}

/// Requests are taken.
pub(super) fn ready(live: &Live) -> Result<Answer, ApiError> {
    if live.process.draining.is_cancelled() {
        return Err(ApiError::new(
            ErrorKind::Draining,
            "The gateway is shutting down.",
        ));
    }
    Answer::json(&json!({ "status": "ok" }))
}

/// The state, with the providers for callers who have a key.
pub(super) fn status(live: &Live, principal: &Principal) -> Result<Answer, ApiError> {
    let channels: Vec<_> = live.health.providers().collect();
    let connected = channels
        .iter()
        .filter(|(_, _, seen)| seen.ok != Some(false))
        .count();
    let known = live.settings.keys.is_open() || matches!(principal, Principal::Key { .. });
    let mut status = json!({
        "status": if live.process.draining.is_cancelled() { "draining" } else { "ok" },
        "version": VERSION,
        "start_time": live.process.started_unix,
        "uptime": uptime_text(live),
        "uptime_seconds": live.process.started.elapsed().as_secs(),
        "connected_channels": connected,
        "total_channels": channels.len(),
        "configuration": live.process.configurations.report(known),
        "active_sessions": 0,
        "in_flight_requests": live.process.observers.metrics.in_flight.load(Ordering::Relaxed),
    });
    if let (true, Some(status)) = (known, status.as_object_mut()) {
        let circuits = live.router.health().circuits();
        let occupancy = live.router.limits().occupancy();
        let channels = channels
            .iter()
            .map(|(name, vendor, seen)| channel(name, vendor, *seen, &circuits, &occupancy))
            .collect();
        status.insert("channels".to_owned(), Value::Array(channels));
    }
    Answer::json(&status)
}

fn channel(
    name: &str,
    vendor: &str,
    seen: LastSeen,
    circuits: &[CircuitReport],
    occupancy: &[Occupancy],
) -> Value {
    let own = circuits.iter().filter(|circuit| circuit.label() == name);
    let own: Vec<_> = own.take(MOST_CIRCUITS).map(circuit).collect();
    json!({
        "id": name,
        "provider": vendor,
        "status": match seen.ok { None => "unknown", Some(true) => "up", Some(false) => "down" },
        "latency_ms": seen.latency.map(|latency| latency.as_millis()),
        "last_error_type": seen.last_error,
        "last_checked": seen.checked_unix,
        "circuits": own,
        "limits": occupancy::of_provider(occupancy, name),
    })
}

/// A target that is left alone: which, why, and until when in seconds since 1970 (`null` while one request tries it).
fn circuit(report: &CircuitReport) -> Value {
    let left = |until: Instant| until.saturating_duration_since(Instant::now());
    let until = report.state.until().and_then(|until| {
        let at = SystemTime::now() + left(until);
        Some(at.duration_since(UNIX_EPOCH).ok()?.as_secs())
    });
    json!({
        "account": report.account,
        "model": report.model,
        "state": report.state.name(),
        "until": until,
        "reason": report.why.to_string(),
    })
}

/// The state for dashboards, in their envelope. Open to everybody: no names, no secrets.
pub(super) fn api_status(live: &Live, headers: &HeaderMap) -> Result<Answer, ApiError> {
    let total = live.health.providers().count();
    let healthy = live
        .health
        .providers()
        .filter(|(_, _, seen)| seen.ok != Some(false))
        .count();
    Answer::json(&json!({
        "success": true,
        "message": "",
        "data": {
            "version": VERSION,
            "start_time": live.process.started_unix,
            "uptime": uptime_text(live),
            "system_name": live.settings.system_name,
            "server_address": server_address(headers),
            "quota_per_unit": 500_000,
            "display_in_currency": true,
            "docs_link": "/docs",
            "upstreams": { "total": total, "healthy": healthy },
        },
    }))
}

/// The address by which the client reached us: a reverse proxy says so in `x-forwarded-*`. For show only.
fn server_address(headers: &HeaderMap) -> String {
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let host = Some(text("x-forwarded-host"))
        .filter(|host| !host.is_empty())
        .unwrap_or_else(|| text(header::HOST.as_str()));
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    match (is_host, text("x-forwarded-proto").as_str()) {
        (false, _) => String::new(),
        (true, "https") => format!("https://{host}"),
        (true, _) => format!("http://{host}"),
    }
}

/// What is here: also what a client gets that pings its base URL.
pub(super) fn root() -> Result<Answer, ApiError> {
    let mut endpoints: Vec<_> = routes::all()
        .filter(|(path, _)| path.starts_with("/v1/") && path.len() > "/v1/".len())
        .map(|(path, route)| format!("{} {path}", route.methods.first().copied().unwrap_or("ANY")))
        .collect();
    endpoints.sort();
    Answer::json(&json!({
        "name": "gateway",
        "version": VERSION,
        "message": "An OpenAI-compatible gateway. Set an SDK's base URL to this address, ending in /v1.",
        "docs": "/docs",
        "openapi": "/openapi.json",
        "endpoints": endpoints,
    }))
}

/// Prometheus metrics.
pub(super) fn metrics(live: &Live) -> Result<Answer, ApiError> {
    match live.settings.metrics {
        MetricsExposure::WithKey => {
            let ([(_, content_type)], text) = metrics_text(live);
            Ok(Answer::text(content_type, text))
        }
        MetricsExposure::Off | MetricsExposure::OwnAddress => Err(ApiError::new(
            ErrorKind::FeatureDisabled,
            "Metrics are not served at this address.",
        )),
    }
}

/// The metrics with their content type, as the service of their own address answers them.
pub(crate) fn metrics_text(live: &Live) -> ([(HeaderName, &'static str); 1], String) {
    let dropped = live.process.observers.access_log.dropped();
    (
        [(header::CONTENT_TYPE, METRICS_TYPE)],
        live.process.observers.metrics.render(
            dropped,
            live.process.detached.running(),
            &of_others(live),
        ),
    )
}

/// What is counted of each provider, beside its requests, and of configurations.
fn of_others(live: &Live) -> String {
    let mut text = live.health.metrics(&live.router.health().circuits());
    text.push_str(&occupancy::metrics(&live.router.limits().occupancy()));
    text.push_str(&live.process.configurations.metrics());
    text
}

/// `1d 2h 3m 4s`, without leading zero parts.
fn uptime_text(live: &Live) -> String {
    let seconds = live.process.started.elapsed().as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "m"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<_> = parts
        .iter()
        .skip_while(|(count, unit)| *count == 0 && *unit != "s")
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    shown.join(" ")
}
