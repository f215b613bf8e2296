//! What is known of each provider without asking it: how its last request ended, and how many ended how. Reports read
//! this, so that a hanging upstream never makes a status page hang.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gateway_providers::FaultKind;
use gateway_router::{Attempt, Outcome, failover::CircuitReport};

/// How a provider last did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LastSeen {
    /// Whether the last attempt was answered; `None` before the first.
    pub ok: Option<bool>,
    /// How long it took to answer or fail.
    pub latency: Option<Duration>,
    /// The code of the last failure, kept after later successes.
    pub last_error: Option<&'static str>,
    /// When it was last tried, in seconds since 1970.
    pub checked_unix: Option<u64>,
}

/// The classes of outcomes that are counted, in the order of the counters.
const CLASSES: [&str; 10] = [
    "ok",
    "request_refused",
    "credential_refused",
    "rate_limited",
    "server_error",
    "unreachable",
    "timeout",
    "broken_answer",
    "not_sent",
    "cancelled",
];

/// The states of circuits that are counted: those that keep requests away, see [`CircuitState::name`].
const STATES: [&str; 3] = ["open", "cooling", "half_open"];

/// What is kept of one provider.
#[derive(Debug, Default)]
struct Seen {
    last: Mutex<LastSeen>,
    counts: [AtomicU64; CLASSES.len()],
}

/// The providers in their order, each account of theirs by itself: `openai`, or `openai#1` and `openai#2`.
#[derive(Debug, Default)]
pub struct Health {
    order: Vec<(String, String)>,
    seen: HashMap<String, Arc<Seen>>,
}

fn class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Answered(_) => "ok",
        Outcome::NotSent => "not_sent",
        Outcome::Cancelled => "cancelled",
        Outcome::Failed(_, Some(status)) => match status.as_u16() {
            401..=403 => "credential_refused",
            429 => "rate_limited",
            _ if status.is_client_error() => "request_refused",
            _ => "server_error",
        },
        Outcome::Failed(kind, None) => match kind {
            FaultKind::Unreachable
            | FaultKind::Dns
            | FaultKind::Tls
            | FaultKind::ConnectTimeout => "unreachable",
            FaultKind::FirstTokenTimeout | FaultKind::IdleTimeout | FaultKind::Deadline => {
                "timeout"
            }
            _ => "broken_answer",
        },
    }
}

impl Seen {
    fn note_last(&self, attempt: &Attempt) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match attempt.outcome {
            Outcome::NotSent | Outcome::Cancelled => return,
            Outcome::Answered(_) => last.ok = Some(true),
            Outcome::Failed(_, Some(status))
                if status.is_client_error()
                    && !matches!(status.as_u16(), 401 | 402 | 403 | 429) =>
            {
                last.ok = Some(true);
            }
            Outcome::Failed(kind, _) => {
                last.ok = Some(false);
                last.last_error = Some(kind.spec().code);
            }
        }
        last.latency = Some(attempt.duration);
        last.checked_unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .map(|since| since.as_secs());
    }
}

impl Health {
    /// A record for each provider, given with its name and vendor.
    pub fn new(providers: impl IntoIterator<Item = (String, String)>) -> Self {
        let order: Vec<_> = providers.into_iter().collect();
        let seen = order
            .iter()
            .map(|(name, _)| (name.clone(), Arc::default()))
            .collect();
        Self { order, seen }
    }

    /// What takes the place of an older record: a name that is in both goes on counting, whoever stands behind it, as
    /// the counters of a name never go back.
    pub fn succeeding(old: &Self, providers: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut new = Self::new(providers);
        for (name, seen) in &mut new.seen {
            if let Some(known) = old.seen.get(name) {
                *seen = Arc::clone(known);
            }
        }
        new
    }

    /// Notes how an attempt ended. Client errors are no sign of ill health.
    pub fn note(&self, attempt: &Attempt) {
        let seen = self.seen.get(&*attempt.label());
        let Some(seen) = seen.filter(|_| !attempt.callers_own) else {
            return;
        };
        let class = class(attempt.outcome);
        let mut counts = CLASSES.iter().zip(&seen.counts);
        if let Some((_, count)) = counts.find(|(name, _)| **name == class) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        seen.note_last(attempt);
    }

