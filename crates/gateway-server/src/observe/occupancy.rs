//! How busy the providers with a limit are, for the status page and for Prometheus. The labels are configured names.

use std::fmt::Write as _;

use gateway_router::limits::Occupancy;
use serde_json::{Value, json};

/// A metric of each account: its name, its type, what it says, and its value.
type Metric = (
    &'static str,
    &'static str,
    &'static str,
    fn(&Occupancy) -> u64,
);

const METRICS: [Metric; 4] = [
    (
        "gateway_provider_limit",
        "gauge",
        "Requests that the provider is sent at one time.",
        |of| of.settings.max_concurrent as u64,
    ),
    (
        "gateway_provider_in_use",
        "gauge",
        "Requests under way at the provider.",
        |of| of.in_use as u64,
    ),
    (
        "gateway_provider_waiting",
        "gauge",
        "Requests that wait for the provider.",
        |of| of.waiting as u64,
    ),
    (
        "gateway_provider_turned_away",
        "counter",
        "Times that the provider's queue was full, or a turn did not come in time.",
        |of| of.shed,
    ),
];

/// In the text form of OpenMetrics; nothing where no provider has a limit.
pub fn metrics(all: &[Occupancy]) -> String {
    let mut text = String::new();
    if all.is_empty() {
        return text;
    }
    for (name, kind, help, value) in METRICS {
        let ending = if kind == "counter" { "_total" } else { "" };
        // A string takes everything.
        let _ = writeln!(text, "# TYPE {name} {kind}\n# HELP {name} {help}");
        for of in all {
            let _ = writeln!(
                text,
                "{name}{ending}{{provider=\"{}\",account=\"{}\"}} {}",
                escaped(&of.provider),
                escaped(of.account.as_deref().unwrap_or_default()),
                value(of)
            );
        }
    }
    text
}

/// Of one provider, for the status page: each of its accounts with a limit.
pub fn of_provider(all: &[Occupancy], provider: &str) -> Vec<Value> {
    let own = all.iter().filter(|of| of.label() == provider);
    let shown = own.map(|of| {
        json!({
            "account": of.account,
            "max_concurrent": of.settings.max_concurrent,
            "max_queued": of.settings.max_queued,
            "in_use": of.in_use,
            "waiting": of.waiting,
            "turned_away": of.shed,
        })
    });
    shown.collect()
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use gateway_router::limits::LimitSettings;

    use super::*;

    #[test]
    fn each_account_has_its_line_in_every_metric() {
        let settings = LimitSettings {
            max_concurrent: 4,
            max_queued: 8,
            queue_wait: Duration::from_secs(1),
        };
        let of = |account: Option<&str>, in_use| Occupancy {
            provider: "lab".to_owned(),
            account: account.map(str::to_owned),
            settings,
            in_use,
            waiting: 2,
            shed: 7,
        };
        let text = metrics(&[of(Some("1"), 3), of(Some("2"), 4)]);
        for line in [
            "# TYPE gateway_provider_in_use gauge",
            "gateway_provider_limit{provider=\"lab\",account=\"1\"} 4",
            "gateway_provider_in_use{provider=\"lab\",account=\"1\"} 3",
            "gateway_provider_in_use{provider=\"lab\",account=\"2\"} 4",
            "gateway_provider_waiting{provider=\"lab\",account=\"2\"} 2",
            "gateway_provider_turned_away_total{provider=\"lab\",account=\"1\"} 7",
        ] {
            assert!(text.lines().any(|own| own == line), "{line}: {text}");
        }
        assert_eq!(metrics(&[]), "");
        assert_eq!(escaped("a\"b\\\n"), "a\\\"b\\\\\\n");
        let shown = of_provider(&[of(None, 1)], "lab");
        assert_eq!(
            (&shown[0]["in_use"], &shown[0]["account"]),
            (&json!(1), &Value::Null)
        );
        assert!(of_provider(&[of(None, 1)], "other").is_empty());
    }
}
