//! `[providers.NAME]`: one configured upstream.

use std::collections::{BTreeMap, BTreeSet};

use gateway_providers::{
    Auth, Operation, Quirk,
    vendor::{ModelListSpec, PathTemplate, ProxyRule, RowOverrides},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Connection;
use crate::config::value::{SecretText, Wait};

/// One configured upstream. Its name is the first part of `provider/model`: letters, digits, `-`, `_` and `.`. What is
/// left out comes from its vendor.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Provider {
    /// Whether it is used. Default true.
    pub enabled: bool,
    /// The id of its vendor, built in or from `[vendors]`. Its own name when left out.
    pub vendor: Option<String>,
    /// The wire protocol, in place of its vendor's usual one, e.g. `ollama` for Ollama's own API.
    pub dialect: Option<String>,
    /// Its credential. When left out, and where it stands at its vendor's own place, the vendor's variable
    /// (e.g. `GROQ_API_KEY`).
    pub api_key: Option<SecretText>,
    /// Several credentials in place of `api_key`: its accounts. Requests take turns among them, and each has its own
    /// health, so that one that is refused, empty or rate limited rests alone.
    pub api_keys: Vec<SecretText>,
    /// Where it is, version segment included, e.g. `http://10.0.0.5:8000/v1`. When left out, the vendor's variable
    /// (e.g. `GROQ_API_URL`) or the vendor's usual place.
    pub base_url: Option<String>,
    /// Values for the `{variables}` in the vendor's base URL, e.g. an account id.
    pub variables: BTreeMap<String, String>,
    /// How long each phase of a call may take. The `[timeouts]` section when left out.
    pub timeouts: ProviderTimeouts,
    /// How many requests it is sent at one time, counted to the last byte of each answer; of several credentials each has
    /// as many. Without it there is no limit.
    #[schemars(range(min = 1))]
    pub max_concurrent: Option<usize>,
    /// How many requests wait, in their order, when `max_concurrent` are under way; beyond that they are answered 503
    /// `overloaded` at once. As many as `max_concurrent` when left out; 0 lets nobody wait.
    pub max_queued: Option<usize>,
    /// How long a request waits at most. Default 10 s.
    pub queue_wait: Option<Wait>,
    /// How often its model list is asked for, so that it is known to be back, or gone, before a request finds out: at
    /// least 1 s. Never when left out.
    pub probe: Option<Wait>,
    /// How it is reached, where it differs from `[connection]`.
    pub connection: Connection,
    /// Headers of every request, beside the vendor's. Their values are secrets and are never shown.
    pub headers: BTreeMap<String, SecretText>,
    /// How the credential is sent.
    pub auth: Option<Auth>,
    /// What it offers, in place of the vendor's operations.
    pub operations: Option<BTreeSet<Operation>>,
    /// How it lists its models, in place of the vendor's way.
    pub models: Option<ModelListSpec>,
    /// The path that a base URL without one gets; `/` for none.
    pub base_path: Option<String>,
    /// Operations whose path is another, beside the vendor's.
    pub paths: BTreeMap<Operation, PathTemplate>,
    /// Query parameters of every request, beside the vendor's. An empty value takes one of the vendor's away.
    pub query: BTreeMap<String, String>,
    /// Members of a request that go under another name. An empty name takes one of the vendor's away.
    pub rename: BTreeMap<String, String>,
    /// Members of a request that are taken out.
    pub drop: BTreeSet<String>,
    /// What it does differently, in place of the vendor's quirks.
    pub quirks: Option<BTreeSet<Quirk>>,
    /// Opaque state of earlier answers that it takes back from a client, beside what its protocol and its vendor say:
    /// formats of `reasoning_details` and names in `extra_content` and `provider_data`. `*` for all of them.
    pub takes_state: BTreeSet<String>,
    /// What `/proxy` lets through, in place of what the vendor lets through.
    pub proxy: Option<Vec<ProxyRule>>,
}

/// How long each phase of a call may take, where it differs from `[timeouts]`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProviderTimeouts {
    /// To make a connection.
    pub connect: Option<Wait>,
    /// Of a stream: from sending to the first valid event.
    pub first_token: Option<Wait>,
    /// Of a stream: between two pieces.
    pub idle: Option<Wait>,
    /// Of a whole answer: from sending to its last byte.
    pub total: Option<Wait>,
    /// How long a stream's head is held back for the first valid event.
    pub hold: Option<Wait>,
}

impl Provider {
    /// What it does differently from its vendor's row.
    pub fn overrides(&self) -> RowOverrides {
        RowOverrides {
            dialect: self.dialect.clone(),
            auth: self.auth.clone(),
            operations: self.operations.clone(),
            models: self.models.clone(),
            base_path: self.base_path.clone(),
            paths: self.paths.clone(),
            query: self.query.clone(),
            rename: self.rename.clone(),
            drop: self.drop.clone(),
            quirks: self.quirks.clone(),
            takes_state: self.takes_state.clone(),
            proxy: self.proxy.clone(),
        }
    }
}

impl Default for Provider {
    fn default() -> Self {
        Self {
            enabled: true,
            vendor: None,
            dialect: None,
            api_key: None,
            api_keys: Vec::new(),
            base_url: None,
            variables: BTreeMap::new(),
            timeouts: ProviderTimeouts::default(),
            max_concurrent: None,
            max_queued: None,
            queue_wait: None,
            probe: None,
            connection: Connection::default(),
            headers: BTreeMap::new(),
            auth: None,
            operations: None,
            models: None,
            base_path: None,
            paths: BTreeMap::new(),
            query: BTreeMap::new(),
            rename: BTreeMap::new(),
            drop: BTreeSet::new(),
            quirks: None,
            takes_state: BTreeSet::new(),
            proxy: None,
        }
    }
}