    /// Notes how a check ended, which is no attempt.
    pub fn note_check(&self, check: &Attempt) {
        if let Some(seen) = self.seen.get(&check.provider) {
            seen.note_last(check);
        }
    }

    /// Name, vendor and record of each provider, in the configured order.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str, LastSeen)> {
        self.order.iter().map(|(name, vendor)| {
            let seen = self
                .seen
                .get(name)
                .map(|seen| *seen.last.lock().unwrap_or_else(PoisonError::into_inner));
            (name.as_str(), vendor.as_str(), seen.unwrap_or_default())
        })
    }

    /// The counters in the text form of OpenMetrics. The labels are the configured names and the words here, nothing else.
    pub fn metrics(&self, circuits: &[CircuitReport]) -> String {
        let mut text = "# TYPE gateway_attempts counter\n# HELP gateway_attempts Upstream calls by how they ended.\n".to_owned();
        for (name, seen) in self
            .order
            .iter()
            .filter_map(|(name, _)| Some((name, self.seen.get(name)?)))
        {
            for (class, count) in CLASSES.iter().zip(&seen.counts) {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    line(
                        &mut text,
                        "gateway_attempts_total",
                        name,
                        ("outcome", class),
                        count,
                    );
                }
            }
        }
        text.push_str("# TYPE gateway_circuits gauge\n# HELP gateway_circuits Targets that are left alone now, by why.\n");
        for (name, _) in &self.order {
            for state in STATES {
                let these = |circuit: &&CircuitReport| {
                    circuit.label() == *name && circuit.state.name() == state
                };
                let count = circuits.iter().filter(these).count() as u64;
                line(&mut text, "gateway_circuits", name, ("state", state), count);
            }
        }
        text
    }
}

fn line(text: &mut String, metric: &str, provider: &str, (label, value): (&str, &str), count: u64) {
    let (provider, account) = match provider.split_once('#') {
        Some((provider, account)) => (provider, format!("account=\"{account}\",")),
        None => (provider, String::new()),
    };
    let provider = provider
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    // A string takes everything.
    let _ = writeln!(
        text,
        "{metric}{{provider=\"{provider}\",{account}{label}=\"{value}\"}} {count}"
    );
}

#[cfg(test)]
mod tests {
    use gateway_providers::FaultKind;
    use http::StatusCode;

    use super::*;

    #[test]
    fn every_outcome_has_a_class_that_is_counted_and_shown_once_it_happened() {
        let health = Health::new([("lab".to_owned(), "vllm".to_owned())]);
        let failed =
            |status: u16| Outcome::Failed(FaultKind::Status, StatusCode::from_u16(status).ok());
        let mut outcomes = vec![
            Outcome::Answered(StatusCode::OK),
            Outcome::NotSent,
            Outcome::Cancelled,
        ];
        outcomes.extend([400, 404, 401, 402, 403, 429, 500, 529].map(failed));
        outcomes.extend(FaultKind::ALL.map(|kind| Outcome::Failed(kind, None)));
        for outcome in &outcomes {
            assert!(CLASSES.contains(&class(*outcome)), "{outcome:?}");
            health.note(&Attempt {
                provider: "lab".to_owned(),
                account: None,
                callers_own: false,
                model: "m".to_owned(),
                known: false,
                outcome: *outcome,
                duration: Duration::ZERO,
            });
        }
        let text = health.metrics(&[]);
        for (class, count) in [
            ("ok", 1),
            ("request_refused", 2),
            ("credential_refused", 3),
            ("rate_limited", 1),
            ("server_error", 2),
            ("unreachable", 4),
            ("timeout", 3),
            ("not_sent", 1),
            ("cancelled", 1),
        ] {
            let line =
                format!("gateway_attempts_total{{provider=\"lab\",outcome=\"{class}\"}} {count}\n");
            assert!(text.contains(&line), "{line} is not in {text}");
        }
        assert!(text.ends_with("gateway_circuits{provider=\"lab\",state=\"half_open\"} 0\n"));
    }
}
