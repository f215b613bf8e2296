//! Variables of other gateways that stand for nothing here: named where they are set, so that nobody counts on them.

use super::{super::environment::Environment, truth};

/// A variable, or all whose names begin so (`*` at the end), and what to know of it.
struct Unsupported {
    name: &'static str,
    instead: &'static str,
}

const fn row(name: &'static str, instead: &'static str) -> Unsupported {
    Unsupported { name, instead }
}

const NOT_YET: &str = "is not supported yet";

/// The first that fits counts. What is switched off by its value needs no word.
const UNSUPPORTED: &[Unsupported] = &[
    row(
        "AUTH_OIDC_*",
        "is not supported yet; callers have API keys (API_KEYS)",
    ),
    row("MCP_*", NOT_YET),
    row("GUARDRAILS_*", NOT_YET),
    row("TELEMETRY_TRACING_*", NOT_YET),
    row(
        "TELEMETRY_METRICS_PUSH_*",
        "is not supported yet; metrics are fetched (TELEMETRY_METRICS_PORT)",
    ),
    row(
        "ROUTING_*",
        "has no effect; public names and their targets are in [models]",
    ),
    row(
        "ENVIRONMENT",
        "has no effect; LOG_FORMAT and LOG_LEVEL say what is logged",
    ),
    row(
        "CLIENT_TLS_MIN_VERSION",
        "has no effect; TLS 1.2 and 1.3 are spoken",
    ),
    row(
        "CLIENT_DISABLE_COMPRESSION",
        "has no effect; upstreams are asked for plain bodies",
    ),
    row(
        "CLIENT_*",
        "has no effect; [timeouts] and [connection] say how upstreams are called",
    ),
];

/// Variables of such a beginning that do stand for something.
const SUPPORTED: &[&str] = &["CLIENT_TIMEOUT", "CLIENT_RESPONSE_HEADER_TIMEOUT"];

/// One sentence for each variable that is set and stands for nothing.
pub(super) fn warnings(environment: &Environment) -> Vec<String> {
    let is_set = |(name, value): &(&str, &str)| {
        !value.is_empty() && truth(value) != Some(false) && !SUPPORTED.contains(name)
    };
    environment
        .iter()
        .filter(is_set)
        .filter_map(|(name, _)| {
            let row = UNSUPPORTED.iter().find(|row| row.fits(name))?;
            Some(format!("environment variable {name} {}", row.instead))
        })
        .collect()
}

impl Unsupported {
    fn fits(&self, name: &str) -> bool {
        match self.name.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => name == self.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::VARIABLES, *};

    #[test]
    fn what_is_supported_is_said_once() {
        for variable in VARIABLES {
            let is_named = UNSUPPORTED.iter().any(|row| row.fits(variable.name));
            assert_eq!(
                is_named,
                SUPPORTED.contains(&variable.name),
                "{}",
                variable.name
            );
        }
    }
}
