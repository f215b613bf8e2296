//! Prometheus metrics with bounded labels: no value of a label comes from a client unchecked.

use std::{
    collections::HashSet,
    sync::{
        RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::ConstGauge, histogram::Histogram},
    registry::Registry,
};

use super::{
    Record,
    series::{Kin, Series, SeriesTable},
};

/// How many model names become labels; later ones are `other`.
const MAX_MODELS: usize = 1000;

/// Upper bounds in seconds, from a cache hit to a long reasoning answer.
const DURATION_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// In the order of a series' counters.
const TOKEN_KINDS: [&str; 3] = ["input", "output", "cached"];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    provider: String,
    model: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    operation: &'static str,
    provider: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TokenLabels {
    provider: String,
    model: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    provider: String,
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

/// All metrics of the process.
#[derive(Debug)]
pub struct Metrics {
    /// Requests that are being worked on.
    pub in_flight: AtomicI64,
    /// Open client connections.
    pub connections: AtomicI64,
    /// Connections refused because of a cap.
    pub refused_connections: AtomicU64,
    registry: RwLock<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<ProviderLabels, Histogram>,
    first_tokens: Family<ProviderLabels, Histogram>,
    tokens: Family<TokenLabels, Counter>,
    errors: Family<ErrorLabels, Counter>,
    events: Counter,
    models: RwLock<HashSet<String>>,
    series: SeriesTable,
}

fn histogram() -> Histogram {
    Histogram::new(DURATION_BUCKETS)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("gateway");
        let requests = Family::default();
        let durations = Family::new_with_constructor(histogram as fn() -> Histogram);
        let first_tokens = Family::new_with_constructor(histogram as fn() -> Histogram);
        let tokens = Family::default();
        let errors = Family::default();
        let events = Counter::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register(
            "request_duration_seconds",
            "From a request's arrival to the end of its answer",
            durations.clone(),
        );
        registry.register(
            "first_token_seconds",
            "From a request's arrival to the first event of its stream",
            first_tokens.clone(),
        );
        registry.register(
            "tokens",
            "Tokens as the providers counted them",
            tokens.clone(),
        );
        registry.register(
            "errors",
            "Errors answered or sent inside a stream, by code",
            errors.clone(),
        );
        registry.register("stream_events", "Stream events relayed", events.clone());
        let build =
            Family::<BuildLabels, ConstGauge<i64>>::new_with_constructor(|| ConstGauge::new(1));
        drop(build.get_or_create(&BuildLabels {
            version: env!("CARGO_PKG_VERSION"),
        }));
        registry.register("build_info", "The gateway's version", build);
        Self {
            in_flight: AtomicI64::new(0),
            connections: AtomicI64::new(0),
            refused_connections: AtomicU64::new(0),
            registry: RwLock::new(registry),
            requests,
            durations,
            first_tokens,
            tokens,
            errors,
            events,
            models: RwLock::default(),
            series: SeriesTable::default(),
        }
    }
}

impl Metrics {
    /// Counts a finished request.
    pub fn observe(&self, record: &Record, duration: Duration) {
        let provider = record.provider.as_deref().unwrap_or_default();
        let model = self.model_label(record);
        let kin = Kin {
            operation: record.operation,
            provider,
            model,
            status: record.status_code(),
        };
        let series = self.series.of(kin, || self.new_series(kin));
        series.requests.inc();
        series.durations.observe(duration.as_secs_f64());
        if let Some(first) = record.first_token {
            series.first_tokens.observe(first.as_secs_f64());
        }
        if record.events > 0 {
            self.events.inc_by(record.events);
        }
        if let Some(code) = record.error {
            let provider = provider.to_owned();
            let labels = ErrorLabels { provider, code };
            self.errors.get_or_create(&labels).inc();
        }
        let Some(usage) = record.usage else { return };
        let counts = [usage.input, usage.output, usage.cached];
        for ((kind, counter), count) in TOKEN_KINDS.into_iter().zip(&series.tokens).zip(counts) {
            if let Some(count) = count {
                let counter = counter.get_or_init(|| self.token_counter(kin, kind));
                counter.inc_by(count);
            }
        }
    }

