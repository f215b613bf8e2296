//! `[affinity]`: conversations stay where they are.

use gateway_router::AffinitySettings;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::value::Wait;

/// Requests of one conversation stay with the target that answered the last one, while it is well: there the provider's
/// prompt cache has the conversation already. `docs/failover.md` has the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Affinity {
    /// Whether they stay. An alias can say otherwise for itself with `affinity = false`.
    pub enabled: bool,
    /// How long after its last request a conversation is remembered; from 1 s to 24 h. Default one hour, as long as the
    /// longest of the providers' prompt caches.
    pub ttl: Wait,
    /// How many conversations are remembered at most, and of how many pieces of state who made them, from 1 to
    /// 10,000,000; then the ones that were silent for longest are forgotten. 100,000 take some 20 MB of each.
    pub max_conversations: usize,
}

impl Default for Affinity {
    fn default() -> Self {
        let usual = AffinitySettings::default();
        Self {
            enabled: usual.enabled,
            ttl: Wait(usual.ttl),
            max_conversations: usual.max_conversations,
        }
    }
}

impl Affinity {
    /// As the router takes it.
    pub(crate) fn settings(&self) -> AffinitySettings {
        AffinitySettings {
            enabled: self.enabled,
            ttl: self.ttl.0,
            max_conversations: self.max_conversations,
        }
    }
}
