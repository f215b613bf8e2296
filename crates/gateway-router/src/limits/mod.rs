//! How many requests an account of a provider is sent at one time, and how many wait for their turn.
//!
//! What an upstream is sent beyond its capacity makes all of its answers slow and none of them sooner. With a limit the
//! surplus goes to a target that is free; where none is, a few requests wait in a queue of a bounded length, in the order
//! in which they came, and the rest is told at once to come back later. Without a limit none of this costs anything.

mod gate;

use std::{borrow::Cow, collections::HashMap, fmt, sync::Arc, time::Duration};

use gateway_providers::Provider;

pub(crate) use self::gate::Gate;
pub use self::gate::Permit;
use crate::{account, succession::Kept};

/// How much one account of a provider takes at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Requests under way, from sending to the answer's last byte. With 0 nothing is ever sent.
    pub max_concurrent: usize,
    /// Requests that wait until one of those has ended. With 0 nobody waits.
    pub max_queued: usize,
    /// How long a request waits at most.
    pub queue_wait: Duration,
}

/// The limits of all accounts that have one.
#[derive(Debug, Default)]
pub struct Limits {
    gates: HashMap<String, Vec<AccountGate>>,
}

#[derive(Debug)]
struct AccountGate {
    account: Option<String>,
    gate: Arc<Gate>,
}

/// How busy an account is, for reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupancy {
    /// The provider's name.
    pub provider: String,
    /// Which of its accounts, where it has several.
    pub account: Option<String>,
    /// What it takes.
    pub settings: LimitSettings,
    /// Requests under way.
    pub in_use: usize,
    /// Requests that wait.
    pub waiting: usize,
    /// Requests that were turned away so far.
    pub shed: u64,
}

impl Occupancy {
    /// The provider's name, with its account where it has several: `openai`, `openai#2`.
    pub fn label(&self) -> Cow<'_, str> {
        account::written(&self.provider, self.account.as_deref())
    }
}

/// A request was turned away. The text is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Overloaded {
    /// The provider's name.
    pub provider: String,
    /// Why nobody let it in.
    pub why: TurnedAway,
}

/// Why a request was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TurnedAway {
    /// As many wait already as may.
    QueueFull,
    /// Its turn did not come in time.
    WaitedTooLong,
}

impl Limits {
    /// The limits of these accounts, each given with its provider's name, so far as their provider has one.
    pub fn new<'a>(
        accounts: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
        settings: &HashMap<String, LimitSettings>,
    ) -> Self {
        let mut gates: HashMap<String, Vec<AccountGate>> = HashMap::new();
        for (provider, account) in accounts {
            let Some(settings) = settings.get(provider) else {
                continue;
            };
            gates
                .entry(provider.to_owned())
                .or_default()
                .push(AccountGate {
                    account: account.map(str::to_owned),
                    gate: Arc::new(Gate::new(*settings)),
                });
        }
        Self { gates }
    }

    /// The gate of an account; `None` where it takes whatever comes.
    fn gate(&self, provider: &str, account: Option<&str>) -> Option<&Gate> {
        if self.gates.is_empty() {
            return None;
        }
        let of_provider = self.gates.get(provider)?;
        let own = of_provider
            .iter()
            .find(|own| own.account.as_deref() == account);
        own.map(|own| &*own.gate)
    }

    /// The gate of the account that this provider is.
    pub(crate) fn gate_of(&self, provider: &dyn Provider) -> Option<&Gate> {
        if provider.is_callers_own() {
            return None;
        }
        self.gate(provider.name(), provider.account())
    }

    /// Keeps counting what is under way at providers that have stayed the same, and their limit with them.
    #[must_use]
    pub(crate) fn succeeding(mut self, old: &Self, kept: &Kept<'_>) -> Self {
        let same = self.gates.iter_mut();
        for (provider, gates) in same.filter(|(provider, _)| kept.has_name(provider)) {
            for own in gates {
                let before = old.gates.get(provider).into_iter().flatten();
                let mut alike = before.filter(|before| before.account == own.account);
                let same = alike.find(|before| before.gate.settings() == own.gate.settings());
                if let Some(same) = same {
                    own.gate = Arc::clone(&same.gate);
                }
            }
        }
        self
    }

    /// How busy each account with a limit is, by name.
    pub fn occupancy(&self) -> Vec<Occupancy> {
        let of_provider = |(provider, gates): (&String, &Vec<AccountGate>)| {
            let provider = provider.clone();
            let of_account = move |own: &AccountGate| Occupancy {
                provider: provider.clone(),
                account: own.account.clone(),
                settings: own.gate.settings(),
                in_use: own.gate.in_use(),
                waiting: own.gate.waiting(),
                shed: own.gate.shed(),
            };
            gates.iter().map(of_account).collect::<Vec<_>>()
        };
        let mut all: Vec<Occupancy> = self.gates.iter().flat_map(of_provider).collect();
        all.sort_by(|a, b| (&a.provider, &a.account).cmp(&(&b.provider, &b.account)));
        all
    }
}

impl fmt::Display for Overloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            TurnedAway::QueueFull => "as many wait for it as may",
            TurnedAway::WaitedTooLong => "its turn did not come in time",
        };
        let provider = &self.provider;
        write!(
            f,
            "The provider `{provider}` is answering as many requests as it may at one time, and {why}. Try again."
        )
    }
}

#[cfg(test)]
mod tests;
