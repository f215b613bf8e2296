//! What is known of each provider without asking it: how its last request ended. Reports read this, so that a
//! hanging upstream never makes a status page hang.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gateway_router::{Attempt, Outcome};

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

/// The providers in their order.
#[derive(Debug, Default)]
pub struct Health {
    order: Vec<(String, String)>,
    seen: HashMap<String, Mutex<LastSeen>>,
}

impl Health {
    /// A record for each provider, given with its name and vendor.
    pub fn new(providers: impl IntoIterator<Item = (String, String)>) -> Self {
        let order: Vec<_> = providers.into_iter().collect();
        let seen = order
            .iter()
            .map(|(name, _)| (name.clone(), Mutex::default()))
            .collect();
        Self { order, seen }
    }

    /// Notes how an attempt ended. Client errors are no sign of ill health.
    pub fn note(&self, attempt: &Attempt) {
        let Some(seen) = self.seen.get(&attempt.provider) else {
            return;
        };
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        match attempt.outcome {
            Outcome::NotSent => return,
            Outcome::Answered(_) => seen.ok = Some(true),
            Outcome::Failed(_, Some(status))
                if status.is_client_error()
                    && !matches!(status.as_u16(), 401 | 402 | 403 | 429) =>
            {
                seen.ok = Some(true);
            }
            Outcome::Failed(kind, _) => {
                seen.ok = Some(false);
                seen.last_error = Some(kind.spec().code);
            }
        }
        seen.latency = Some(attempt.duration);
        seen.checked_unix = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .map(|since| since.as_secs());
    }

    /// Name, vendor and record of each provider, in the configured order.
    pub fn providers(&self) -> impl Iterator<Item = (&str, &str, LastSeen)> {
        self.order.iter().map(|(name, vendor)| {
            let seen = self
                .seen
                .get(name)
                .map(|seen| *seen.lock().unwrap_or_else(PoisonError::into_inner));
            (name.as_str(), vendor.as_str(), seen.unwrap_or_default())
        })
    }
}