    fn new_series(&self, kin: Kin<'_>) -> Series {
        let by_provider = ProviderLabels {
            operation: kin.operation,
            provider: kin.provider.to_owned(),
        };
        let labels = RequestLabels {
            operation: kin.operation,
            provider: kin.provider.to_owned(),
            model: kin.model.to_owned(),
            status: kin.status,
        };
        Series::new(
            kin,
            self.requests.get_or_create_owned(&labels),
            self.durations.get_or_create_owned(&by_provider),
            self.first_tokens.get_or_create_owned(&by_provider),
        )
    }

    fn token_counter(&self, kin: Kin<'_>, kind: &'static str) -> Counter {
        let labels = TokenLabels {
            provider: kin.provider.to_owned(),
            model: kin.model.to_owned(),
            kind,
        };
        self.tokens.get_or_create_owned(&labels)
    }

    /// A model is a label once a provider has answered for it, so that made-up names cannot add labels.
    fn model_label<'a>(&self, record: &'a Record) -> &'a str {
        const OTHER: &str = "other";
        let Some(model) = record.model.as_deref() else {
            return "";
        };
        let known = self
            .models
            .read()
            .is_ok_and(|models| models.contains(model));
        if known {
            return model;
        }
        // Whoever has gone gets no status; tokens are counted by providers alone.
        let answered = record
            .status
            .map_or(record.usage.is_some(), |status| status.is_success())
            && record.error.is_none();
        let added = answered
            && self.models.write().is_ok_and(|mut models| {
                models.len() < MAX_MODELS && models.insert(model.to_owned())
            });
        if added { model } else { OTHER }
    }

    /// The text exposition of everything, in the OpenMetrics format; what others count (of providers, of
    /// configurations) comes in that form already.
    pub fn render(
        &self,
        dropped_log_lines: u64,
        detached_requests: usize,
        of_others: &str,
    ) -> String {
        let mut text = String::new();
        if let Ok(registry) = self.registry.read() {
            // Writing to a string cannot fail.
            let _ = encode(&mut text, &registry);
        }
        let gauges = format!(
            "# TYPE gateway_in_flight_requests gauge\ngateway_in_flight_requests {}\n\
             # TYPE gateway_detached_requests gauge\ngateway_detached_requests {}\n\
             # TYPE gateway_connections gauge\ngateway_connections {}\n\
             # TYPE gateway_refused_connections counter\ngateway_refused_connections_total {}\n\
             # TYPE gateway_dropped_log_lines counter\ngateway_dropped_log_lines_total {}\n\
             {of_others}",
            self.in_flight.load(Ordering::Relaxed),
            detached_requests,
            self.connections.load(Ordering::Relaxed),
            self.refused_connections.load(Ordering::Relaxed),
            dropped_log_lines,
        );
        let end = text.find("# EOF").unwrap_or(text.len());
        text.insert_str(end, &gauges);
        text
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::{HeaderMap, Method, StatusCode};

    use super::*;
    use crate::observe::{Exchange, Observers, RequestId, access_log::AccessLog};

    #[test]
    fn names_that_no_provider_answered_for_are_no_labels() {
        let observers = Arc::new(Observers {
            metrics: Metrics::default(),
            access_log: AccessLog::default(),
        });
        let request = |model: &str, status: StatusCode| {
            let mut exchange = Exchange::begin(
                observers.clone(),
                RequestId::of(&HeaderMap::new()),
                Method::POST,
                "/v1/x",
            );
            exchange.record.provider = Some("lab".to_owned());
            exchange.record.model = Some(model.to_owned());
            exchange.record.status = Some(status);
        };
        request("made-up", StatusCode::NOT_FOUND);
        request("real", StatusCode::OK);
        let text = observers.metrics.render(3, 0, "");
        assert!(!text.contains("made-up"), "{text}");
        assert!(text.contains(r#"model="other",status="404""#), "{text}");
        assert!(text.contains(r#"model="real",status="200""#), "{text}");
        assert!(
            text.contains("gateway_dropped_log_lines_total 3\n# EOF"),
            "{text}"
        );
        (0..2 * MAX_MODELS).for_each(|n| request(&format!("m{n}"), StatusCode::OK));
        assert!(observers.metrics.models.read().unwrap().len() <= MAX_MODELS);
    }
}
